"""Sync runs: a table of them, the results of one, and the words for where one stands."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from brokerlink.cli.errors import spoken
from brokerlink.cli.show.figures import ABSENT, ago, clock, dim, instant, word
from brokerlink.cli.show.tables import row, table
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import admin_pb2, types_pb2
from brokerlink.v1 import syncs_pb2 as pb

RUN_STYLES = {
    pb.SYNC_RUN_STATE_SUCCEEDED: "green",
    pb.SYNC_RUN_STATE_PARTIALLY_SUCCEEDED: "yellow",
    pb.SYNC_RUN_STATE_WAITING: "yellow",
    pb.SYNC_RUN_STATE_FAILED: "bold red",
    pb.SYNC_RUN_STATE_EXPIRED: "bold red",
    pb.SYNC_RUN_STATE_CANCELLED: "dim",
}
RESULT_STYLES = {
    pb.DATASET_RESULT_STATE_SUCCEEDED: "green",
    pb.DATASET_RESULT_STATE_PARTIAL: "yellow",
    pb.DATASET_RESULT_STATE_FAILED: "bold red",
    pb.DATASET_RESULT_STATE_SKIPPED: "dim",
}
FINAL = frozenset(
    {
        pb.SYNC_RUN_STATE_SUCCEEDED,
        pb.SYNC_RUN_STATE_PARTIALLY_SUCCEEDED,
        pb.SYNC_RUN_STATE_FAILED,
        pb.SYNC_RUN_STATE_CANCELLED,
        pb.SYNC_RUN_STATE_EXPIRED,
    }
)
Tally = tuple[int, int, int, int]


def tally(results: Sequence[pb.DatasetResult]) -> Tally:
    """Added, modified, removed, unchanged over all results."""
    return (
        sum(one.added for one in results),
        sum(one.modified for one in results),
        sum(one.removed for one in results),
        sum(one.unchanged for one in results),
    )


def counts(found: Tally) -> Text:
    """+12 added, ~1 modified, -0 removed, =340 unchanged: as signs, coloured where something moved."""
    made = Text()
    for sign, count, style in zip("+~-=", found, ("green", "yellow", "red", "dim"), strict=True):
        made.append(f"{sign}{count} ", style=style if count else "dim")
    made.rstrip()
    return made


def spelled(found: Tally) -> str:
    added, modified, removed, unchanged = found
    return f"{added} added, {modified} modified, {removed} removed, {unchanged} unchanged"


def run_state(state: pb.SyncRunState) -> Text:
    return Text(word(pb.SyncRunState, state, "SYNC_RUN_STATE"), style=RUN_STYLES.get(state, ""))


def dataset(one: pb.DatasetResult) -> str:
    return word(types_pb2.Dataset, one.dataset, "DATASET")


def waiting(run: pb.SyncRun) -> Text:
    """Until when a run waits, and why."""
    until = instant(run, "retry_time")
    made = Text(f"waits, goes on {ago(until)} ({clock(until)})", style="yellow")
    why = run.failure.message or run.failure.reason
    return made.append(f": {clean(why)}") if why else made


def runs(found: Sequence[pb.SyncRun]) -> None:
    if not found:
        console().print(dim("No sync runs yet."))
        return
    made = table("!Run", "!?Connection", "!State", "!?Trigger", "!Begun", ">?Took", "!?Rows", "?Why")
    for one in found:
        row(
            made,
            one.id,
            one.connection_id,
            run_state(one.state),
            word(pb.SyncTrigger, one.trigger, "SYNC_TRIGGER"),
            ago(instant(one, "create_time")),
            _took(one),
            counts(tally(one.results)),
            waiting(one) if one.state == pb.SYNC_RUN_STATE_WAITING else dim(one.failure.reason),
        )
    console().print(made)


def dead_letters(found: Sequence[admin_pb2.DeadLetter]) -> None:
    if not found:
        console().print(dim("No run was put aside."))
        return
    made = table("!Run", "!Connection", "!Brokerage", "?User", "!Put aside", ">?Attempts")
    for one in found:
        run = one.sync_run
        since = ago(instant(one, "put_aside_time"))
        row(made, run.id, run.connection_id, one.brokerage_id, run.user_id, since, str(run.attempt))
    console().print(made)


def _took(one: pb.SyncRun) -> str:
    begun, ended = instant(one, "start_time"), instant(one, "end_time")
    return spoken(ended - begun) if begun and ended else ABSENT


def ending(run: pb.SyncRun, names: Mapping[str, str]) -> None:
    """One line for how a run ended, and a line for each thing that went wrong."""
    out = console()
    good = run.state == pb.SYNC_RUN_STATE_SUCCEEDED
    sign = Text("✓ " if good else "! ", style=RUN_STYLES.get(run.state, ""))
    out.print(
        sign + run_state(run.state) + dim("  ") + Text(spelled(tally(run.results))) + dim(f"  {run.id}")
    )
    if run.HasField("failure"):
        out.print(Text("  ") + failure(run.failure))
    for one in run.results:
        name = names.get(one.account_id, clean(one.account_id))
        where = f"  {name} {dataset(one)}: ".replace("   ", "  ")
        if one.HasField("failure"):
            out.print(Text(where) + failure(one.failure))
        if one.held_back:
            text = "everything vanished at once; it is kept until a later sync confirms it"
            out.print(Text(f"{where}{text}", style="yellow"))
        if one.totals_differ:
            text = "the brokerage's own total is not the sum of what it tells; both are shown"
            out.print(Text(f"{where}{text}", style="yellow"))
        unknown = [*one.unknown_fields, *one.unknown_words]
        if unknown:
            out.print(dim(f"{where}not known to us, kept raw: {', '.join(sorted(unknown)[:12])}"))


def failure(one: types_pb2.Failure) -> Text:
    """A failure in one line: the sentence, the reason, when it is tried again."""
    made = Text(clean(one.message or one.reason), style="yellow")
    if one.reason and one.message:
        made.append(f"  {clean(one.reason)}", style="dim")
    again = instant(one, "retry_time")
    return made.append(f"  tried again {ago(again)}", style="dim") if again else made
