"""INVBANKTRAN: cash that comes and goes, as a bank would tell it. Sheet: ofx, 3.4.

Name and memo are looked at before the type: Fidelity sends interest as DEP and fees as OTHER.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from adapters.files import ofx_values, ofx_words
from adapters.files.ofx_reading import Reading
from adapters.files.ofx_tree import Node
from adapters.files.ofx_words import T
from domain.errors import StatementUnreadable
from domain.transactions import Transaction, TransactionType

ON_HOLD = "An amount on hold: nothing has moved yet."

_TEXTS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"\bCASH TRADE: ", T.FX_CONVERSION),
        (r"\bINTEREST\b", T.INTEREST),
        (r"\bWITHH(ELD|OLDING)\b|\bFOREIGN TAX\b", T.TAX),
        (r"\bFEES?\b", T.FEE),
        (r"\bDIVIDEND\b", T.DIVIDEND),
        (r"\bTRANSFERR?ED (FROM|TO)\b|\bJOURNAL", T.TRANSFER_IN),
    )
)
# Moves of money: in or out by the sign of the amount.
_MOVES = frozenset("CREDIT DEBIT DEP ATM POS CHECK PAYMENT CASH DIRECTDEP DIRECTDEBIT REPEATPMT".split())
_TYPES = {
    "INT": T.INTEREST, "DIV": T.DIVIDEND, "FEE": T.FEE, "SRVCHG": T.FEE, "XFER": T.TRANSFER_IN,
    "OTHER": T.OTHER, "HOLD": T.OTHER, **dict.fromkeys(_MOVES, T.DEPOSIT),
}  # fmt: skip
_OUT = {T.DEPOSIT: T.WITHDRAWAL, T.TRANSFER_IN: T.TRANSFER_OUT, T.INTEREST: T.MARGIN_INTEREST}


def transactions(row: Node, reading: Reading) -> Iterator[Transaction]:
    """One row of cash. Its FITID is of the same account, and as good a key as any."""
    told = row.find("STMTTRN")
    if told is None:
        raise StatementUnreadable("STMTTRN is missing.", row.line)
    reading.note_unknown(row, ofx_words.FIELDS)
    amount = ofx_values.needed(told, "TRNAMT")
    name, memo, fitid = told.value("NAME"), told.value("MEMO"), told.value("FITID")
    word = told.value("TRNTYPE").upper()
    if word not in _TYPES:
        reading.notes.words[f"TRNTYPE.{word[:32]}"] += 1
    if word == "HOLD":
        reading.skip(row, ON_HOLD)
        return
    yield Transaction(
        source_key=f"ofx:{fitid}" if fitid else None,
        type=_kind(word, f"{name} {memo}", amount),
        trade_date=ofx_values.needed_day(told, "DTPOSTED"),
        currency=told.value("CURRENCY", "CURSYM") or reading.currency,
        source_type=word,
        gross=amount,
        net=amount,
        description=memo if memo.startswith(name) else f"{name} {memo}".strip(),
        raw=row.written(),
    )


def _kind(word: str, text: str, amount: Decimal) -> TransactionType:
    said = next((kind for pattern, kind in _TEXTS if pattern.search(text)), None)
    kind = said or _TYPES.get(word, T.OTHER)
    return _OUT.get(kind, kind) if amount < 0 else kind
