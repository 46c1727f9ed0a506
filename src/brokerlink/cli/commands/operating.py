"""Commands for those who run the service: dead-letters, requeue, and releasing a connection."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from typing import TYPE_CHECKING, Annotated

import typer

from brokerlink.cli.caller import Caller
from brokerlink.cli.commands.connecting import ConnectionId

if TYPE_CHECKING:
    from brokerlink.v1 import syncs_pb2

RunId = Annotated[str, typer.Argument(metavar="RUN", help="The sync run (run_...).")]


def dead_letters(
    caller: Caller,
    brokerage: Annotated[
        str, typer.Option("--brokerage", help="Only this brokerage.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(min=0, help="The most to show; 0 for all.")] = 20,
) -> None:
    """The runs that were put aside: each ended with the process that had it, again and again.

    Of all users, the latest first. Their connections are quarantined until somebody acts.
    """
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.paging import collect
    from brokerlink.cli.show import syncs
    from brokerlink.v1 import admin_pb2 as pb
    from brokerlink.v1.admin_pb2_grpc import AdminServiceStub

    with connected(caller) as channel:
        found = collect(
            AdminServiceStub(channel).ListDeadLetters,
            pb.ListDeadLettersRequest(brokerage_id=brokerage),
            lambda page: page.dead_letters,
            limit or None,
        )
    if caller.json:
        terminal.write_messages("dead_letters", found)
    else:
        syncs.dead_letters(found)


def retry(caller: Caller, run: RunId) -> None:
    """Release the connection of a run that was put aside, and sync it anew."""
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.v1 import admin_pb2 as pb
    from brokerlink.v1.admin_pb2_grpc import AdminServiceStub

    with connected(caller) as channel:
        request = pb.RetryDeadLetterRequest(sync_run_id=run, request_id=new_request_id())
        _show(caller, AdminServiceStub(channel).RetryDeadLetter(request))


def requeue(caller: Caller, run: RunId) -> None:
    """Take a run from whoever has it and let it go on at once; one that is over gets a new one."""
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.v1 import admin_pb2 as pb
    from brokerlink.v1.admin_pb2_grpc import AdminServiceStub

    with connected(caller) as channel:
        request = pb.RequeueSyncRequest(sync_run_id=run, request_id=new_request_id())
        _show(caller, AdminServiceStub(channel).RequeueSync(request))


def release(caller: Caller, connection: ConnectionId) -> None:
    """Let a quarantined connection sync again, after what kept it was mended."""
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.cli.commands.connecting import show_connection
    from brokerlink.v1 import admin_pb2 as pb
    from brokerlink.v1.admin_pb2_grpc import AdminServiceStub

    with connected(caller) as channel:
        request = pb.ReleaseConnectionRequest(connection_id=connection, request_id=new_request_id())
        show_connection(caller, AdminServiceStub(channel).ReleaseConnection(request))


def _show(caller: Caller, run: "syncs_pb2.SyncRun") -> None:
    from brokerlink.cli import terminal

    if caller.json:
        terminal.write_json(terminal.to_json(run))
    else:
        known = terminal.clean(run.id)
        terminal.console().print(f"Queued {known}; follow it: brokerlink sync --watch {known}")
