"""The Crypto Trading API's rows into our nouns. Pure.

Signs: quantities of orders are unsigned, `side` tells. Figures are decimal strings of up to 18 places; one
client has seen numbers. An execution's effective price holds all that it cost: no fee is told besides.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from adapters.brokerages.robinhood.crypto.sign import ACCOUNT, HOST, ROOT
from adapters.kit import rows
from adapters.kit.card import Call, Scene
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, get, raw_rows
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.money import EXACTLY, FINEST, ZERO, plain
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionType

Row = dict[str, Any]
T = TransactionType
PATHS = {"accounts": ACCOUNT, "holdings": f"{ROOT}/trading/holdings/", "orders": f"{ROOT}/trading/orders/"}
STATUSES = frozenset({"active", "deactivated", "sell_only"})
STATES = frozenset({"open", "canceled", "partially_filled", "filled", "failed"})
SIDES = {"buy": (T.BUY, 1), "sell": (T.SELL, -1)}
KNOWN_ACCOUNT = frozenset("account_number status buying_power buying_power_currency".split())
KNOWN_HOLDING = frozenset("account_number asset_code total_quantity quantity_available_for_trading".split())
KNOWN_ORDER = frozenset(
    "id account_number symbol client_order_id side executions type state average_price filled_asset_quantity"
    " created_at updated_at market_order_config limit_order_config stop_loss_order_config"
    " stop_limit_order_config".split()
)
KNOWN_EXECUTION = frozenset("effective_price quantity timestamp".split())


def ask(thing: str) -> Callable[[Call], Request]:
    """The first page; later ones come by their address."""
    return lambda call: get(call.cursor or PATHS[thing], host=HOST)


def ask_orders(call: Call) -> Request:
    """All that changed since a day: an order that waited long is found where it was filled."""
    if call.cursor is not None:
        return get(call.cursor, host=HOST)
    since = f"{call.since.isoformat()}T00:00:00Z" if call.since else None
    return get(PATHS["orders"], ("limit", "100"), ("updated_at_start", since), host=HOST)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """GET trading/accounts/ (3.7): one object. The account has a number of its own. That it is never that of
    a brokerage account is told nowhere, so the key says which of the two is meant: what this door lists is
    no more than the coins, and must not stand for the stocks of the other."""
    row = rows.fields(raw)
    rows.note_unknown(row, KNOWN_ACCOUNT, "crypto_account", scene.notes)
    number, status = rows.text(row, "account_number"), rows.text(row, "status")
    if status not in STATUSES:
        scene.notes.words[f"crypto_account.{status[:32]}"] += 1
    yield AccountTold(
        key=f"crypto:{number}",
        name="Robinhood Crypto",
        number=number,
        kind=AccountKind.CRYPTO,
        currency=rows.text(row, "buying_power_currency"),
        open=status != "deactivated",
        raw=raw,
    )


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    row = rows.fields(raw)
    _mine(row, scene)
    yield Balance(
        currency=rows.text(row, "buying_power_currency"), buying_power=rows.number(row, "buying_power")
    )


def needs_price_and_orders(raw: bytes) -> Iterator[str]:
    market = f"{rows.text(rows.fields(raw), 'asset_code')}-USD"
    yield from (f"crypto-price:{market}", f"crypto-orders:{market}")


def holding(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A row of GET trading/holdings/. It has no cost: that is made of the coin's orders, where they explain
    what is held; coins that came by a transfer or as a reward have none."""
    row = rows.fields(raw)
    rows.note_unknown(row, KNOWN_HOLDING, "crypto_holding", scene.notes)
    _mine(row, scene)
    quantity = rows.number(row, "total_quantity")
    if not quantity:
        return
    code = rows.text(row, "asset_code")
    price: Decimal | None = scene.references.get(f"crypto-price:{code}-USD")
    average = average_cost(scene.references.get(f"crypto-orders:{code}-USD"), quantity)
    cost = None if average is None else average * quantity
    value = None if price is None else price * quantity
    yield Position(
        instrument=Instrument(InstrumentKind.CRYPTO, code),
        quantity=quantity,
        currency="USD",
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=None if cost is None or value is None else value - cost,
        flags=(Flag.COST_UNKNOWN,) if average is None else (),
        raw=raw,
    )


def average_cost(orders: list[Row] | None, held: Decimal) -> Decimal | None:
    """What a coin cost by the weighted mean of its purchases, to 18 places; a sale leaves it as it is. None
    where the orders are not all known, or do not end at what is held."""
    if orders is None:
        return None
    moves = sorted(
        (rows.instant(told.get("timestamp"), "timestamp"), SIDES[side][1] * rows.number(told, "quantity"),
         rows.number(told, "effective_price"))
        for order in orders
        if (side := rows.text(order, "side")) in SIDES
        for told in executions(order)
    )  # fmt: skip
    quantity, average = ZERO, ZERO
    for _, moved, price in moves:
        if moved > 0:
            total = average * quantity + price * moved
            average = EXACTLY.quantize(EXACTLY.divide(total, quantity + moved), FINEST)
        quantity += moved
        if quantity < 0:
            return None
    return average if quantity == held else None


def _mine(row: Row, scene: Scene) -> None:
    """A key is good for one account."""
    if scene.account is not None and rows.text(row, "account_number") != scene.account.number:
        raise UnreadableReply("a row is of another account")


def ask_prices(keys: tuple[str, ...], call: Call) -> Request:
    symbols = (("symbol", key.partition(":")[2]) for key in keys)
    return get(f"{ROOT}/marketdata/best_bid_ask/", *symbols, host=HOST)


def take_prices(response: Response, keys: tuple[str, ...]) -> dict[str, Decimal]:
    """Prices by their symbol. A coin that is not traded any more has none."""
    quotes = [rows.fields(raw) for raw in raw_rows(dig(response, ("results",)))]
    return {f"crypto-price:{rows.text(quote, 'symbol')}": rows.number(quote, "price") for quote in quotes}


def ask_orders_of(keys: tuple[str, ...], call: Call) -> Request:
    return get(PATHS["orders"], ("symbol", keys[0].partition(":")[2]), ("limit", "100"), host=HOST)


def take_orders_of(response: Response, keys: tuple[str, ...]) -> dict[str, list[Row]]:
    """All orders of one coin; nothing where they are more than a page."""
    orders = [rows.fields(raw) for raw in raw_rows(dig(response, ("results",)))]
    return {} if decode(dig(response, ("next",))) else {keys[0]: orders}


def executions(order: Row) -> list[Row]:
    found = rows.sequence(order, "executions")
    if not all(isinstance(told, dict) for told in found):
        raise UnreadableReply("an execution is not an object")
    return found


def order(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET trading/orders/: a transaction for each execution, whatever became of the rest. An
    execution has no id: it is named by its order, what it says, and its number among equal ones."""
    row = rows.fields(raw)
    rows.note_unknown(row, KNOWN_ORDER, "crypto_order", scene.notes)
    _mine(row, scene)
    state, side = rows.text(row, "state"), rows.text(row, "side")
    for word, known, name in ((state, STATES, "state"), (side, SIDES, "side")):
        if word not in known:
            scene.notes.words[f"crypto_order.{name}.{word[:32]}"] += 1
    kind, sign = SIDES.get(side, (T.OTHER, None))
    coin, _, paid_in = rows.text(row, "symbol").partition("-")
    if not coin or not paid_in:
        raise UnreadableReply("symbol names no market")
    ident = rows.text(row, "id")
    equal: Counter[str] = Counter()
    for told in executions(row):
        rows.note_unknown(told, KNOWN_EXECUTION, "crypto_execution", scene.notes)
        price, quantity = rows.number(told, "effective_price"), rows.number(told, "quantity")
        at = rows.instant(told.get("timestamp"), "timestamp")
        name = f"{ident}:{at.isoformat()}:{plain(quantity)}:{plain(price)}"
        equal[name] += 1
        gross = None if sign is None else -sign * price * quantity
        yield Transaction(
            source_key=f"crypto:{name}:{equal[name]}",
            type=kind,
            trade_date=rows.market_day(at),
            currency=paid_in,
            source_type=f"crypto_order {side}",
            executed_at=at,
            instrument=Instrument(InstrumentKind.CRYPTO, coin),
            quantity=None if sign is None else sign * quantity,
            price=price,
            gross=gross,
            net=gross,
            raw=raw,
        )
