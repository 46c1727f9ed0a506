"""What IBKR calls an instrument, in our words: Flex attributes and Web API fields.

The conid names it in both, so both tell one instrument.
"""

import re
from decimal import Decimal

from adapters.brokerages.ibkr import values
from adapters.kit import rows
from adapters.kit.rows import Row
from domain.errors import UnreadableReply
from domain.instruments import (
    CUSIP,
    FIGI,
    ISIN,
    Instrument,
    InstrumentKind,
    OptionTerms,
    Right,
    option_from_occ,
    option_instrument,
)
from domain.money import exact
from domain.ports.brokerage import Notes

K = InstrumentKind
CONID = "ibkr:conid"
ONE, PERCENT = Decimal(1), Decimal("0.01")

# `assetClass`, `sec_type` and `assetCategory` have the same words.
KINDS = {
    "STK": K.EQUITY, "OPT": K.OPTION, "FUT": K.FUTURE, "FOP": K.FUTURE_OPTION, "WAR": K.OTHER,
    "IOPT": K.OTHER, "CASH": K.OTHER, "BILL": K.BOND, "BOND": K.BOND, "CFD": K.OTHER, "FXCFD": K.OTHER,
    "CRYPTO": K.CRYPTO, "CMDTY": K.OTHER, "FUND": K.MUTUAL_FUND, "FSFOP": K.FUTURE_OPTION,
    "FSOPT": K.OPTION, "IND": K.INDEX,
}  # fmt: skip
OPTIONS = frozenset({K.OPTION, K.FUTURE_OPTION})
_OSI = re.compile(r"[^ \[\]].{5}\d{6}[CP]\d{8}", re.ASCII)
_BRACKET = re.compile(r"\[([^ \[\]].{5}\d{6}[CP]\d{8})[ \]]", re.ASCII)


def kind_of(category: str, sub: str, notes: Notes) -> InstrumentKind:
    """`sub`: an ETF is a STK and only here says what it is."""
    if category not in KINDS:
        notes.words[f"assetCategory.{category[:32]}"] += 1
    found = KINDS.get(category, K.OTHER)
    return K.ETF if found is K.EQUITY and sub == "ETF" else found


def units(kind: InstrumentKind, multiplier: Decimal | None) -> Decimal | None:
    """What a price counts for: shares of a contract; of bonds, quoted in percent, a hundredth of the face.
    A multiplier of 0 or none stands for 1, but of a contract's size that nobody ticked nothing is known."""
    if kind is K.BOND:
        return PERCENT
    return multiplier or (None if kind in OPTIONS or kind is K.FUTURE else ONE)


def of_flex(row: Row, notes: Notes) -> tuple[Instrument | None, InstrumentKind]:
    """The instrument of a Flex row; None where the row moves cash only."""
    category, symbol, conid = (values.word(row, name) for name in ("assetCategory", "symbol", "conid"))
    if not symbol and not conid:
        return None, K.OTHER
    kind = kind_of(category, values.word(row, "subCategory"), notes) if category else K.OTHER
    if category == "CASH":
        return None, kind
    named = ((CONID, "conid"), (ISIN, "isin"), (CUSIP, "cusip"), (FIGI, "figi"))
    told = [(scheme, values.word(row, name)) for scheme, name in named]
    if values.word(row, "securityIDType") in {"ISIN", "CUSIP"}:
        told.append((values.word(row, "securityIDType").lower(), values.word(row, "securityID")))
    identifiers = tuple({scheme: value for scheme, value in reversed(told) if value}.items())
    # Of a dividend or a corporate action the description says what happened, not what it is.
    speaks = row.get("element") not in {"CashTransaction", "CorporateAction", "TransactionTax"}
    name = (values.word(row, "description") or None) if speaks else None
    currency = values.word(row, "currency") or None
    terms = None
    if kind in OPTIONS:
        multiplier = values.figure(row, "multiplier") or None
        expiry = values.day(row, "expiry")
        root, right = values.word(row, "underlyingSymbol"), values.word(row, "putCall")
        if _OSI.fullmatch(symbol):
            terms = option_from_occ(symbol, multiplier)
        elif root and expiry is not None and right in {"P", "C"}:
            side = Right.PUT if right == "P" else Right.CALL
            terms = OptionTerms(root, expiry, side, values.needed(row, "strike"), multiplier)
    if terms is not None and kind is K.OPTION:
        return option_instrument(terms, *identifiers, name=name), kind
    return Instrument(kind, symbol or conid, currency, name, identifiers, terms), kind


def of_web(row: Row, category: str, notes: Notes) -> Instrument:
    """The instrument of a position or a trade, of whose fields any but the conid may be missing."""
    conid = rows.text(row, "conid")
    kind = kind_of(category, rows.optional_text(row, "type") or "", notes)
    shown = rows.optional_text(row, "contractDesc") or rows.optional_text(row, "contract_description_1") or ""
    ticker = rows.optional_text(row, "ticker") or rows.optional_text(row, "symbol")
    name = rows.optional_text(row, "name") or rows.optional_text(row, "company_name")
    identifiers = ((CONID, conid),)
    terms = _web_terms(row, shown, ticker) if kind in OPTIONS else None
    if terms is not None and kind is K.OPTION:
        return option_instrument(terms, *identifiers, name=shown or name)
    currency = rows.optional_text(row, "currency")
    symbol = (shown or ticker) if kind in OPTIONS else (ticker or shown)
    return Instrument(kind, symbol or conid, currency, name, identifiers, terms)


def _web_terms(row: Row, shown: str, ticker: str | None) -> OptionTerms | None:
    """In the brackets of the description, else in fields of their own."""
    multiplier = rows.optional_number(row, "multiplier") or None
    found = _BRACKET.search(shown)
    if found is not None:
        return option_from_occ(found[1], multiplier)
    expiry, right = rows.optional_text(row, "expiry"), rows.optional_text(row, "putOrCall")
    strike = row.get("strike")
    if ticker is None or expiry is None or strike is None or right not in {"P", "C"}:
        return None
    on = values.read_moment(expiry, "expiry")[0]
    side = Right.PUT if right == "P" else Right.CALL
    terms = OptionTerms(ticker, on, side, exact(strike, "strike"), multiplier)
    if not 0 <= terms.strike < 100_000:
        raise UnreadableReply("strike is absurd")
    return terms
