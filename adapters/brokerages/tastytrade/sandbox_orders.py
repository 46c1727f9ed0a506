"""Orders at tastytrade's sandbox: placed, looked at, cancelled (3.5). Fills are made up as its own are (1).

They are kept beside the truth and change nothing in it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.brokerages.tastytrade import tell
from adapters.brokerages.tastytrade.sandbox_says import envelope, listed, refuse, unknown
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount

FIRST = 270_000
FILLS_UP_TO = 3
MOST = 200
DAYS_NEEDED = "20261012"  # the version from which on a list has to say since when
KINDS = frozenset({"Limit", "Market", "Marketable Limit", "Stop", "Stop Limit", "Notional Market"})
FORCES = frozenset({"Day", "GTC", "GTD", "Ext", "GTC Ext", "Ext Overnight", "GTC Ext Overnight", "IOC"})
ACTIONS = frozenset({*tell.LIKE_ACTIONS, "Allocate"})
Json = dict[str, Any]
Handler = Callable[[Asked, TruthAccount], Response]


class Orders:
    """The orders of one customer, by account."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._kept: dict[str, dict[int, Json]] = {}

    def routes(self) -> Iterator[tuple[str, str, Handler, str]]:
        yield "GET", "/orders", self._all, "read"
        yield "GET", "/orders/live", self._today, "read"
        yield "GET", "/complex-orders", lambda asked, account: listed([], asked, 0, 10, 0), "read"
        yield "GET", "/complex-orders/live", lambda asked, account: listed([], asked), "read"
        yield "GET", "/orders/{order}", self._one, "read"
        yield "POST", "/orders/dry-run", self._preview, "trade"
        yield "POST", "/orders", self._place, "trade"
        yield "DELETE", "/orders/{order}", self._cancel, "trade"

    def _of(self, account: TruthAccount) -> list[Json]:
        return list(reversed(self._kept.get(account.number, {}).values()))

    def _all(self, asked: Asked, account: TruthAccount) -> Response:
        found, told = self._of(account), asked.param("per-page", "10")
        if asked.header("accept-version") == DAYS_NEEDED and not (
            asked.param("start-date") or asked.param("start-at")
        ):
            return refuse(400, "validation_error", "Request validation failed", "start-date")
        size = int(told) if told.isascii() and told.isdigit() else 0
        if not 1 <= size <= MOST:
            return refuse(400, "validation_error", "Request validation failed", "per-page")
        return listed(found[:size], asked, 0, size, len(found))

    def _today(self, asked: Asked, account: TruthAccount) -> Response:
        return listed(self._of(account), asked)

    def _one(self, asked: Asked, account: TruthAccount) -> Response:
        order = self._find(asked, account)
        return unknown() if order is None else envelope(order, asked)

    def _find(self, asked: Asked, account: TruthAccount) -> Json | None:
        told = asked.names["order"]
        return self._kept.get(account.number, {}).get(int(told)) if told.isdigit() else None

    def _preview(self, asked: Asked, account: TruthAccount) -> Response:
        refused = _wrong(asked.json())
        if refused is not None:
            return refused
        return envelope(_answer(_order(asked.json(), account, asked.now)), asked)

    def _place(self, asked: Asked, account: TruthAccount) -> Response:
        refused = _wrong(asked.json())
        if refused is not None:
            return refused
        number = FIRST + self._play.count("orders")
        order = {"id": number, **_order(asked.json(), account, asked.now)}
        _fill(order, asked.now)
        self._kept.setdefault(account.number, {})[number] = order
        return envelope(_answer(order), asked, 201)

    def _cancel(self, asked: Asked, account: TruthAccount) -> Response:
        """The answer says that it was asked for; what it has become shows the next time one looks."""
        order = self._find(asked, account)
        if order is None:
            return unknown()
        if not order["cancellable"]:
            return refuse(422, "cannot_update_order", "Order is not cancellable")
        told = dict(order, status="Cancel Requested", cancellable=False, editable=False)
        order.update(status="Cancelled", cancellable=False, editable=False)
        return envelope(told, asked)


def _wrong(told: object) -> Response | None:
    """What a request for an order lacks (422, 4)."""
    if (
        not isinstance(told, dict)
        or not isinstance(told.get("legs"), list)
        or not 1 <= len(told["legs"]) <= 4
    ):
        return refuse(400, "validation_error", "Request validation failed", "legs")
    legs = told["legs"]
    if told.get("order-type") not in KINDS or told.get("time-in-force") not in FORCES:
        return refuse(400, "validation_error", "Request validation failed", "order-type")
    if any(not isinstance(leg, dict) or leg.get("action") not in ACTIONS or not _size(leg) for leg in legs):
        return refuse(400, "validation_error", "Request validation failed", "legs")
    if any(leg.get("instrument-type") == "Cryptocurrency" for leg in legs):  # since 2026-06-29
        return refuse(403, "not_permitted", "Trading of cryptocurrencies is not available")
    if told["order-type"] == "Market" and str(told["time-in-force"]).startswith("GT"):
        words = "GTC/GTD Market orders are not supported."
        failed = {"code": "gtc_market_orders_not_supported", "message": words}
        summary = "One or more preflight checks failed"
        error = {"code": "preflight_check_failure", "message": summary, "errors": [failed]}
        return say({"error": error}, 422)
    return None


def _size(leg: Json) -> Decimal:
    try:
        return Decimal(str(leg.get("quantity", 0)))
    except InvalidOperation:
        return Decimal(0)


def _order(told: Json, account: TruthAccount, now: datetime) -> Json:
    legs = [{**leg, "remaining-quantity": leg["quantity"], "fills": []} for leg in told["legs"]]
    symbol = str(legs[0].get("symbol", ""))
    return {
        "account-number": account.number,
        **{k: v for k, v in told.items() if k not in {"legs", "source"}},
        "size": legs[0]["quantity"],
        "underlying-symbol": symbol.partition(" ")[0],
        "underlying-instrument-type": "Equity",
        "status": "Received",
        "cancellable": True,
        "editable": True,
        "edited": False,
        "received-at": tell.instant(now),
        "updated-at": int(now.timestamp() * 1000),
        "legs": legs,
    }


def _fill(order: Json, now: datetime) -> None:
    """Market orders at 1.0; with a limit up to 3 at once, what is dearer stays."""
    price = Decimal(1) if order["order-type"] == "Market" else Decimal(str(order.get("price", "99")))
    if price > FILLS_UP_TO:
        order["status"] = "Live"
        return
    order.update(status="Filled", cancellable=False, editable=False)
    for n, leg in enumerate(order["legs"]):
        leg["remaining-quantity"] = 0
        leg["fills"] = [
            {
                "fill-id": f"{order['id']}-{n}",
                "quantity": leg["quantity"],
                "fill-price": tell.text(price),
                "filled-at": tell.instant(now),
            }
        ]


def _answer(order: Json) -> Json:
    nothing = Decimal(0)
    names = (
        "change-in-margin-requirement", "change-in-buying-power", "current-buying-power", "new-buying-power",
        "isolated-order-margin-requirement",
    )  # fmt: skip
    power: Json = {key: value for name in names for key, value in tell.pair(name, nothing).items()}
    fees = ("regulatory-fees", "clearing-fees", "commission", "proprietary-index-option-fees", "total-fees")
    paid: Json = {key: value for name in fees for key, value in tell.pair(name, nothing).items()}
    effect = {**power, "is-spread": False, "impact": "0.0", "effect": "None"}
    return {"order": order, "buying-power-effect": effect, "fee-calculation": paid, "warnings": []}
