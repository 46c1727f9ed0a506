"""Tables in CSV files: found by the names of their columns, read with line numbers.

A file may begin with titles and blank lines, hold several tables and end with small print. Whoever reads it
names its layouts; what belongs to no table is passed over, and told where it looks like a row.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from domain.errors import StatementUnreadable, UnreadableReply
from domain.money import exact

MAX_LINES = 400_000
MAX_CELLS = 200
MAX_CELL = 4000
HEAD = 16384
UNKNOWN = frozenset({"", "processing", "-", "--", "n/a", "na", "null", "none", "not available"})
_MONEY = re.compile(r"(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?")
_DAYS = ("%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d", "%m/%d/%y", "%b-%d-%Y")


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of table. `header` are the columns that it must have, whatever their order and case. It ends at
    the next header, or, where `ends_blank`, at the first blank line. Rows whose first cell starts with one of
    `totals` sum up others and are passed over."""

    id: str
    header: frozenset[str]
    ends_blank: bool = False
    totals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. `cells` by the plain name of their column; `raw` as it came."""

    number: int
    cells: dict[str, str]
    raw: bytes

    def text(self, *names: str) -> str:
        """The first of these columns that says anything; empty where none does."""
        return next((cell for name in names if (cell := self.cells.get(name, ""))), "")

    def known(self, *names: str) -> str:
        """The same, where a dash or the like says nothing."""
        told = self.text(*names)
        return "" if told.lower() in UNKNOWN else told

    def figure(self, *names: str) -> Decimal | None:
        """A figure, or None where it is not told: signs before or behind the $, brackets for minus, commas
        between thousands, %."""
        name = next((name for name in names if name in self.cells), names[0])
        told = self.known(name)
        if not told:
            return None
        try:
            return amount(told, name)
        except UnreadableReply as failure:
            raise StatementUnreadable(f"{failure.message}.", self.number) from None

    def needed(self, *names: str) -> Decimal:
        found = self.figure(*names)
        if found is None:
            raise StatementUnreadable(f"{names[0]} is missing.", self.number)
        return found

    def day(self, *names: str) -> date | None:
        told = self.known(*names)
        if not told:
            return None
        found = day(told)
        if found is None:
            raise StatementUnreadable(f"{names[0]} is not a date.", self.number)
        return found

    def needed_day(self, *names: str) -> date:
        found = self.day(*names)
        if found is None:
            raise StatementUnreadable(f"{names[0]} is missing.", self.number)
        return found


@dataclass(slots=True)
class Table:
    """One table of the file. `columns` are the plain names of all columns it has."""

    layout: Layout
    line: int
    columns: tuple[str, ...]
    rows: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """The tables in the order of the file; `outside` are the lines before, between and after them."""

    tables: list[Table] = field(default_factory=list)
    outside: list[Line] = field(default_factory=list)

    def said(self, pattern: "re.Pattern[str]", before: int = MAX_LINES) -> "re.Match[str] | None":
        """What the last line outside of tables says that fits; of those before a line, where one is named."""
        texts = (line.cells[""] for line in reversed(self.outside) if line.number < before)
        return next((match for text in texts if (match := pattern.search(text))), None)


def fits(content: bytes, layouts: Iterable[Layout]) -> bool:
    """Whether the head of a file holds the header of one of the layouts. Never raises."""
    wanted = tuple(layouts)
    head = content[:HEAD].decode("utf-8-sig", "replace").replace("\x00", "")
    rows = csv.reader(head.splitlines())
    try:
        return any(_layout(_plain(row), wanted) for row in rows)
    except csv.Error:
        return False


def read(content: bytes, layouts: Iterable[Layout]) -> Found:
    """Raises StatementUnreadable with the line."""
    wanted, found, at = tuple(layouts), Found(), None
    for number, cells, raw in _records(content):
        columns = _plain(cells)
        layout = _layout(columns, wanted)
        blank = not any(columns)
        if layout is not None:
            at = Table(layout, number, columns)
            found.tables.append(at)
        elif blank:
            at = None if at is not None and at.rows and at.layout.ends_blank else at
        elif at is None or _small_print(cells, at):
            found.outside.append(Line(number, {"": " ".join(filter(None, map(str.strip, cells)))}, raw))
        elif not cells[0].strip().startswith(at.layout.totals or ("\x00",)):
            at.rows.append(_line(number, cells, raw, at))
    if not found.tables:
        raise StatementUnreadable("None of the tables that we know is in the file.")
    return found


def amount(text: str, name: str) -> Decimal:
    """A figure as people write money. Raises UnreadableReply; a comma that is no thousands comma too."""
    told = text.replace("$", "").replace("%", "").replace(" ", "").replace("\u2212", "-")
    minus = told.startswith("(") and told.endswith(")")
    told = told.strip("()") if minus else told
    if told[:1] in {"+", "-"}:
        minus, told = minus or told[0] == "-", told[1:]
    if not _MONEY.fullmatch(told) or not told.strip("."):
        raise UnreadableReply(f"{name} is not a number")
    value = exact(told.replace(",", ""), name)
    return -value if minus else value


@lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """A calendar day in one of the forms that web sites write; None where it is none."""
    for form in _DAYS:
        try:
            found = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        return found if 1900 < found.year < 9999 else None
    return None


def _records(content: bytes) -> Iterator[tuple[int, list[str], bytes]]:
    """The records with the line that each begins on."""
    if b"\x00" in content:
        raise StatementUnreadable("The file is no text.", content.count(b"\n", 0, content.index(b"\x00")) + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise StatementUnreadable("The file is longer than a statement can be.", MAX_LINES)
    reader = csv.reader(lines, strict=True)
    start = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise StatementUnreadable(
                "A quoted cell ends nowhere, or has no comma behind it.", start
            ) from None
        if cells is None:
            return
        if len(cells) > MAX_CELLS or any(len(cell) > MAX_CELL for cell in cells):
            raise StatementUnreadable("A line is longer than a statement can have one.", start)
        yield start, cells, "\n".join(lines[start - 1 : reader.line_num]).encode()
        start = reader.line_num + 1


def _plain(cells: list[str]) -> tuple[str, ...]:
    """Names of columns without case and surplus blanks."""
    return tuple(" ".join(cell.split()).lower() for cell in cells)


def _layout(columns: tuple[str, ...], layouts: tuple[Layout, ...]) -> Layout | None:
    names = frozenset(columns)
    return next((layout for layout in layouts if layout.header <= names), None)


def _small_print(cells: list[str], at: Table) -> bool:
    """A lone sentence where a row should be."""
    return len([cell for cell in cells if cell.strip()]) == 1 and len(at.columns) > 2


def _line(number: int, cells: list[str], raw: bytes, at: Table) -> Line:
    width = len(at.columns)
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]  # rows often end with a comma more than the header
    while at.columns[width - 1] == "" and width > len(cells):
        width -= 1
    if len(cells) != width and len(cells) != len(at.columns):
        raise StatementUnreadable("The row has more or fewer cells than its table has columns.", number)
    told = {name: cell.strip() for name, cell in zip(at.columns, cells, strict=False) if name}
    return Line(number, told, raw)
