"""What Plaid calls a security, in our words (sheet, section 3.2).

A `security_id` changes with corporate actions: what has a ticker is known by that (and by ISIN, CUSIP or
FIGI, which Plaid tells licensed customers only); its own id names only what has none.
"""

from decimal import Decimal
from typing import Any

from adapters.kit import rows
from adapters.plaid import fields
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
from domain.money import HUNDRED
from domain.ports.brokerage import Notes

K = InstrumentKind
Row = dict[str, Any]

KINDS = {
    "cash": K.CASH_EQUIVALENT, "cryptocurrency": K.CRYPTO, "derivative": K.OTHER, "equity": K.EQUITY,
    "etf": K.ETF, "fixed income": K.BOND, "loan": K.OTHER, "mutual fund": K.MUTUAL_FUND, "other": K.OTHER,
}  # fmt: skip
RIGHTS = {"call": Right.CALL, "put": Right.PUT}
CASH_PREFIX = "CUR:"  # of currencies ("CUR:USD") and coins


def is_cash(security: Row) -> bool:
    """Money, and funds that stand for it. Plaid's own sample flags a coin as cash: coins are never that."""
    kind = rows.optional_text(security, "type")
    return kind == "cash" or (security.get("is_cash_equivalent") is True and kind != "cryptocurrency")


def instrument_of(security: Row, notes: Notes) -> Instrument | None:
    """The instrument; None for money itself."""
    rows.note_unknown(security, fields.SECURITY, "security", notes)
    word = rows.optional_text(security, "type")
    if word == "cash":
        return None
    if word is not None and word not in KINDS:
        notes.words[f"security.type.{word[:32]}"] += 1
    name, currency = rows.optional_text(security, "name"), currency_of(security)
    identifiers = tuple(
        (scheme, value)
        for scheme, key in ((ISIN, "isin"), (CUSIP, "cusip"), (FIGI, "figi"))
        if (value := rows.optional_text(security, key)) is not None
    )
    terms = option_terms(security) if word == "derivative" else None
    if terms is not None:
        return option_instrument(terms, *identifiers, name=name)
    ticker = (rows.optional_text(security, "ticker_symbol") or "").removeprefix(CASH_PREFIX)
    if not ticker:
        own = rows.text(security, "security_id")
        ticker = identifiers[0][1] if identifiers else name or own
        identifiers = (*identifiers, ("plaid:security", own))
    kind = K.CASH_EQUIVALENT if is_cash(security) else KINDS.get(word or "other", K.OTHER)
    return Instrument(kind, ticker, currency, name, identifiers)


def option_terms(security: Row) -> OptionTerms | None:
    """From the contract where it is told, else from the OSI ticker, which has no padding. A derivative
    that is no option has neither."""
    contract = rows.optional_mapping(security, "option_contract")
    if not contract:
        try:
            return option_from_occ(rows.optional_text(security, "ticker_symbol") or "", HUNDRED)
        except UnreadableReply:
            return None
    right = RIGHTS.get(rows.text(contract, "contract_type"))
    if right is None:
        raise UnreadableReply("contract_type is neither call nor put")
    return OptionTerms(
        rows.text(contract, "underlying_security_ticker"),
        rows.day(contract.get("expiration_date"), "expiration_date"),
        right,
        rows.number(contract, "strike_price"),
        HUNDRED,
    )


def currency_of(row: Row) -> str | None:
    """Exactly one of the two is told, says the sheet."""
    iso = rows.optional_text(row, "iso_currency_code")
    return iso or rows.optional_text(row, "unofficial_currency_code")


def units_of(instrument: Instrument | None) -> Decimal:
    """How many of Plaid's units one of ours has: it counts options in shares of the underlying."""
    option = instrument is not None and instrument.kind is K.OPTION
    return HUNDRED if option else Decimal(1)
