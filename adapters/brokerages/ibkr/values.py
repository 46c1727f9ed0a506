"""How Flex spells figures, days and times: each query as its owner has set it.

All values are text. A figure may have commas between thousands; `--`, `N/A` and nothing mean that there is
none. Days are `20261006`, `2026-10-06` or `10/06/2026`; times come behind `;`, a comma, a blank or `T`, in
New York's time.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from adapters.kit import rows
from adapters.kit.rows import NEW_YORK, Row
from domain.errors import UnreadableReply
from domain.money import exact

NOTHING = frozenset({"", "--", "N/A"})
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_MOMENT = re.compile(
    r"(?:(\d{4})-?(\d{2})-?(\d{2})|(\d{2})/(\d{2})/(\d{4}))"
    r"(?:[;, T]+(\d{2}):?(\d{2})(?::?(\d{2}))?(?: E[SD]T)?)?",
    re.ASCII,
)


def word(row: Row, name: str) -> str:
    """A text, or nothing."""
    told = rows.optional_text(row, name) or ""
    return "" if told in NOTHING else told


def figure(row: Row, name: str) -> Decimal | None:
    told = word(row, name)
    if not told:
        return None
    found = exact(told.replace(",", "") if _THOUSANDS.fullmatch(told) else told, name)
    return abs(found) if found == 0 else found  # -0 is 0


def needed(row: Row, name: str) -> Decimal:
    found = figure(row, name)
    if found is None:
        raise UnreadableReply(f"{name} is missing")
    return found


def moment(row: Row, name: str) -> tuple[date, datetime | None] | None:
    """The day, and the instant where a time is told; None where neither is."""
    told = word(row, name)
    return read_moment(told, name) if told else None


def read_moment(told: str, where: str) -> tuple[date, datetime | None]:
    found = _MOMENT.fullmatch(told)
    if found is None:
        raise UnreadableReply(f"{where} is not a date: let the Flex query write yyyyMMdd;HHmmss")
    year, month, day, us_month, us_day, us_year, hour, minute, second = found.groups()
    parts = (int(year or us_year), int(month or us_month), int(day or us_day))
    try:
        on = date(*parts)
        if not 1900 <= on.year <= 2200:
            raise UnreadableReply(f"{where} is not a date of this time")
        if hour is None:
            return on, None
        at = datetime(*parts, int(hour), int(minute), int(second or 0), tzinfo=NEW_YORK)
    except ValueError:
        raise UnreadableReply(f"{where} is not a date") from None
    return on, at.astimezone(UTC)


def first_moment(row: Row, *names: str) -> tuple[date, datetime | None]:
    """Of the first of these attributes that is told: queries have few or many of them."""
    for name in names:
        found = moment(row, name)
        if found is not None:
            return found
    raise UnreadableReply(f"{names[0]} is missing")


def day(row: Row, name: str) -> date | None:
    found = moment(row, name)
    return found[0] if found else None
