"""Commands about connections: connect, and list, pause, resume, disconnect."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brokerlink.cli.caller import Caller

if TYPE_CHECKING:
    import grpc

    from brokerlink.v1 import connections_pb2

ConnectionId = Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection (con_...).")]


Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="KEY=VALUE", help="A credential field. Not for secrets. Repeatable."),
]
FieldsFile = Annotated[
    Path | None,
    typer.Option(
        "--fields-file",
        help="JSON file with fields, such as the sandbox's --credentials writes.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
DoorId = Annotated[str, typer.Option(help="Way in; the first open one without it.", show_default=False)]
RedirectUri = Annotated[
    str | None,
    typer.Option(help="Where the brokerage's page sends the browser back to.", show_default=False),
]
Reconnect = Annotated[
    str, typer.Option(metavar="CONNECTION", help="Renew this connection in place.", show_default=False)
]
SessionId = Annotated[
    str, typer.Option(metavar="SESSION", help="Go on with a session that waits.", show_default=False)
]
Auto = Annotated[
    bool, typer.Option("--auto", help="Answer by itself: follows the pages of a sandbox on this machine.")
]


def connect(  # noqa: PLR0913, PLR0917  arguments are the options
    caller: Caller,
    brokerage: Annotated[str, typer.Argument(help="Id of the brokerage, for example alpaca.")] = "",
    field: Fields = None,
    fields_file: FieldsFile = None,
    door: DoorId = "",
    redirect_uri: RedirectUri = None,
    reconnect: Reconnect = "",
    session: SessionId = "",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print pages, do not open them.")] = False,
    auto: Auto = False,
    no_sync: Annotated[bool, typer.Option("--no-sync", help="Do not wait for the first sync.")] = False,
) -> None:
    """Connect a brokerage: asks for what is missing, leads through the sign-in, follows the first sync.

    Secrets are asked for without showing them. Given by --field they could be read by others.
    """
    from brokerlink.cli.channel import connected
    from brokerlink.cli.connection import Wish, connect_one
    from brokerlink.cli.errors import Refused

    if bool(brokerage) == bool(session):
        raise Refused(
            "Name the brokerage to connect, or --session.", hint="Brokerages: brokerlink brokerages"
        )
    wish = Wish(
        brokerage=brokerage,
        options=tuple(field or ()),
        file=fields_file,
        door=door,
        redirect_uri=redirect_uri,
        reconnect=reconnect,
        session=session,
        browser=not no_browser,
        auto=auto,
        sync=not no_sync,
    )
    with connected(caller) as channel:
        code = connect_one(caller, channel, wish)
    if code:
        raise typer.Exit(code)


def connections(
    caller: Caller,
    brokerage: Annotated[
        str, typer.Option("--brokerage", help="Only this brokerage.", show_default=False)
    ] = "",
) -> None:
    """The connections of the user: where each stands, why, and who must act."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.show import accounts as show

    with connected(caller) as channel:
        found = connections_of(channel, caller.user, brokerage)
    if caller.json:
        terminal.write_messages("connections", found)
    else:
        show.connections(found)


def pause(caller: Caller, connection: ConnectionId) -> None:
    """Stop syncing a connection until it is resumed. Credentials are kept."""
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.v1 import connections_pb2 as pb
    from brokerlink.v1.connections_pb2_grpc import ConnectionServiceStub

    with connected(caller) as channel:
        request = pb.PauseConnectionRequest(connection_id=connection, request_id=new_request_id())
        show_connection(caller, ConnectionServiceStub(channel).PauseConnection(request))


def resume(caller: Caller, connection: ConnectionId) -> None:
    """Sync a paused connection again."""
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.v1 import connections_pb2 as pb
    from brokerlink.v1.connections_pb2_grpc import ConnectionServiceStub

    with connected(caller) as channel:
        request = pb.ResumeConnectionRequest(connection_id=connection, request_id=new_request_id())
        show_connection(caller, ConnectionServiceStub(channel).ResumeConnection(request))


def disconnect(
    caller: Caller,
    target: Annotated[
        str, typer.Argument(metavar="CONNECTION|ACCOUNT", help="The connection, or an account it reads.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """End a connection and destroy its credentials. Accounts and their history stay."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.cli.person import can_ask
    from brokerlink.cli.show import accounts as show
    from brokerlink.v1 import connections_pb2 as pb
    from brokerlink.v1.connections_pb2_grpc import ConnectionServiceStub

    if not yes and can_ask() and not caller.json:
        typer.confirm(f"Disconnect {terminal.clean(target)} and destroy its credentials?", abort=True)
    request = pb.DisconnectRequest(request_id=new_request_id())
    if target.startswith("acc_"):
        request.account_id = target
    else:
        request.connection_id = target
    with connected(caller) as channel:
        answer = ConnectionServiceStub(channel).Disconnect(request)
    if caller.json:
        terminal.write_json(terminal.to_json(answer))
    else:
        show.connections(answer.connections)


def connections_of(
    channel: "grpc.Channel", user: str, brokerage: str = ""
) -> "list[connections_pb2.Connection]":
    """All connections of a user."""
    from brokerlink.cli.paging import collect
    from brokerlink.v1 import connections_pb2 as pb
    from brokerlink.v1.connections_pb2_grpc import ConnectionServiceStub

    request = pb.ListConnectionsRequest(user_id=user, brokerage_id=brokerage)
    return collect(ConnectionServiceStub(channel).ListConnections, request, lambda page: page.connections)


def show_connection(caller: Caller, connection: "connections_pb2.Connection") -> None:
    """One connection, as it is now."""
    from brokerlink.cli import terminal
    from brokerlink.cli.show import accounts as show

    if caller.json:
        terminal.write_json(terminal.to_json(connection))
    else:
        show.connections([connection])
