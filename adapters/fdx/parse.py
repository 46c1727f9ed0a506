"""From FDX's rows to our nouns: accounts, balances, holdings (sheet, 3.1, 3.2 and 5).

Signs: `units` may be unsigned, `positionType` SHORT says that they are owed; totals of shorts are negative.
Decimals come as numbers or as texts. Options are counted in contracts and priced per share. Enumerations are
open: many providers send words of their own.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from adapters.fdx import fields, reads, words
from adapters.fdx.securities import instrument_of, is_cash, multiplier
from adapters.kit import rows
from adapters.kit.bonds import percent
from adapters.kit.card import Scene
from adapters.kit.wire import decode, raw_fields
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.money import HUNDRED, ZERO, quotient
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position

Row = dict[str, Any]


def currency_of(row: Row, otherwise: str = "USD") -> str:
    """`currency.currencyCode`; a provider that tells none speaks of what its country pays with."""
    return rows.optional_text(rows.optional_mapping(row, "currency"), "currencyCode") or otherwise


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """One account; `reads` has found what names it."""
    parts = raw_fields(raw)
    row = rows.fields(bytes(parts["account"]))
    rows.note_unknown(row, fields.ACCOUNT, "account", scene.notes)
    status = words.bare(rows.optional_text(row, "status") or "OPEN")
    if status not in words.STATUSES:
        scene.notes.words[f"account.status.{status[:32]}"] += 1
    digits = reads.last_digits(row)
    yield AccountTold(
        key=rows.text({"key": decode(parts["key"])}, "key"),
        name=rows.optional_text(row, "nickname") or rows.optional_text(row, "productName") or "",
        number=f"…{digits}" if digits else "",
        kind=_account_kind(row, scene.notes),
        currency=currency_of(row),
        routing={"id": rows.text(row, "accountId")},
        open=status not in words.CLOSED,
        raw=bytes(parts["account"]),
    )


def _account_kind(row: Row, notes: Notes) -> AccountKind:
    word, subtype = rows.optional_text(row, "accountType"), reads.subtype_of(row)
    if word and subtype is None:
        notes.words[f"account.accountType.{word[:40]}"] += 1
    match subtype, row.get("margin"):
        case "brokerage", True:
            return AccountKind.MARGIN
        case "brokerage", False:
            return AccountKind.CASH
        case _:
            return words.KINDS.get(subtype or "", AccountKind.OTHER)


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """Cash is `availableCashBalance`, else what is held of it; further currencies are what is held of them.
    Buying power is not told."""
    row = rows.fields(raw)
    main = currency_of(row)
    held: dict[str, Decimal] = {}
    for holding in rows.optional_objects(row, "holdings"):
        if is_cash(holding):
            currency = currency_of(holding, main)
            held[currency] = held.get(currency, ZERO) + _value_of_cash(holding)
    told = rows.optional_number(row, "availableCashBalance")
    own = held.pop(main, None)
    yield Balance(main, own if told is None else told, total_value=rows.optional_number(row, "currentValue"))
    yield from (Balance(currency, value) for currency, value in sorted(held.items()))


def _value_of_cash(holding: Row) -> Decimal:
    value = rows.optional_number(holding, "marketValue")
    return rows.number(holding, "units") if value is None else value


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """One holding; cash, sweeps and money funds are balances."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.HOLDING, "holding", scene.notes)
    if is_cash(row):
        return
    currency = currency_of(row, scene.account.currency if scene.account else "USD")
    instrument = instrument_of(row, "holdingType", currency, scene.notes)
    if instrument is None:
        raise UnreadableReply("a holding does not say what is held")
    quantity = rows.number(row, "units")
    if words.bare(rows.optional_text(row, "positionType") or "") == "SHORT":
        quantity = -abs(quantity)
    value = _signed(rows.optional_number(row, "marketValue"), quantity)
    paid = rows.optional_number(row, "purchasedPrice") or None
    cost = _signed(_cost(row, paid, quantity, instrument, value), quantity)
    told = rows.optional_number(row, "currentUnitPrice")
    derived = not told and bool(value) and bool(quantity)
    flags = ((Flag.DERIVED_PRICE, derived), (Flag.COST_UNKNOWN, cost is None))
    yield Position(
        instrument=instrument,
        quantity=quantity,
        currency=currency,
        average_cost=_average(paid, cost, quantity, instrument),
        cost_basis=cost,
        price=_each(value, quantity, instrument) if derived else _price(told, quantity, value, instrument),
        market_value=value,
        unrealized_gain=None if value is None or cost is None else value - cost,
        flags=tuple(flag for flag, so in flags if so),
        raw=raw,
    )


def _signed(total: Decimal | None, quantity: Decimal) -> Decimal | None:
    return total if total is None or quantity >= 0 else -abs(total)


def _cost(
    row: Row, paid: Decimal | None, quantity: Decimal, instrument: Instrument, value: Decimal | None
) -> Decimal | None:
    """What the lots cost together; else units x purchase price. Zero is how "unknown" is told. What a bond is
    worth says whether its purchase price too is in percent."""
    lots = [rows.optional_number(lot, "costBasis") for lot in rows.optional_objects(row, "taxLots")]
    if lots and all(lot is not None for lot in lots):
        return sum((abs(lot) for lot in lots if lot is not None), ZERO) or None
    if paid is None:
        return None
    if instrument.kind is InstrumentKind.BOND:
        return abs(quantity) * percent(paid, quantity, value) / HUNDRED
    return abs(quantity) * paid * multiplier(instrument)


def _average(
    paid: Decimal | None, cost: Decimal | None, quantity: Decimal, instrument: Instrument
) -> Decimal | None:
    """`purchasedPrice`, which `averageCost` (a yes or no) only says to be an average."""
    return _each(cost, quantity, instrument) if paid is None else _price(paid, quantity, cost, instrument)


def _price(
    told: Decimal | None, quantity: Decimal, total: Decimal | None, instrument: Instrument
) -> Decimal | None:
    if told is None or instrument.kind is not InstrumentKind.BOND:
        return told
    return percent(told, quantity, total)


def _each(total: Decimal | None, quantity: Decimal, instrument: Instrument) -> Decimal | None:
    if total is None or not quantity:
        return None
    if instrument.kind is InstrumentKind.BOND:
        return quotient(total * HUNDRED, quantity)
    return quotient(total, quantity * multiplier(instrument))
