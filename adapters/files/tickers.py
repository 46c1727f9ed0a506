"""Instruments from what CSV files call them: a ticker, a CUSIP, an option's code. The kind is seldom told."""

import re

from domain.errors import UnreadableReply
from domain.instruments import CUSIP, Instrument, InstrumentKind, option_from_occ, option_instrument
from domain.money import HUNDRED

K = InstrumentKind
# Tickers of mutual funds in the USA have five letters and end in X; nothing else listed there does.
_FUND = re.compile(r"[A-Z]{4}X")
_CUSIP = re.compile(r"(?=.*\d)[0-9A-Z]{8}\d")
_OSI = re.compile(r"[A-Z0-9.$]{1,6} *\d{6}[CP]\d{8}")


def instrument_of(
    symbol: str, name: str | None = None, kind: InstrumentKind | None = None
) -> Instrument | None:
    """None where nothing is named. `kind` where the file tells it. Where a CUSIP stands, it is a bond's."""
    if not symbol:
        return None
    if kind in {None, K.OPTION} and _OSI.fullmatch(symbol):
        try:
            return option_instrument(option_from_occ(symbol, HUNDRED), name=name)
        except UnreadableReply:
            return Instrument(K.OPTION, symbol, name=name)
    if kind in {None, K.BOND} and _CUSIP.fullmatch(symbol):
        return Instrument(kind or K.BOND, symbol, name=name, identifiers=((CUSIP, symbol),))
    return Instrument(kind or (K.MUTUAL_FUND if _FUND.fullmatch(symbol) else K.EQUITY), symbol, name=name)
