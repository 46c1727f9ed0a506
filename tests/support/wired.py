"""The service in process over real sockets: its own gRPC port, a real database file, sandboxes on HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import doors
import grpc.aio
from dependency_injector import providers
from google.type import date_pb2
from marker import MARKER

from adapters.aesgcm.keyring import generate
from adapters.brokerages import NAMES, card
from adapters.kit.catalogue import Catalogue, Configured
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty
from adapters.sandbox.server import Running
from adapters.sandbox.server import serve as serve_sandboxes
from adapters.telemetry.logs import configure
from brokerlink.container import Container
from brokerlink.settings import Settings
from brokerlink.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    connections_pb2,
    connections_pb2_grpc,
    portfolios_pb2,
    portfolios_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
    transactions_pb2,
    transactions_pb2_grpc,
)
from domain.policy import Patience

Json = dict[str, Any]


@dataclass(kw_only=True)
class Caller:
    """A client of a running service, and the sandboxes that its brokerages are."""

    sandboxes: Running
    channel: grpc.aio.Channel

    async def connect(self, door: str, user: str, **more: Any) -> connections_pb2.ConnectSession:
        """Connect over gRPC through a door of doors.DOORS: its real conversation, with what a person does."""
        told, facing = doors.found(door)
        known = self.sandboxes.faulty(told.id).sandbox.credentials()
        stub = connections_pb2_grpc.ConnectionServiceStub(self.channel)
        session = await stub.Connect(
            connections_pb2.ConnectRequest(
                user_id=user,
                brokerage_id=told.id,
                credentials=doors.given(door, known),
                redirect_uri=doors.redirect(door, known),
                **{"door_id": facing.facts.id, **more},
            )
        )
        for _ in range(20):
            if session.state != connections_pb2.CONNECT_SESSION_STATE_NEEDS_INPUT:
                break
            session = await stub.ContinueConnect(await self.answer(session, known))
        return session

    async def answer(
        self, session: connections_pb2.ConnectSession, known: dict[str, str]
    ) -> connections_pb2.ContinueConnectRequest:
        kind = connections_pb2.ChallengeKind.Name(session.challenge.kind).removeprefix("CHALLENGE_KIND_")
        told = connections_pb2.ContinueConnectRequest(session_id=session.id)
        match kind:
            case "REDIRECT":
                told.callback_url = await _location(session.challenge.authorize_url)
            case "VERIFIER_CODE":
                told.code = known["verifier"]
            case "DEVICE_APPROVAL":
                told.approval = True
            case _:
                told.code = known[kind.lower()]
        return told

    async def follow(self, **target: Any) -> list[syncs_pb2.SyncProgress]:
        """Start or join a sync and follow it to its end."""
        stub = syncs_pb2_grpc.SyncServiceStub(self.channel)
        return [p async for p in stub.SyncAccount(syncs_pb2.SyncAccountRequest(**target))]

    async def accounts(self, user: str) -> list[accounts_pb2.Account]:
        stub = accounts_pb2_grpc.AccountServiceStub(self.channel)
        told = await stub.ListAccounts(accounts_pb2.ListAccountsRequest(user_id=user, page_size=100))
        return list(told.accounts)

    async def portfolio(self, account_id: str) -> portfolios_pb2.Portfolio:
        stub = portfolios_pb2_grpc.PortfolioServiceStub(self.channel)
        return await stub.GetPortfolio(portfolios_pb2.GetPortfolioRequest(account_id=account_id))

    async def transactions(
        self, account_id: str, page_size: int = 1000
    ) -> list[transactions_pb2.Transaction]:
        stub = transactions_pb2_grpc.TransactionServiceStub(self.channel)
        found: list[transactions_pb2.Transaction] = []
        token = ""
        while True:
            request = transactions_pb2.ListTransactionsRequest(
                account_id=account_id, page_size=page_size, page_token=token
            )
            page = await stub.ListTransactions(request)
            found.extend(page.transactions)
            token = page.next_page_token
            if not token:
                return found

    async def told(self, user: str) -> list[Json]:
        """All that the service says of a user, in the words of the truth's comparison form."""
        return [
            account_json(account, await self.portfolio(account.id), await self.transactions(account.id))
            for account in await self.accounts(user)
        ]


@dataclass(kw_only=True)
class Wired(Caller):
    """A running service with a client. `sandboxes` can be changed while it runs."""

    house: Container
    address: str

    def play(self, brokerage: str, seed: int, persona: str = "plain", rows: int | None = None) -> Faulty:
        """Another customer of a brokerage: from now on the sandbox at its address plays this one."""
        faulty = Faulty(create(brokerage, seed, persona, marker=MARKER, rows=rows), persona)
        self.sandboxes.stage.faulty[brokerage] = faulty
        # What a door remembers (instruments, currency pairs) belongs to the brokerage it spoke to.
        self.house.brokerages()._doors.clear()
        return faulty


async def _location(url: str) -> str:
    import aiohttp  # noqa: PLC0415 - only where a page has to be opened

    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as page:
        return page.headers["location"]


@asynccontextmanager
async def wired(
    folder: Path,
    brokerages: Iterable[str] = doors.CONNECTABLE,
    *,
    seed: int = 7,
    latency_ms: int = 0,
    patience: Patience | None = None,
    limited: bool = False,
    database: str | None = None,
) -> AsyncIterator[Wired]:
    """`database` is the address of one, else it is a new file. `limited` keeps the brokerages' budgets;
    without, many syncs go through one door at once."""
    played = [create(name, seed, marker=MARKER) for name in brokerages]
    configure("WARNING", "json")
    sandboxes = await serve_sandboxes(played, latency_ms=latency_ms)
    settings = Settings(
        data_dir=folder / "data",
        DATABASE_URL=database,
        BROKERAGE_ENCRYPTION_KEY=generate(),
        sandbox_url=sandboxes.address,
        insecure_dev=True,
    )  # type: ignore[call-arg]
    house = Container(settings=providers.Object(settings))
    if not limited:
        house.brokerages.override(providers.Singleton(_unlimited, settings, house.http, house.clock))
    if patience is not None:
        house.engine.add_kwargs(patience=patience)
    rpc, dispatch = house.rpc(), house.dispatch()
    port = rpc.listen("127.0.0.1:0")
    dispatch.start()
    await rpc.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            yield Wired(house=house, sandboxes=sandboxes, address=f"127.0.0.1:{port}", channel=channel)
        finally:
            await rpc.stop(1)
            await dispatch.stop(1)
            await dispatch.close()
            await house.http().close()
            await sandboxes.stop()
            await asyncio.to_thread(house.store().close)


def _unlimited(settings: Settings, http: Any, clock: Any) -> Catalogue:
    def configured(name: str) -> Configured:
        hosts = {host for door in card(name).doors for host in door.hosts}
        return Configured(settings.hosts(name, hosts), open=True)

    return Catalogue(NAMES, card, http, configured, clock.now, breaks=False, limited=False)


# ---- from the contract's messages to the comparison form


def account_json(
    account: accounts_pb2.Account,
    portfolio: portfolios_pb2.Portfolio,
    rows: list[transactions_pb2.Transaction],
) -> Json:
    (balance,) = portfolio.balances
    return {
        "masked_number": account.masked_number,
        "kind": accounts_pb2.AccountKind.Name(account.kind).removeprefix("ACCOUNT_KIND_").lower(),
        "currency": account.currency_code,
        "balance": {
            "currency": balance.currency_code,
            **{n: _figure(balance, n) for n in ("cash", "settled_cash", "buying_power", "total_value")},
        },
        "positions": [_position(p) for p in portfolio.positions],
        "transactions": [_transaction(t) for t in rows],
    }


def _position(position: portfolios_pb2.Position) -> Json:
    names = ("average_cost", "cost_basis", "price", "market_value", "unrealized_gain")
    return {
        "instrument": _instrument(position.instrument),
        "quantity": position.quantity,
        "currency": position.currency_code,
        **{name: _figure(position, name) for name in names},
    }


def _transaction(row: transactions_pb2.Transaction) -> Json:
    executed = row.execute_time.ToJsonString() if row.HasField("execute_time") else None
    return {
        "type": transactions_pb2.TransactionType.Name(row.type).removeprefix("TRANSACTION_TYPE_"),
        "status": transactions_pb2.TransactionStatus.Name(row.status).removeprefix("TRANSACTION_STATUS_"),
        "trade_date": _day(row.trade_date),
        "executed_at": None if executed is None else _six_digits(executed),
        "settlement_date": _day(row.settlement_date) if row.HasField("settlement_date") else None,
        "instrument": _instrument(row.instrument) if row.HasField("instrument") else None,
        "quantity": _figure(row, "quantity"),
        "price": _figure(row, "price"),
        "gross": _figure(row, "gross_amount"),
        "fees": _figure(row, "fees"),
        "taxes": _figure(row, "taxes"),
        "net": _figure(row, "net_amount"),
        "currency": row.currency_code,
    }


def _instrument(instrument: Any) -> Json:
    option = instrument.option_details
    kind = type(instrument).DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_number[instrument.kind].name
    right = option.DESCRIPTOR.fields_by_name["right"].enum_type.values_by_number[option.right].name
    told = {
        "underlying": option.underlying_symbol,
        "expiration": _day(option.expiration_date),
        "right": right.removeprefix("OPTION_RIGHT_").lower(),
        "strike": option.strike,
        "multiplier": _figure(option, "multiplier"),
    }
    return {
        "kind": kind.removeprefix("INSTRUMENT_KIND_").lower(),
        "symbol": instrument.symbol,
        "option": told if instrument.HasField("option_details") else None,
    }


def _figure(message: Any, name: str) -> str | None:
    return getattr(message, name) if message.HasField(name) else None


def _day(day: date_pb2.Date) -> str:
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


def _six_digits(told: str) -> str:
    whole, _, fraction = told.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<6}Z"


LEASE = timedelta(seconds=15)
