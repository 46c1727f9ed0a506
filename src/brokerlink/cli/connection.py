"""Connecting a brokerage from the first field to the first portfolio: what `connect` and `demo` do."""

from dataclasses import dataclass, field
from pathlib import Path

import grpc
from rich.console import Console
from rich.text import Text

from brokerlink.cli import fields, terminal
from brokerlink.cli.automatic import Automatic
from brokerlink.cli.caller import Caller
from brokerlink.cli.channel import new_request_id
from brokerlink.cli.commands.reading import accounts_of
from brokerlink.cli.commands.syncing import follow_run, runs_of
from brokerlink.cli.conversation import Conversation
from brokerlink.cli.errors import Refused, of_failure, show
from brokerlink.cli.fields import Given
from brokerlink.cli.follow import exit_code
from brokerlink.cli.person import AtTerminal, Person, can_ask
from brokerlink.cli.reasons import Exit
from brokerlink.cli.show import accounts as show_accounts
from brokerlink.v1 import brokerages_pb2
from brokerlink.v1 import connections_pb2 as pb
from brokerlink.v1.brokerages_pb2_grpc import BrokerageServiceStub
from brokerlink.v1.connections_pb2_grpc import ConnectionServiceStub


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be connected, and how."""

    brokerage: str
    options: tuple[str, ...] = field(default=(), repr=False)
    file: Path | None = None
    door: str = ""
    redirect_uri: str | None = None  # None: with `auto` the one in the file, else the operator's own
    reconnect: str = ""
    session: str = ""
    browser: bool = True
    auto: bool = False
    sync: bool = True


def connect_one(caller: Caller, channel: grpc.Channel, wish: Wish) -> Exit:
    """Connect, show it, and follow the first sync. How it ended as exit code."""
    out = terminal.console(error=caller.json)
    session = sign_in(caller, channel, wish, out)
    if caller.json:
        terminal.write_json(terminal.to_json(session), line=True)
    if session.state != pb.CONNECT_SESSION_STATE_SUCCEEDED:
        return _not_connected(caller, session)
    if not caller.json:
        say_connected(session, out)
    return _first_sync(caller, channel, session) if wish.sync else Exit.OK


def sign_in(caller: Caller, channel: grpc.Channel, wish: Wish, out: Console) -> pb.ConnectSession:
    """The conversation alone, to the session's final state. On Ctrl-C the session stays open."""
    stub = ConnectionServiceStub(channel)
    told = fields.read_file(wish.file, wish.brokerage) if wish.file and wish.brokerage else {}
    given = Given(fields.parse_options(wish.options), told)
    person: Person = Automatic(out, told) if wish.auto else AtTerminal(out, wish.browser)
    if wish.session:
        session = stub.GetConnectSession(pb.GetConnectSessionRequest(session_id=wish.session))
    else:
        request = _request(caller, channel, wish, given, person)
        session = stub.Connect(request, timeout=60)
    conversation = Conversation(_Patient(stub), person, out, given)
    try:
        return conversation.drive(session)
    except (KeyboardInterrupt, grpc.RpcError):
        terminal.console(error=True).print(
            f"\nStopped. The session may still be open: brokerlink connect --session {session.id}"
        )
        raise


@dataclass(frozen=True, slots=True)
class _Patient:
    """The sessions' RPCs with the time that a brokerage may take to answer."""

    stub: ConnectionServiceStub

    def ContinueConnect(self, request: pb.ContinueConnectRequest) -> pb.ConnectSession:  # noqa: N802  the RPC's name
        return self.stub.ContinueConnect(request, timeout=60)

    def GetConnectSession(self, request: pb.GetConnectSessionRequest) -> pb.ConnectSession:  # noqa: N802  the same
        return self.stub.GetConnectSession(request)


def _request(
    caller: Caller, channel: grpc.Channel, wish: Wish, given: Given, person: Person
) -> pb.ConnectRequest:
    """Ask for the fields that the chosen door declares and nobody has given yet."""
    asked = brokerages_pb2.GetBrokerageRequest(brokerage_id=wish.brokerage)
    brokerage = BrokerageServiceStub(channel).GetBrokerage(asked)
    door = fields.choose_door(brokerage, wish.door)
    for key in fields.secrets_in_options(door.credential_fields, given):
        terminal.console(error=True).print(
            f"Warning: {key} is a secret, and a command line can be read by others and stays in the shell's "
            "history. Leave it out to be asked, or use --fields-file.",
            style="yellow",
        )
    ask = person.field if not wish.auto and can_ask() and door.open else None
    if not door.open:
        values = {**given.file, **given.options}
        keys = {one.key for one in door.credential_fields}
        credentials = {key: value for key, value in values.items() if key in keys}
    else:
        credentials = fields.complete(door.credential_fields, given, ask)
    return pb.ConnectRequest(
        user_id=caller.user,
        brokerage_id=wish.brokerage,
        door_id=wish.door,
        credentials=credentials,
        reconnect_connection_id=wish.reconnect,
        redirect_uri=_redirect(wish, given),
        request_id=new_request_id(),
    )


def _redirect(wish: Wish, given: Given) -> str:
    if wish.redirect_uri is None and wish.auto:
        return given.file.get("callback_url", "")
    return wish.redirect_uri or ""


def say_connected(session: pb.ConnectSession, out: Console) -> None:
    """One line for the connection and one for each account."""
    line = Text("✓ ", style="green") + Text(f"connected {terminal.clean(session.brokerage_id)}", style="bold")
    out.print(line + Text(f"  {terminal.clean(session.connection.id)}", style="dim"))
    for account in session.accounts:
        kind = Text(f"  {terminal.clean(account.id)}", style="dim")
        out.print(Text(f"  {show_accounts.label(account)}") + kind)


def _not_connected(caller: Caller, session: pb.ConnectSession) -> Exit:
    if session.state == pb.CONNECT_SESSION_STATE_FAILED:
        failure = of_failure(session.failure)
        if not caller.json:
            show(failure)
        return failure.code
    over = session.state == pb.CONNECT_SESSION_STATE_EXPIRED
    sentence = "Nobody answered in time." if over else "The session was cancelled."
    raise Refused(
        sentence,
        hint="Start again: brokerlink connect BROKERAGE.",
        code=Exit.USER_MUST_ACT,
        reason="CHALLENGE_EXPIRED",
    )


def first_run(channel: grpc.Channel, session: pb.ConnectSession) -> str:
    """The sync run that the connection began: the newest, not the last one that ended. Empty if there is
    none yet."""
    newest = runs_of(channel, session.user_id, session.connection.id, 1)
    return newest[0].id if newest else ""


def _first_sync(caller: Caller, channel: grpc.Channel, session: pb.ConnectSession) -> Exit:
    run_id = first_run(channel, session)
    if not run_id:
        return Exit.OK
    run = follow_run(caller, channel, run_id)
    if not caller.json:
        show_accounts.accounts(accounts_of(channel, session.user_id, session.brokerage_id))
    return exit_code([run])
