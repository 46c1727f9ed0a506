"""Who calls which server and how the answer is to look: the options that every command understands."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

DEFAULT_ADDRESS = "127.0.0.1:50051"
DEFAULT_USER = "demo"
PANEL = "Options of every command"

P = ParamSpec("P")


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Caller:
    """The options of every command, as they hold for this call."""

    address: str = DEFAULT_ADDRESS
    output: Output = Output.TABLE
    user: str = DEFAULT_USER
    token: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: Path | None = None

    @property
    def json(self) -> bool:
        return self.output is Output.JSON

    @property
    def secure(self) -> bool:
        return self.tls or self.ca is not None


Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        envvar="BROKERLINK_ADDRESS",
        help=f"The server: host:port or unix:/path. Default: {DEFAULT_ADDRESS}.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
OutputKind = Annotated[
    Output | None,
    typer.Option(
        "--output",
        "-o",
        envvar="BROKERLINK_OUTPUT",
        help="For people (table) or for programs (json). Default: table.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        envvar="BROKERLINK_USER",
        help=f"The user it is about. Default: {DEFAULT_USER}.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="BROKERLINK_TOKEN",
        help="Bearer token of the caller. Better given by the environment: others can read a command line.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
Tls = Annotated[
    bool | None,
    typer.Option(
        "--tls/--plaintext",
        envvar="BROKERLINK_TLS",
        help="Speak TLS, with the certificates that come with gRPC. Default: plaintext.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
Authority = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        envvar="BROKERLINK_CA",
        help="Speak TLS, and trust the certificates in this PEM file.",
        rich_help_panel=PANEL,
        show_default=False,
        exists=True,
        dir_okay=False,
    ),
]
SHARED = {
    "address": Address,
    "output": OutputKind,
    "user": User,
    "token": Token,
    "tls": Tls,
    "ca": Authority,
}
LOCAL = ("output",)  # what a command that calls no server understands


def hear(context: typer.Context, given: dict[str, Any]) -> Caller:
    """The caller as the context knows it, with what was given here; kept for the commands below.

    Any: typer has already turned the words into the annotated types.
    """
    known = context.obj if isinstance(context.obj, Caller) else Caller()
    names = {one.name for one in fields(Caller)}
    caller = replace(known, **{n: v for n, v in given.items() if n in names and v is not None})
    context.obj = caller
    return caller


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def with_caller(
    deed: Callable[Concatenate[Caller, P], None], names: Sequence[str] = tuple(SHARED)
) -> Callable[..., None]:
    """A typer command from a deed whose first argument is the caller: adds the shared options to it.

    They may stand before the command and after it; the later one holds. Failures are told plainly.
    """
    shared = {name: SHARED[name] for name in names}
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in shared.items()
    ]
    own = list(inspect.signature(deed, eval_str=True).parameters.values())[1:]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

    @functools.wraps(deed)
    def run(context: typer.Context, **given: Any) -> None:  # noqa: ANN401  what typer parsed
        said = {name: given.pop(name) for name in shared}
        # The environment was heard before the command; here it would outdo an option given there.
        caller = hear(context, {name: value for name, value in said.items() if _typed(context, name)})
        if context.invoked_subcommand is not None:
            return
        from brokerlink.cli.errors import told  # noqa: PLC0415  so that --help stays fast

        with told(caller):
            deed(caller, **given)  # type: ignore[call-arg]  # typer calls by the signature below

    keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [context, *keyword_only, *options], return_annotation=None
    )
    run.__annotations__ = {"context": typer.Context} | {one.name: one.annotation for one in own} | shared
    return run
