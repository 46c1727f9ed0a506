"""The composition root: the only place that sees both sides, and the sole importer of the injector."""

from datetime import timedelta

from dependency_injector import containers, providers

from adapters.aesgcm.keyring import KeyRing
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.brokerages import NAMES, card
from adapters.dispatch.hub import InProcessHub
from adapters.dispatch.inprocess import InProcessDispatch
from adapters.dispatch.owner import owner_name
from adapters.kit.catalogue import Catalogue, Configured
from adapters.kit.http import HttpWire
from adapters.sql.engine import SqlStorage
from adapters.sql.store import identity_key, open_store
from adapters.telemetry.logs import call_log
from brokerlink.clockwork import SystemChance, SystemClock
from brokerlink.preflight import ready
from brokerlink.settings import Settings
from brokerlink.usecases.connect import Connecting
from brokerlink.usecases.course import Engine
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.run_sync import RunSync
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import StartSync
from brokerlink.usecases.tidy import Tidy


def vault(ring: KeyRing, store: SqlStorage) -> AesGcmVault:
    return AesGcmVault(ring, identity_key(store, Roots(ring).unlock))


def catalogue(settings: Settings, wire: HttpWire, clock: SystemClock) -> Catalogue:
    def configured(name: str) -> Configured:
        hosts = {host for door in card(name).doors for host in door.hosts}
        return Configured(settings.hosts(name, hosts), settings.opens(name), settings.operator(name))

    return Catalogue(NAMES, card, wire, configured, clock.now)


class Container(containers.DeclarativeContainer):
    """One object of each kind for the process. Tests build the same container with other settings."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    chance = providers.Singleton(SystemChance)
    store = providers.Singleton(open_store, settings.provided.database)
    ring = providers.Singleton(ready, settings)
    vault = providers.Singleton(vault, ring, store)
    safe = providers.Singleton(Safe, vault)
    http = providers.Singleton(HttpWire, observe=providers.Object(call_log))
    brokerages = providers.Singleton(catalogue, settings, http, clock)
    hub = providers.Singleton(InProcessHub)
    lease = providers.Factory(timedelta, seconds=settings.provided.lease_seconds)
    life = providers.Factory(timedelta, seconds=settings.provided.run_deadline_seconds)

    grants = providers.Singleton(Grants, store, safe, clock, chance)
    engine = providers.Singleton(Engine, store, brokerages, safe, grants, clock, chance, hub, lease)
    run_sync = providers.Singleton(RunSync, engine)
    dispatch = providers.Singleton(
        InProcessDispatch,
        store,
        run_sync,
        providers.Callable(owner_name),
        lease,
        settings.provided.sync_concurrency,
    )
    start_sync = providers.Singleton(StartSync, store, clock, chance, dispatch, life)
    tidy = providers.Singleton(Tidy, store, clock, start_sync, hub)
    connecting = providers.Singleton(Connecting, store, brokerages, safe, clock, chance, dispatch, life)
