"""Runs the server: looks before it starts, serves until it is told to stop, and stops in order."""

import asyncio
import logging
import resource
import signal
from pathlib import Path

import grpc
import uvloop

from adapters.dispatch.owner import release_dead
from adapters.telemetry.logs import configure
from brokerlink.container import Container
from brokerlink.http.hooks import Hooks
from brokerlink.loopwatch import watched
from brokerlink.preflight import ready
from brokerlink.settings import Problem, Settings, SettingsInvalid
from brokerlink.settings.problems import variable
from brokerlink.supervisor import Supervisor, check_free

log = logging.getLogger("brokerlink.server")
GRACE = 10.0


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsInvalid or DecryptionFailed before anything opens."""
    house = prepare(settings)
    if settings.process_count == 1:
        _serve(house)
        return
    check_free(settings.listeners)
    house.store().close()  # each process opens its own
    log.info("serving with several processes", extra={"count": settings.process_count})
    Supervisor(settings.process_count, lambda: _serve(Container(settings=settings))).run()


def prepare(settings: Settings) -> Container:
    """What must hold before anything opens, for whoever serves or works."""
    configure(settings.log_level, settings.log_format)
    ready(settings)
    # A dump of this process would hold opened credentials.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    settings.make_data_dir()
    house = Container(settings=settings)
    check_keys(house)
    return house


def _serve(house: Container) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(house))


def check_keys(house: Container) -> None:
    """Open the store and prove the keys, before anybody is told that we serve: a key that is missing would
    show only when the first connection it seals is needed. Raises DecryptionFailed, SettingsInvalid."""
    house.vault()
    used = house.store().read_now(lambda uow: uow.data_keys.wrapped_under())
    missing = {name: count for name, count in used.items() if name not in house.ring().ids}
    if missing:
        named = ", ".join(f"{name} ({count} data keys)" for name, count in sorted(missing.items()))
        raise SettingsInvalid(
            [
                Problem(
                    variable("encryption_key"),
                    f"Secrets in this database are sealed under a key that is not given: {named}.",
                    "Give it after the newer one, run `brokerlink keys rewrap`, and only then leave it out.",
                )
            ]
        )


async def serve(house: Container) -> None:
    """Start, wait for the signal, and stop: no new calls, streams sent elsewhere, runs handed over."""
    settings: Settings = house.settings()
    store = house.store()
    if store.embedded:
        released = await store.write(release_dead)
        if released:
            log.info("runs of a dead process go on", extra={"count": len(released)})
    dispatch, hub, rpc = house.dispatch(), house.hub(), house.rpc()
    dispatch.tidy = house.tidy() if settings.work else None
    credentials = _credentials(settings)
    for listener in settings.listeners:
        rpc.listen(listener.text, credentials)
    hooks = await _hear_notices(house, settings)
    hub.start()
    dispatch.start()
    await rpc.start()
    log.info("serving", extra={"address": ", ".join(settings.listen)})
    await told_to_stop()
    log.info("stopping")
    if hooks is not None:
        await hooks.stop()
    # Together: calls and runs have the same grace. A call that ends last may still wake a run.
    await asyncio.gather(rpc.stop(GRACE), dispatch.stop(GRACE))
    if settings.work:
        await house.schedule().leave()
    await dispatch.close()
    await hub.stop()
    await house.http().close()
    house.reading().close()
    store.close()
    log.info("stopped")


async def _hear_notices(house: Container, settings: Settings) -> Hooks | None:
    """Listen for brokerages' notices, if the operator has named an address for it."""
    where = settings.hooks
    if where is None:
        return None
    hooks: Hooks = house.hooks()
    try:
        await hooks.start(where.host, where.port, path=where.path, reuse_port=settings.shares_port)
    except OSError as error:
        name = variable("hooks_listen")
        sentence = f"It is not possible to listen on {where.text}: {error.strerror}."
        fix = f"Stop who listens there, or set {name} to another address."
        raise SettingsInvalid([Problem(name, sentence, fix)]) from None
    return hooks


async def told_to_stop() -> None:
    """Until SIGTERM or SIGINT; a loop that is kept busy until then is told in the log."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with watched():
        await told.wait()


def _credentials(settings: Settings) -> grpc.ServerCredentials | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    authority = _read(settings.tls_client_ca)
    pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
    return grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)


def _read(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()
