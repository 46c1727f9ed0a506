"""Commands about sync runs: sync, runs, cancel."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from brokerlink.cli.caller import Caller

if TYPE_CHECKING:
    import grpc

    from brokerlink.v1 import syncs_pb2


def sync(
    caller: Caller,
    target: Annotated[
        str,
        typer.Argument(
            metavar="[ACCOUNT|CONNECTION]", help="What to sync; everything without it.", show_default=False
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Read the whole history again, not only what is new.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")] = False,
    watch: Annotated[
        str, typer.Option("--watch", metavar="RUN", help="Follow this run.", show_default=False)
    ] = "",
) -> None:
    """Sync now and show how it goes on. A run that is going on already is joined.

    Ctrl-C detaches: the run goes on, and --watch RUN follows it again.
    """
    from brokerlink.cli.channel import connected
    from brokerlink.cli.errors import Refused
    from brokerlink.cli.follow import exit_code

    if watch and (target or detach or force):
        raise Refused("--watch follows a run that there is; it goes with nothing else.")
    with connected(caller) as channel:
        if watch:
            runs = [follow_run(caller, channel, watch)]
        elif detach:
            _say_started(
                caller, [start(channel, one, force=force) for one in _targets(caller, channel, target)]
            )
            return
        else:
            runs = [_sync_one(caller, channel, one, force=force) for one in _targets(caller, channel, target)]
    code = exit_code(runs)
    if code:
        raise typer.Exit(code)


def runs(
    caller: Caller,
    connection: Annotated[str, typer.Argument(help="Only of this connection.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=0, help="The most to show; 0 for all.")] = 20,
) -> None:
    """The sync runs of the user or of a connection, newest first."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.show import syncs

    with connected(caller) as channel:
        found = runs_of(channel, caller.user, connection, limit or None)
    if caller.json:
        terminal.write_messages("sync_runs", found)
    else:
        syncs.runs(found)


def cancel(caller: Caller, run: Annotated[str, typer.Argument(help="The run to stop.")]) -> None:
    """Stop a sync run. What it has read stays."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.cli.show import syncs
    from brokerlink.v1 import syncs_pb2 as pb
    from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

    with connected(caller) as channel:
        request = pb.CancelSyncRequest(sync_run_id=run, request_id=new_request_id())
        found = SyncServiceStub(channel).CancelSync(request)
    if caller.json:
        terminal.write_json(terminal.to_json(found))
    else:
        syncs.ending(found, {})


def start(channel: "grpc.Channel", target: str, *, force: bool = False) -> "syncs_pb2.SyncRun":
    """Start a run, or join the one going on, without following it."""
    from brokerlink.cli.channel import new_request_id
    from brokerlink.v1 import syncs_pb2 as pb
    from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

    request = pb.StartSyncRequest(force=force, request_id=new_request_id())
    if _is_account(target):
        request.account_id = target
    else:
        request.connection_id = target
    return SyncServiceStub(channel).StartSync(request)


def follow_run(caller: Caller, channel: "grpc.Channel", run_id: str) -> "syncs_pb2.SyncRun":
    """Follow a run that there is, on the screen, to its end."""
    from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

    stub = SyncServiceStub(channel)
    return _follow(caller, channel, lambda: _watch(stub, run_id, 0), run_id)


def runs_of(
    channel: "grpc.Channel", user: str, connection: str, limit: int | None
) -> "list[syncs_pb2.SyncRun]":
    """The runs of a connection, or of all connections of a user, newest first."""
    from brokerlink.cli.paging import collect
    from brokerlink.v1 import syncs_pb2 as pb
    from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

    request = pb.ListSyncRunsRequest()
    if connection:
        request.connection_id = connection
    else:
        request.user_id = user
    return collect(SyncServiceStub(channel).ListSyncRuns, request, lambda page: page.sync_runs, limit)


def _sync_one(caller: Caller, channel: "grpc.Channel", target: str, *, force: bool) -> "syncs_pb2.SyncRun":
    """Start or join in one stream. The request id makes a second try of the first stream harmless."""
    from brokerlink.cli.channel import new_request_id
    from brokerlink.v1 import syncs_pb2 as pb
    from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

    request = pb.SyncAccountRequest(force=force, request_id=new_request_id())
    if _is_account(target):
        request.account_id = target
    else:
        request.connection_id = target
    stub = SyncServiceStub(channel)
    return _follow(caller, channel, lambda: stub.SyncAccount(request))


def _follow(caller: Caller, channel: "grpc.Channel", first: object, run_id: str = "") -> "syncs_pb2.SyncRun":
    from brokerlink.cli import progress
    from brokerlink.cli.commands.reading import account_names
    from brokerlink.cli.follow import Board, follow
    from brokerlink.cli.show import syncs
    from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

    stub = SyncServiceStub(channel)
    names = {} if caller.json else account_names(channel, caller.user)
    board = Board()
    board.run.id = run_id
    messages = follow(first, lambda run, after: _watch(stub, run, after))  # type: ignore[arg-type]
    try:
        progress.watch(messages, progress.view(names, json=caller.json), board)
    except KeyboardInterrupt:
        _say_detached(board.run.id)
        raise
    if not caller.json:
        syncs.ending(board.run, names)
    return board.run


def _watch(stub: object, run_id: str, after: int) -> "Iterator[syncs_pb2.SyncProgress]":
    from brokerlink.v1 import syncs_pb2 as pb

    return stub.WatchSync(pb.WatchSyncRequest(sync_run_id=run_id, after_sequence=after))  # type: ignore[attr-defined,no-any-return]


def _targets(caller: Caller, channel: "grpc.Channel", target: str) -> list[str]:
    """What was named, or every connection of the user that can be synced."""
    from brokerlink.cli.commands.connecting import connections_of
    from brokerlink.cli.errors import Refused
    from brokerlink.cli.reasons import Exit
    from brokerlink.v1 import connections_pb2 as pb

    if target:
        return [target]
    idle = {pb.CONNECTION_STATE_DISCONNECTED, pb.CONNECTION_STATE_PAUSED, pb.CONNECTION_STATE_QUARANTINED}
    found = [one.id for one in connections_of(channel, caller.user) if one.state not in idle]
    if not found:
        raise Refused(
            f"User {caller.user} has no connection to sync.",
            hint="Connect a brokerage: brokerlink connect BROKERAGE.",
            code=Exit.NOT_FOUND,
        )
    return found


def _is_account(target: str) -> bool:
    return target.startswith("acc_")


def _say_started(caller: Caller, started: "Sequence[syncs_pb2.SyncRun]") -> None:
    from brokerlink.cli import terminal

    for run in started:
        if caller.json:
            terminal.write_json(terminal.to_json(run), line=True)
        else:
            terminal.console().print(
                f"Started {terminal.clean(run.id)}; follow it: brokerlink sync --watch {run.id}"
            )


def _say_detached(run_id: str) -> None:
    from brokerlink.cli.terminal import clean, console

    if run_id:
        console(error=True).print(
            f"\nDetached. The run goes on; follow it again: brokerlink sync --watch {clean(run_id)}"
        )
