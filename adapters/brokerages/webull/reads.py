"""What is asked of Webull for each read, in the second generation of paths, and how look-ups are taken."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import reduce
from typing import Any

from adapters.brokerages.webull import pages
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response, get
from domain.errors import UnreadableReply
from domain.money import EXACTLY, ZERO


def ask_accounts(call: Call) -> Request:
    return get("/openapi/account/list")


def ask_balance(call: Call) -> Request:
    return get("/openapi/assets/balance", ("account_id", call.routed.key))


def take_balance(response: Response, call: Call) -> Rows:
    return Rows([pages.bare(response, "account_currency_assets")])


def ask_positions(call: Call) -> Request:
    return get("/openapi/assets/positions", ("account_id", call.routed.key))


# ---- history


def ask_orders(call: Call) -> Request:
    place = pages.Place.of(call)
    return get(
        "/openapi/trade/order/history",
        ("account_id", call.routed.key),
        ("start_date", str(pages.first_day(call))),
        ("end_date", str(place.until)),
        ("page_size", str(pages.SIZE)),
        ("last_client_order_id", place.last),
        ("pagination_key", place.key),
    )


def ask_activities(call: Call) -> Request:
    place = pages.Place.of(call)
    return get(
        "/openapi/trade/activities/cash",
        ("account_id", call.routed.key),
        *pages.span(call),
        ("page_size", str(pages.SIZE)),
        ("last_activity_id", place.last),
        ("pagination_key", place.key),
    )


def ask_transfers(call: Call) -> Request:
    place = pages.Place.of(call)
    where = f"{pages.TRANSFERS}/list"
    return get(where, ("account_id", call.routed.key), *pages.span(call), ("pagination_key", place.key))


# ---- look-ups, one row each


def ask_currency(keys: tuple[str, ...], call: Call) -> Request:
    return get("/openapi/assets/balance", ("account_id", named(keys[0])))


def take_currency(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    balance = rows.fields(pages.bare(response, "account_currency_assets"))
    return {keys[0]: rows.text(balance, "total_asset_currency")}


def ask_order(keys: tuple[str, ...], call: Call) -> Request:
    client_order_id = named(keys[0]).partition("/")[0]
    return get(
        "/openapi/trade/order/detail",
        ("account_id", call.routed.key),
        ("client_order_id", client_order_id),
    )


def take_order(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """What the order cost; None where it is not told. The number of the order is looked at: the client's own
    id is anybody's choice."""
    group = rows.fields(pages.bare(response, "orders"))
    for told in orders_of(group):
        if rows.text(told, "order_id") == named(keys[0]).partition("/")[2]:
            return {keys[0]: charged(told)}
    raise UnreadableReply("the detail is another order's")


def ask_transfer(keys: tuple[str, ...], call: Call) -> Request:
    where = f"{pages.TRANSFERS}/get"
    return get(where, ("account_id", call.routed.key), ("transfer_id", named(keys[0])))


def take_transfer(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    detail = rows.fields(pages.bare(response, "transfer_id"))
    if rows.text(detail, "transfer_id") != named(keys[0]):
        raise UnreadableReply("the detail is another transfer's")
    return {keys[0]: detail}


def named(key: str) -> str:
    """What a reference names, without its scheme."""
    return key.partition(":")[2]


def orders_of(group: rows.Row) -> Iterator[dict[str, Any]]:
    for told in rows.sequence(group, "orders"):
        if not isinstance(told, dict):
            raise UnreadableReply("an order is not an object")
        yield told


def charged(order: rows.Row) -> Decimal | None:
    """Commission and fees of an order together, as they were really charged; None where neither is told."""
    found: list[Decimal] = []
    commission = rows.optional_mapping(order, "commission")
    actual = rows.optional_number(commission, "actual_commission")
    if actual is not None:
        found.append(actual)
    fees = order.get("fees")
    if fees is not None and not isinstance(fees, list):
        raise UnreadableReply("fees is not a list")
    for fee in fees or ():
        if not isinstance(fee, dict):
            raise UnreadableReply("a fee is not an object")
        found.append(rows.number(fee, "actual_value"))
    return reduce(EXACTLY.add, found, ZERO) if found or fees is not None else None
