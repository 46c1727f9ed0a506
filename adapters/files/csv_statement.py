"""Statements from CSV tables: what the rows of a file say, gathered by account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from adapters.files import csv_table
from adapters.files.csv_table import Found, Layout, Line, Table
from adapters.files.holdings import merged
from adapters.files.naming import nameless
from adapters.files.today import not_ahead
from adapters.kit.card import FileFormat
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import Capability, Dataset, DoorFacts, DoorKind, Support
from domain.errors import StatementUnreadable
from domain.ports.brokerage import Notes
from domain.ports.statements import AccountStatement, Skipped, Statement
from domain.positions import Balance, Position
from domain.transactions import Transaction

SWEPT = "Cash that moved into its sweep or out of it: it is the account's cash in both."
NO_IDS = "Rows have no ids: equal ones are counted."


@dataclass(slots=True)
class Gathered:
    """What is said of one account so far. `positions` None: no table of holdings has named it."""

    told: AccountTold
    transactions: list[Transaction] = field(default_factory=list)
    positions: list[Position] | None = None
    cash: Decimal | None = None
    total: Decimal | None = None
    newest: date | None = None
    as_of: datetime | None = None

    def holds(self, position: Position | None = None) -> None:
        """A row of a table of holdings: this position, or none where the row was of cash."""
        if self.positions is None:
            self.positions = []
        if position is not None:
            self.positions.append(position)

    def had_cash(self, value: Decimal | None, on: date) -> None:
        """Cash as the newest row tells it, the first one of its day in a file that begins with the newest."""
        if self.newest is None or on > self.newest:
            self.newest, self.cash = on, value

    def has_cash(self, value: Decimal) -> None:
        self.holds()
        self.cash = value if self.cash is None else self.cash + value


@dataclass(slots=True)
class Reading:
    """What a row's reader may look at and add to."""

    today: date
    found: Found
    table: Table
    notes: Notes = field(default_factory=Notes)
    skipped: list[Skipped] = field(default_factory=list)
    accounts: dict[str, Gathered] = field(default_factory=dict)

    def account(
        self, number: str, name: str = "", kind: AccountKind = AccountKind.OTHER, *, masked: bool = False
    ) -> Gathered:
        """The account of that number. Masked or empty, it names none: the caller must say whose it is."""
        if number not in self.accounts:
            key = "" if masked else number
            told = AccountTold(key, name or nameless(number), number, kind)
            self.accounts[number] = Gathered(told)
        return self.accounts[number]

    def skip(self, line: Line, reason: str) -> None:
        self.skipped.append(Skipped(line.number, reason))

    def unknown(self, word: str) -> None:
        self.notes.words[word[:48]] += 1


Row = Callable[[Line, Reading], None]
Whole = Callable[[Reading], None]


def facts(title: str, access: str, *, holdings: str = "", history: str = "", limits: str = "") -> DoorFacts:
    """What the catalogue says of the CSV files of a brokerage; `holdings` and `history` are notes."""
    return DoorFacts(
        id="csv",
        title=title,
        kind=DoorKind.FILE_IMPORT,
        fields=(),
        capabilities=(
            Capability(Dataset.ACCOUNTS, Support.NATIVE, "By their numbers."),
            Capability(Dataset.BALANCES, Support.DERIVED, "From the rows of holdings."),
            Capability(Dataset.POSITIONS, Support.NATIVE, holdings),
            Capability(Dataset.TRANSACTIONS, Support.NATIVE, history or NO_IDS),
            Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not in these files."),
        ),
        sign_in="None: a file.",
        access=access,
        limits=limits,
    )


def form(
    facts: DoorFacts,
    layouts: Mapping[Layout, Row],
    *,
    after: Whole | None = None,
    known: frozenset[str] = frozenset(),
) -> FileFormat:
    """The CSV files of a brokerage. `after` looks at the file as a whole, once its rows are read; `known` are
    columns that are mapped or knowingly left to the raw row, besides those of the headers."""

    def fits(content: bytes) -> bool:
        return csv_table.fits(content, layouts)

    def read(content: bytes, today: date) -> Statement:
        found = csv_table.read(content, layouts)
        reading = Reading(today, found, found.tables[0])
        for table in found.tables:
            reading.table = table
            expected = table.layout.header | known | {""}
            strange = (name for name in table.columns if name not in expected)
            reading.notes.fields.update(f"{table.layout.id}.{name[:48]}" for name in strange)
            for line in table.rows:
                layouts[table.layout](line, reading)
        if after is not None:
            after(reading)
        return _statement(reading)

    return FileFormat(facts, fits, read)


def _statement(reading: Reading) -> Statement:
    if not reading.accounts:
        raise StatementUnreadable("The file has the headers of a statement and no rows of any account.")
    accounts = tuple(_account(gathered, reading.today) for gathered in reading.accounts.values())
    return Statement("csv", accounts, tuple(sorted(reading.skipped, key=lambda s: s.line)), reading.notes)


def _account(told: Gathered, today: date) -> AccountStatement:
    not_ahead(told.as_of.date() if told.as_of else None, today, 0)
    balances = None
    if told.cash is not None or told.total is not None:
        balances = (Balance(told.told.currency, told.cash, None, None, told.total),)
    return AccountStatement(
        told.told,
        tuple(told.transactions),
        balances=balances,
        positions=None if told.positions is None else merged(told.positions),
        as_of=told.as_of,
    )
