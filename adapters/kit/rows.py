"""Reading fields of a brokerage's row: typed, bounded, and honest about what is missing.

Every reader names the field in its error, never the value: values may be personal.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from adapters.kit.wire import decode
from domain.errors import UnreadableReply
from domain.money import exact
from domain.ports.brokerage import Notes

Row = Mapping[str, Any]
MAX_TEXT = 4000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def fields(raw: bytes) -> dict[str, Any]:
    """A raw row as an object. Raises UnreadableReply if it is none (a null in a list, say)."""
    value = decode(raw)
    if not isinstance(value, dict):
        raise UnreadableReply("a row is not an object")
    return value


def number(row: Row, name: str) -> Decimal:
    """A figure that must be there."""
    value = row.get(name)
    if type(value) is Decimal:
        return value  # bounded when the row was decoded
    if value is None and name not in row:
        raise UnreadableReply(f"{name} is missing")
    return exact(value, name)


def optional_number(row: Row, name: str) -> Decimal | None:
    """A figure that may be absent, null or an empty text: all mean unknown."""
    value = row.get(name)
    if value is None or type(value) is Decimal:
        return value
    return None if value == "" else exact(value, name)


def text(row: Row, name: str) -> str:
    """A text that must be there and not be blank. A number is taken as its text (ids come as both)."""
    value = row.get(name)
    # Nearly all texts have nothing special about them.
    if type(value) is str and len(value) <= MAX_TEXT and "\x00" not in value:
        told: str | None = value.strip()
    else:
        told = optional_text(row, name)
    if not told:
        raise UnreadableReply(f"{name} is missing")
    return told


def optional_text(row: Row, name: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if type(value) is str and len(value) <= MAX_TEXT and "\x00" not in value:
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise UnreadableReply(f"{name} is not a text")
    if len(value) > MAX_TEXT:
        raise UnreadableReply(f"{name} is too long")
    if "\x00" in value:
        value = value.replace("\x00", "")  # JSON can tell it, PostgreSQL cannot keep it
    return value.strip() or None


def mapping(row: Row, name: str) -> dict[str, Any]:
    """A nested object that must be there."""
    value = row.get(name)
    if not isinstance(value, dict):
        raise UnreadableReply(f"{name} is not an object")
    return value


def optional_mapping(row: Row, name: str) -> dict[str, Any]:
    """A nested object; absent or null gives an empty one."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableReply(f"{name} is not an object")
    return value


def sequence(row: Row, name: str) -> list[Any]:
    """A nested list that must be there."""
    value = row.get(name)
    if not isinstance(value, list):
        raise UnreadableReply(f"{name} is not a list")
    return value


def optional_objects(row: Row, name: str) -> list[dict[str, Any]]:
    """A nested list of objects; absent or null gives an empty one."""
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise UnreadableReply(f"{name} is not a list of objects")
    return value


def day(value: object, where: str) -> date:
    """A calendar date from `YYYY-MM-DD` (a time behind it is not looked at)."""
    if not isinstance(value, str) or len(value) < 10:
        raise UnreadableReply(f"{where} is not a date")
    return _day(value[:10], where)


@lru_cache(maxsize=4096)
def _day(value: str, where: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UnreadableReply(f"{where} is not a date") from None


def instant(value: object, where: str) -> datetime:
    """An instant in UTC from ISO 8601 with a zone; fractions beyond microseconds are cut."""
    if not isinstance(value, str):
        raise UnreadableReply(f"{where} is not a time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UnreadableReply(f"{where} is not a time") from None
    if moment.tzinfo is None:
        raise UnreadableReply(f"{where} has no zone")
    if not 1 < moment.year < 9999:  # at the edges of the calendar the instant has no date in other zones
        raise UnreadableReply(f"{where} is not a time")
    return moment.astimezone(UTC)


def epoch_milliseconds(value: object, where: str) -> datetime:
    """An instant from milliseconds since 1970, as number or text."""
    milliseconds = value if type(value) is int else exact(value, where)
    if not -(10**13) < milliseconds < 10**14:  # from the year 1653 to 5138: a date in any zone
        raise UnreadableReply(f"{where} is not a time")
    return EPOCH + timedelta(milliseconds=int(milliseconds))


def market_day(moment: datetime) -> date:
    """The New York calendar day of an instant: trade dates belong to the market's zone, not to UTC."""
    return moment.astimezone(NEW_YORK).date()


def names(text: str) -> frozenset[str]:
    """Names of fields, with blanks between them: those that `note_unknown` is not to count."""
    return frozenset(text.split())


def note_unknown(row: Row, known: frozenset[str], where: str, notes: Notes) -> None:
    """Count the fields of a row that are neither mapped nor listed as knowingly ignored."""
    if not known.issuperset(row):
        notes.fields.update(f"{where}.{name[:64]}" for name in row.keys() - known)
