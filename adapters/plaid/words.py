"""Plaid's types and subtypes of transactions in ours (sheets: plaid, section 5; sofi, sections 3.3 and 5).

The subtype decides before the type: a dividend may sit under `fee`. Institutions that feed Plaid by FDX tell
no subtype of their own: there the name is the second source.
"""

import re
from decimal import Decimal

from domain.instruments import Instrument, InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import TransactionType

T = TransactionType

TYPES = frozenset({"buy", "sell", "cancel", "cash", "fee", "transfer"})
# None: type, direction or name decide.
SUBTYPES: dict[str, TransactionType | None] = {
    "buy": None, "sell": None, "trade": None, "transfer": None, "send": None, "request": None,
    "rebalance": None, "contribution": None, "distribution": None, "assignment": T.OPTION_ASSIGNMENT,
    "exercise": T.OPTION_EXERCISE, "expire": T.OPTION_EXPIRATION, "buy to cover": T.BUY_TO_COVER,
    "sell short": T.SELL_SHORT,
    "dividend reinvestment": T.DIVIDEND_REINVESTMENT, "interest reinvestment": T.DIVIDEND_REINVESTMENT,
    "long-term capital gain reinvestment": T.DIVIDEND_REINVESTMENT,
    "short-term capital gain reinvestment": T.DIVIDEND_REINVESTMENT,
    "dividend": T.DIVIDEND, "qualified dividend": T.DIVIDEND, "non-qualified dividend": T.DIVIDEND,
    "stock distribution": None,
    "long-term capital gain": T.CAPITAL_GAIN, "short-term capital gain": T.CAPITAL_GAIN,
    "unqualified gain": T.CAPITAL_GAIN, "return of principal": T.RETURN_OF_CAPITAL,
    "interest": T.INTEREST, "interest receivable": T.INTEREST, "margin expense": T.MARGIN_INTEREST,
    "deposit": T.DEPOSIT, "withdrawal": T.WITHDRAWAL,
    "pending credit": T.DEPOSIT, "pending debit": T.WITHDRAWAL,
    "tax": T.TAX, "tax withheld": T.TAX, "non-resident tax": T.TAX,
    "account fee": T.FEE, "fund fee": T.FEE, "legal fee": T.FEE, "management fee": T.FEE,
    "miscellaneous fee": T.FEE, "transfer fee": T.FEE, "trust fee": T.FEE,
    "adjustment": None, "split": T.SPLIT, "merger": T.MERGER, "spin off": T.SPINOFF,
    "loan payment": T.OTHER,  # "anything else: other"
}  # fmt: skip
PENDING = frozenset({"pending credit", "pending debit"})

# Money that a security brings: a quantity beside it says how many shares it is for, and none of them moves.
PAID = frozenset({T.DIVIDEND, T.CAPITAL_GAIN, T.INTEREST, T.MARGIN_INTEREST, T.RETURN_OF_CAPITAL})

_MOVES = frozenset({"transfer", "send", "request"})
_DIRECTED = frozenset({"adjustment", "contribution", "distribution", "request", "send", "trade"})
_CASH = {"contribution": T.DEPOSIT, "distribution": T.WITHDRAWAL, "adjustment": T.ADJUSTMENT}
Table = tuple[tuple[re.Pattern[str], TransactionType], ...]

# What a name says where neither type nor subtype do. Whole words: companies have names too.
_NAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"\bTAX(ES)?\b", T.TAX),
        (r"\bFEES?\b", T.FEE),
        (r"\bREINVEST(ED|MENT)?\b", T.DIVIDEND_REINVESTMENT),
        (r"\bDIV(IDENDS?)?\b", T.DIVIDEND),
        (r"\bMARGIN INT(EREST)?\b", T.MARGIN_INTEREST),
        (r"\bINT(EREST)?\b", T.INTEREST),
        (r"\bRETURN OF CAPITAL\b", T.RETURN_OF_CAPITAL),
        (r"\b(DEPOSIT|CONTRIBUTION)\b", T.DEPOSIT),
        (r"\b(WITHDRAWAL|DISBURSEMENT)\b", T.WITHDRAWAL),
    )
)
_EVENTS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"\bSPLIT\b", T.SPLIT),
        (r"\bEXERCISED?\b", T.OPTION_EXERCISE),
        (r"\bASSIGN(ED|MENT)\b", T.OPTION_ASSIGNMENT),
        (r"\bEXPIR(ED|ATION)\b", T.OPTION_EXPIRATION),
    )
)
_OPENING = re.compile(r"\b(BUY|SELL|BOUGHT|SOLD) TO (OPEN|CLOSE)\b", re.IGNORECASE)
_OPTION_TRADES = {
    (True, "OPEN"): T.BUY_TO_OPEN, (True, "CLOSE"): T.BUY_TO_CLOSE,
    (False, "OPEN"): T.SELL_TO_OPEN, (False, "CLOSE"): T.SELL_TO_CLOSE,
}  # fmt: skip
_OPTION_WORDS = {T.BUY_TO_COVER: T.BUY_TO_CLOSE, T.SELL_SHORT: T.SELL_TO_OPEN}


def kind_of(
    type_: str,
    subtype: str,
    name: str,
    instrument: Instrument | None,
    quantity: Decimal,
    cash_in: Decimal,
    notes: Notes,
) -> TransactionType:
    """`quantity` and `cash_in` with our signs. Unknown words are counted; the other word may still tell."""
    if type_ not in TYPES:
        notes.words[f"type.{type_[:32]}"] += 1
    if subtype and subtype not in SUBTYPES and subtype != type_:
        notes.words[f"subtype.{subtype[:40]}"] += 1
    if type_ == "cancel":
        return T.ADJUSTMENT  # the reversal of another row, in figures of its own
    kind = SUBTYPES.get(subtype) or _by_type(type_, subtype, name, quantity, cash_in)
    return _refined(kind, name, instrument)


def _by_type(type_: str, subtype: str, name: str, quantity: Decimal, cash_in: Decimal) -> TransactionType:
    """Where the subtype alone does not tell."""
    if subtype == "stock distribution":
        return T.STOCK_DIVIDEND if quantity else T.DIVIDEND
    if type_ in {"buy", "sell"}:
        return _trade(type_, subtype, name, cash_in)
    if type_ == "transfer" or subtype in _MOVES:
        moved = T.TRANSFER_IN if (quantity or cash_in) > 0 else T.TRANSFER_OUT
        return (_named(name, _EVENTS) if quantity and subtype not in _DIRECTED else None) or moved
    plain = _CASH.get(subtype) or _named(name, _NAMES)
    return plain or (T.FEE if type_ == "fee" else T.OTHER)


def _trade(type_: str, subtype: str, name: str, cash_in: Decimal) -> TransactionType:
    if type_ == "buy":
        reinvested = _named(name, _NAMES) is T.DIVIDEND_REINVESTMENT
        return T.DIVIDEND_REINVESTMENT if reinvested else T.BUY
    return T.WITHDRAWAL if subtype == "distribution" and not cash_in else T.SELL  # in kind


def _named(name: str, table: Table) -> TransactionType | None:
    return next((kind for pattern, kind in table if pattern.search(name)), None)


def _refined(kind: TransactionType, name: str, instrument: Instrument | None) -> TransactionType:
    """Trades of options open or close, if a word says so; trades of a money fund only move cash."""
    if instrument is None:
        return kind
    if instrument.kind is InstrumentKind.CASH_EQUIVALENT and kind in {T.BUY, T.SELL}:
        return T.SWEEP
    if instrument.kind is not InstrumentKind.OPTION:
        return kind
    said = _OPENING.search(name)
    if kind in {T.BUY, T.SELL} and said is not None:
        return _OPTION_TRADES[kind is T.BUY, said[2].upper()]
    return _OPTION_WORDS.get(kind, kind)
