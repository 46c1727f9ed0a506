"""What FDX calls a security, in our words (sheet, 3.1 to 3.5)."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.fdx import words
from adapters.kit import rows
from domain.errors import UnreadableReply
from domain.instruments import (
    CUSIP,
    ISIN,
    Instrument,
    InstrumentKind,
    OptionTerms,
    Right,
    option_from_occ,
    option_instrument,
)
from domain.money import HUNDRED, exact
from domain.ports.brokerage import Notes

K = InstrumentKind
Row = dict[str, Any]
# As some providers write it: root, day, right, strike in plain figures; a hyphen may stand before it.
_SHORT = re.compile(r"-?([A-Z][A-Z0-9./]{0,5})(\d{2})(\d{2})(\d{2})([CP])(\d{1,6}(?:\.\d{1,3})?)")
_TICKER = re.compile(r"[A-Z][A-Z./]{0,5}")


def is_cash(holding: Row) -> bool:
    """Cash, and sweeps and money funds that stand for it."""
    return holding.get("cashAccount") is True or _word(holding, "holdingSubType") in words.CASH


def instrument_of(row: Row, type_name: str, currency: str, notes: Notes) -> Instrument | None:
    """The instrument of a holding (`holdingType`) or a transaction (`securityType`); None where it names
    none. What has no ticker is known by its CUSIP, or by whatever else it is called."""
    word, symbol = _word(row, type_name), rows.optional_text(row, "symbol")
    identifiers = _identifiers(row, notes)
    if word and word not in words.INSTRUMENTS:
        notes.words[f"{type_name}.{word[:32]}"] += 1
    kind = words.INSTRUMENTS.get(word, K.OTHER)
    name = rows.optional_text(row, "holdingName")
    if kind is K.OPTION:
        terms = option_terms(row, symbol or "")
        if terms is not None:
            return option_instrument(terms, *identifiers, name=name)
        notes.words["option.without_terms"] += 1
    shown = symbol or (identifiers[0][1] if identifiers else name)
    if shown is None:
        return None
    return Instrument(kind, shown, currency, name, identifiers)


def _word(row: Row, name: str) -> str:
    return words.bare(rows.optional_text(row, name) or "")


def _identifiers(row: Row, notes: Notes) -> tuple[tuple[str, str], ...]:
    """v5 tells one, v6 a list; CUSIP first, since that is what shows where there is no ticker."""
    told = [(row, "securityIdType", "securityId")]
    told += [(one, "idType", "id") for one in rows.optional_objects(row, "securityIds")]
    found: dict[str, str] = {}
    for one, scheme_name, value_name in told:
        scheme, value = rows.optional_text(one, scheme_name), rows.optional_text(one, value_name)
        if scheme and value:
            if scheme.upper() not in words.IDENTIFIERS:
                notes.words[f"securityIdType.{scheme[:16]}"] += 1
            found.setdefault(scheme.lower(), value)
    return tuple(sorted(found.items(), key=lambda one: (one[0] != CUSIP, one[0] != ISIN, one[0])))


def option_terms(row: Row, symbol: str) -> OptionTerms | None:
    """By `optionSecurity` and the underlying that the symbol begins with; by the symbol alone where there
    is none: OSI, padded or not, or with the strike in plain figures. None: nothing tells them."""
    by_symbol = _by_symbol(symbol)
    told = rows.optional_mapping(row, "optionSecurity")
    if not told:
        return by_symbol
    plain = symbol if _TICKER.fullmatch(symbol) else None
    underlying = by_symbol.underlying if by_symbol else plain
    if underlying is None or not all(told.get(name) for name in ("optionType", "strikePrice", "expireDate")):
        return by_symbol
    right = {"CALL": Right.CALL, "PUT": Right.PUT}.get(rows.text(told, "optionType").upper())
    if right is None:
        raise UnreadableReply("optionType is neither CALL nor PUT")
    expires, strike = rows.day(told.get("expireDate"), "expireDate"), rows.number(told, "strikePrice")
    if not 0 < strike < 10**5:
        raise UnreadableReply("strikePrice is no price")
    shares = rows.optional_number(told, "sharesPerContract") or HUNDRED
    return OptionTerms(underlying, expires, right, strike, shares)


def _by_symbol(symbol: str) -> OptionTerms | None:
    try:
        return option_from_occ(symbol.upper(), HUNDRED)
    except UnreadableReply:
        pass
    found = _SHORT.fullmatch(symbol.replace(" ", "").upper())
    if found is None:
        return None
    root, year, month, day, right, strike = found.groups()
    try:
        expires = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return OptionTerms(root, expires, Right.CALL if right == "C" else Right.PUT, exact(strike), HUNDRED)


def multiplier(instrument: Instrument) -> Decimal:
    """How many units of the underlying one has: options are counted in contracts, priced per share."""
    option = instrument.option
    return Decimal(1) if option is None else option.multiplier or HUNDRED
