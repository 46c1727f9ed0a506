"""Rows of the Web API into our nouns. Pure.

Signs: `position` is + long and - short, money is + cash into the account. Figures come as numbers or as
text; fields come and go from call to call, so that only the few that every answer had must be there.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.brokerages.ibkr import fields, history
from adapters.brokerages.ibkr.instruments import of_web
from adapters.kit import rows
from adapters.kit.card import Scene
from adapters.kit.wire import decode, raw_fields
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionType

T = TransactionType
Row = dict[str, Any]
BASE = "BASE"
# A price that passed through a 32-bit float has seven digits that mean something, and noise behind them.
SEVEN_DIGITS = Context(prec=7, rounding=ROUND_HALF_EVEN)
QUIET_PLACES = 6

KINDS: dict[str, AccountKind | None] = {  # None: the manner of trading decides
    "DEMO": None, "INDIVIDUAL": None, "JOINT": AccountKind.JOINT, "ORG": AccountKind.OTHER,
    "LLC": AccountKind.OTHER, "TRUST": AccountKind.TRUST,
}  # fmt: skip
# STKNOPT is cash or Reg-T margin: nobody says which.
TRADING = {"STKNOPT": AccountKind.OTHER, "PMRGN": AccountKind.MARGIN}
# Markets that open while New York still has the day before; Europe's hours lie within its day.
EASTERN = {
    "HKD": ZoneInfo("Asia/Hong_Kong"), "CNH": ZoneInfo("Asia/Shanghai"), "CNY": ZoneInfo("Asia/Shanghai"),
    "JPY": ZoneInfo("Asia/Tokyo"), "KRW": ZoneInfo("Asia/Seoul"), "TWD": ZoneInfo("Asia/Taipei"),
    "SGD": ZoneInfo("Asia/Singapore"), "MYR": ZoneInfo("Asia/Kuala_Lumpur"),
    "INR": ZoneInfo("Asia/Kolkata"), "AUD": ZoneInfo("Australia/Sydney"),
    "NZD": ZoneInfo("Pacific/Auckland"),
}  # fmt: skip
CLOSED = frozenset({"A", "R", "C", "P", "N"})  # abandoned, rejected, closed; pending ones hold nothing yet


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    row = rows.fields(raw)
    rows.note_unknown(row, fields.ACCOUNT, "account", scene.notes)
    number = rows.text(row, "accountId")
    yield AccountTold(
        key=number,
        name=rows.optional_text(row, "accountAlias") or rows.optional_text(row, "displayName") or number,
        number=number,
        kind=_kind(row, scene),
        currency=rows.text(row, "currency"),
        open=(rows.optional_text(row, "clearingStatus") or "O") not in CLOSED,
        raw=raw,
    )


def _kind(row: Row, scene: Scene) -> AccountKind:
    word = rows.text(row, "type").upper()
    if word.startswith("IRA"):
        return AccountKind.IRA_ROTH if "ROTH" in word else AccountKind.IRA_OTHER
    if word not in KINDS:
        scene.notes.words[f"account.type.{word[:32]}"] += 1
    found = KINDS.get(word, AccountKind.OTHER)
    if found is not None:
        return found
    trading = rows.optional_text(row, "tradingType") or ""
    if trading not in TRADING:
        scene.notes.words[f"account.tradingType.{trading[:32]}"] += 1
    return TRADING.get(trading, AccountKind.OTHER)


def ledger_needs(raw: bytes) -> Iterator[str]:
    yield f"summary:{_own(raw_fields(raw)[BASE])}"


def _own(raw: Any) -> str:  # noqa: ANN401  a part of a message
    return rows.text(rows.fields(bytes(raw)), "acctcode")


def ledger(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """One balance for each currency. What the whole account is worth is told in its base currency, and so
    is its buying power."""
    told = raw_fields(raw)
    base = rows.fields(bytes(told[BASE]))
    own = _routed(scene)
    if rows.text(base, "acctcode") != own.key:
        raise UnreadableReply("the answer is about another account")
    summary = scene.references.get(f"summary:{own.key}")
    total, found = rows.number(base, "netliquidationvalue"), False
    for name, member in told.items():
        row = rows.fields(bytes(member))
        rows.note_unknown(row, fields.LEDGER, "ledger", scene.notes)
        if name == BASE:
            continue
        currency = rows.text(row, "currency")
        whole = currency == own.currency
        found = found or whole
        yield Balance(
            currency,
            cash=rows.number(row, "cashbalance"),
            buying_power=summary if whole else None,
            settled_cash=rows.optional_number(row, "settledcash"),
            total_value=total if whole else None,
        )
    if not found:
        raise UnreadableReply("the ledger lacks the account's own currency")


def buying_power(body: Row) -> Decimal | None:
    """`amount`, unless it says that there is none (the word for it comes in two spellings)."""
    told = rows.mapping(body, "buyingpower")
    return None if told.get("isNull") or told.get("isNone") else rows.number(told, "amount")


def holds_nothing(body: bytes) -> bool:
    """Whether a ledger says that nothing is held. An account that is not listed yet is told empty as well."""
    base = rows.mapping(rows.fields(body), BASE)
    worth = [rows.number(base, name) for name in fields.HELD if name in base]
    return bool(worth) and not any(worth)


def position_needs(raw: bytes) -> Iterator[str]:
    """What an instrument is called, where this answer left it out."""
    row = rows.fields(raw)
    plain = rows.optional_text(row, "assetClass") == "STK"
    if not row.get("ticker") or (plain and not row.get("type")):
        yield f"secdef:{rows.text(row, 'conid')}"


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    row = rows.fields(raw)
    rows.note_unknown(row, fields.POSITION, "position", scene.notes)
    if rows.text(row, "acctId") != _routed(scene).key:
        raise UnreadableReply("a position is another account's")
    quantity = rows.number(row, "position")
    if quantity == 0:
        return  # sold today
    looked_up = scene.references.get(f"secdef:{rows.text(row, 'conid')}") or {}
    whole = {**looked_up, **{name: value for name, value in row.items() if value is not None}}
    average, cost = rows.optional_number(row, "avgPrice"), rows.optional_number(row, "avgCost")
    price = rows.optional_number(row, "mktPrice")
    yield Position(
        instrument=of_web(whole, rows.text(row, "assetClass"), scene.notes),
        quantity=quantity,
        currency=rows.text(row, "currency"),
        average_cost=average,
        cost_basis=None if cost is None else cost * quantity,
        price=None if price is None else quiet(price),
        market_value=rows.number(row, "mktValue"),
        unrealized_gain=rows.optional_number(row, "unrealizedPnl"),
        flags=(Flag.COST_UNKNOWN,) if not average and not cost else (),
        raw=raw,
    )


def quiet(price: Decimal) -> Decimal:
    """A price without the noise of a 32-bit float (454.44000245 is 454.44)."""
    exponent = price.as_tuple().exponent
    noisy = isinstance(exponent, int) and -exponent > QUIET_PLACES
    return SEVEN_DIGITS.plus(price) if noisy else price


# ---- history: rows of Flex, and the trades that Flex does not tell yet


def history_needs(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    if row.get("element") == history.RECENT:
        yield f"session:{rows.text(row, 'account')}"


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    row = rows.fields(raw)
    if row.get("element") == history.RECENT:
        yield from _recent(row, scene)
    else:
        yield from history.transactions(row, raw, scene.notes)


def _recent(row: Row, scene: Scene) -> Iterator[Transaction]:
    """Trades of the last days that are in no statement yet: those of today, as a rule."""
    scene.notes.fields.update(f"flex.without.{name}" for name in rows.sequence(row, "missing"))
    told = scene.references.get(f"recent:{_routed(scene).key}")
    if told is None:
        scene.notes.words["recent_trades.not_told"] += 1
        return
    known = set(rows.sequence(row, "known"))
    for raw in told:
        trade = rows.fields(raw)
        if rows.text(trade, "execution_id") not in known:
            yield from _web_trade(trade, raw, scene)


def _web_trade(row: Row, raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """Whether it opens or closes, when it settles and its taxes are told by Flex a day later, under this
    very key. So are ends of options, and trades whose currency nobody tells."""
    rows.note_unknown(row, fields.WEB_TRADE, "trade", scene.notes)
    side, category = rows.text(row, "side"), rows.text(row, "sec_type")
    looked_up = scene.references.get(f"secdef:{rows.text(row, 'conid')}") or {}
    currency = rows.optional_text(looked_up, "currency")
    if side == "X" or category == "CASH":
        return
    if side not in {"B", "S"} or currency is None:
        scene.notes.words["recent_trades.left_to_flex"] += 1
        return
    whole = {**looked_up, **{name: value for name, value in row.items() if value not in (None, "")}}
    bought = side == "B"
    worth = abs(rows.number(row, "net_amount"))
    # The value of a future is not paid; what moves is told by Flex.
    gross = None if category == "FUT" else -worth if bought else worth
    commission = rows.optional_number(row, "commission")
    fees = None if commission is None else abs(commission)
    at = rows.epoch_milliseconds(row.get("trade_time_r"), "trade_time_r")
    size = abs(rows.number(row, "size"))
    yield Transaction(
        source_key=history.execution_key(rows.text(row, "execution_id")),
        type=T.BUY if bought else T.SELL,
        trade_date=at.astimezone(EASTERN.get(currency, rows.NEW_YORK)).date(),
        executed_at=at,
        currency=currency,
        source_type=side,
        instrument=of_web(whole, category, scene.notes),
        quantity=size if bought else -size,
        price=rows.number(row, "price"),
        gross=gross,
        fees=fees,
        net=None if gross is None or fees is None else gross - fees,
        description=rows.optional_text(row, "order_description") or "",
        raw=raw,
    )


def trade_needs(told: Any) -> Iterator[str]:  # noqa: ANN401  rows as bytes
    for raw in told:
        conid = decode(raw).get("conid")
        if conid is not None:
            yield f"secdef:{conid}"


def _routed(scene: Scene) -> AccountTold:
    if scene.account is None:
        raise AssertionError("this read needs an account")
    return scene.account
