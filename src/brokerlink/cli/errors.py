"""The one decoder of failures: what a server said, turned into a sentence, a reason and a next step."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import typer

from brokerlink.cli.caller import Caller
from brokerlink.cli.reasons import ACTORS, Exit, exit_code, exit_code_of_actor, next_step
from brokerlink.cli.terminal import clean, console, write_json

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as AnyMessage

    from brokerlink.v1 import types_pb2

DETAILS_KEY = "grpc-status-details-bin"
TEXT_LIMIT = 1000  # a server's sentence is one sentence


class Refused(Exception):
    """The command line itself says no: one plain sentence, and how to end."""

    def __init__(
        self,
        sentence: str,
        *,
        more: Iterable[str] = (),
        hint: str = "",
        code: Exit = Exit.USAGE,
        reason: str = "",
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.more = tuple(more)
        self.hint = hint
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Explained:
    """A failure, decoded. `status` is gRPC's word, `reason` ours; `actor` in lower case or empty."""

    status: str
    sentence: str
    reason: str = ""
    actor: str = ""
    retry_after: timedelta | None = None
    fields: tuple[tuple[str, str], ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    hint: str = ""
    code: Exit = Exit.FAILED
    more: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The shape of {"error": ...}; keys are always there."""
        return {
            "error": {
                "status": self.status,
                "reason": self.reason,
                "message": " ".join((self.sentence, *self.more)),
                "actor": self.actor,
                "retry_after_seconds": None if self.retry_after is None else self.retry_after.total_seconds(),
                "fields": [{"field": name, "description": text} for name, text in self.fields],
                "metadata": self.metadata,
                "next_step": self.hint,
                "exit_code": int(self.code),
            }
        }


@dataclass(slots=True)
class _Details:
    """What the google.rpc details of a status add to it."""

    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    localized: str = ""
    retry_after: timedelta | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)


def reason_of(error: grpc.RpcError) -> str:
    """Only the stable reason of a failed call, for code that decides by it."""
    return _details(error).reason


def status_of(error: grpc.RpcError) -> grpc.StatusCode:
    """The status of a failed call; UNKNOWN where an error carries none."""
    code = _said(error, "code")
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _said(error: grpc.RpcError, name: str) -> object:
    """What a call has to say. grpc's errors are calls too, but their declared type does not tell."""
    method = getattr(error, name, None)
    return method() if callable(method) else None


def explain(error: grpc.RpcError, address: str) -> Explained:
    """Decode a failed call. Never raises: details that cannot be read are left out."""
    status = status_of(error).name
    said = str(_said(error, "details") or "")
    details = _details(error)
    if status == "UNAVAILABLE" and not details.reason:
        return Explained(
            status,
            f"There is no server at {address}, or it cannot be reached.",
            "SERVER_UNREACHABLE",
            "operator",
            hint=next_step("SERVER_UNREACHABLE"),
            code=Exit.UNAVAILABLE,
        )
    actor = details.metadata.get("actor", "").lower().removeprefix("actor_")
    sentence = (details.localized or said or "The server gave no reason.")[:TEXT_LIMIT]
    return Explained(
        status,
        sentence,
        details.reason,
        actor,
        details.retry_after,
        tuple(details.fields),
        details.metadata,
        _hint(status, details.reason),
        exit_code(status, actor),
    )


def of_failure(failure: "types_pb2.Failure") -> Explained:
    """A failure that came in an answer, not as a failed call."""
    from brokerlink.v1 import types_pb2  # noqa: PLC0415

    known = failure.actor in types_pb2.Actor.values()
    actor = types_pb2.Actor.Name(failure.actor).removeprefix("ACTOR_").lower() if known else ""
    return Explained(
        "OK",
        failure.message or "It did not work.",
        failure.reason,
        "" if actor == "unspecified" else actor,
        metadata={"brokerage": failure.brokerage_id} if failure.brokerage_id else {},
        hint=next_step(failure.reason),
        code=exit_code_of_actor(actor),
    )


def _hint(status: str, reason: str) -> str:
    if status == "UNIMPLEMENTED":
        return "This server is older than this command line, or does not offer this."
    if status == "DEADLINE_EXCEEDED":
        return "The server took too long. Look at it with `brokerlink doctor`, or try again."
    return next_step(reason)


def _details(error: grpc.RpcError) -> _Details:
    found = _Details()
    for detail in _packed(error):
        _add(found, detail)
    return found


def _packed(error: grpc.RpcError) -> "list[AnyMessage]":
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from google.rpc.status_pb2 import Status  # noqa: PLC0415

    metadata = _said(error, "trailing_metadata")
    pairs = metadata if isinstance(metadata, Iterable) else ()
    packed = next((value for key, value in pairs if key == DETAILS_KEY), None)
    try:
        return list(Status.FromString(packed).details) if isinstance(packed, bytes) else []
    except DecodeError:
        return []


def _add(found: _Details, detail: "AnyMessage") -> None:
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from google.rpc import error_details_pb2 as rpc  # noqa: PLC0415

    try:
        if detail.Is(rpc.ErrorInfo.DESCRIPTOR):
            info = rpc.ErrorInfo.FromString(detail.value)
            found.reason, found.metadata = info.reason, dict(info.metadata)
        elif detail.Is(rpc.RetryInfo.DESCRIPTOR):
            found.retry_after = rpc.RetryInfo.FromString(detail.value).retry_delay.ToTimedelta()
        elif detail.Is(rpc.LocalizedMessage.DESCRIPTOR):
            found.localized = rpc.LocalizedMessage.FromString(detail.value).message
        elif detail.Is(rpc.BadRequest.DESCRIPTOR):
            request = rpc.BadRequest.FromString(detail.value)
            found.fields.extend((one.field, one.description) for one in request.field_violations)
    except (DecodeError, ValueError, OverflowError):
        return


def show(failure: Explained) -> None:
    """Tell a person: the sentence, the reason, who must act, when to try again, what to do next."""
    from rich.text import Text  # noqa: PLC0415

    out = console(error=True)
    head = Text("✗ ", style="bold red")
    head.append(clean(failure.sentence), style="bold")
    out.print(head)
    for line in failure.more:
        out.print(Text("  ") + Text(clean(line)))
    for name, text in failure.fields:
        out.print(Text(f"    {clean(name)}: {clean(text)}"))
    facts = [("reason", failure.reason), ("who must act", ACTORS.get(failure.actor, failure.actor))]
    if failure.retry_after is not None:
        facts.append(("try again", f"in {spoken(failure.retry_after)}"))
    facts += [(key, value) for key, value in failure.metadata.items() if key not in {"actor", "retryable"}]
    for name, text in facts:
        if text:
            out.print(Text(f"  {clean(name):>12}  ", style="dim") + Text(clean(text)))
    if failure.hint:
        out.print(Text("  → ", style="bold cyan") + Text(failure.hint))


def spoken(span: timedelta) -> str:
    """A span of time in words: 3 s, 5 min, 2 h, 6 days."""
    seconds = max(0, round(span.total_seconds()))
    for size, word in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {word}"
    return f"{seconds} s"


@contextmanager
def told(caller: Caller) -> Iterator[None]:
    """Turn what a command raises into words and an exit code. Nothing else ends a command."""
    try:
        yield
    except grpc.RpcError as error:
        _end(caller, explain(error, caller.address))
    except Refused as refusal:
        status = "UNAVAILABLE" if refusal.code is Exit.UNAVAILABLE else "FAILED_PRECONDITION"
        explained = Explained(
            status, refusal.sentence, refusal.reason, hint=refusal.hint, code=refusal.code, more=refusal.more
        )
        _end(caller, explained)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): no failure. Nothing more may be written.
        sys.stdout = None
        raise typer.Exit(Exit.OK) from None


def _end(caller: Caller, failure: Explained) -> None:
    if caller.json:
        write_json(failure.as_json(), line=True, error=True)
    else:
        show(failure)
    raise typer.Exit(failure.code) from None
