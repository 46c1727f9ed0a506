"""OFX 1.x: header lines, then SGML whose leaves may or may not be closed. Sheet: ofx, 3.2.

A leaf's text ends at the next tag. A tag with no text behind it opens an aggregate, or was a leaf that says
nothing: which of both is known when something around it is closed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import StatementUnreadable

MAX_ELEMENTS = 1_200_000  # more than 60,000 rows of a statement
MAX_DEPTH = 40
MAX_TEXT = 4000
NO_ENTITIES = "The file has a document type or entities, which no statement has."

_START = re.compile(r"<OFX\s*>", re.IGNORECASE)
_HEADER = re.compile(r"(OFXHEADER|DATA|VERSION|SECURITY|ENCODING|CHARSET|COMPRESSION)\s*:\s*([A-Z0-9._-]*)")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._-]{0,63})\s*(/?)>")
_DECLARED = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|\[)", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ENTITY = re.compile(r"&(amp|lt|gt|nbsp|quot|apos);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "nbsp": " ", "quot": '"', "apos": "'"}
_MARKED = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is "open", "leaf" (with its text) or "close"."""

    kind: str
    tag: str
    line: int
    text: str = ""


class Bounds:
    """How many elements there may be, and how deep they may lie."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def one_more(self, depth: int, line: int) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or depth > MAX_DEPTH:
            raise StatementUnreadable("The file is deeper or longer than a statement can be.", line)


def events(content: bytes) -> Iterator[Event]:
    """What the document opens, says and closes, in its order. Raises StatementUnreadable."""
    text, line = _decoded(content)
    tags = _TAG.finditer(text)
    found, at, last_leaf = next(tags, None), 0, ""
    while found is not None:
        after = next(tags, None)
        line += text.count("\n", at, found.start())
        at = found.start()
        tag = found[2].upper()
        if found[1]:
            if last_leaf != tag:
                yield Event("close", tag, line)
            last_leaf = ""
        else:
            said = tidy(text[found.end() : after.start() if after else len(text)], line)
            ends = found[3] or (after is not None and after[1] and after[2].upper() == tag)
            last_leaf = tag if said or ends else ""
            yield Event("leaf" if last_leaf else "open", tag, line, said)
        found = after


def tidy(text: str, line: int) -> str:
    """A leaf's text: entities told plainly, padding gone."""
    text = text.strip()
    if "&" in text:
        text = _ENTITY.sub(lambda found: _ENTITIES[found[1]], text).strip()
    if len(text) > MAX_TEXT:
        raise StatementUnreadable("A text is longer than a statement can have one.", line)
    return text.replace("\x00", "")


def _decoded(content: bytes) -> tuple[str, int]:
    """The document from its first tag on, and the line that is on."""
    start = _START.search(content[:65536].decode("latin-1"))
    if start is None:
        raise StatementUnreadable("The file has no OFX document.")
    head = content[: start.start()].decode("latin-1").upper()
    told = dict(_HEADER.findall(head))
    if any(told.get(name, "NONE") not in {"NONE", ""} for name in ("SECURITY", "COMPRESSION")):
        raise StatementUnreadable("The file is encrypted or compressed.", 1)
    body = content[start.start() :]
    text = body.decode(_codec(told.get("ENCODING", ""), told.get("CHARSET", "")), "replace")
    line = head.count("\n") + 1
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<![" in text:
        text = _CDATA.sub(lambda found: re.sub("[<>&]", lambda sign: _MARKED[sign[0]], found[1]), text)
    declared = _DECLARED.search(text)
    if declared is not None:
        raise StatementUnreadable(NO_ENTITIES, line + text.count("\n", 0, declared.start()))
    return text, line


def _codec(encoding: str, charset: str) -> str:
    if encoding in {"UNICODE", "UTF-8", "UTF8"}:
        return "utf-8"
    if charset in {"1252", "WINDOWS-1252", "CP1252"}:
        return "cp1252"
    if charset in {"ISO-8859-1", "8859-1", "ISO8859-1"}:
        return "latin-1"
    return "utf-8"
