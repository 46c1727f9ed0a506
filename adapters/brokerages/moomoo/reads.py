"""What is asked of OpenD and where it goes on: windows of fills, weeks of cash. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from adapters.brokerages.moomoo import words
from adapters.brokerages.moomoo.parse import AMOUNT, OTHER_LISTS
from adapters.brokerages.moomoo.speech import (
    ACCOUNTS,
    FEES,
    FILLS,
    FILLS_TODAY,
    FLOWS,
    FUNDS,
    ORDERS,
    POSITIONS,
    about,
    call,
    result,
    rows_of,
)
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response
from domain.errors import UnreadableReply

WINDOW = timedelta(days=90)  # what the official client asks for at once; longer is not confirmed
DEEP = timedelta(days=5 * 365)
DEEP_CASH = timedelta(days=365)  # every business day is a call
ORDER_LIFE = timedelta(days=91)  # good-till-cancelled ones live 90 days
DAY = timedelta(days=1)
SECURITIES = 1  # trdCategory

Take = Callable[[Response, Call], Rows]


def listed(name: str) -> Take:
    return lambda response, _: Rows(rows_of(response, name))


def whole(name: str) -> Take:
    return lambda response, _: Rows([result(response, name)])


# ---- accounts: those of securities are asked for, those of futures and of coins are lists of their own.


def ask_accounts(now: Call) -> Request:
    return _accounts(SECURITIES)


def take_accounts(response: Response, now: Call) -> Rows:
    """A row for each account, and one for each other list, which names the accounts that are known."""
    found = rows_of(response, "accList")
    known = [rows.text(rows.fields(raw), "accID") for raw in found]
    others = [{"trdCategory": category, "known": known} for category in OTHER_LISTS]
    return Rows([*found, *map(msgspec.json.encode, others)])


def ask_list(keys: tuple[str, ...], now: Call) -> Request:
    (key,) = keys
    return _accounts(int(key.partition(":")[2]))


def take_list(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    (key,) = keys
    return {key: rows_of(response, "accList")}


def _accounts(category: int) -> Request:
    return call(ACCOUNTS, {"userID": 0, "trdCategory": category, "needGeneralSecAccount": True})


# ---- funds and positions


def ask_funds(now: Call) -> Request:
    return about(now, FUNDS, currency=words.NUMBERS.get(now.routed.currency, 2))


def ask_positions(now: Call) -> Request:
    return about(now, POSITIONS)


def _today(now: Call) -> date:
    """Of the account's market: Hong Kong is a day ahead of New York in the evening."""
    return now.now.astimezone(words.ZONES.get(int(now.routed.routing["market"]), rows.NEW_YORK)).date()


# ---- fills: those of today, then windows of 90 days, newest first. The cursor is the last day of a window.


def ask_fills(now: Call) -> Request:
    if now.cursor is None:
        return about(now, FILLS_TODAY, "fills")
    start, end = _window(now)
    return about(now, FILLS, "fills", filterConditions=_between(start, end))


def take_fills(response: Response, now: Call) -> Rows:
    found = rows_of(response, "orderFillList")
    if now.cursor is None:
        return Rows(found, _today(now).isoformat())
    start, _ = _window(now)
    return Rows(found, (start - DAY).isoformat() if start > _floor(now, DEEP) else None)


def _window(now: Call) -> tuple[date, date]:
    end = rows.day(now.cursor, "the cursor")
    return max(end - WINDOW + DAY, min(_floor(now, DEEP), end)), end


def _floor(now: Call, deep: timedelta) -> date:
    return now.since or _today(now) - deep


def _between(start: date, end: date) -> dict[str, str]:
    """Times of the market's own clock."""
    return {"beginTime": f"{start} 00:00:00", "endTime": f"{end} 23:59:59"}


# ---- what fills only name


def ask_orders(keys: tuple[str, ...], now: Call) -> Request:
    """The orders of a page of fills: they were placed in its window, or while they could still live."""
    start, end = (_today(now), _today(now)) if now.cursor is None else _window(now)
    asked = {**_between(start - ORDER_LIFE, end), "orderIDExList": _ids(keys)}
    return about(now, ORDERS, "orders", filterConditions=asked)


def take_orders(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    found = (rows.fields(raw) for raw in rows_of(response, "orderList"))
    return {f"order:{rows.text(row, 'orderIDEx')}": row for row in found}


def ask_fees(keys: tuple[str, ...], now: Call) -> Request:
    return about(now, FEES, "fees", orderIdExList=_ids(keys))


def take_fees(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """The fee of each order, a positive number. Those of today may have none yet."""
    found: dict[str, Decimal] = {}
    for raw in rows_of(response, "orderFeeList"):
        row = rows.fields(raw)
        fee = words.figure(row, "feeAmount", AMOUNT)
        if fee is not None:
            found[f"fee:{rows.text(row, 'orderIDEx')}"] = fee
    return found


def _ids(keys: tuple[str, ...]) -> list[str]:
    return [key.partition(":")[2] for key in keys]


# ---- cash: a page is a week, because each day is a call of its own. The cursor is the last day of a week.


def ask_cash(now: Call) -> Request:
    return _flows(now, _week(now)[0])


def take_cash(response: Response, now: Call) -> Rows:
    """A row for each business day: the first brings what was answered, the others name their day."""
    first, *others = _week(now)
    told = result(response, "flowSummaryInfoList")
    found = [b'{"day":"%s","told":%s}' % (first.isoformat().encode(), told)]
    found += [b'{"day":"%s"}' % day.isoformat().encode() for day in others]
    monday = first - timedelta(days=first.weekday())
    return Rows(found, (monday - DAY).isoformat() if monday > _floor(now, DEEP_CASH) else None)


def ask_flows(keys: tuple[str, ...], now: Call) -> Request:
    (key,) = keys
    return _flows(now, rows.day(key.partition(":")[2], "the day"))


def take_flows(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    (key,) = keys
    return {key: result(response, "flowSummaryInfoList")}


def _flows(now: Call, day: date) -> Request:
    """Of coins the days of creation count; the clearing day has to be named all the same."""
    told = day.isoformat()
    created = {"startCreateDate": told, "endCreateDate": told} if _of_coins(now) else {}
    return about(now, FLOWS, "flows", clearingDate=told, **created)


def _of_coins(now: Call) -> bool:
    return int(now.routed.routing["market"]) == words.CRYPTO_MARKET


def _week(now: Call) -> list[date]:
    """The business days of the week that ends with the cursor, newest first; never none. Coins move on
    all days."""
    end = _today(now) if now.cursor is None else rows.day(now.cursor, "the cursor")
    floor = _floor(now, DEEP_CASH)
    days = [end - n * DAY for n in range(end.weekday() + 1)]
    if not days:
        raise UnreadableReply("the cursor is not a day")
    last = 7 if _of_coins(now) else 5
    return [day for day in days if day.weekday() < last and day >= floor] or [end]
