"""From FDX's transactions to ours (sheet, 3.4 and 5).

Signs: `debitCreditMemo` says which way the cash goes, and `amount` only how much: some providers sign it,
each in its own way. Where the memo is missing the type says it. `units` are unsigned or not: bought comes in,
sold goes out. `amount` is the net figure; fees and taxes are told beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from adapters.fdx import fields, words
from adapters.fdx.securities import instrument_of
from adapters.kit import rows
from adapters.kit.bonds import percent
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.money import ZERO
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
Row = dict[str, Any]
FEES = ("fees", "commission", "load")
TAXES = ("taxes", "withholding", "stateWithholding")
MAY_LACK_AMOUNT = words.TRANSFERS | words.EVENTS.keys() | {"SPLIT", "CLOSURE", "CLOSUREOPT", "JRNLSEC"}


@dataclass(frozen=True, slots=True)
class Read:
    """A row, read as far as all types are read alike. `net` with our sign, `units` without one."""

    row: Row
    word: str
    instrument: Instrument | None
    units: Decimal
    net: Decimal | None
    memo: int
    fees: Decimal | None
    taxes: Decimal | None


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """One row; two, where a dividend and what was bought with it come as one."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.TRANSACTION, "transaction", scene.notes)
    word = words.bare(rows.text(row, "transactionType"))
    if word not in words.KNOWN:
        scene.notes.words[f"transactionType.{word[:32]}"] += 1
    currency = scene.account.currency if scene.account else "USD"
    instrument = instrument_of(row, "securityType", currency, scene.notes)
    memo = words.MEMOS.get(words.bare(rows.optional_text(row, "debitCreditMemo") or ""), 0)
    net = _net(row, word, memo, scene)
    told = Read(row, word, instrument, _units(row), net, memo, _sum(row, FEES), _sum(row, TAXES))
    if word in words.REINVESTED and told.units and instrument is not None and memo >= 0:
        yield from _both(told, currency, raw, scene)
        return
    yield _one(told, _type(told), currency, raw, scene)


def _both(told: Read, currency: str, raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """The dividend, and the purchase that it pays for: no cash is left of it."""
    amount = abs(rows.number(told.row, "amount"))
    for kind, net in ((T.DIVIDEND, amount), (T.DIVIDEND_REINVESTMENT, -amount)):
        units = told.units if kind is T.DIVIDEND_REINVESTMENT else ZERO
        part = Read(told.row, told.word, told.instrument, units, net, 1 if net > 0 else -1, None, None)
        yield _one(part, kind, currency, raw, scene, f"/{kind.value}")


def _one(
    told: Read, kind: TransactionType, currency: str, raw: bytes, scene: Scene, part: str = ""
) -> Transaction:
    row, pending = told.row, _pending(told.row, scene)
    trade_date, executed = _traded(row)
    posted = rows.optional_text(row, "postedTimestamp")
    quantity = _quantity(told, kind) if told.instrument is not None else None
    trades = kind in TRADES
    # A zero says something of a trade only: many providers send one on every row.
    fees, taxes = (told.fees, told.taxes) if trades else (told.fees or None, told.taxes or None)
    if kind is T.TAX:
        fees = taxes = None  # they are the row itself
    net = told.net
    if kind is T.FEE and net is not None and fees == abs(net):
        fees = None  # so is a fee that is told as amount and as fees
    return Transaction(
        source_key=rows.text(row, "transactionId") + part,
        type=kind,
        trade_date=trade_date,
        currency=currency,
        source_type=rows.text(row, "transactionType"),
        status=TransactionStatus.PENDING if pending else TransactionStatus.POSTED,
        executed_at=executed,
        settlement_date=None if pending or not posted else _when(posted, "postedTimestamp")[0],
        instrument=told.instrument,
        quantity=quantity or None,
        price=_price(told) if quantity else None,
        gross=None if net is None else net + (fees or ZERO) + (taxes or ZERO),
        fees=fees,
        taxes=taxes,
        net=net,
        description=rows.optional_text(row, "description") or rows.optional_text(row, "memo") or "",
        raw=raw,
    )


def _pending(row: Row, scene: Scene) -> bool:
    status = words.bare(rows.optional_text(row, "status") or "POSTED")
    if status not in words.STATUS:
        scene.notes.words[f"transaction.status.{status[:32]}"] += 1
    return status in words.PENDING


# When. A day is often dressed as the midnight that it begins with, in UTC or in New York.


def _traded(row: Row) -> tuple[date, datetime | None]:
    for name in ("transactionTimestamp", "postedTimestamp"):
        told = rows.optional_text(row, name)
        if told:
            day, instant = _when(told, name)
            return day, instant if name == "transactionTimestamp" else None
    raise UnreadableReply("transactionTimestamp is missing")


def _when(told: str, where: str) -> tuple[date, datetime | None]:
    """The market's day, and the instant where one is told."""
    day = rows.day(told, where)
    if len(told) <= 10 or not _has_zone(told):
        return day, None
    instant = rows.instant(told, where)
    if instant.time() == time():
        return instant.date(), None
    local = instant.astimezone(rows.NEW_YORK)
    return local.date(), None if local.time() == time() else instant.astimezone(UTC)


def _has_zone(told: str) -> bool:
    clock = told[10:]
    return clock[-1:] in {"Z", "z"} or "+" in clock or "-" in clock


# What, how much, and which way.


TRADES = frozenset({*words.BUYS.values(), *words.SELLS.values(), T.SELL_SHORT, T.DIVIDEND_REINVESTMENT})


def _net(row: Row, word: str, memo: int, scene: Scene) -> Decimal | None:
    if word in MAY_LACK_AMOUNT and rows.optional_number(row, "amount") is None:
        return None
    told = rows.number(row, "amount")
    if memo:
        return memo * abs(told)
    if word in words.INWARDS:
        return abs(told)
    if word in words.OUTWARDS:
        return -abs(told)
    action = words.bare(rows.optional_text(row, "transferAction") or "")
    if action in {"IN", "OUT"}:
        return abs(told) if action == "IN" else -abs(told)
    if told:
        scene.notes.words["transaction.direction_not_told"] += 1
    return told


def _units(row: Row) -> Decimal:
    for name in ("units", "shares", "digitalUnits"):
        told = rows.optional_number(row, name)
        if told:
            return told
    return ZERO


def _sum(row: Row, names: tuple[str, ...]) -> Decimal | None:
    told = [value for name in names if (value := rows.optional_number(row, name)) is not None]
    return sum((abs(value) for value in told), ZERO) if told else None


def _type(told: Read) -> TransactionType:
    word, row = told.word, told.row
    traded = words.BUYS.get(word) or words.SELLS.get(word)
    if traded is not None:
        return _trade(traded, told)
    if word in words.EVENTS:
        return words.EVENTS[word]
    if word in words.REINVESTED:
        return T.DIVIDEND_REINVESTMENT if told.units else T.DIVIDEND
    if word in words.DIVIDENDS:
        if words.bare(rows.optional_text(row, "incomeType") or "") in words.GAINS:
            return T.CAPITAL_GAIN
        return T.STOCK_DIVIDEND if told.units and not told.net else T.DIVIDEND
    if word in words.COMING or word in words.GOING:
        return T.WITHDRAWAL if (told.net or ZERO) < 0 else T.DEPOSIT
    if word in words.TRANSFERS:
        return T.TRANSFER_IN if _comes_in(told) else T.TRANSFER_OUT
    if word in words.FEES:
        return T.TAX if told.taxes and told.taxes == abs(told.net or ZERO) else T.FEE
    if word == "CLOSUREOPT":
        said = rows.optional_text(row, "description") or ""
        return next((kind for words_, kind in words.CLOSURES if words_.search(said)), T.OTHER)
    return words.PLAIN.get(word, T.OTHER)


def _trade(kind: TransactionType, told: Read) -> TransactionType:
    instrument = told.instrument
    if instrument is not None and instrument.kind is InstrumentKind.OPTION:
        return kind
    if instrument is not None and instrument.kind is InstrumentKind.CASH_EQUIVALENT:
        return T.SWEEP  # a sweep only moves cash
    kind = words.NO_OPTION.get(kind, kind)
    return words.SHORTS.get(kind, kind) if _side(told) == "SHORT" else kind


def _side(told: Read) -> str:
    return words.bare(rows.optional_text(told.row, "positionType") or "")


def _comes_in(told: Read) -> bool:
    action = words.bare(rows.optional_text(told.row, "transferAction") or "")
    if action in {"IN", "OUT"}:
        return action == "IN"
    return told.memo > 0 if told.memo else (told.net or told.units) > 0


def _quantity(told: Read, kind: TransactionType) -> Decimal:
    """+ into the account. Where neither type nor side says it, the sign is taken as told."""
    units = told.units
    if told.word in words.SELLS:
        return -abs(units)
    if told.word in words.BUYS or kind in {T.DIVIDEND_REINVESTMENT, T.STOCK_DIVIDEND}:
        return abs(units)
    match kind:
        case T.TRANSFER_IN:
            return abs(units)
        case T.TRANSFER_OUT:
            return -abs(units)
        case T.OPTION_EXERCISE:
            return -abs(units)
        case T.OPTION_ASSIGNMENT:
            return abs(units)
        case T.OPTION_EXPIRATION:
            return {"LONG": -abs(units), "SHORT": abs(units)}.get(_side(told), units)
        case T.SPLIT:
            before, after = (rows.optional_number(told.row, name) for name in ("oldUnits", "newUnits"))
            return units if before is None or after is None else after - before
        case T.OTHER | T.ADJUSTMENT:
            return units
        case _:
            return ZERO  # of a dividend or a fee: how many shares it is for


def _price(told: Read) -> Decimal | None:
    price = rows.optional_number(told.row, "unitPrice") or rows.optional_number(told.row, "price") or None
    bond = told.instrument is not None and told.instrument.kind is InstrumentKind.BOND
    return percent(price, told.units, told.net) if price is not None and bond else price
