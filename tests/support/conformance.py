"""What every brokerage's tests need: a door played by its sandbox in memory, and truth to compare with.

door, sandbox = played("alpaca", seed=3)
grant = await signed_in(door, sandbox, "alpaca")
assert differences(await read_all(door, grant), expected(sandbox)) == []
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import doors

from adapters.brokerages import card
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.stage import Stage
from domain.accounts import AccountTold
from domain.challenges import Answer, ChallengeKind
from domain.errors import Failure
from domain.instruments import Instrument
from domain.matching import Occurrences
from domain.money import plain
from domain.ports.brokerage import Asked, Grant, OpenDoor, Page
from domain.positions import Balance, Position
from domain.transactions import Transaction

BASE = "http://127.0.0.1:9"
Json = dict[str, Any]


def hosts(brokerage: str, base: str = BASE) -> dict[str, str]:
    """Every host of every door of a brokerage, on the stage at that address."""
    names = {name for door in card(brokerage).doors for name in door.hosts}
    return {n: f"{base}/{brokerage}" + ("" if n == "api" else f"/{n}") for n in names}


def played(door: str, seed: int = 7, persona: str = "plain", **more: Any) -> tuple[CardDoor, Sandbox]:
    """A door ("merrill" is the first of merrill, "merrill/plaid" that one), answered by the brokerage's
    sandbox without sockets."""
    found, facing = doors.found(door)
    sandbox = create(found.id, seed, persona, **more)
    stage = Stage([sandbox])

    def answer(request: Request, url: str) -> Response:
        headers = dict(request.headers)
        reply = stage.hear(request.method, url, headers, request.body, datetime.now(UTC), BASE)
        return reply.response

    wire = MemoryWire(answer)
    return CardDoor(found, facing, wire, hosts=hosts(found.id), breaks=False, limited=False), sandbox


def meant(door: CardDoor, response: Response) -> Failure | None:
    """The failure that the door takes an answer for."""
    return door._sender.failure(response)


async def signed_in(door: CardDoor, sandbox: Sandbox, name: str) -> Grant:
    """Through the door's real conversation, doing what a person would."""
    known = sandbox.credentials()
    move = await door.begin(doors.given(name, known), doors.redirect(name, known))
    stage = Stage([sandbox])
    for _ in range(20):
        if isinstance(move, Grant):
            return move
        move = await door.hear(move.state, _answer(move, stage, known))
    raise AssertionError("the sign-in comes to no end")


def _answer(asked: Asked, stage: Stage, known: dict[str, str]) -> Answer:
    kind = asked.challenge.kind
    if kind is ChallengeKind.REDIRECT:
        url = asked.challenge.authorize_url or ""
        page = stage.hear("GET", url, {}, b"", datetime.now(UTC), BASE).response
        return Answer(callback_url=page.headers["location"])
    if kind is ChallengeKind.DEVICE_APPROVAL:
        return Answer(approved=True)
    return Answer(code=known["verifier" if kind is ChallengeKind.VERIFIER_CODE else kind.value])


async def pages(
    door: OpenDoor, grant: Grant, account: AccountTold, feed: str, since: date | None = None
) -> AsyncIterator[Page]:
    """A feed of an account, to its end."""
    cursor: str | None = None
    while True:
        page = await door.history(grant, account, feed, since, cursor)
        yield page
        cursor = page.cursor
        if cursor is None:
            return


async def read_all(door: OpenDoor, grant: Grant) -> list[Json]:
    """Everything that a door tells, in the words of the truth's comparison form."""
    accounts = []
    for account in (await door.accounts(grant)).rows:
        balances = (await door.balances(grant, account)).rows
        positions = (await door.positions(grant, account)).rows
        rows: dict[str, Transaction] = {}
        for feed in door.feeds:
            occurrences = Occurrences()
            async for page in pages(door, grant, account, feed.name):
                # Rows without an id are told apart as the engine does it.
                rows.update((occurrences.key(t), t) for t in page.transactions)
        accounts.append(account_told(account, balances, positions, list(rows.values())))
    return sorted(accounts, key=lambda a: str(a["number"]))


async def first_page(door: OpenDoor, grant: Grant, account: AccountTold, feed: str) -> Page:
    """The first page of a feed that tells rows. Where a statement is made first and fetched then, the page
    before it tells none."""
    page = await door.history(grant, account, feed, None, None)
    for _ in range(3):
        if page.transactions or page.cursor is None:
            break
        page = await door.history(grant, account, feed, None, page.cursor)
    return page


def expected(sandbox: Sandbox, door: str = "") -> list[Json]:
    """The truth, with rows in a stable order and without what nobody is compared by. Where the doors of a
    brokerage can tell different parts of it, `door` ("robinhood/crypto") says which is meant."""
    seen_by = getattr(sandbox, "seen_by", None)
    truth, profile = sandbox.play.truth_now(), sandbox.profile
    if seen_by is not None:
        truth, profile = seen_by(door.partition("/")[2])
    accounts: list[Any] = truth.as_json(profile)["accounts"]  # type: ignore[assignment]
    told = [_without(account, "key") for account in accounts]
    for account in told:
        account["transactions"] = ordered(_without(row, "number") for row in account["transactions"])
        account["positions"] = sorted(account["positions"], key=by_symbol)
    return sorted(told, key=lambda a: str(a["number"]))


def differences(told: Any, wanted: Any, where: str = "") -> list[str]:
    """Where the two differ, figure by figure; empty when they agree. What `wanted` lacks is not compared."""
    if isinstance(told, dict) and isinstance(wanted, dict):
        return [
            d for name, value in wanted.items() for d in differences(told.get(name), value, f"{where}.{name}")
        ]
    if isinstance(told, list) and isinstance(wanted, list):
        found = [] if len(told) == len(wanted) else [f"{where}: {len(told)} rows, wanted {len(wanted)}"]
        pairs = enumerate(zip(told, wanted, strict=False))
        return found + [d for i, (t, w) in pairs for d in differences(t, w, f"{where}[{i}]")]
    return [] if told == wanted else [f"{where}: {told!r}, wanted {wanted!r}"]


def account_told(
    account: AccountTold,
    balances: tuple[Balance, ...] | None,
    positions: tuple[Position, ...] | None,
    rows: list[Transaction],
) -> Json:
    """What is told of an account, in the words of the truth; None for a part that is not told."""
    return {
        "number": account.number,
        "name": account.name,
        "kind": account.kind.value,
        "currency": account.currency,
        "balance": None if balances is None else _balance(balances),
        "positions": None if positions is None else sorted((_position(p) for p in positions), key=by_symbol),
        "transactions": ordered(_transaction(t) for t in rows),
    }


def _balance(balances: tuple[Balance, ...]) -> Json:
    (balance,) = balances
    return {
        "currency": balance.currency,
        "cash": _figure(balance.cash),
        "settled_cash": _figure(balance.settled_cash),
        "buying_power": _figure(balance.buying_power),
        "total_value": _figure(balance.total_value),
    }


def _position(position: Position) -> Json:
    return {
        "instrument": _instrument(position.instrument),
        "quantity": _figure(position.quantity),
        "currency": position.currency,
        "average_cost": _figure(position.average_cost),
        "cost_basis": _figure(position.cost_basis),
        "price": _figure(position.price),
        "market_value": _figure(position.market_value),
        "unrealized_gain": _figure(position.unrealized_gain),
    }


def _transaction(row: Transaction) -> Json:
    executed = row.executed_at
    return {
        "type": row.type.name,
        "status": row.status.name,
        "trade_date": row.trade_date.isoformat(),
        "executed_at": None if executed is None else f"{executed.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
        "settlement_date": None if row.settlement_date is None else row.settlement_date.isoformat(),
        "instrument": None if row.instrument is None else _instrument(row.instrument),
        "quantity": _figure(row.quantity),
        "price": _figure(row.price),
        "gross": _figure(row.gross),
        "fees": _figure(row.fees),
        "taxes": _figure(row.taxes),
        "net": _figure(row.net),
        "currency": row.currency,
        "description": row.description,
    }


def _instrument(instrument: Instrument) -> Json:
    option = instrument.option
    return {
        "kind": instrument.kind.value,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "cusip": dict(instrument.identifiers).get("cusip"),
        "option": None
        if option is None
        else {
            "underlying": option.underlying,
            "expiration": option.expiration.isoformat(),
            "right": option.right.value,
            "strike": plain(option.strike),
            "multiplier": _figure(option.multiplier),
        },
    }


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def by_symbol(position: Json) -> tuple[str, str]:
    return str(position["instrument"]["symbol"]), str(position["quantity"])


ORDER = (
    "trade_date",
    "type",
    "quantity",
    "price",
    "gross",
    "net",
    "fees",
    "taxes",
    "settlement_date",
    "status",
    "executed_at",
)


def ordered(rows: Any) -> list[Json]:
    """A stable order that both sides can tell: which of two equal rows comes first does not matter."""
    return sorted(rows, key=lambda r: (*(str(r.get(n)) for n in ORDER), _symbol(r)))


def _symbol(row: Json) -> str:
    instrument = row.get("instrument")
    return "" if instrument is None else str(instrument["symbol"])


def _without(row: Json, name: str) -> Json:
    return {key: value for key, value in row.items() if key != name}
