"""What Schwab calls an instrument, in our words: asset types, option symbols, multipliers (3.2)."""

import re
from decimal import Decimal
from typing import Any

from adapters.brokerages.schwab import fields
from adapters.kit import rows
from domain.instruments import (
    CUSIP,
    Instrument,
    InstrumentKind,
    OptionTerms,
    Right,
    option_from_occ,
    option_instrument,
)
from domain.money import HUNDRED
from domain.ports.brokerage import Notes

K = InstrumentKind
ONE = Decimal(1)

# `assetType` of positions, transactions and the instrument search; COLLECTIVE_INVESTMENT has its own.
KINDS = {
    "EQUITY": K.EQUITY, "OPTION": K.OPTION, "INDEX": K.INDEX, "MUTUAL_FUND": K.MUTUAL_FUND,
    "CASH_EQUIVALENT": K.CASH_EQUIVALENT, "FIXED_INCOME": K.BOND, "BOND": K.BOND, "ETF": K.ETF,
    "FUTURE": K.FUTURE, "FUTURE_OPTION": K.FUTURE_OPTION,
    "CURRENCY": K.OTHER, "FOREX": K.OTHER, "PRODUCT": K.OTHER,
}  # fmt: skip
COLLECTIVE = {
    "EXCHANGE_TRADED_FUND": K.ETF, "UNIT_INVESTMENT_TRUST": K.MUTUAL_FUND, "CLOSED_END_FUND": K.EQUITY,
    "INDEX": K.INDEX, "UNITS": K.EQUITY,
}  # fmt: skip
_ONE_UNIT = frozenset({K.EQUITY, K.ETF, K.MUTUAL_FUND, K.CASH_EQUIVALENT, K.BOND})
_OCC = re.compile(r"[^ ].{5}\d{6}[CP]\d{8}")


def instrument_of(row: dict[str, Any], notes: Notes) -> tuple[Instrument, Decimal | None]:
    """The instrument, and how many units one of it stands for; None where nobody tells."""
    rows.note_unknown(row, fields.INSTRUMENT, "instrument", notes)
    symbol, name, kind = rows.text(row, "symbol"), rows.optional_text(row, "description"), _kind(row, notes)
    own = _identifiers(row)
    if kind not in {K.OPTION, K.FUTURE_OPTION}:
        plain = Instrument(kind, symbol, name=name, identifiers=own)
        return plain, ONE if kind in _ONE_UNIT else None
    multiplier = rows.optional_number(row, "optionPremiumMultiplier")
    if multiplier is None:
        multiplier = rows.optional_number(row, "optionMultiplier")
    if kind is K.OPTION and _OCC.fullmatch(symbol):
        multiplier = multiplier or HUNDRED
        return option_instrument(option_from_occ(symbol, multiplier), *own, name=name), multiplier
    terms = _terms(row, symbol, multiplier)
    return Instrument(kind, symbol, name=name, identifiers=own, option=terms), multiplier


def _kind(row: dict[str, Any], notes: Notes) -> InstrumentKind:
    word = rows.text(row, "assetType")
    table = KINDS
    if word == "COLLECTIVE_INVESTMENT":
        table, word = COLLECTIVE, rows.optional_text(row, "type") or ""
    if word not in table:
        notes.words[f"assetType.{word[:32]}"] += 1
    kind = table.get(word, K.OTHER)
    # Options on futures are OPTION too; their symbols look like /ESH26_P5050:XCME.
    future = kind is K.OPTION and rows.text(row, "symbol").startswith(("/", "./"))
    return K.FUTURE_OPTION if future else kind


def _terms(row: dict[str, Any], symbol: str, multiplier: Decimal | None) -> OptionTerms | None:
    """Terms from the fields of a transaction's leg: the symbol of an option on a future is no OCC symbol."""
    right = {"PUT": Right.PUT, "CALL": Right.CALL}.get(rows.optional_text(row, "putCall") or "")
    strike, expires = rows.optional_number(row, "strikePrice"), rows.optional_text(row, "expirationDate")
    if right is None or strike is None or expires is None:
        return None
    expiration = rows.market_day(rows.instant(expires, "expirationDate"))
    return OptionTerms(symbol.partition("_")[0], expiration, right, strike, multiplier)


def _identifiers(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Options carry a made-up "cusip" of another length: an id of Schwab's own."""
    cusip, number = rows.optional_text(row, "cusip"), rows.optional_text(row, "instrumentId")
    found = []
    if cusip is not None:
        found.append((CUSIP if len(cusip) == 9 else "schwab:cusip", cusip))
    if number is not None:
        found.append(("schwab:instrument", number))
    return tuple(found)
