"""The command that imports a statement from a file."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brokerlink.cli.caller import Caller

if TYPE_CHECKING:
    import grpc

    from brokerlink.v1 import transactions_pb2 as pb

PART = 60_000


@dataclass(frozen=True, slots=True)
class Import:
    """What is to be imported, and into which account if that is said."""

    file: Path
    brokerage: str
    account: str = ""
    new_account: bool = False
    dry_run: bool = False


def import_(
    caller: Caller,
    file: Annotated[
        Path, typer.Argument(help="The statement, as it was downloaded.", exists=True, dir_okay=False)
    ],
    brokerage: Annotated[str, typer.Option("--brokerage", "-b", help="The brokerage that made it.")],
    account: Annotated[
        str, typer.Option("--account", metavar="ACCOUNT", help="The account it is of.", show_default=False)
    ] = "",
    new_account: Annotated[
        bool, typer.Option("--new-account", help="It may be of an account that is not known yet.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is in it and whose it is; store nothing.")
    ] = False,
) -> None:
    """Import a statement from a file (OFX, QFX, CSV, Flex). What is known already is not doubled.

    Which files of a brokerage are read: brokerlink brokerages BROKERAGE.
    """
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.show import statements

    with connected(caller) as channel:
        wish = Import(file, brokerage, account, new_account=new_account, dry_run=dry_run)
        result = import_file(caller, channel, wish)
    if caller.json:
        terminal.write_json(terminal.to_json(result))
    else:
        statements.result(result)


def import_file(caller: Caller, channel: "grpc.Channel", wish: Import) -> "pb.StatementResult":
    """Send the file and follow what becomes of it."""
    from brokerlink.cli.channel import new_request_id
    from brokerlink.cli.errors import Refused
    from brokerlink.cli.show import statements
    from brokerlink.v1 import transactions_pb2 as pb
    from brokerlink.v1.transactions_pb2_grpc import TransactionServiceStub

    size = wish.file.stat().st_size
    if not size:
        raise Refused(f"{wish.file.name} is empty.")
    first = pb.ImportStatementRequest(
        user_id=caller.user, brokerage_id=wish.brokerage, account_id=wish.account,
        new_account=wish.new_account, validate_only=wish.dry_run, size_bytes=size,
        request_id=new_request_id(),
    )  # fmt: skip
    told = TransactionServiceStub(channel).ImportStatement(_parts(first, wish.file))
    return statements.follow(told, wish.file.name, quiet=caller.json)


def _parts(first: "pb.ImportStatementRequest", file: Path) -> "Iterator[pb.ImportStatementRequest]":
    from brokerlink.v1 import transactions_pb2 as pb

    yield first
    with file.open("rb") as content:
        while part := content.read(PART):
            yield pb.ImportStatementRequest(content=part)
