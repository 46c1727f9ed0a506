"""Figures, times and words for people. Absent stays visible as a dash: unknown is not zero."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Protocol, TypeVar

from rich.text import Text

from brokerlink.cli.errors import spoken
from brokerlink.cli.terminal import clean

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

ABSENT = "–"
CENT = Decimal("0.01")
Number_contra = TypeVar("Number_contra", bound=int, contravariant=True)
Value = TypeVar("Value", bound=int)


class Enum(Protocol[Number_contra]):
    """A generated enum."""

    def Name(self, number: Number_contra) -> str: ...  # noqa: N802  its name in the generated code


class DateMessage(Protocol):
    """google.type.Date, which has no type stubs."""

    year: int
    month: int
    day: int


def given(message: "Message", field: str) -> str | None:
    """An optional figure: None where it is unknown."""
    if not message.HasField(field):
        return None
    value: str = getattr(message, field)
    return value


def number(text: str | None) -> Decimal | None:
    """A figure as Decimal; None if it is absent or no number of ours."""
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found.adjusted()) < 40 else None


def money(text: str | None) -> str:
    """1234.5 -> 1,234.50. Rounded to cents for the eye; --output json has every digit."""
    value = number(text)
    if value is None:
        return clean(text) if text else ABSENT
    return f"{value.quantize(CENT):,f}"


def price(text: str | None) -> str:
    """As money, but a small price keeps its digits."""
    value = number(text)
    if value is not None and value and abs(value) < 1:
        return f"{value.normalize():,f}"
    return money(text)


def quantity(text: str | None) -> str:
    value = number(text)
    if value is None:
        return clean(text) if text else ABSENT
    plain = f"{value:,f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def gain(text: str | None) -> Text:
    """Green with + or red with -."""
    value = number(text)
    if value is None:
        return Text(ABSENT, style="dim")
    rounded = value.quantize(CENT)
    return Text(f"{rounded:+,f}" if rounded else "0.00", style=colour_of(value))


def percent(part: str | None, whole: str | None) -> Text:
    """part / |whole| in percent, coloured by sign. A dash if either is unknown or whole is zero."""
    above, below = number(part), number(whole)
    if above is None or not below:
        return Text(ABSENT, style="dim")
    value = above / abs(below) * 100
    return Text(f"{value:+,.1f} %", style=colour_of(value))


def colour_of(value: Decimal) -> str:
    return "green" if value > 0 else "red" if value < 0 else ""


def word(enum: Enum[Value], value: Value, prefix: str) -> str:
    """CONNECTION_STATE_ACTION_REQUIRED -> action required. A number for a value newer than we are."""
    try:
        name = enum.Name(value)
    except ValueError:
        return f"#{value}"
    plain = name.removeprefix(prefix).strip("_").lower().replace("_", " ")
    return "" if plain == "unspecified" else plain


def moment(stamp: "Timestamp") -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def instant(message: "Message", field: str) -> datetime | None:
    """An optional time of a message."""
    return moment(getattr(message, field)) if message.HasField(field) else None


def ago(when: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or in how long: "3 min ago", "in 2 h"."""
    if when is None:
        return ABSENT
    span = (now or datetime.now(UTC)) - when
    if abs(span.total_seconds()) < 2:
        return "now"
    return f"{spoken(span)} ago" if span.total_seconds() >= 0 else f"in {spoken(-span)}"


def clock(when: datetime | None) -> str:
    """The time on this machine's clock."""
    return ABSENT if when is None else f"{when.astimezone():%Y-%m-%d %H:%M:%S}"


def day(value: DateMessage) -> str:
    """A calendar date, as it is: no zone is involved."""
    try:
        return date(value.year, value.month, value.day).isoformat()
    except ValueError:
        return ABSENT


def dim(text: str) -> Text:
    return Text(clean(text), style="dim")


def plain(text: str, style: str = "") -> Text:
    """Text of a server: never read as markup, never able to move the cursor."""
    return Text(clean(text), style=style)
