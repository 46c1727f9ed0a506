"""Alpaca's orders, as far as the truth knows any: those that were filled, and how they are asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.brokerages.alpaca import sandbox_rows as tell
from adapters.brokerages.alpaca.sandbox_asked import Refused, choice, moment, whole, words
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.truth import TruthTransaction
from domain.money import plain

MOST, USUAL = 500, 50
INTENTS = {
    "BUY": "buy_to_open",
    "BUY_TO_COVER": "buy_to_close",
    "SELL": "sell_to_close",
    "SELL_SHORT": "sell_to_open",
}
_NEVER = (
    "expired_at canceled_at failed_at replaced_at replaced_by replaces notional limit_price stop_price legs"
    " trail_percent trail_price hwm source subtag"
).split()


@dataclass(frozen=True, slots=True)
class _Order:
    """All executions of one order, the first one first."""

    fills: tuple[TruthTransaction, ...]

    @property
    def id(self) -> str:
        return tell.order_id(self.fills[0].order)

    @property
    def client_id(self) -> str:
        return self.fills[0].uuid

    @property
    def submitted(self) -> datetime:
        return self.fills[0].executed_at

    @property
    def side(self) -> str:
        return "buy" if (self.fills[0].quantity or 0) > 0 else "sell"

    @property
    def symbol(self) -> str:
        return tell.symbol(tell.traded(self.fills[0]), slash=True)

    def told(self) -> tell.Row:
        first = self.fills[0]
        submitted, ended = tell.instant(self.submitted), tell.instant(self.fills[-1].executed_at)
        quantity = sum((abs(fill.quantity or Decimal(0)) for fill in self.fills), Decimal(0))
        paid = sum((abs(f.quantity or Decimal(0)) * (f.price or Decimal(0)) for f in self.fills), Decimal(0))
        instrument = tell.traded(first)
        return {
            **dict.fromkeys(_NEVER),
            "id": self.id,
            "client_order_id": self.client_id,
            "created_at": submitted,
            "updated_at": ended,
            "submitted_at": submitted,
            "filled_at": ended,
            "expires_at": ended,
            "asset_id": instrument.uuid,
            "symbol": self.symbol,
            "asset_class": tell.asset_class(instrument),
            "qty": plain(quantity),
            "filled_qty": plain(quantity),
            "filled_avg_price": plain((paid / quantity).quantize(Decimal("1.000000"))),
            "order_class": "",
            "order_type": "market",
            "type": "market",
            "side": self.side,
            "position_intent": INTENTS.get(first.deed, first.deed.lower()),
            "time_in_force": "gtc" if instrument.kind == "crypto" else "day",
            "status": "filled",
            "extended_hours": False,
        }


def _orders(rows: tuple[TruthTransaction, ...]) -> list[_Order]:
    """The newest first, as the rows come."""
    found: dict[int, list[TruthTransaction]] = {}
    for row in sorted((row for row in rows if tell.filled(row)), key=lambda row: row.number):
        found.setdefault(row.order, []).append(row)
    orders = [_Order(tuple(fills)) for fills in found.values()]
    return sorted(orders, key=lambda order: (order.submitted, order.fills[0].number), reverse=True)


def listed(asked: Asked, rows: tuple[TruthTransaction, ...]) -> Response:
    """GET /v2/orders (3.4). `after` and `until` are instants of submission, both exclusive."""
    try:
        status = choice(asked, "status", "open", ("open", "closed", "all"))
        direction = choice(asked, "direction", "desc", ("asc", "desc"))
        side = choice(asked, "side", "", ("buy", "sell"))
        choice(asked, "nested", "false", ("true", "false", "True", "False"))
        limit = whole(asked, "limit", USUAL, MOST)
        after, until = moment(asked, "after"), moment(asked, "until")
    except Refused as refused:
        return refused.response
    symbols = {word.replace("/", "") for word in words(asked, "symbols")}
    found = [
        order
        for order in _orders(rows)
        if (after is None or order.submitted > after)
        and (until is None or order.submitted < until)
        and (not side or order.side == side)
        and (not symbols or order.symbol.replace("/", "") in symbols)
    ]
    if direction == "asc":
        found.reverse()
    # Whatever the truth knows of has been filled: nothing is open.
    return say([] if status == "open" else [order.told() for order in found[:limit]])


def one(asked: Asked, rows: tuple[TruthTransaction, ...]) -> Response:
    """GET /v2/orders/{id} and GET /v2/orders:by_client_order_id."""
    id_, client_id = asked.names.get("id"), asked.param("client_order_id")
    for order in _orders(rows):
        if order.id == id_ or (id_ is None and order.client_id == client_id):
            return say(order.told())
    return tell.error(404, 40410000, f"order not found for {id_ or client_id}")
