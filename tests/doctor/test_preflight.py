"""What keeps a server from starting besides the settings' own problems: told all at once."""

import pytest
from pydantic import SecretStr

from adapters.aesgcm.keyring import generate
from brokerlink import preflight
from brokerlink.settings import BrokerageSettings, Settings, SettingsInvalid

SECRET = "Marker7f3aZq"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKERAGE_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)


def operator(*names: str) -> dict[str, SecretStr]:
    return {name: SecretStr(SECRET) for name in names}


def refused(settings: Settings) -> dict[str, str]:
    with pytest.raises(SettingsInvalid) as refusal:
        preflight.ready(settings)
    assert SECRET not in str(refusal.value)
    return {problem.setting: str(problem) for problem in refusal.value.problems}


def test_with_a_key_and_nothing_else_a_server_may_start() -> None:
    key = generate()

    assert len(preflight.ready(Settings(encryption_key=SecretStr(f"{key},{generate()}"))).ids) == 2


def test_all_is_told_at_once() -> None:
    settings = Settings(
        encryption_key=SecretStr(SECRET),
        listen=("0.0.0.0:1",),
        brokerages={
            "schwabb": BrokerageSettings(),
            "etrade": BrokerageSettings(hosts={"apii": "https://example.com"}, operator=operator("key")),
            "schwab": BrokerageSettings(operator=operator("app_key")),
        },
    )

    told = refused(settings)

    assert set(told) == {
        "BROKERAGE_ENCRYPTION_KEY", "BROKERLINK_LISTEN", "BROKERLINK_BROKERAGES__SCHWABB",
        "BROKERLINK_BROKERAGES__ETRADE__HOSTS__APII", "BROKERLINK_BROKERAGES__ETRADE__OPERATOR__KEY",
        "BROKERLINK_BROKERAGES__SCHWAB__OPERATOR",
    }  # fmt: skip
    assert "Did you mean schwab?" in told["BROKERLINK_BROKERAGES__SCHWABB"]
    assert "Did you mean api?" in told["BROKERLINK_BROKERAGES__ETRADE__HOSTS__APII"]
    assert "OPERATOR__APP_SECRET is missing" in told["BROKERLINK_BROKERAGES__SCHWAB__OPERATOR"]


def test_without_a_key_it_says_how_to_make_one() -> None:
    assert "`brokerlink keys generate`" in refused(Settings())["BROKERAGE_ENCRYPTION_KEY"]


def test_a_package_of_ours_that_another_distribution_owns_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"adapters": ["brokerlink", "adapters"], "domain": ["brokerlink"]}
    monkeypatch.setattr(preflight, "packages_distributions", lambda: owners)

    (problem,) = preflight.packages()

    assert problem.sentence == "The Python package adapters belongs to adapters as well."
