"""What is asked of TradeStation and how its answers are cut. Pure; numbers in brackets are the sheet's.

An answer with status 200 may have failed for an account: what `Errors` says of it is never an empty list (3).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, get, raw_fields, raw_rows
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

INTERVAL = timedelta(minutes=5)  # of the quotas; no answer says when it ends (4)
WORDS: dict[str, type[Failure]] = {
    "Unauthorized": ReauthorizationRequired,
    "Forbidden": PermissionInsufficient,
    "TooManyRequests": BrokerageRateLimited,
    "InternalServerError": BrokerageUnavailable,
    "ServiceUnavailable": BrokerageUnavailable,
    "GatewayTimeout": BrokerageUnavailable,
}


def path_of(call: Call, what: str) -> str:
    return f"/v3/brokerage/accounts/{quote(call.routed.key, safe='')}/{what}"


def ask_of_account(what: str) -> Callable[[Call], Request]:
    return lambda call: get(path_of(call, what), group=what)


def take_accounts(response: Response, call: Call) -> Rows:
    found = raw_rows(dig(response, ("Accounts",)))
    if not found:
        raise UnreadableReply("the answer names no account")
    return Rows(found)


def take_balances(response: Response, call: Call) -> Rows:
    found = listed(response, "Balances", call)
    if len(found) != 1:
        raise UnreadableReply("the answer has no balance of the account, or several")
    return Rows(found)


def take_positions(response: Response, call: Call) -> Rows:
    return Rows(listed(response, "Positions", call))


def listed(response: Response, name: str, call: Call) -> list[bytes]:
    """The rows of a list, all of the account that was asked for. Raises what `Errors` says of it."""
    members, key = raw_fields(response.body), call.routed.key
    found = raw_rows(dig(response, (name,)))
    if any(rows.text(rows.fields(row), "AccountID") != key for row in found):
        raise UnreadableReply("the answer is about another account")
    for error in raw_rows(members.get("Errors", b"[]")):
        told = rows.fields(error)
        # It may name an account by a suffix more ("…C"): that is another one, unless nothing else is told.
        if not found or rows.optional_text(told, "AccountID") == key:
            kind = WORDS.get(rows.optional_text(told, "Error") or "", UnreadableReply)
            raise kind(retry_after=INTERVAL if kind is BrokerageRateLimited else None)
    return found


# Names, currencies and multipliers (3.6): what positions do not tell.


def ask_symbols(keys: tuple[str, ...], call: Call) -> Request:
    symbols = ",".join(quote(key.partition(":")[2], safe="") for key in keys)
    return get(f"/v3/marketdata/symbols/{symbols}")


def take_symbols(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """By symbol; what TradeStation does not know stands in `Errors` and is left out."""
    found = [rows.fields(row) for row in raw_rows(dig(response, ("Symbols",)))]
    return {f"symbol:{rows.text(row, 'Symbol')}": row for row in found}


def explain(response: Response) -> Failure | None:
    """What the status alone says wrongly: a page of the gateway in front is an outage, whatever its status;
    and a quota that is used up is so until its interval ends."""
    html = "html" in response.headers.get("content-type", "").lower()
    if html and response.status in {403, 404, 502}:
        return BrokerageUnavailable()
    if response.status == 429 and "retry-after" not in response.headers:
        return BrokerageRateLimited(retry_after=INTERVAL)
    return None
