"""Many processes that find the same grant expired at the same moment, as a program of its own.

Each round it forks them, lets them go at once when it gets a line, and tells how many could use the
brokerage in the end. Forked, because to load everything anew in each takes longer than the race.

python renewing.py DATABASE SANDBOXES KEY CONNECTION PROCESSES
"""

import asyncio
import os
import sys
from datetime import timedelta

import conformance
from house import Chance, Clock

from adapters.aesgcm.keyring import KeyRing
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.brokerages import NAMES, card
from adapters.kit.catalogue import Catalogue, Configured
from adapters.kit.http import HttpWire
from adapters.sql.store import identity_key, open_store
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.safe import Safe


async def use(given: list[str], ahead: timedelta) -> bool:
    """Open the grant and list the accounts with it, as a sync does first."""
    database, base, key, connection_id = given
    store, wire, clock = open_store(database, migrate=False), HttpWire(), Clock(ahead)
    safe = Safe(AesGcmVault(ring := KeyRing.parse(key), identity_key(store, Roots(ring).unlock)))

    def configured(name: str) -> Configured:
        return Configured(conformance.hosts(name, base), open=True)

    catalogue = Catalogue(NAMES, card, wire, configured, clock.now, breaks=False, limited=False)
    connection = await store.read(lambda uow: uow.connections.get(connection_id))
    if connection is None:
        raise SystemExit("there is no such connection")
    door = catalogue.door(connection.brokerage_id)
    grants = Grants(store, safe, clock, Chance())
    try:
        listing = await grants.use(await grants.open(connection), door, door.accounts)
    finally:
        await wire.close()
    return bool(listing.rows)


def race(processes: int, given: list[str], ahead: timedelta) -> int:
    """How many of so many processes got what they wanted."""
    waiting, go = os.pipe()
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(waiting, 1)  # returns when the pipe is closed: for all of them at once
            try:
                worked = asyncio.run(use(given, ahead))
            except Exception as error:  # noqa: BLE001  told by the exit code
                print(type(error).__name__, error, file=sys.stderr)
                worked = False
            os._exit(0 if worked else 1)
        children.append(child)
    os.close(waiting)
    os.close(go)
    return sum(os.waitpid(child, 0)[1] == 0 for child in children)


def main() -> None:
    *given, processes = sys.argv[1:]
    for line in sys.stdin:
        print(race(int(processes), given, timedelta(minutes=float(line))), flush=True)


if __name__ == "__main__":
    main()
