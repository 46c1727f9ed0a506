"""The service as the benchmarks run it: the real container, a database, and a brokerage that only replays."""

from pathlib import Path

from dependency_injector import providers
from pydantic import SecretStr

from adapters.aesgcm.keyring import generate
from adapters.brokerages import NAMES, card
from adapters.kit.catalogue import Catalogue, Configured
from bench.recording import BROKERAGE
from brokerlink.container import Container
from brokerlink.settings import Settings


def house_at(address: str, folder: Path, database: str) -> Container:
    """No quota and no breaker holds a call back: what is measured is us."""
    settings = Settings(  # type: ignore[call-arg]
        data_dir=folder,
        database_url=SecretStr(database),
        BROKERAGE_ENCRYPTION_KEY=generate(),
        sandbox_url=address,
        insecure_dev=True,
    )
    house = Container(settings=providers.Object(settings))
    hosts = dict.fromkeys(card(BROKERAGE).doors[0].hosts, f"{address}/{BROKERAGE}")
    house.brokerages.override(
        providers.Singleton(
            Catalogue, NAMES, card, house.http, lambda _: Configured(hosts), limited=False, breaks=False
        )
    )
    return house
