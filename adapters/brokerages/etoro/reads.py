"""What is asked of eToro and how its answers are cut. Pure; numbers in brackets are sections of the sheet.

Names of fields differ in case from endpoint to endpoint, and from the documentation: `plainly` evens them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response, decode, get, raw_fields, raw_rows
from domain.errors import BrokerageUnavailable, Failure, UnreadableReply

CASH, TRADING = "cash", "trading"
API = "/api/v1"
Row = dict[str, Any]


def plainly(row: Mapping[str, Any]) -> Row:
    """With lower-case names. Raises UnreadableReply where two become one."""
    lowered = {name.lower(): value for name, value in row.items()}
    if len(lowered) != len(row):
        raise UnreadableReply("two fields of a row have one name")
    return lowered


def fields(raw: bytes) -> Row:
    return plainly(rows.fields(raw))


def member(raw: bytes | msgspec.Raw, name: str) -> msgspec.Raw:
    """The raw bytes under a name, whatever its case. A missing one is an unreadable answer."""
    members = plainly(raw_fields(raw))
    if name not in members:
        raise UnreadableReply(f"the answer has no {name}")
    found: msgspec.Raw = members[name]
    return found


def is_cash(call: Call) -> bool:
    return call.routed.routing["type"] == CASH


def is_demo(call: Call) -> bool:
    return call.routed.routing.get("environment") == "demo"


# Accounts (3.1, 3.2).


def ask_me(call: Call) -> Request:
    return get(f"{API}/me")


def take_me(response: Response, call: Call) -> Rows:
    return Rows([response.body])


def ask_balances(keys: tuple[str, ...], call: Call) -> Request:
    return get(f"{API}/balances", ("includeZeroBalances", "true"))


def take_balances(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    return {keys[0]: [fields(row) for row in raw_rows(member(response.body, "balances"))]}


def ask_balance(call: Call) -> Request:
    """Of a trading account the ready-made totals; of a money account its row in the list."""
    if is_cash(call):
        return get(f"{API}/balances", ("accountTypes", "Cash"), ("includeZeroBalances", "true"))
    where = "demo/" if is_demo(call) else ""
    return get(f"{API}/trading/info/{where}aggregate-portfolio")


def take_balance(response: Response, call: Call) -> Rows:
    if is_cash(call):
        return Rows([_of_account(response, call)])
    told = fields(response.body)
    if rows.text(told, "cid") != call.routed.key:
        raise UnreadableReply("the answer is about another account")
    at = rows.optional_text(told, "timestamp")
    return Rows([response.body], as_of=rows.instant(at, "timestamp") if at else None)


def _of_account(response: Response, call: Call) -> bytes:
    for raw in raw_rows(member(response.body, "balances")):
        if rows.text(fields(raw), "accountid") == call.routed.key:
            return raw
    raise UnreadableReply("the answer has no balance of the account")


# Positions (3.3).


def ask_positions(call: Call) -> Request:
    """A money account holds nothing: its balance says that it is there."""
    return ask_balance(call) if is_cash(call) else ask_pnl(call)


def ask_pnl(call: Call) -> Request:
    return get(f"{API}/trading/info/{'demo' if is_demo(call) else 'real'}/pnl")


def take_positions(response: Response, call: Call) -> Rows:
    """One row for all lots of a kind: a list of them."""
    if is_cash(call):
        _of_account(response, call)
        return Rows([])
    alike: dict[tuple[str, ...], list[bytes]] = {}
    for raw in lots(response):
        row = fields(raw)
        kind = rows.text(row, "instrumentid"), str(row.get("settlementtypeid")), str(row.get("isbuy"))
        alike.setdefault(kind, []).append(raw)
    return Rows([b"[" + b",".join(found) + b"]" for found in alike.values()])


def lots(response: Response) -> list[bytes]:
    """Open positions, own and copied: those may be told twice, among the own and under their mirror."""
    portfolio = member(response.body, "clientportfolio")
    found = raw_rows(member(portfolio, "positions"))
    for mirror in raw_rows(member(portfolio, "mirrors")):
        found += raw_rows(member(mirror, "positions"))
    return list({rows.text(fields(raw), "positionid"): raw for raw in reversed(found)}.values())[::-1]


# Instruments (3.6): ids never change.


def ask_instruments(keys: tuple[str, ...], call: Call) -> Request:
    """With literal commas: encoded ones are answered with 500."""
    ids = ",".join(key.partition(":")[2] for key in keys)
    return get(f"{API}/market-data/instruments?instrumentIds={ids}")


def take_instruments(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    return _by(response, "instrumentdisplaydatas", "instrumentid", "instrument:")


def ask_types(keys: tuple[str, ...], call: Call) -> Request:
    return get(f"{API}/market-data/instrument-types")


def take_types(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """What the numbers of types mean: one look-up tells all."""
    found = _by(response, "instrumenttypes", "instrumenttypeid", "")
    return {keys[0]: {n: rows.text(row, "instrumenttypedescription") for n, row in found.items()}}


def _by(response: Response, name: str, number: str, prefix: str) -> dict[str, Row]:
    found: Iterable[Row] = (fields(raw) for raw in raw_rows(member(response.body, name)))
    return {prefix + rows.text(row, number): row for row in found}


def explain(response: Response) -> Failure | None:
    """A page of the guard in front (Cloudflare) with 403 is no refusal of eToro's."""
    if response.status == 403 and "html" in response.headers.get("content-type", "").lower():
        return BrokerageUnavailable("The guard in front of eToro turned the request away.")
    return None


def listed(raw: bytes) -> list[Row]:
    """The lots of one row of positions."""
    found = decode(raw)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UnreadableReply("a row is not a list of positions")
    return [plainly(one) for one in found]
