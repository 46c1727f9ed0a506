"""Writing to the terminal: consoles, JSON, and making strings from outside harmless."""

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rich.console import Console

# Escape sequences (CSI, OSC with their ends, and two-character ones), whole.
_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)|\x9b[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]",
    re.DOTALL,
)
# What moves the cursor, reverses or hides text: controls, bidi marks, zero-width and line separators.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
PLAIN_WIDTH = 160  # of what is no terminal: a file or a pipe


def clean(text: str) -> str:
    """One line that is safe to print: whoever wrote it cannot move the cursor, colour or reorder text."""
    without = _SEQUENCES.sub("", text).replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return _HARMFUL.sub("\ufffd", without)


def console(*, error: bool = False) -> "Console":
    """The console of stdout, or of stderr. Colours only on a terminal; NO_COLOR is heeded by rich."""
    from rich.console import Console  # noqa: PLC0415

    stream = sys.stderr if error else sys.stdout
    plain = not stream.isatty()
    width = PLAIN_WIDTH if plain and not os.environ.get("COLUMNS") else None
    return Console(stderr=error, highlight=False, markup=False, emoji=False, soft_wrap=False, width=width)


def to_json(message: "Message") -> dict[str, object]:
    """protobuf's own JSON, with the names of the protos and nothing left out that has a default."""
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415

    made: dict[str, object] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return made


def write_json(value: object, *, line: bool = False, error: bool = False) -> None:
    """One JSON value; as one line where several follow each other. ASCII: nothing in it can harm."""
    text = json.dumps(value, indent=None if line else 2, separators=(",", ":") if line else None)
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def write_messages(name: str, messages: "Sequence[Message]") -> None:
    """A list as one JSON object: {"accounts": [...]}."""
    write_json({name: [to_json(message) for message in messages]})
