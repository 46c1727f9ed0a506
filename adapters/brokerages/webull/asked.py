"""Webull's sandbox: parameters as its clients send them."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from adapters.sandbox.asked import Asked

Json = dict[str, Any]


class Refused(Exception):
    """Said to the client as ILLEGAL_PARAMETER."""


def after(found: Sequence[Json], last: str, name: Callable[[Json], str], parameter: str) -> int:
    """The place behind the one that is named, by its own name or that of one of its orders."""
    for place, one in enumerate(found):
        if last == name(one) or last in [order["client_order_id"] for order in one.get("orders", ())]:
            return place + 1
    raise Refused(parameter)


def whole(asked: Asked, name: str, usual: int, most: int) -> int:
    text = asked.param(name) or str(usual)
    if not text.isdigit() or not 0 < int(text) <= most:
        raise Refused(name)
    return int(text)


def moment(asked: Asked, name: str) -> datetime | None:
    """ISO 8601 with a zone: `Z`, or `+0000` as the client's documentation writes it."""
    text = asked.param(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(name) from None
    if found.tzinfo is None:
        raise Refused(name)
    return found


def day(asked: Asked, name: str) -> date | None:
    text = asked.param(name)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Refused(name) from None
