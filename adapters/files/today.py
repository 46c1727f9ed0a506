"""Files that lie about days: nothing of a statement has happened after today."""

from datetime import date, timedelta

from domain.errors import StatementUnreadable

# Today is told in UTC, and west and east of it are other days; clocks are wrong.
LEEWAY = timedelta(days=2)


def not_ahead(day: date | None, today: date, line: int) -> None:
    """Raises StatementUnreadable for a day that has not come. (Holdings of such a day would outlive all
    that is told afterwards.)"""
    if day is not None and day > today + LEEWAY:
        raise StatementUnreadable("This is of a day that has not come yet.", line)
