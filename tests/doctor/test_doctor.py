"""What the doctor finds: a healthy house, and each fault by its name, with a fix and without a secret."""

import os
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from adapters.aesgcm.keyring import KeyRing, generate, write_key_file
from adapters.aesgcm.roots import Roots
from adapters.sql.store import identity_key, open_store
from brokerlink.cli.certificate import issue
from brokerlink.doctor import Check, Facts, SqlDatabase, run
from brokerlink.settings import BrokerageSettings, Settings

KEY, OTHER = generate(), generate()
HEALTHY = Facts(revision="1", newest="1", journal="wal")


class Known:
    """A database whose facts are known."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def facts(self) -> Facts:
        return self._facts


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("DATABASE_URL", "BROKERAGE_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Settings(data_dir=tmp_path / "data", encryption_key=SecretStr(KEY), listen=("127.0.0.1:0",))


def changed(settings: Settings, **given: object) -> Settings:
    return settings.model_copy(update=given)


def looked(settings: Settings, facts: Facts = HEALTHY) -> dict[str, Check]:
    """The checks by name; what is not well has a fix, and no sentence holds the key."""
    checks = run(settings, Known(facts))
    assert all(check.fix for check in checks if not check.ok)
    assert KEY not in str(checks)
    return {check.name: check for check in checks}


def ill(checks: dict[str, Check]) -> set[str]:
    return {check.name for check in checks.values() if not check.ok}


# ---- health


def test_a_new_house_is_well_and_looking_makes_nothing(settings: Settings) -> None:
    checks = run(settings)

    assert not [check for check in checks if not check.ok]
    assert not settings.data_dir.exists()


def test_a_database_in_use_is_well(settings: Settings) -> None:
    store = open_store(settings.database)
    identity_key(store, Roots(KeyRing.parse(KEY)).unlock)

    checks = {check.name: check for check in run(settings)}
    store.close()

    assert not ill(checks)
    assert "opens with this key" in checks["key and database"].sentence
    assert {"schema", "journal", "writing"} <= checks.keys()


# ---- keys


def test_a_missing_and_a_malformed_key_are_told(settings: Settings) -> None:
    assert "not set" in looked(changed(settings, encryption_key=None))["key"].sentence
    malformed = looked(changed(settings, encryption_key=SecretStr("c2hvcnQ=")))
    assert "has 5 bytes" in malformed["key"].sentence
    assert ill(malformed) == {"key", "key and database"}


def test_a_key_file_that_others_may_read_is_told(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write_key_file(path)
    by_file = changed(settings, encryption_key=None, encryption_key_file=path)
    assert not ill(looked(by_file))

    path.chmod(0o644)

    assert "chmod 600" in looked(by_file)["key"].sentence


def test_a_key_of_another_database_is_told_before_anything_is_sealed(settings: Settings) -> None:
    _, root = Roots(KeyRing.parse(OTHER)).unlock(None)
    facts = replace(HEALTHY, root=root)

    assert "sealed with another key" in looked(settings, facts)["key and database"].sentence
    both = changed(settings, encryption_key=SecretStr(f"{KEY},{OTHER}"))
    assert "moves it to the current key" in looked(both, facts)["key and database"].sentence
    assert repr(root) not in repr(facts)


# ---- the database


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (Facts(complaint="it does not answer"), "database"),
        (replace(HEALTHY, revision="0"), "schema"),
        (replace(HEALTHY, refuses_writes="it may only be read"), "writing"),
        (replace(HEALTHY, journal="delete"), "journal"),
        (replace(HEALTHY, exposed=True), "privacy"),
        (replace(HEALTHY, seconds_off=-7.0), "clock"),
    ],
)
def test_a_fault_of_the_database_is_told(settings: Settings, facts: Facts, name: str) -> None:
    assert name in ill(looked(settings, facts))


def test_files_that_are_no_good_databases_are_told(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.db"
    rubbish.write_bytes(b"this is no database, whatever its name says" * 100)
    assert "no SQLite database" in SqlDatabase(f"sqlite:///{rubbish}").facts().complaint

    foreign = tmp_path / "foreign.db"
    with create_engine(f"sqlite:///{foreign}").begin() as connection:
        connection.execute(text("CREATE TABLE other (id INTEGER)"))
    foreign.chmod(0o644)
    tmp_path.chmod(0o755)
    facts = SqlDatabase(f"sqlite:///{foreign}").facts()
    assert (facts.fresh, facts.journal, facts.exposed) == (True, "delete", True)

    assert SqlDatabase(f"sqlite:///{tmp_path}").facts().complaint == "the file cannot be opened"


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_only_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_store(f"sqlite:///{path}").close()
    path.chmod(stat.S_IRUSR)

    assert SqlDatabase(f"sqlite:///{path}").facts().refuses_writes


def test_a_database_held_by_another_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brokerlink.doctor.database.PATIENCE", 0.05)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    store = open_store(url)
    with store.engine.connect().execution_options(brokerlink_writes=True) as held, held.begin():
        assert SqlDatabase(url).facts().refuses_writes == "another program holds it"
    store.close()


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    facts = SqlDatabase(f"postgresql+psycopg://user:{KEY}@127.0.0.1:{port}/base").facts()

    assert facts.complaint == "nothing listens at that address"


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_a_database_of_postgresql_is_looked_at(database: str) -> None:
    url = database.replace("postgresql:", "postgresql+psycopg:", 1)
    store = open_store(database)

    facts = SqlDatabase(url).facts()
    store.close()

    assert (facts.complaint, facts.refuses_writes, facts.fresh) == ("", "", False)
    assert facts.revision == facts.newest
    assert facts.seconds_off is not None
    assert abs(facts.seconds_off) < 1
    mark = "&" if "?" in url else "?"
    read_only = SqlDatabase(f"{url}{mark}options=-c%20default_transaction_read_only=on").facts()
    assert read_only.refuses_writes == "it may only be read"
    missing = SqlDatabase(url.replace("/brokerlink_test", "/missing")).facts()
    assert missing.complaint == "it has no such database or user"


# ---- settings and brokerages


def test_problems_of_the_settings_are_told(settings: Settings) -> None:
    checks = run(changed(settings, tls_key=Path("/nowhere")), Known(HEALTHY))

    told = [check for check in checks if check.name == "settings"]
    assert len(told) == 2
    assert not any(check.ok for check in told)


def test_it_says_what_the_operator_could_set(settings: Settings) -> None:
    checks = looked(settings)
    assert "app_key and app_secret" in checks["brokerage schwab"].sentence
    assert "BROKERLINK_BROKERAGES__ROBINHOOD__OPEN" in checks["brokerage robinhood"].sentence

    set_ = BrokerageSettings(operator={"app_key": SecretStr("k"), "app_secret": SecretStr("s")}, open=True)
    checks = looked(changed(settings, brokerages={"schwab": set_, "robinhood": BrokerageSettings(open=True)}))
    assert checks["brokerage schwab"].sentence == "Can be used."
    assert checks["brokerage robinhood"].sentence == "Can be used."


# ---- around us


def test_a_free_address_a_server_and_a_stranger_are_told_apart(settings: Settings, server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        other = f"127.0.0.1:{stranger.getsockname()[1]}"
        checks = looked(changed(settings, listen=(server, other, "unix:/nowhere/a.sock", "203.0.113.1:1")))

    assert checks[f"address {server}"].sentence == "A server serves there."
    assert checks[f"address {other}"].sentence == "Another program listens there."
    assert ill(checks) - {"settings"} == {
        f"address {other}", "address unix:/nowhere/a.sock", "address 203.0.113.1:1",
    }  # fmt: skip


@pytest.fixture
def server() -> Iterator[str]:
    """A gRPC server that says it serves."""
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    made = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, made)
    port = made.add_insecure_port("127.0.0.1:0")
    made.start()
    yield f"127.0.0.1:{port}"
    made.stop(None).wait()


def test_a_sandbox_that_is_not_there_is_told(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sandbox:
        playing = changed(settings, sandbox_url=f"http://127.0.0.1:{sandbox.getsockname()[1]}")
        assert looked(playing)["sandbox"].ok

    assert not looked(playing)["sandbox"].ok


def test_files_of_tls_are_looked_at(settings: Settings, tmp_path: Path) -> None:
    issued = issue(tmp_path, "localhost")
    certificate, key = issued.certificate, issued.key
    secured = changed(settings, tls_certificate=certificate, tls_key=key, tls_client_ca=certificate)
    assert "valid until" in looked(secured)["TLS"].sentence

    assert not looked(changed(secured, tls_key=certificate))["TLS"].ok
    key.chmod(0o640)
    assert "Others may use" in looked(secured)["TLS"].sentence
