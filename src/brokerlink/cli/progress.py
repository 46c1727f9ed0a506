"""The progress of a run on the screen: bars on a terminal, plain lines elsewhere, JSON for programs."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.spinner import Spinner
from rich.text import Text

from brokerlink.cli.follow import Board
from brokerlink.cli.show import syncs
from brokerlink.cli.terminal import clean, console, to_json, write_json
from brokerlink.v1 import syncs_pb2 as pb

_DONE = {
    pb.DATASET_RESULT_STATE_SUCCEEDED,
    pb.DATASET_RESULT_STATE_PARTIAL,
    pb.DATASET_RESULT_STATE_FAILED,
    pb.DATASET_RESULT_STATE_SKIPPED,
}
_MARKS = {
    pb.DATASET_RESULT_STATE_SUCCEEDED: "[green]✓[/]",
    pb.DATASET_RESULT_STATE_PARTIAL: "[yellow]◐[/]",
    pb.DATASET_RESULT_STATE_FAILED: "[bold red]✗[/]",
    pb.DATASET_RESULT_STATE_SKIPPED: "[dim]–[/]",
}


WIDE = 110  # columns


class View(Protocol):
    """Shows a run while it moves."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, board: Board, message: pb.SyncProgress) -> None: ...


class _View:
    """What all views do alike: nothing at the start, nothing at the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Lines(_View):
    """JSON lines: each message as it came, nothing else."""

    def show(self, board: Board, message: pb.SyncProgress) -> None:
        write_json(to_json(message), line=True)


class Plain(_View):
    """For what is no terminal: one line when a dataset is done, one when the state changes."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._told: dict[tuple[str, int], int] = {}
        self._state = 0

    def show(self, board: Board, message: pb.SyncProgress) -> None:
        for key, result in board.results.items():
            if result.state in _DONE and self._told.get(key) != result.state:
                self._told[key] = result.state
                console().print(self._line(result))
        if board.run.state != self._state:
            self._state = board.run.state
            if board.run.state == pb.SYNC_RUN_STATE_WAITING:
                console().print(Text("  ") + syncs.waiting(board.run))

    def _line(self, result: pb.DatasetResult) -> Text:
        mark = Text.from_markup(_MARKS.get(result.state, " "))
        where = f"  {_name(result, self._names):<34} {syncs.dataset(result):<13}"
        counted = syncs.counts(syncs.tally([result]))
        counted.append(f"  {_pages(result)}", style="dim")
        return Text("  ") + mark + Text(where) + counted


class _Mark(ProgressColumn):
    """A spinner while a dataset is being read, then how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self._spinner = Spinner("dots", style="cyan")

    def render(self, task: Task) -> RenderableType:
        state = task.fields["state"]
        if state == pb.DATASET_RESULT_STATE_RUNNING:
            return self._spinner.render(task.get_time())
        return Text.from_markup(_MARKS.get(state, "[dim]·[/]"))


class _Table(Progress):
    """The bars, and above them a line for a run that does not run."""

    head = Text()

    def get_renderables(self) -> Iterable[RenderableType]:
        if self.head.plain:
            yield self.head
        yield self.make_tasks_table(self.tasks)


class Bars(_View):
    """Live bars, one for each account and dataset, with the counts of rows beside them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._tasks: dict[tuple[str, int], TaskID] = {}
        wide = console().width >= WIDE
        self._name_width = 30 if wide else 18
        self._progress = _Table(
            TextColumn(" "),
            _Mark(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if wide else 8, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[counts]}"),
            TextColumn("[dim]{task.fields[pages]}"),
            console=console(),
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.head = Text()
        self._progress.stop()

    def show(self, board: Board, message: pb.SyncProgress) -> None:
        self._progress.head = _head(board)
        for key, result in board.results.items():
            task = self._tasks.get(key)
            if task is None:
                width = self._name_width
                name = f"{_fitted(_name(result, self._names), width)} {syncs.dataset(result):<12}"
                task = self._progress.add_task(Text(name).markup, total=None, state=0, counts="", pages="")
                self._tasks[key] = task
            self._move(task, result)

    def _move(self, task: TaskID, result: pb.DatasetResult) -> None:
        done = result.state in _DONE
        running = result.state == pb.DATASET_RESULT_STATE_RUNNING
        self._progress.update(
            task,
            total=None if running else 1,  # how much there is, nobody knows: the bar pulses
            completed=1 if done else 0,
            state=result.state,
            counts=syncs.counts(syncs.tally([result])).markup if done or running else "",
            pages=_pages(result),
        )


def _head(board: Board) -> Text:
    """How a run stands that does not run; for a waiting one until when and why."""
    match board.run.state:
        case pb.SYNC_RUN_STATE_WAITING:
            return Text("  … ", style="yellow") + syncs.waiting(board.run)
        case pb.SYNC_RUN_STATE_QUEUED:
            return Text("  … waits for its turn", style="dim")
        case _:
            return Text(f"  {clean(board.message)}", style="dim") if board.message else Text()


def _name(result: pb.DatasetResult, names: Mapping[str, str]) -> str:
    if not result.account_id:
        return "all accounts"
    return names.get(result.account_id) or clean(result.account_id)


def _fitted(name: str, width: int) -> str:
    """As wide as it may be; a long name loses its middle: accounts differ at their end."""
    return name.ljust(width) if len(name) <= width else f"{name[: width - 6]}…{name[-5:]}"


def _pages(result: pb.DatasetResult) -> str:
    return f"{result.pages} page{'' if result.pages == 1 else 's'}" if result.pages else ""


def view(names: Mapping[str, str], *, json: bool) -> View:
    """The view that suits whoever looks."""
    if json:
        return Lines()
    return Bars(names) if console().is_terminal else Plain(names)


def watch(messages: Iterable[pb.SyncProgress], shown: View, board: Board) -> None:
    """Follow messages to the end, on the screen. The board is then the run as it ended."""
    with shown:
        for message in messages:
            board.hear(message)
            shown.show(board, message)
