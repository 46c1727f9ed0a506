"""One look for all tables, on a wide screen and on a narrow one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from brokerlink.cli.show.figures import plain

READABLE = 18  # a column that is wrapped is not made narrower than this


@dataclass(frozen=True, slots=True)
class Column:
    """A column and how it may suffer: figures stand to the right; what is `whole` is never wrapped; what
    may go is left out of a screen that is too narrow, the last one first."""

    name: str
    figure: bool = False
    whole: bool = False
    may_go: bool = False

    @classmethod
    def named(cls, text: str) -> "Column":
        """ ">Price", "!Date", "?Notes", and any mixture: figure, whole, may go."""
        name = text.lstrip(">!?")
        flags = text[: len(text) - len(name)]
        return cls(name, ">" in flags, ">" in flags or "!" in flags, "?" in flags)


@dataclass(slots=True)
class Sheet:
    """Rows under columns. It becomes a table when the width of the screen is known."""

    columns: Sequence[Column]
    title: str = ""
    rows: list[tuple[tuple[Text, ...], str]] = field(default_factory=list)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        shown = [n for n, column in enumerate(self.columns) if not (column.may_go and self._empty(n))]
        made = self._table(shown)
        for number in reversed([n for n in shown if self.columns[n].may_go]):
            if Measurement.get(console, options.update(max_width=10_000), made).minimum <= options.max_width:
                break
            shown.remove(number)
            made = self._table(shown)
        yield made

    def _empty(self, number: int) -> bool:
        return not any(cells[number].plain for cells, _ in self.rows)

    def _table(self, shown: Sequence[int]) -> Table:
        made = Table(
            title=plain(self.title, "bold") if self.title else None,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            header_style="bold",
            padding=(0, 1, 0, 0),
            pad_edge=False,
            show_edge=False,
        )
        for number in shown:
            column = self.columns[number]
            lines = [line for cells, _ in self.rows for line in cells[number].plain.split("\n")]
            longest = max(map(len, [column.name, *lines]))
            made.add_column(
                column.name,
                justify="right" if column.figure else "left",
                no_wrap=column.whole,
                overflow="fold",
                min_width=longest if column.whole else min(READABLE, longest),
            )
        for cells, style in self.rows:
            made.add_row(*(cells[number] for number in shown), style=style)
        return made


def table(*columns: str, title: str = "") -> Sheet:
    """Columns by name, with their flags in front; see Column."""
    return Sheet([Column.named(text) for text in columns], title)


def row(target: Sheet, *cells: str | Text, style: str = "") -> None:
    """A row; cells that are left out at its end are empty."""
    texts = [plain(cell) if isinstance(cell, str) else cell for cell in cells]
    texts += [Text()] * (len(target.columns) - len(texts))
    target.rows.append((tuple(texts), style))


def facts(pairs: Sequence[tuple[str, str | Text]]) -> Table:
    """Name and value, line by line; empty values are left out."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", justify="right", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        text = plain(value) if isinstance(value, str) else value
        if text.plain:
            made.add_row(name, text)
    return made
