"""The command that imports a statement from a file."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from brokerlink.cli.caller import Caller

if TYPE_CHECKING:
    from brokerlink.v1 import transactions_pb2 as pb

PART = 60_000


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
    from brokerlink.cli.channel import connected, new_request_id
    from brokerlink.cli.errors import Refused
    from brokerlink.cli.show import statements
    from brokerlink.v1 import transactions_pb2 as pb
    from brokerlink.v1.transactions_pb2_grpc import TransactionServiceStub

    size = file.stat().st_size
    if not size:
        raise Refused(f"{file.name} is empty.")
    first = pb.ImportStatementRequest(
        user_id=caller.user, brokerage_id=brokerage, account_id=account, new_account=new_account,
        validate_only=dry_run, size_bytes=size, request_id=new_request_id(),
    )  # fmt: skip
    with connected(caller) as channel:
        told = TransactionServiceStub(channel).ImportStatement(_parts(first, file))
        result = statements.follow(told, file.name, quiet=caller.json)
    if caller.json:
        terminal.write_json(terminal.to_json(result))
    else:
        statements.result(result)


def _parts(first: "pb.ImportStatementRequest", file: Path) -> "Iterator[pb.ImportStatementRequest]":
    from brokerlink.v1 import transactions_pb2 as pb

    yield first
    with file.open("rb") as content:
        while part := content.read(PART):
            yield pb.ImportStatementRequest(content=part)
