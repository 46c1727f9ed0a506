"""One look for all tables."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from brokerlink.cli.show.figures import plain


def table(*columns: str, title: str = "") -> Table:
    """Columns whose name starts with > are figures, aligned to the right; those and the ones that start
    with ! are never wrapped."""
    made = Table(
        title=plain(title, "bold") if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        header_style="bold",
        pad_edge=False,
        show_edge=False,
    )
    for name in columns:
        right = name.startswith(">")
        whole = right or name.startswith("!")
        made.add_column(
            name.lstrip(">!"), justify="right" if right else "left", no_wrap=whole, overflow="fold"
        )
    return made


def row(target: Table, *cells: str | Text, style: str = "") -> None:
    target.add_row(*(plain(cell) if isinstance(cell, str) else cell for cell in cells), style=style)


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
