"""What is asked of Tradier and how its answers are cut. Pure; numbers in brackets are sections of the sheet.

JSON made from XML: every list is wrapped twice, one element is an object, and none is the word "null" (3).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response, get, post_form, raw_fields, raw_rows
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    ReauthorizationRequired,
    UnreadableReply,
)

LIMIT = 100
# The largest limit is not documented: a full number of the usual pages may be all that the server gives.
USUAL = 25
# A row has no id: on a page that has shifted meanwhile it would look like one more equal row. So the history
# is asked for by windows of days that fit into one answer; only a day that does not is read by pages.
FIRST_SPAN, LONGEST_SPAN = 32, 4096
OLDEST = date(2000, 1, 1)  # where the profile does not say when the account was opened
NOTHING = (b'"null"', b"null", b'""')


def listed(response: Response, outer: str, inner: str) -> list[bytes]:
    """The rows of a list: an array, one object, or nothing. What is neither is unreadable."""
    members = raw_fields(response.body)
    if outer not in members:
        raise UnreadableReply(f"the answer has no {outer}")
    wrapped = bytes(members[outer])
    if wrapped in NOTHING:
        return []
    inside = raw_fields(wrapped)
    if inner not in inside:
        raise UnreadableReply(f"{outer} has no {inner}")
    found = bytes(inside[inner])
    if found.startswith(b"["):
        return raw_rows(found)
    rows.fields(found)
    return [found]


def ask_profile(call: Call) -> Request:
    return get("/v1/user/profile")


def take_accounts(response: Response, call: Call) -> Rows:
    found = listed(response, "profile", "account")
    if not found:
        raise UnreadableReply("the profile names no account")
    return Rows(found)


def _path(call: Call, what: str) -> str:
    return f"/v1/accounts/{call.routed.key}/{what}"


def ask_balances(call: Call) -> Request:
    return get(_path(call, "balances"))


def take_balances(response: Response, call: Call) -> Rows:
    found = raw_fields(response.body)
    if "balances" not in found:
        raise UnreadableReply("the answer has no balances")
    return Rows([bytes(found["balances"])])


def ask_positions(call: Call) -> Request:
    return get(_path(call, "positions"))


def take_positions(response: Response, call: Call) -> Rows:
    return Rows(listed(response, "positions", "position"))


# History (3.5), walked back.


@dataclass(frozen=True, slots=True)
class Window:
    """So many days up to `end`, and which page of them. As a cursor: "<end>|<span>|<page>"."""

    end: date
    span: int
    page: int = 1

    @classmethod
    def of(cls, call: Call) -> "Window":
        if call.cursor is None:
            return cls(call.until, FIRST_SPAN)
        end, span, page = call.cursor.split("|")
        return cls(date.fromisoformat(end), int(span), int(page))

    def start(self, floor: date) -> date:
        days = min(self.span - 1, max((self.end - floor).days, 0))
        return self.end - timedelta(days=days)

    def __str__(self) -> str:
        return f"{self.end}|{self.span}|{self.page}"


def _floor(call: Call) -> date:
    opened = call.routed.routing.get("opened")
    return call.since or (date.fromisoformat(opened) if opened else OLDEST)


def ask_history(call: Call) -> Request:
    window = Window.of(call)
    return get(
        _path(call, "history"),
        ("page", str(window.page)),
        ("limit", str(LIMIT)),
        ("start", window.start(_floor(call)).isoformat()),
        ("end", window.end.isoformat()),
    )


def take_history(response: Response, call: Call) -> Rows:
    found = listed(response, "history", "event")
    window, floor = Window.of(call), _floor(call)
    start, full = window.start(floor), bool(found) and len(found) % USUAL == 0
    if len(found) > LIMIT:
        raise UnreadableReply("a page holds more than was asked for")
    if full and start < window.end:
        return Rows([], str(Window(window.end, max(1, (window.end - start).days // 2))))
    if full:
        return Rows(found, str(Window(window.end, 1, window.page + 1)))
    if start <= floor:
        return Rows(found)
    roomy = len(found) < LIMIT // 2 and window.page == 1
    span = min(window.span * 2, LONGEST_SPAN) if roomy else window.span
    return Rows(found, str(Window(start - timedelta(days=1), span)))


# Quotes (3.7): what positions do not tell.


def ask_quotes(keys: tuple[str, ...], call: Call) -> Request:
    symbols = ",".join(key.partition(":")[2] for key in keys)
    request = post_form("/v1/markets/quotes", ("symbols", symbols), ("greeks", "false"), group="market")
    return replace(request, idempotent=True)  # a POST for its length: it only reads


def take_quotes(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
    """By symbol; what Tradier does not know is left out."""
    wrapped = raw_fields(response.body)
    if "quotes" not in wrapped:
        raise UnreadableReply("the answer has no quotes")
    if bytes(wrapped["quotes"]) in NOTHING or "quote" not in raw_fields(wrapped["quotes"]):
        return {}
    found = [rows.fields(row) for row in listed(response, "quotes", "quote")]
    return {f"quote:{rows.text(row, 'symbol')}": row for row in found}


# Errors come in four shapes, sometimes with status 200 (4). These say it better by their status:
BY_STATUS = frozenset({401, 403, 429})
A_MINUTE = timedelta(minutes=1)  # over which calls are counted
_TRANSIENT = b"Datastore Error"  # of the gateway's own, whatever the status


def explain(response: Response) -> Failure | None:
    if response.status in BY_STATUS and _TRANSIENT not in response.body[:1000]:
        return None
    if not response.body[:64].lstrip().startswith(b"{"):
        over = response.status == 400 and b"quota violation" in response.body[:200].lower()
        return BrokerageRateLimited(retry_after=A_MINUTE) if over else None
    try:
        told = rows.fields(response.body)
    except UnreadableReply:
        return None
    if "fault" in told:
        return _fault(told["fault"])
    if "errors" in told and response.status < 500:
        return UnreadableReply("Tradier refused the request.")
    return None


def _fault(fault: object) -> Failure:
    detail = fault.get("detail") if isinstance(fault, dict) else None
    code = detail.get("errorcode") if isinstance(detail, dict) else None
    if isinstance(code, str) and "access_token" in code:
        return ReauthorizationRequired()
    return BrokerageUnavailable()  # "Datastore Error" and the like: it passes
