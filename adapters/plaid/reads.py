"""How Plaid is asked, and how its answers are cut into rows and joined with what they name (section 3).

History is paged by count and offset, newest first. A refresh at Plaid shifts the rows while one pages: the
total changes then, and the read starts again. The rows' own ids die with the item (linking anew gives every
row another one), so a row is known by what the institution says of it: day, quantity, amount and currency,
and its place among rows that agree in all of them. The cursor is enough for another process to go on:

    {"start","end"} the window   {"offset","total"} where in it   {"restarts"}
    {"seen"}        the rows of the page's oldest day: facts -> short hashes of Plaid's own ids
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, post_json, raw_fields, raw_rows
from adapters.plaid.failures import failure_of
from domain.errors import BrokerageUnavailable, UnreadableReply
from domain.money import exact, plain

HOST = "plaid"
COUNT = 500
DEPTH_DAYS = 730  # at most 24 months back
# `date` is the day of posting, for trades that of settlement: it may lie ahead.
AHEAD = timedelta(days=7)
MOST_RESTARTS = 50


def ask(path: str, body: dict[str, Any], group: str = "default") -> Request:
    """A read. It changes nothing, so that it may be sent again. The access token comes with the grant."""
    return replace(post_json(path, body, HOST, group), idempotent=True)


def ask_accounts(call: Call) -> Request:
    return ask("/accounts/get", {})


def take_accounts(response: Response, call: Call) -> Rows:
    """The accounts with what names each for ever: subtype and mask. Where two share both, nothing that lasts
    tells them apart; each is then named by its `account_id` as well, which lasts as long as the item."""
    _check_item(response)
    told = {_text(raw, "account_id"): raw for raw in raw_rows(dig(response, ("accounts",)))}
    names = {identifier: _name(raw) for identifier, raw in told.items()}
    shared = list(names.values())
    cut = []
    for identifier, raw in told.items():
        name = names[identifier]
        key = name if shared.count(name) == 1 else f"{name}:{identifier}"
        cut.append(_object(account=raw, key=msgspec.json.encode(key)))
    return Rows(cut)


def _name(raw: bytes) -> str:
    row = rows.fields(raw)
    subtype = rows.optional_text(row, "subtype") or rows.text(row, "type")
    return f"{subtype.lower()}:{rows.optional_text(row, 'mask') or '-'}"


def ask_holdings(call: Call) -> Request:
    return ask("/investments/holdings/get", {"options": {"account_ids": [_route(call)]}}, "holdings")


def take_balance(response: Response, call: Call) -> Rows:
    """The account and its holdings, as one row, and whether the user has typed it all in."""
    wanted = _route(call)
    found = [raw for raw in raw_rows(dig(response, ("accounts",))) if _text(raw, "account_id") == wanted]
    if not found:
        raise UnreadableReply("the answer lacks the account that was asked for")
    held = take_positions(response, call)
    typed = bytes(raw_fields(response.body).get("is_investments_fallback_item", b"false"))
    return Rows([_object(account=found[0], holdings=b"[" + b",".join(held.rows) + b"]", typed=typed)])


def take_positions(response: Response, call: Call) -> Rows:
    _check_item(response)
    securities, wanted = _securities(response), _route(call)
    cut = []
    for raw in dict.fromkeys(raw_rows(dig(response, ("holdings",)))):
        if _text(raw, "account_id") != wanted:
            continue
        name = _text(raw, "security_id")
        if name not in securities:
            raise UnreadableReply("a holding names a security that the answer does not tell")
        cut.append(_object(holding=raw, security=securities[name]))
    return Rows(cut)


def _securities(response: Response) -> dict[str, bytes]:
    return {_text(raw, "security_id"): raw for raw in raw_rows(dig(response, ("securities",)))}


def _check_item(response: Response) -> None:
    """Plaid may answer with what it has while the item is broken: that is old, and not to be believed."""
    error = rows.optional_mapping(rows.fields(bytes(dig(response, ("item",)))), "error")
    if error:
        raise failure_of(error) or UnreadableReply("the item has an error that we do not know")


# History.


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read of history stands. `seen`: facts of a row -> short hashes of the ids that have them."""

    start: date
    end: date
    offset: int = 0
    total: int | None = None
    restarts: int = 0
    seen: dict[str, list[str]] = field(default_factory=dict)


def place_of(call: Call) -> Place:
    if call.cursor is not None:
        return msgspec.json.decode(call.cursor, type=Place)
    start = max(call.since or date.min, call.until - timedelta(days=DEPTH_DAYS))
    return Place(start, call.until + AHEAD)


def ask_transactions(call: Call) -> Request:
    place = place_of(call)
    body = {
        "start_date": place.start.isoformat(),
        "end_date": place.end.isoformat(),
        "options": {"account_ids": [_route(call)], "count": COUNT, "offset": place.offset},
    }
    return ask("/investments/transactions/get", body, "transactions")


def take_transactions(response: Response, call: Call) -> Rows:
    _check_item(response)
    place, total = place_of(call), _count(response)
    if place.total is not None and total != place.total:
        if place.restarts >= MOST_RESTARTS:
            raise BrokerageUnavailable("The history changes all the time while it is read.")
        again = Place(place.start, place.end, total=total, restarts=place.restarts + 1)
        # The rows of this page are shifted: they come again, and are numbered then.
        return Rows([], _text_of(again))
    told, securities = raw_rows(dig(response, ("investment_transactions",))), _securities(response)
    if not told and place.offset < total:
        raise UnreadableReply("a page of the history is empty before its end")
    seen = {facts: list(ids) for facts, ids in place.seen.items()}
    cut = [row for raw in told if (row := _numbered(raw, seen, securities, _route(call))) is not None]
    offset = place.offset + len(told)
    if offset >= total:
        return Rows(cut)
    oldest = _text(told[-1], "date")[:10]
    carried = {facts: ids for facts, ids in seen.items() if facts.startswith(oldest)}
    return Rows(cut, _text_of(replace(place, offset=offset, total=total, seen=carried)))


def _numbered(
    raw: bytes, seen: dict[str, list[str]], securities: dict[str, bytes], wanted: str
) -> bytes | None:
    """The row with its key and its security; None if it was told before."""
    row = rows.fields(raw)
    if rows.text(row, "account_id") != wanted:
        return None
    identifier = rows.text(row, "investment_transaction_id")
    short = hashlib.sha256(identifier.encode()).hexdigest()[:12]
    facts = _facts(row)
    alike = seen.setdefault(facts, [])
    if short in alike:
        return None
    alike.append(short)
    parts = {"transaction": raw, "key": msgspec.json.encode(f"{facts}/{len(alike) - 1}")}
    named = rows.optional_text(row, "security_id")
    if named is None:
        return _object(**parts)
    if named not in securities:
        raise UnreadableReply("a row names a security that the answer does not tell")
    return _object(**parts, security=securities[named])


def _facts(row: dict[str, Any]) -> str:
    """What the institution itself says of a row. Names and types are Plaid's words for it, and may change."""
    day = rows.day(row.get("date"), "date").isoformat()
    quantity = plain(abs(rows.optional_number(row, "quantity") or Decimal(0)))
    currency = rows.optional_text(row, "iso_currency_code") or rows.text(row, "unofficial_currency_code")
    return f"{day}/{quantity}/{plain(rows.number(row, 'amount'))}/{currency}"


def _count(response: Response) -> int:
    total = exact(decode(dig(response, ("total_investment_transactions",))), "total_investment_transactions")
    if total < 0 or total != int(total):
        raise UnreadableReply("total_investment_transactions is no count")
    return int(total)


def _text_of(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def _route(call: Call) -> str:
    return call.routed.routing["account_id"]


def _text(raw: bytes, name: str) -> str:
    members = raw_fields(raw)
    return rows.text({name: decode(members[name])} if name in members else {}, name)


def _object(**members: bytes) -> bytes:
    """A JSON object of members that are JSON already."""
    return b"{" + b",".join(b'"' + name.encode() + b'":' + value for name, value in members.items()) + b"}"
