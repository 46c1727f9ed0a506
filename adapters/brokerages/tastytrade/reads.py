"""What is asked of tastytrade and how its answers are cut. Pure; numbers in brackets are of the sheet."""

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import OnePage, dig
from adapters.kit.wire import Request, Response, decode, get, raw_rows
from domain.errors import Failure, PermissionInsufficient, UnreadableReply

PER_PAGE = 500  # 2,000 at most (3.4)
LISTED = OnePage(("data", "items"))
ONE = OnePage(("data",))


def _path(call: Call, what: str) -> str:
    return f"/accounts/{call.routed.key}/{what}"


def ask_accounts(call: Call) -> Request:
    return get("/customers/me/accounts")


def ask_balance(call: Call) -> Request:
    return get(_path(call, f"balances/{call.routed.currency}"))


def ask_positions(call: Call) -> Request:
    return get(_path(call, "positions"), ("include-marks", "true"))  # without it there is no `mark-price` (4)


# History (3.4): pages counted from 0, newest first. Rows that come at the head meanwhile push others onto the
# next page, where they are known by their ids. A row that goes pulls others back to a page that was read.


def _place(call: Call) -> tuple[int, int]:
    """Which page, and how many rows there were when the one before was read. As a cursor: "<page>|<rows>"."""
    page, _, total = (call.cursor or "0|0").partition("|")
    return int(page), int(total)


def ask_transactions(call: Call) -> Request:
    return get(
        _path(call, "transactions"),
        ("per-page", str(PER_PAGE)),
        ("page-offset", str(_place(call)[0])),
        ("sort", "Desc"),
        ("start-date", call.since.isoformat() if call.since else None),
    )


def take_transactions(response: Response, call: Call) -> Rows:
    found = raw_rows(dig(response, ("data", "items")))
    told = rows.fields(bytes(dig(response, ("pagination",))))
    page, before = _place(call)
    total, pages = (_count(told, name) for name in ("total-items", "total-pages"))
    if _count(told, "page-offset") != page:
        raise UnreadableReply("another page than was asked for")
    if len(found) > min(PER_PAGE, total) or (not found and page < pages):
        raise UnreadableReply("the page does not hold what it says")
    if page and total < before:
        return Rows(found, f"{page - 1}|{total}")
    return Rows(found, f"{page + 1}|{total}" if page + 1 < pages else None)


def _count(told: rows.Row, name: str) -> int:
    value = told.get(name)
    if type(value) is not int or not 0 <= value < 10**9:
        raise UnreadableReply(f"{name} is not a count")
    return value


def explain(response: Response) -> Failure | None:
    """What tastytrade's own words say better than the status (4)."""
    if response.status == 401 and response.body[:64].lstrip().startswith(b"<"):
        # So it refuses a User-Agent (2), before it looks at any token: nobody has to sign in again for that.
        return UnreadableReply("tastytrade refuses the request before it looks at the token.")
    if response.status < 400:
        return None
    return (
        PermissionInsufficient("tastytrade waits for the user to confirm the e-mail address.")
        if (code(response) == "unconfirmed_user")
        else None
    )


def code(response: Response) -> str:
    """The code of an error; empty where there is none. It is a number in one case, and OAuth's is bare."""
    try:
        told = decode(response.body)
    except UnreadableReply:
        return ""
    error = told.get("error", told) if isinstance(told, dict) else {}
    named = (error.get("code") or error.get("error_code") or "") if isinstance(error, dict) else error
    return str(named)[:64]
