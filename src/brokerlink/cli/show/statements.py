"""An import on the screen: a bar while it goes on, and what became of the file."""

from collections.abc import Iterable
from itertools import groupby

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from brokerlink.cli.show.figures import day
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import transactions_pb2 as pb

LINES_NAMED = 6


def follow(told: Iterable[pb.ImportStatementResponse], name: str, *, quiet: bool) -> pb.StatementResult:
    """Show how far it is, on a terminal; the result at the end."""
    out = console(error=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=out, transient=True,
        disable=quiet or not out.is_terminal,
    )  # fmt: skip
    result = pb.StatementResult()
    with bar:
        task = bar.add_task(clean(name), total=None)
        for one in told:
            bar.update(task, completed=one.stored_rows, total=one.total_rows or None)
            if one.HasField("result"):
                result = one.result
    return result


def result(told: pb.StatementResult) -> None:
    out = console()
    for one in told.accounts:
        out.print(_account(one, dry=told.validate_only))
        if one.holdings_updated:
            out.print(Text("  balances and positions are those of the file", style="dim"))
        elif one.holdings_kept_reason:
            out.print(Text(f"  {clean(one.holdings_kept_reason)}", style="dim"))
    _skipped(told)
    for what, found in (("word", told.unknown_words), ("field", told.unknown_fields)):
        for name, count in sorted(found.items()):
            out.print(Text(f"  unknown {what} {clean(name)}: {count}", style="yellow"))


def _account(one: pb.ImportedAccount, *, dry: bool) -> Text:
    span = f"{day(one.start_date)} to {day(one.end_date)}" if one.HasField("start_date") else "no rows"
    new = " (new)" if one.is_new else ""
    whose = f"{one.account_id} {one.masked_number}{new}, {span}: "
    if dry:
        return Text("– ", style="cyan") + Text(f"{whose}{one.total_rows} rows; nothing is stored")
    told = (
        f"{one.added} added, {one.modified} modified, {one.unchanged} unchanged, {one.matched} told already"
    )
    return Text("✓ ", style="green") + Text(whose + told)


def _skipped(told: pb.StatementResult) -> None:
    """The lines that were left out, by their reasons."""
    if not told.skipped_count:
        return
    out = console()
    out.print(Text(f"  {told.skipped_count} lines are left out:", style="yellow"))
    ordered = sorted(told.skipped, key=lambda one: (one.reason, one.line))
    for reason, lines in groupby(ordered, key=lambda one: one.reason):
        numbers = [str(one.line) for one in lines if one.line]
        more = f" and {len(numbers) - LINES_NAMED} more" if len(numbers) > LINES_NAMED else ""
        where = f" (line {', '.join(numbers[:LINES_NAMED])}{more})" if numbers else ""
        out.print(Text(f"    {clean(reason)}{where}"))
