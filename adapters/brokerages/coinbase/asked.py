"""Coinbase's sandbox: how it reads the parameters of a question, refuses what makes no sense, and pages."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say

Json = dict[str, Any]


class Refused(Exception):
    """A question that is answered with 400."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def v2_page(
    asked: Asked,
    items: Sequence[Any],
    places: Mapping[str, int],
    most: int,
    telling: Callable[[Any], Json] = lambda row: row,
) -> Response:
    """One page of a v2 list. The relative `next_uri` drops the limit, as the real one sometimes does."""
    size = min(whole(asked, "limit", 25, 300), most)
    behind = asked.param("starting_after")
    if behind and behind not in places:
        raise Refused("starting_after is not known")
    start = places[behind] + 1 if behind else 0
    page, more = items[start : start + size], start + size < len(items)
    told_rows = [telling(item) for item in page]
    last = told_rows[-1]["id"] if more else None
    following = None if last is None else f"{asked.path}?{urlencode({'starting_after': last})}"
    pagination = {
        "ending_before": None,
        "starting_after": behind or None,
        "previous_ending_before": None,
        "next_starting_after": last,
        "limit": size,
        "order": asked.param("order") or "desc",
        "previous_uri": None,
        "next_uri": following,
    }
    told: Json = {"pagination": pagination, "data": told_rows}
    if not asked.header("cb-version"):
        told["warnings"] = [{"id": "missing_version", "message": "Please supply API version (YYYY-MM-DD)"}]
    return say(told)


def whole(asked: Asked, name: str, usual: int, most: int) -> int:
    text = asked.param(name) or str(usual)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
        raise Refused(f"{name} must be between 1 and {most}")
    return int(text)


def moment(asked: Asked, name: str) -> datetime | None:
    text = asked.param(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{name} is not an RFC 3339 time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def cursor(name: str) -> str:
    return b64encode(name.encode()).decode()


def _named(asked: Asked) -> str:
    try:
        return b64decode(asked.param("cursor"), validate=True).decode()
    except (NotBase64, ValueError):
        raise Refused("cursor is none of ours") from None


def place_of(asked: Asked, places: dict[str, int]) -> int:
    """The place after the one that the cursor names."""
    name = _named(asked)
    if name and name not in places:
        raise Refused("cursor is none of ours")
    return places[name] + 1 if name else 0


def after(asked: Asked, ids: Sequence[str]) -> int:
    return place_of(asked, numbered(ids))


def numbered(ids: Sequence[str]) -> dict[str, int]:
    return {ident: place for place, ident in enumerate(ids)}


def v2_error(status: int, ident: str, message: str) -> Response:
    return say({"errors": [{"id": ident, "message": message}]}, status)


def v3_error(status: int, error: str, details: str) -> Response:
    return say({"error": error, "error_details": details, "message": details}, status)


def gateway_error(status: int, code: int, error: str, message: str) -> Response:
    """As v3's gateway says what did not come from v3 itself; `code` is that of gRPC."""
    return say({"error": error, "code": code, "message": message, "details": []}, status)


def invalid(asked: Asked, message: str) -> Response:
    if asked.path.startswith("/v2/"):
        return v2_error(400, "validation_error", message)
    return v3_error(400, "INVALID_ARGUMENT", message)


def missing(asked: Asked) -> Response:
    if asked.path.startswith("/v2/"):
        return v2_error(404, "not_found", "Not found")
    return v3_error(404, "NOT_FOUND", "Not found")
