"""The port `MarketCalendar`, over exchange_calendars: an extra, because it brings pandas and numpy along.

It takes seconds to load and a hundred megabytes, so it is loaded when the scheduler first asks, in a
thread, and nowhere else.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Protocol, cast

from domain.ports.calendar import CalendarMissing

EXCHANGE = "XNYS"
PACKAGE = "exchange_calendars"
MISSING = "Syncs wait for market hours, but there is no calendar: install brokerlink[calendar]."


def installed() -> bool:
    """Whether the calendar is there, without loading it."""
    return find_spec(PACKAGE) is not None


class Stamp(Protocol):
    """A pandas timestamp, as far as we need it."""

    def to_pydatetime(self) -> datetime: ...


class Calendar(Protocol):
    """One of the package's calendars, as far as we need it."""

    def is_open_on_minute(self, minute: datetime) -> bool: ...

    def previous_close(self, minute: datetime) -> Stamp: ...

    def next_open(self, minute: datetime) -> Stamp: ...


@dataclass(slots=True)
class ExchangeCalendar:
    """New York's sessions: all brokerages of the catalogue keep them."""

    _calendar: Calendar | None = field(default=None)

    async def opening(self, now: datetime, grace: timedelta) -> datetime | None:
        return await asyncio.to_thread(self._opening, now, grace)

    def _opening(self, now: datetime, grace: timedelta) -> datetime | None:
        calendar = self._loaded()
        minute = now.astimezone(UTC).replace(second=0, microsecond=0, tzinfo=None)
        if calendar.is_open_on_minute(minute) or now - _instant(calendar.previous_close(minute)) < grace:
            return None
        return _instant(calendar.next_open(minute))

    def _loaded(self) -> Calendar:
        if self._calendar is None:
            if not installed():
                raise CalendarMissing(MISSING)
            import exchange_calendars  # noqa: PLC0415  heavy, and optional

            # It is not typed.
            self._calendar = cast(Calendar, exchange_calendars.get_calendar(EXCHANGE))
        return self._calendar


def _instant(stamp: Stamp) -> datetime:
    moment = stamp.to_pydatetime()
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
