"""How an exception is told in a log: its type and where it came from, but not its text.

Texts of exceptions hold whatever their authors put there: URLs with codes in them, SQL with its values,
input that was refused. Only a domain Failure speaks, because its sentence is ours. Locals are never read.
"""

from collections.abc import Iterator
from pathlib import PurePath
from types import TracebackType
from typing import Any

from adapters.telemetry.redaction import name, text
from domain.errors import Failure

MAX_FRAMES = 25
MAX_CHAIN = 6
Told = dict[str, Any]  # what JSON takes


def told(error: BaseException) -> list[Told]:
    """The exception, then those it came from, nearest first; members of a group as well."""
    return [_one(found) for found, _ in zip(_chain(error), range(MAX_CHAIN), strict=False)]


def lines(chain: list[Told]) -> str:
    """The same for a person at a terminal."""
    found: list[str] = []
    for told_ in chain:
        reason = f" {told_['reason']}: {told_['message']}" if "reason" in told_ else ""
        found.append(f"  {'because of ' if found else ''}{told_['type']}{reason}")
        found += [f"    {frame}" for frame in told_["frames"]]
    return "\n".join(found)


def _chain(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(found.exceptions[:MAX_CHAIN])
        origin = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
        if origin is not None:
            waiting.append(origin)


def _one(error: BaseException) -> Told:
    kind = type(error)
    place = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    shown: Told = {"type": name(place + kind.__qualname__)}
    if isinstance(error, Failure):
        shown |= {"reason": name(error.reason), "message": text(error)}
    return shown | {"frames": list(_frames(error.__traceback__))[-MAX_FRAMES:]}


def _frames(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        code = trace.tb_frame.f_code
        place = "/".join(PurePath(code.co_filename).parts[-3:]).lstrip("/")
        yield f"{text(place)}:{trace.tb_lineno} in {text(code.co_qualname.replace('<locals>.', ''))}"
        trace = trace.tb_next
