"""The port to the market's calendar: sessions, holidays, half days."""

from datetime import datetime, timedelta
from typing import Protocol


class CalendarMissing(Exception):
    """There is no calendar here. Its text is a sentence for the operator."""


class MarketCalendar(Protocol):
    async def opening(self, now: datetime, grace: timedelta) -> datetime | None:
        """None while the market is open, or has been closed for less than `grace`; else when it opens
        next. Raises CalendarMissing."""
