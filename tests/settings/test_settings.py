"""Settings as operators give them: what is taken, what is refused, and that no value is ever repeated."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from brokerlink.settings import BrokerageSettings, Settings, SettingsInvalid, explain, load

SECRET = "Marker7f3aZq"
KEY = "BROKERAGE_ENCRYPTION_KEY"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", KEY):
        monkeypatch.delenv(name, raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def refused(**settings: object) -> dict[str, str]:
    """What `load` complains about, by setting; no complaint repeats the marker."""
    with pytest.raises(SettingsInvalid) as refusal:
        load(**settings)  # type: ignore[arg-type]
    error: BaseException | None = refusal.value
    while error is not None:
        assert SECRET not in f"{error} {error!r} {error.__dict__}"
        error = error.__cause__ or error.__context__
    problems = refusal.value.problems
    assert all(problem.setting in problem.sentence for problem in problems)
    assert str(refusal.value).count("\n") == len(problems) - 1
    return {problem.setting: str(problem) for problem in problems}


# ---- what is taken


def test_a_key_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **{KEY: SECRET})

    settings = load()

    assert settings.listen == ("127.0.0.1:50051",)
    assert settings.database == f"sqlite:///{Path.home()}/.local/share/brokerlink/brokerlink.db"
    assert settings.local
    assert settings.reflects
    assert SECRET not in f"{settings} {settings!r}"


def test_what_is_given_goes_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = private(
        tmp_path,
        """
        log_level = "error"
        log_format = "json"
        sync_concurrency = 3
        database_url = "sqlite:////from/file"
        listen = ["127.0.0.1:1", "unix:/run/a.sock"]
        [brokerages.schwab]
        redirect_uri = "https://127.0.0.1"
        operator = {app_key = "one", app_secret = "two"}
        """,
    )
    given(
        monkeypatch,
        BROKERLINK_CONFIG=str(file),
        BROKERLINK_LOG_FORMAT="console",
        BROKERLINK_SYNC_CONCURRENCY="4",
        DATABASE_URL="sqlite:////from/environment",
        BROKERLINK_BROKERAGES__SCHWAB__OPERATOR__APP_SECRET="1e5",
        BROKERLINK_BROKERAGES__SCHWAB__OPEN="true",
        BROKERLINK_BROKERAGES__SCHWAB__HOSTS__API="https://sandbox.example.com/v1/",
        BROKERAGE_ENCRYPTION_KEY="from the environment",
    )

    settings = load(sync_concurrency=5, encryption_key="given")

    assert (settings.log_level, settings.log_format, settings.sync_concurrency) == ("ERROR", "console", 5)
    assert settings.database == "sqlite:////from/environment"
    assert settings.listen == ("127.0.0.1:1", "unix:/run/a.sock")
    assert settings.operator("schwab") == {"app_key": "one", "app_secret": "1e5"}
    assert settings.redirect_uri("schwab") == "https://127.0.0.1"
    assert settings.opens("schwab") is True
    assert settings.hosts("schwab", ["api", "auth"]) == {"api": "https://sandbox.example.com/v1"}
    assert settings.encryption_key is not None
    assert settings.encryption_key.get_secret_value() == "given"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, DATABASE_URL="", BROKERLINK_SANDBOX_URL="", **{KEY: "key"})

    assert load().sandbox_url is None


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("postgres://u:p@host/base", "postgresql+psycopg://u:p@host/base"),
        ("postgresql://host/base?sslmode=require", "postgresql+psycopg://host/base?sslmode=require"),
        ("sqlite:////var/lib/a.db", "sqlite:////var/lib/a.db"),
        ("sqlite:///relative.db", "sqlite:///relative.db"),
    ],
)
def test_databases_we_keep(url: str, database: str) -> None:
    assert Settings(database_url=SecretStr(url)).database == database


def test_the_sandbox_is_every_host_of_every_brokerage_and_opens_unofficial_doors() -> None:
    settings = Settings(sandbox_url="http://127.0.0.1:9000/")

    assert settings.hosts("robinhood", ["api", "nummus"]) == {
        "api": "http://127.0.0.1:9000/robinhood",
        "nummus": "http://127.0.0.1:9000/robinhood/nummus",
    }
    own = BrokerageSettings(hosts={"api": "http://localhost:1/"}, open=False)
    mixed = Settings(sandbox_url="http://127.0.0.1:9000", brokerages={"robinhood": own})
    assert mixed.hosts("robinhood", ["api", "nummus"]) == {
        "api": "http://localhost:1",
        "nummus": "http://127.0.0.1:9000/robinhood/nummus",
    }
    assert mixed.opens("robinhood") is False
    assert settings.opens("robinhood") is True
    assert Settings().opens("robinhood") is None
    assert Settings().hosts("robinhood", ["api"]) == {}


def test_reflection_is_off_where_others_can_call_unless_it_is_set() -> None:
    assert not Settings(listen=("0.0.0.0:50051",)).reflects
    assert Settings(listen=("0.0.0.0:50051",), reflection=True).reflects
    assert not Settings(reflection=False).reflects


@pytest.mark.parametrize(
    "address", ["127.0.0.1:0", "[::1]:50051", "localhost:1", "unix:/run/b.sock", "127.9.9.9:1"]
)
def test_addresses_that_only_this_machine_can_reach(address: str) -> None:
    assert Settings(listen=(address,)).local


def test_the_data_directory_is_made_for_our_eyes_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "data")

    settings.make_data_dir()
    settings.make_data_dir()

    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


def test_a_gateway_is_an_address_too_and_a_sandbox_has_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **{KEY: SECRET, "BROKERLINK_SANDBOX_URL": "http://127.0.0.1:9000"})
    given(monkeypatch, BROKERLINK_BROKERAGES__MOOMOO__HOSTS__API="tcp://127.0.0.1:11111")
    given(monkeypatch, BROKERLINK_BROKERAGES__MOOMOO__LIMITED="false")

    settings = load()

    assert settings.hosts("moomoo", ["api"]) == {"api": "tcp://127.0.0.1:11111"}
    assert (settings.limits("moomoo"), settings.limits("alpaca")) == (False, True)


# ---- what is refused


def test_without_a_key_it_says_how_to_make_one() -> None:
    assert "`brokerlink keys generate`" in refused()[KEY]
    assert (
        "both"
        in refused(encryption_key=SECRET, encryption_key_file=f"/{SECRET}")["BROKERLINK_ENCRYPTION_KEY_FILE"]
    )
    assert load(complete=False).problems()[0].setting == KEY


def test_all_problems_are_told_at_once_and_no_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(
        monkeypatch,
        DATABASE_URL=f"mysql://root:{SECRET}@host",
        BROKERLINK_LISTEN=f"{SECRET}",
        BROKERLINK_LOG_LEVEL=SECRET,
        BROKERLINK_INSECURE_DEV=SECRET,
        BROKERLINK_SYNC_CONCURRENCY=SECRET,
        BROKERLINK_LEASE_SECONDS="1",
        BROKERLINK_MAX_MESSAGE_BYTES="99999999999",
        BROKERLINK_SANDBOX_URL=f"http://sandbox.example.com/{SECRET}",
        BROKERLINK_TLS_KEY=str(tmp_path / SECRET),
        BROKERLINK_BROKERAGES__SCHWAB__HOSTS__API=f"http://user:{SECRET}@example.com",
        BROKERLINK_BROKERAGES__SCHWAB__OPERATORS__APP_KEY=SECRET,
        BROKERLINK_REFLECTIONS=SECRET,
    )

    assert set(refused()) >= {
        "DATABASE_URL", "BROKERLINK_LISTEN", "BROKERLINK_LOG_LEVEL", "BROKERLINK_INSECURE_DEV",
        "BROKERLINK_SYNC_CONCURRENCY", "BROKERLINK_LEASE_SECONDS", "BROKERLINK_MAX_MESSAGE_BYTES",
        "BROKERLINK_SANDBOX_URL", "BROKERLINK_BROKERAGES__SCHWAB__HOSTS",
        "BROKERLINK_BROKERAGES__SCHWAB__OPERATORS", "BROKERLINK_REFLECTIONS",
    }  # fmt: skip


def test_what_is_malformed_does_not_hide_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BROKERLINK_LEASE_SECONDS="soon", BROKERLINK_TLS_CERTIFICATE="/nowhere")

    assert set(refused()) == {
        "BROKERLINK_LEASE_SECONDS", KEY, "BROKERLINK_TLS_KEY", "BROKERLINK_TLS_CERTIFICATE",
    }  # fmt: skip


KEYED = "BROKERLINK_BROKERAGES__X__"
POSTGRESQL = {"DATABASE_URL": "postgresql://b@127.0.0.1/b"}


@pytest.mark.parametrize(
    ("variables", "setting", "words"),
    [
        ({"BROKERLINK_LISTEN": "0.0.0.0:50051"}, "BROKERLINK_LISTEN", "there is no TLS"),
        ({"BROKERLINK_LISTEN": "127.0.0.1:1,[::]:1"}, "BROKERLINK_LISTEN", "there is no TLS"),
        ({"BROKERLINK_LISTEN": "127.0.0.1.example.com:1"}, "BROKERLINK_LISTEN", "there is no TLS"),
        (
            {
                "BROKERLINK_LISTEN": "0.0.0.0:1",
                "BROKERLINK_INSECURE_DEV": "1",
                "BROKERLINK_ALLOW_PLAINTEXT": "1",
            },
            "BROKERLINK_LISTEN",
            "lets other machines in",
        ),
        ({"BROKERLINK_LISTEN": ":50051"}, "BROKERLINK_LISTEN", "write host:port"),
        ({"BROKERLINK_LISTEN": "127.0.0.1:99999"}, "BROKERLINK_LISTEN", "write host:port"),
        ({"BROKERLINK_LISTEN": "unix:relative"}, "BROKERLINK_LISTEN", "unix:/path"),
        ({"BROKERLINK_LISTEN": "unix:/" + "a" * 120}, "BROKERLINK_LISTEN", "107 bytes"),
        ({"BROKERLINK_TLS_CLIENT_CA": __file__}, "BROKERLINK_TLS_CLIENT_CA", "three"),
        ({"BROKERLINK_TLS_CERTIFICATE": __file__}, "BROKERLINK_TLS_KEY", "Give both"),
        ({"BROKERLINK_SANDBOX_URL": "https://example.com"}, "BROKERLINK_SANDBOX_URL", "on this machine"),
        ({"BROKERLINK_SANDBOX_URL": "127.0.0.1:9000"}, "BROKERLINK_SANDBOX_URL", "no web address"),
        (
            {
                "BROKERLINK_SANDBOX_URL": "http://127.0.0.1:9000",
                "BROKERLINK_BROKERAGES__SCHWAB__HOSTS__API": "https://api.schwabapi.com",
            },
            "BROKERLINK_BROKERAGES__SCHWAB__HOSTS__API",
            "leads away from this machine",
        ),
        ({KEYED + "HOSTS__API": "http://a.com"}, KEYED + "HOSTS", "https"),
        ({KEYED + "HOSTS__API": "https://a.com/?k=1"}, KEYED + "HOSTS", "query"),
        ({KEYED + "HOSTS__API": "tcp://a.com"}, KEYED + "HOSTS", "tcp://host:port"),
        ({KEYED + "LIMITED": "false"}, KEYED + "LIMITED", "is no sandbox"),
        ({KEYED + "REDIRECT_URI": "http://a.com"}, KEYED + "REDIRECT_URI", "https"),
        ({"BROKERLINK_BROKERAGES": "{"}, "BROKERLINK_BROKERAGES", "JSON"),
        ({"BROKERLINK_LISTNE": "127.0.0.1:1"}, "BROKERLINK_LISTNE", "Did you mean BROKERLINK_LISTEN?"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL", "in memory"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL", "in memory"),
        ({"DATABASE_URL": "sqlite://a.db"}, "DATABASE_URL", "slashes"),
        ({"DATABASE_URL": "brokerlink.db"}, "DATABASE_URL", "sqlite:///path"),
        (
            {"BROKERLINK_RUN_DEADLINE_SECONDS": "60", "BROKERLINK_LEASE_SECONDS": "60"},
            "BROKERLINK_RUN_DEADLINE_SECONDS",
            "less than two times",
        ),
        ({"BROKERLINK_WORK": "false"}, "BROKERLINK_WORK", "nobody else can run the syncs"),
        ({"BROKERLINK_PROCESSES": "2"}, "BROKERLINK_PROCESSES", "SQLite belongs to one process"),
        ({"BROKERLINK_PROCESSES": "0"}, "BROKERLINK_PROCESSES", "1"),
        (
            {**POSTGRESQL, "BROKERLINK_PROCESSES": "2", "BROKERLINK_LISTEN": "unix:/run/b"},
            "BROKERLINK_PROCESSES",
            "cannot be shared",
        ),
        (
            {**POSTGRESQL, "BROKERLINK_PROCESSES": "2", "BROKERLINK_LISTEN": "127.0.0.1:0"},
            "BROKERLINK_PROCESSES",
            "cannot be shared",
        ),
    ],
)  # fmt: skip
def test_is_refused(
    variables: dict[str, str], setting: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, **variables, **{KEY: "key"})

    assert words in refused()[setting]


def test_other_machines_may_call_with_certificates_or_where_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, BROKERLINK_LISTEN="0.0.0.0:50051", **{KEY: "key"})

    assert load(allow_plaintext=True)
    assert load(tls_certificate=__file__, tls_key=__file__, tls_client_ca=__file__)


def test_notices_come_in_from_this_machine_or_where_something_else_encrypts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, BROKERLINK_HOOKS_LISTEN="0.0.0.0:8080", **{KEY: "key"})

    assert "no TLS" in refused()["BROKERLINK_HOOKS_LISTEN"]
    assert load(allow_plaintext=True)
    assert load(hooks_listen="127.0.0.1:8080")


def test_tls_that_lets_everybody_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BROKERLINK_LISTEN="0.0.0.0:50051", **{KEY: "key"})

    with pytest.raises(SettingsInvalid, match="nothing tells who calls"):
        load(tls_certificate=__file__, tls_key=__file__)


def test_what_a_cluster_and_the_client_set_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        BROKERLINK_SERVICE_HOST="10.0.0.1", BROKERLINK_PORT="tcp://10.0.0.1:1", BROKERLINK_TLS="1",
        BROKERLINK_PORT_50051_TCP_ADDR="10.0.0.1", BROKERLINK_TOKEN="t", BROKERLINK_USER="u",
        BROKERAGE_ENCRYPTION_KEY="key",
    )  # fmt: skip

    assert load()


# ---- the file


def private(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "brokerlink.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (f"a = '{SECRET}\n", 0o600, "not valid TOML"),
        (f"\n\n{SECRET} = \n b = 1", 0o600, "not valid TOML, line 3"),
        (f"encryption_key = '{SECRET}'", 0o640, "chmod 600"),
        (f"brokerages.schwab.operator.key = '{SECRET}'", 0o644, "chmod 600"),
    ],
)
def test_a_bad_file_is_refused_without_a_word_of_it(
    text: str, mode: int, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, BROKERLINK_CONFIG=str(private(tmp_path, text, mode)))

    assert words in refused()["BROKERLINK_CONFIG"]


def test_a_file_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BROKERLINK_CONFIG=f"/nowhere/{SECRET}")

    assert "cannot be read" in refused()["BROKERLINK_CONFIG"]


def test_an_unknown_name_in_the_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, BROKERLINK_CONFIG=str(private(tmp_path, "listne = 1\n'odd key' = 2\n")))

    assert set(refused()) == {"BROKERLINK_LISTNE", "BROKERLINK_?"}


def test_a_file_without_secrets_may_be_read_by_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, BROKERLINK_CONFIG=str(private(tmp_path, "log_level = 'DEBUG'", 0o644)), **{KEY: "key"})

    assert load().log_level == "DEBUG"


# ---- what is told


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, 1),
        (POSTGRESQL, os.cpu_count()),
        ({**POSTGRESQL, "BROKERLINK_PROCESSES": "3"}, 3),
        ({**POSTGRESQL, "BROKERLINK_LISTEN": "unix:/run/b"}, 1),
        ({**POSTGRESQL, "BROKERLINK_LISTEN": "127.0.0.1:0"}, 1),
    ],
)
def test_how_many_processes_serve(
    variables: dict[str, str], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, **variables, **{KEY: "key"})

    assert load().process_count == count


def test_each_setting_is_explained() -> None:
    rows = explain()

    assert len({row.name for row in rows}) == len(rows) == len(Settings.model_fields) - 1 + 6
    assert all(row.meaning and row.default for row in rows)
    assert {"DATABASE_URL", KEY, "BROKERLINK_LISTEN", "BROKERLINK_CONFIG"} <= {row.name for row in rows}
    assert str(Path.home()) not in str(rows)


def test_importing_the_settings_brings_nothing_heavy() -> None:
    heavy = [
        "adapters",
        "domain",
        "sqlalchemy",
        "grpc",
        "cryptography",
        "structlog",
        "httpx",
        "rich",
        "typer",
    ]
    code = f"import sys, brokerlink.settings; print([name for name in {heavy} if name in sys.modules])"

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=paths()
    )

    assert told.stdout.strip() == "[]"


def paths() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
