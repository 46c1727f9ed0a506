"""OFX and QFX files as a card needs them: `files=(ofx.format(brokerage="vanguard", own=("vanguard.com",)),)`.

Reads 1.x (SGML) and 2.x (XML) alike; sheet: ofx. An account is known by its ACCTID, a row by its FITID.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from adapters.files import ofx_holdings, ofx_rows, ofx_securities, ofx_tree, ofx_values
from adapters.files.naming import nameless
from adapters.files.ofx_reading import Reading
from adapters.files.ofx_securities import is_cash
from adapters.files.ofx_tree import Node
from adapters.files.today import not_ahead
from adapters.kit.card import FileFormat
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import Capability, Dataset, DoorFacts, DoorKind, Support
from domain.errors import StatementUnreadable
from domain.ports.brokerage import Notes
from domain.ports.statements import AccountStatement, Skipped, Statement
from domain.transactions import Transaction

# Institutions that are known by name: their files belong to no other brokerage.
KNOWN = frozenset({"vanguard.com", "fidelity.com", "www.mldirect.ml.com", "ameritrade.com"})
EMPTY_PARTS = frozenset({"12250", "12251", "12252", "12253", "12254"})  # "treat that part as empty"
SIGN_ON = frozenset({"15500", "15502"})
MORE_ASKED = "3000"
TWICE = "A row that the file tells twice."
NO_INVESTMENTS = "A bank account or a card: only investments are read."


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose files are read: the BROKERIDs of the institution (none: any that is not another's), and the
    tickers or CUSIPs of the funds that hold cash there."""

    brokerage: str
    own: frozenset[str]
    cash_funds: frozenset[str]

    def accepts(self, broker: str) -> bool:
        return not broker or (broker in self.own if self.own else broker not in KNOWN)


def format(  # noqa: A001  used as ofx.format
    *,
    brokerage: str,
    own: Iterable[str] = (),
    cash_funds: Iterable[str] = (),
    id: str = "ofx",  # noqa: A002  as in DoorFacts
    title: str = "OFX or QFX file",
    access: str = "Any owner of an account: the download for Quicken on the web site.",
    history: str = "As far back as the file goes.",
    verification: str = "sandbox only",
) -> FileFormat:
    origin = Origin(brokerage, frozenset(name.lower() for name in own), frozenset(cash_funds))
    facts = DoorFacts(
        id=id,
        title=title,
        kind=DoorKind.FILE_IMPORT,
        fields=(),
        capabilities=(
            Capability(Dataset.ACCOUNTS, Support.NATIVE, "By their numbers; no names and no kinds."),
            Capability(Dataset.BALANCES, Support.NATIVE, "Where the file has them."),
            Capability(Dataset.POSITIONS, Support.NATIVE, "Where the file has them; costs are seldom told."),
            Capability(Dataset.TRANSACTIONS, Support.NATIVE, history),
            Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Open orders in the file are not read."),
        ),
        sign_in="None: a file.",
        access=access,
        verification=verification,
    )
    return FileFormat(facts, ofx_tree.fits, partial(_read, origin, id))


def _read(origin: Origin, format_id: str, content: bytes, today: date) -> Statement:
    """Raises StatementUnreadable with the reason and the line."""
    document, notes = ofx_tree.document(content), Notes()
    signed = document.find("SIGNONMSGSRSV1", "SONRS")
    if signed is not None:
        _check(signed)
    securities = ofx_securities.read(document, origin.brokerage, origin.cash_funds, notes)
    accounts: list[AccountStatement] = []
    skipped: list[Skipped] = []
    refused: StatementUnreadable | None = None
    for answer in _answers(document):
        try:
            readable = _check(answer)
        except StatementUnreadable as failure:
            refused = refused or failure
            skipped.append(Skipped(answer.line, failure.message))
            continue
        statement = answer.find("INVSTMTRS")
        if statement is None:
            skipped.append(Skipped(answer.line, NO_INVESTMENTS if readable else "A part that is not told."))
            continue
        reading = Reading(securities, statement.value("CURDEF") or "USD", notes)
        accounts.append(_account(statement, reading, origin, today))
        skipped += reading.skipped
    if not accounts:
        raise refused or StatementUnreadable("The file holds no statement of an investment account.")
    return Statement(format_id, tuple(accounts), tuple(sorted(skipped, key=lambda s: s.line)), notes)


def _answers(document: Node) -> list[Node]:
    """What the institution answered, one for each account."""
    return [
        answer
        for message in document.children
        if message.tag.endswith("MSGSRSV1") and message.tag not in {"SIGNONMSGSRSV1", "SECLISTMSGSRSV1"}
        for answer in message.children
        if answer.tag.endswith("TRNRS")
    ]


def _check(answer: Node) -> bool:
    """Whether it is told. Raises StatementUnreadable where the institution has refused it."""
    status = answer.find("STATUS")
    code = status.value("CODE") if status is not None else "0"
    if status is None or not code.strip("0"):
        return True
    if code in EMPTY_PARTS or status.value("SEVERITY").upper() in {"INFO", "WARN"}:
        return False
    named = code if code.isascii() and code.isdigit() and len(code) <= 6 else "without a number"
    if code in SIGN_ON:
        told = f"This is a refused sign-on (code {named}): sign in there, and download again."
    elif code == MORE_ASKED:
        told = f"The institution asked for more to sign in (code {named}); this is no statement."
    else:
        told = f"The institution answered with an error (code {named}) in place of a statement."
    raise StatementUnreadable(told, status.line)


def _account(statement: Node, reading: Reading, origin: Origin, today: date) -> AccountStatement:
    source = statement.find("INVACCTFROM")
    number = source.value("ACCTID") if source is not None else ""
    if source is None or not number:
        raise StatementUnreadable("A statement does not say which account it is of.", statement.line)
    if not origin.accepts(source.value("BROKERID").lower()):
        raise StatementUnreadable("This is a file of another institution.", source.line)
    listed = statement.find("INVTRANLIST")
    rows = ofx_rows.transactions(listed, reading) if listed is not None else []
    held = ofx_holdings.positions(statement, reading)
    as_of = ofx_values.instant(statement, "DTASOF")
    not_ahead(as_of.date() if as_of else None, today, statement.line)
    for row in rows:
        not_ahead(row.trade_date, today, statement.line)
    return AccountStatement(
        AccountTold(number, nameless(number), number, AccountKind.OTHER, reading.currency),
        _told_once(rows, reading, statement.line),
        balances=ofx_holdings.balances(statement, held, reading.currency),
        positions=None if held is None else tuple(p for p in held if not is_cash(p.instrument)),
        as_of=as_of,
        start=ofx_values.day(statement, "INVTRANLIST", "DTSTART"),
        end=ofx_values.day(statement, "INVTRANLIST", "DTEND"),
    )


def _told_once(rows: list[Transaction], reading: Reading, line: int) -> tuple[Transaction, ...]:
    """A row told twice is one. Where one FITID stands for different rows it is nobody's id."""
    raws: dict[str, set[bytes]] = {}
    for row in rows:
        if row.source_key is not None:
            raws.setdefault(row.source_key, set()).add(row.raw)
    seen: set[str] = set()
    kept: list[Transaction] = []
    for row in rows:
        key = row.source_key
        if key is not None and len(raws[key]) > 1:
            kept.append(replace(row, source_key=None))
        elif key is None or key not in seen:
            kept.append(row)
        else:
            reading.skipped.append(Skipped(line, TWICE))
        if key is not None:
            seen.add(key)
    return tuple(kept)
