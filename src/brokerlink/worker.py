"""Runs a worker: carries on sync runs of a shared PostgreSQL until it is told to stop."""

import asyncio
import logging

import uvloop

from brokerlink.container import Container
from brokerlink.server import GRACE, prepare, told_to_stop
from brokerlink.settings import Problem, Settings, SettingsInvalid
from brokerlink.settings.problems import variable

log = logging.getLogger("brokerlink.worker")


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. Raises SettingsInvalid or DecryptionFailed before anything is taken."""
    if settings.embedded:
        name = variable("database_url")
        sentence = (
            "`brokerlink work` needs PostgreSQL: with SQLite, `brokerlink serve` runs the syncs itself."
        )
        raise SettingsInvalid([Problem(name, sentence, f"Give {name}=postgresql://..., the server's own.")])
    house = prepare(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(house))


async def work(house: Container) -> None:
    """Start, wait for the signal, and stop: nothing new is taken, and what runs is handed over at once."""
    dispatch, hub = house.dispatch(), house.hub()
    dispatch.tidy = house.tidy()
    hub.start()
    dispatch.start()
    log.info("working", extra={"count": dispatch.places})
    await told_to_stop()
    log.info("stopping")
    await dispatch.stop(GRACE)
    await house.schedule().leave()
    await dispatch.close()
    await hub.stop()
    await house.http().close()
    house.reading().close()
    house.store().close()
    log.info("stopped")
