"""The composition root: the only place that sees both sides, and the sole importer of the injector."""

from collections.abc import Callable
from datetime import timedelta

from dependency_injector import containers, providers

from adapters.aesgcm.keyring import KeyRing
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.brokerages import NAMES, card
from adapters.calendar.sessions import ExchangeCalendar
from adapters.dispatch.hub import InProcessHub
from adapters.dispatch.inprocess import InProcessDispatch
from adapters.dispatch.notify import NotifyHub
from adapters.dispatch.owner import owner_name
from adapters.dispatch.spread import SpreadDispatch
from adapters.kit.budgets import InProcessBudgets
from adapters.kit.catalogue import Catalogue, Configured
from adapters.kit.http import HttpWire, Wire
from adapters.kit.notices import ProvedNotices
from adapters.kit.opend import OpendWire
from adapters.kit.statements import Files
from adapters.kit.wires import Wires
from adapters.sql.budgets import SharedBudgets
from adapters.sql.engine import SqlStorage
from adapters.sql.reading import SqlReading
from adapters.sql.store import identity_key, open_store
from adapters.telemetry.logs import call_log, correlated
from brokerlink.clockwork import SystemChance, SystemClock
from brokerlink.http.hooks import Hooks
from brokerlink.preflight import ready
from brokerlink.rpc.accounts import AccountServicer
from brokerlink.rpc.admin import AdminServicer
from brokerlink.rpc.brokerages import BrokerageServicer
from brokerlink.rpc.connections import ConnectionServicer
from brokerlink.rpc.interceptors import Gate
from brokerlink.rpc.methods import scopes
from brokerlink.rpc.once import Once
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.rpc.portfolios import PortfolioServicer
from brokerlink.rpc.principals import Trusting
from brokerlink.rpc.rendering import Instruments
from brokerlink.rpc.server import Limits, Servicers, build
from brokerlink.rpc.statements import StatementImports
from brokerlink.rpc.streams import Streams
from brokerlink.rpc.syncs import SyncServicer
from brokerlink.rpc.transactions import TransactionServicer
from brokerlink.settings import Settings
from brokerlink.usecases.connect import CancelConnect, Connect, ContinueConnect, GetConnectSession
from brokerlink.usecases.connecting import Connecting
from brokerlink.usecases.course import Engine
from brokerlink.usecases.disconnect import Disconnect
from brokerlink.usecases.get_portfolio import GetPortfolio, GetUserPortfolio
from brokerlink.usecases.get_sync_run import CancelSync, GetSyncRun, ListSyncRuns
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.hear_notice import HearNotice
from brokerlink.usecases.import_statement import ImportStatement
from brokerlink.usecases.list_accounts import GetAccount, ListAccounts
from brokerlink.usecases.list_brokerages import GetBrokerage, ListBrokerages
from brokerlink.usecases.list_connections import GetConnection, ListConnections
from brokerlink.usecases.list_dead_letters import ListDeadLetters
from brokerlink.usecases.list_transactions import GetTransaction, ListTransactions
from brokerlink.usecases.pause_connection import PauseConnection, ResumeConnection
from brokerlink.usecases.release_connection import ReleaseConnection
from brokerlink.usecases.requeue_sync import RequeueSync
from brokerlink.usecases.retry_dead_letter import RetryDeadLetter
from brokerlink.usecases.run_sync import RunSync
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.schedule_syncs import ScheduleSyncs
from brokerlink.usecases.start_sync import StartSync
from brokerlink.usecases.tidy import Tidy
from brokerlink.usecases.watch_sync import WatchSync
from domain.policy import Cadence, SyncPolicy
from domain.ports.budgets import Budgets

# Streams may never take all places of a server: see rpc.server.Limits.
STREAMS_OF_ONE_CALLER = 500
STREAMS = 2_000


def vault(ring: KeyRing, store: SqlStorage) -> AesGcmVault:
    return AesGcmVault(ring, identity_key(store, Roots(ring).unlock))


def budgets(store: SqlStorage, vault: AesGcmVault, clock: SystemClock) -> Budgets:
    """Shared by all processes on PostgreSQL; embedded, there is no other."""
    return InProcessBudgets(clock.now) if store.embedded else SharedBudgets(store, vault.identity_key)


def wish(settings: Settings) -> SyncPolicy:
    return SyncPolicy(Cadence(settings.sync_cadence), timedelta(minutes=settings.sync_minutes))


def dispatcher(
    store: SqlStorage, run_sync: RunSync, lease: timedelta, places: int
) -> InProcessDispatch | SpreadDispatch:
    """On PostgreSQL runs are spread over all processes that work; `places` 0 leaves them to others."""
    if store.embedded:
        return InProcessDispatch(store, run_sync, owner_name(), lease, places)
    return SpreadDispatch(store, run_sync, owner_name(), lease, places)


def progress_hub(store: SqlStorage) -> InProcessHub | NotifyHub:
    return InProcessHub() if store.embedded else NotifyHub(store.conninfo)


def configured_by(settings: Settings) -> Callable[[str], Configured]:
    def configured(name: str) -> Configured:
        hosts = {host for door in card(name).doors for host in door.hosts}
        return Configured(
            settings.hosts(name, hosts),
            settings.opens(name),
            settings.operator(name),
            settings.redirect_uri(name) or "",
            settings.limits(name),
        )

    return configured


def catalogue(settings: Settings, wire: Wire, clock: SystemClock, shared: Budgets) -> Catalogue:
    return Catalogue(NAMES, card, wire, configured_by(settings), clock.now, budgets=shared)


def notices(settings: Settings, wire: Wire, clock: SystemClock) -> ProvedNotices:
    return ProvedNotices(NAMES, card, wire, configured_by(settings), clock.now)


class Container(containers.DeclarativeContainer):
    """One object of each kind for the process. Tests build the same container with other settings."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    chance = providers.Singleton(SystemChance)
    store = providers.Singleton(open_store, settings.provided.database)
    ring = providers.Singleton(ready, settings)
    vault = providers.Singleton(vault, ring, store)
    safe = providers.Singleton(Safe, vault)
    http = providers.Singleton(
        Wires,
        providers.Singleton(HttpWire, observe=providers.Object(call_log)),
        providers.Singleton(OpendWire, observe=providers.Object(call_log)),
    )
    budgets = providers.Singleton(budgets, store, vault, clock)
    brokerages = providers.Singleton(catalogue, settings, http, clock, budgets)
    hub = providers.Singleton(progress_hub, store)
    lease = providers.Factory(timedelta, seconds=settings.provided.lease_seconds)
    life = providers.Factory(timedelta, seconds=settings.provided.run_deadline_seconds)

    grants = providers.Singleton(Grants, store, safe, clock, chance)
    wish = providers.Singleton(wish, settings)
    engine = providers.Singleton(
        Engine, store, brokerages, safe, grants, clock, chance, hub, lease, cadence=wish
    )
    run_sync = providers.Singleton(RunSync, engine)
    dispatch = providers.Singleton(
        dispatcher,
        store,
        run_sync,
        lease,
        settings.provided.places,
    )
    start_sync = providers.Singleton(StartSync, store, clock, chance, dispatch, life)
    schedule = providers.Singleton(
        ScheduleSyncs,
        store,
        brokerages,
        clock,
        chance,
        dispatch,
        providers.Singleton(ExchangeCalendar),
        providers.Callable(owner_name),
        wish,
        life,
    )
    tidy = providers.Singleton(Tidy, store, clock, schedule, hub, budgets)
    hear_notice = providers.Singleton(
        HearNotice, store, providers.Singleton(notices, settings, http, clock), safe, start_sync, clock
    )
    hooks = providers.Singleton(Hooks, hear_notice)
    connecting = providers.Singleton(Connecting, store, brokerages, safe, clock, chance, dispatch, life)

    once = providers.Singleton(Once, store, vault.provided.identity_key, clock)
    tokens = providers.Singleton(PageTokens, vault.provided.identity_key, clock)
    reading = providers.Singleton(SqlReading, store.provided.engine)
    shown_instruments = providers.Singleton(Instruments, reading)
    gate = providers.Singleton(
        Gate,
        providers.Singleton(Trusting, providers.Callable(scopes)),
        once,
        providers.Singleton(Streams, each=STREAMS_OF_ONE_CALLER, most=STREAMS),
        vault.provided.identity_key,
        correlated=providers.Object(correlated),
    )
    files = providers.Singleton(Files, providers.Object(NAMES), providers.Object(card))
    import_statement = providers.Singleton(ImportStatement, store, files, safe, clock)
    list_accounts = providers.Singleton(ListAccounts, store)
    get_brokerage = providers.Singleton(GetBrokerage, brokerages)
    servicers = providers.Singleton(
        Servicers,
        brokerages=providers.Singleton(
            BrokerageServicer, providers.Singleton(ListBrokerages, brokerages), get_brokerage, tokens
        ),
        connections=providers.Singleton(
            ConnectionServicer,
            connect=providers.Singleton(Connect, connecting),
            continue_connect=providers.Singleton(ContinueConnect, connecting),
            get_connect_session=providers.Singleton(GetConnectSession, connecting),
            cancel_connect=providers.Singleton(CancelConnect, connecting),
            list_connections=providers.Singleton(ListConnections, store),
            get_connection=providers.Singleton(GetConnection, store),
            pause_connection=providers.Singleton(PauseConnection, store, clock, dispatch),
            resume_connection=providers.Singleton(ResumeConnection, store, clock, chance, dispatch),
            disconnect=providers.Singleton(Disconnect, store, brokerages, grants, clock, dispatch),
            list_accounts=list_accounts,
            get_brokerage=get_brokerage,
            tokens=tokens,
        ),
        accounts=providers.Singleton(
            AccountServicer, list_accounts, providers.Singleton(GetAccount, store), tokens
        ),
        portfolios=providers.Singleton(
            PortfolioServicer,
            providers.Singleton(GetPortfolio, reading),
            providers.Singleton(GetUserPortfolio, reading),
            shown_instruments,
        ),
        transactions=providers.Singleton(
            TransactionServicer,
            providers.Singleton(ListTransactions, reading),
            providers.Singleton(GetTransaction, reading),
            shown_instruments,
            tokens,
            providers.Singleton(StatementImports, import_statement, once),
        ),
        syncs=providers.Singleton(
            SyncServicer,
            start=start_sync,
            watch=providers.Singleton(WatchSync, store, hub, clock),
            get=providers.Singleton(GetSyncRun, store),
            list_runs=providers.Singleton(ListSyncRuns, store),
            cancel=providers.Singleton(CancelSync, store, dispatch),
            once=once,
            tokens=tokens,
        ),
        admin=providers.Singleton(
            AdminServicer,
            list_dead_letters=providers.Singleton(ListDeadLetters, store),
            retry_dead_letter=providers.Singleton(RetryDeadLetter, store, clock, chance, dispatch, life),
            requeue_sync=providers.Singleton(RequeueSync, store, start_sync, dispatch),
            release_connection=providers.Singleton(ReleaseConnection, store, clock, chance, dispatch, life),
            tokens=tokens,
        ),
    )
    limits = providers.Singleton(
        Limits, message_bytes=settings.provided.max_message_bytes, reuse_port=settings.provided.shares_port
    )
    rpc = providers.Singleton(build, servicers, gate, limits, reflects=settings.provided.reflects)
