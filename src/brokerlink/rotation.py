"""Rewrapping the data keys of a database from the command line, beside the servers that use it."""

import asyncio

from brokerlink.container import Container
from brokerlink.settings import Settings
from brokerlink.usecases.rewrap_keys import RewrapKeys


def run(settings: Settings) -> int:
    """How many data keys were rewrapped under the first key that is given. Raises DecryptionFailed."""
    house = Container(settings=settings)
    vault, store = house.vault(), house.store()
    try:
        return asyncio.run(RewrapKeys(store, vault, house.ring().current.id)())
    finally:
        store.close()
