"""How a JSON answer is damaged: each function takes the real body and gives a wrong one.

What is no JSON (a form, a page, nothing) is damaged in the shape of a small stand-in, so that every
damage does something to every answer.
"""

import json
import re
from collections.abc import Callable

import msgspec

from adapters.sandbox.asked import to_json

STAND_IN: dict[str, object] = {"results": [{"id": "1", "quantity": "1.5"}], "total": 1}
DEPTH = 100_000
# A figure, as opposed to an id that consists of digits: it has a point, or is short.
_FIGURE = re.compile(r"-?(\d{1,5}|\d+\.\d+)")
_BIGGEST_COUNT = 1_000_000


def parsed(body: bytes) -> object:
    """The body as JSON, numbers with a point kept as their own text."""
    try:
        value: object = json.loads(body, parse_float=lambda text: msgspec.Raw(text.encode()))
    except (ValueError, RecursionError):
        return STAND_IN
    return value if isinstance(value, dict | list) and value else STAND_IN


def each_figure(body: bytes, number: bytes, text: str) -> bytes:
    """Every figure replaced: JSON numbers by `number` (raw JSON), text figures by `text`."""

    def turned(value: object) -> object:
        match value:
            case dict():
                return {key: turned(member) for key, member in value.items()}
            case list():
                return [turned(member) for member in value]
            case bool() | None:
                return value
            case int():
                return msgspec.Raw(number) if abs(value) < _BIGGEST_COUNT else value
            case msgspec.Raw():
                return msgspec.Raw(number)
            case str() if _FIGURE.fullmatch(value):
                return text
            case _:
                return value

    value = parsed(body)
    damaged = to_json(turned(value))
    return damaged if damaged != to_json(value) else to_json(turned(STAND_IN))


def at_main_list(body: bytes, change: Callable[[list[object]], object]) -> bytes | None:
    """The longest list of the document replaced by what `change` makes of it; None if there is none."""
    value = parsed(body)
    best: list[object] | None = None
    size = -1
    waiting: list[object] = [value]
    while waiting:
        member = waiting.pop()
        if isinstance(member, list):
            length = len(to_json(member))
            if length > size:
                best, size = member, length
        waiting.extend(
            member.values() if isinstance(member, dict) else member if isinstance(member, list) else ()
        )
    if best is None:
        return None
    return to_json(_swapped(value, best, change(list(best))))


def _swapped(value: object, old: object, new: object) -> object:
    if value is old:
        return new
    match value:
        case dict():
            return {key: _swapped(member, old, new) for key, member in value.items()}
        case list():
            return [_swapped(member, old, new) for member in value]
        case _:
            return value


def without_key(body: bytes) -> bytes:
    """The member that matters is gone: the largest container of the document, else all but one member."""
    value = parsed(body)
    if isinstance(value, list):
        first = value[0]
        kept: object = dict(list(first.items())[:1]) if isinstance(first, dict) and len(first) > 1 else {}
        return to_json([kept, *value[1:]])
    if not isinstance(value, dict):
        return b"{}"
    sizes = {key: len(to_json(member)) for key, member in value.items() if isinstance(member, dict | list)}
    if sizes:
        gone = max(sizes, key=lambda key: sizes[key])
        return to_json({key: member for key, member in value.items() if key != gone})
    return to_json(dict(list(value.items())[:1])) if len(value) > 1 else b"{}"


def wrong_type(body: bytes) -> bytes:
    """The list is an object; where there is no list, the object is one."""
    damaged = at_main_list(body, lambda rows: {"row": rows[0] if rows else "none"})
    return to_json([parsed(body)]) if damaged is None else damaged


def empty_list_as_object(body: bytes) -> bytes:
    damaged = at_main_list(body, lambda _: {})
    return b"[]" if damaged is None else damaged


def empty_list(body: bytes) -> bytes:
    damaged = at_main_list(body, lambda _: [])
    return b"[]" if damaged is None else damaged


def null_row(body: bytes) -> bytes:
    damaged = at_main_list(body, lambda rows: [None, *rows])
    return each_member_null(body) if damaged is None else damaged


def text_row(body: bytes) -> bytes:
    damaged = at_main_list(body, lambda rows: ["row", *rows])
    return each_member_null(body) if damaged is None else damaged


def repeated_row(body: bytes) -> bytes:
    damaged = at_main_list(body, lambda rows: [*rows[:1], *rows])
    return body + b" " if damaged is None else damaged


def each_member_null(body: bytes) -> bytes:
    """All members of the top object are null."""
    value = parsed(body)
    return to_json(dict.fromkeys(value)) if isinstance(value, dict) else b"[null]"


def unknown_key(body: bytes) -> bytes:
    """One more member, that nobody has heard of, in every object."""

    def turned(value: object) -> object:
        match value:
            case dict():
                return {"x_new_member": "new"} | {key: turned(member) for key, member in value.items()}
            case list():
                return [turned(member) for member in value]
            case _:
                return value

    return to_json(turned(parsed(body)))


def nested(body: bytes) -> bytes:
    """So deep that a recursive reader falls."""
    deep = msgspec.Raw(b"[" * DEPTH + b"]" * DEPTH)
    damaged = at_main_list(body, lambda _: deep)
    return to_json({"deep": deep}) if damaged is None else damaged


def in_a_string(body: bytes, intruder: bytes) -> bytes:
    """Bytes put inside the first text of the document, or in its middle."""
    quote = body.find(b'"')
    place = quote + 1 if quote >= 0 else len(body) // 2
    return body[:place] + intruder + body[place:]


def cut_in_half(body: bytes) -> bytes:
    return body[: len(body) // 2] if len(body) > 1 else b"{"
