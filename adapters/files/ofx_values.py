"""Values of an OFX document: figures, days and instants as its writers really write them. Sheet: ofx, 3.2."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from adapters.files.ofx_tree import Node
from adapters.kit.rows import market_day
from domain.errors import StatementUnreadable, UnreadableReply
from domain.money import exact

# YYYYMMDD[HHMM[SS[.XXX]]][[offset:NAME]]; IBKR writes [-:EST].
_WHEN = re.compile(
    r"(\d{8})(\d{4}(?:\d{2})?)?(?:\.\d{1,6})?\s*"
    r"(?:\[\s*([-+]?\d{0,2}(?:\.\d{1,2})?)?\s*:?\s*([A-Za-z]*)\s*\])?"
)
_ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "GMT": 0, "UTC": 0,
}  # fmt: skip
_FURTHEST = 14
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+\.\d*")


def figure(node: Node, *path: str) -> Decimal | None:
    """A figure that may not be told. Some write a comma for the point; thousands are never marked by rule,
    so that a comma is one only where a point follows."""
    found = node.find(*path)
    if found is None or not found.text:
        return None
    text = found.text.replace(" ", "")
    if "," in text:
        text = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text.replace(",", ".")
    try:
        return exact(text, found.tag)
    except UnreadableReply as failure:
        raise StatementUnreadable(f"{failure.message}.", found.line) from None


def needed(node: Node, *path: str) -> Decimal:
    """A figure that must be there."""
    found = figure(node, *path)
    if found is None:
        raise StatementUnreadable(f"{path[-1]} is missing.", node.line)
    return found


def day(node: Node, *path: str) -> date | None:
    """The calendar day that is meant.

    A bare day, midnight, and any time with a zone of its own are of the day that is written. Only a time that
    is in GMT is turned into the market's day.
    """
    found = node.find(*path)
    if found is None or not found.text:
        return None
    written, clock, offset = _parts(found)
    if clock and int(clock) and not offset:
        return market_day(_instant(found, written, clock, offset))
    return written


def needed_day(node: Node, *path: str) -> date:
    found = day(node, *path)
    if found is None:
        raise StatementUnreadable(f"{path[-1]} is missing.", node.line)
    return found


def instant(node: Node, *path: str) -> datetime | None:
    """The instant in UTC; without a zone it is GMT by rule."""
    found = node.find(*path)
    if found is None or not found.text:
        return None
    return _instant(found, *_parts(found))


def _parts(found: Node) -> tuple[date, str, float]:
    told = _WHEN.fullmatch(found.text)
    if told is None:
        raise StatementUnreadable(f"{found.tag} is not a date.", found.line)
    try:
        written = date(int(told[1][:4]), int(told[1][4:6]), int(told[1][6:]))
    except ValueError:
        raise StatementUnreadable(f"{found.tag} is not a date.", found.line) from None
    if not 1 < written.year < 9999:
        raise StatementUnreadable(f"{found.tag} is not a date.", found.line)
    number = (told[3] or "").strip("+-")
    # Hours of a time zone, some of them halves: no figure of an account.
    offset = float(told[3]) if number else float(_ZONES.get((told[4] or "").upper(), 0))
    return written, told[2] or "", offset if abs(offset) <= _FURTHEST else 0.0


def _instant(found: Node, written: date, clock: str, offset: float) -> datetime:
    padded = (clock or "000000").ljust(6, "0")
    try:
        at = time(int(padded[:2]), int(padded[2:4]), int(padded[4:]))
    except ValueError:
        raise StatementUnreadable(f"{found.tag} is not a time.", found.line) from None
    return datetime.combine(written, at, UTC) - timedelta(hours=offset)
