"""tastytrade's symbols and kinds into instruments. Pure; numbers in brackets are sections of the sheet.

Four dialects of symbols (3.3): options of shares in the OCC form, futures `/ESZ9`, options on futures
`./ESZ9 EW4U9 190927P2975`, coins `BTC/USD`. Streamer symbols (`.AAPL191004P275`) are not among what is read.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from adapters.kit import rows
from adapters.kit.rows import Row
from domain.instruments import (
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
KINDS: dict[str, InstrumentKind] = {
    "Equity": K.EQUITY, "Equity Offering": K.EQUITY, "Equity Option": K.OPTION, "Cryptocurrency": K.CRYPTO,
    "Future": K.FUTURE, "Future Option": K.FUTURE_OPTION, "Bond": K.BOND, "Fixed Income Security": K.BOND,
    "Index": K.INDEX, "Mutual Fund": K.MUTUAL_FUND, "Currency Pair": K.OTHER, "Event Contract": K.OTHER,
    "Liquidity Pool": K.OTHER, "Warrant": K.OTHER, "Unknown": K.OTHER,
}  # fmt: skip
OPTIONS = frozenset({K.OPTION, K.FUTURE_OPTION})
_OCC = re.compile(r"[A-Z0-9.]{1,6} *\d{6}[CP]\d{8}")
_ON_FUTURE = re.compile(r"\.(/[A-Z0-9]+) +\S+ +(\d\d)(\d\d)(\d\d)([CP])(\d+(?:\.\d+)?)", re.ASCII)


def instrument(row: Row, multiplier: Decimal | None, notes: Notes) -> Instrument | None:
    """What a row is about; None where it names nothing. `multiplier`: units per contract, where told."""
    symbol = rows.optional_text(row, "symbol")
    if symbol is None:
        return None
    word = rows.optional_text(row, "instrument-type") or ""
    if word not in KINDS:
        notes.words[f"instrument-type.{word[:32]}"] += 1
    kind = KINDS.get(word, K.OTHER)
    if kind is K.OPTION and not _OCC.fullmatch(symbol):
        notes.words["symbol.option_without_terms"] += 1
    return _named(kind, symbol, multiplier)


@lru_cache(maxsize=4096)
def _named(kind: InstrumentKind, symbol: str, multiplier: Decimal | None) -> Instrument:
    match kind:
        case K.OPTION if _OCC.fullmatch(symbol):
            return option_instrument(option_from_occ(symbol, multiplier or HUNDRED))
        case K.FUTURE_OPTION:
            return Instrument(kind, symbol, option=_terms(symbol, multiplier))
        case K.CRYPTO:
            return Instrument(kind, symbol.partition("/")[0])
        case K.EQUITY:
            return Instrument(kind, symbol.replace("/", "."))  # class shares
        case _:
            return Instrument(kind, symbol)


def _terms(symbol: str, multiplier: Decimal | None) -> OptionTerms | None:
    """Future, series of the option, expiration, right and strike; None where the symbol tells no terms."""
    found = _ON_FUTURE.fullmatch(symbol)
    if found is None:
        return None
    future, year, month, day, letter, strike = found.groups()
    try:
        expiration = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return OptionTerms(
        future, expiration, Right.CALL if letter == "C" else Right.PUT, Decimal(strike), multiplier
    )
