"""Webull's sandbox: orders that a client places, changes and cancels. They are never filled (3.4)."""

from dataclasses import dataclass, field
from typing import Any

from adapters.brokerages.webull.asked import Refused
from adapters.brokerages.webull.gate import error
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from domain.money import exact, plain

Json = dict[str, Any]
NEEDED = ("client_order_id", "instrument_type", "market", "order_type", "side", "time_in_force")
SIDES = frozenset({"BUY", "SELL", "SHORT"})


@dataclass
class Desk:
    play: Play
    waiting: dict[str, list[Json]] = field(default_factory=dict)  # by account, newest first

    def preview(self, asked: Asked) -> Response:
        orders = self._orders(asked, "new_orders")
        cost = sum(
            (exact(o.get("limit_price") or "0") * exact(o.get("quantity") or "0") for o in orders), exact(0)
        )
        return say({"estimated_cost": plain(cost), "estimated_transaction_fee": "0.00", "currency": "USD"})

    def place(self, asked: Asked) -> Response:
        orders = self._orders(asked, "new_orders")
        category = asked.header("category")
        if category and not category.startswith("US_"):
            return error(417, "UNSUPPORTED_CATEGORY", "category")
        body = asked.json()
        return say(self._placed(str(body["account_id"]), orders, body.get("client_combo_order_id")))

    def batch(self, asked: Asked) -> Response:
        """`batch_orders`: each for itself."""
        orders = self._orders(asked, "batch_orders")
        account = str(asked.json()["account_id"])
        told = [self._placed(account, [order], None) for order in orders]
        names = ("client_order_id", "order_id")
        rows = [{n: one[n] for n in names} | {"error_code": None, "message": None} for one in told]
        return say({"total": len(rows), "success": len(rows), "failed": 0, "batch_orders": rows})

    def replace(self, asked: Asked) -> Response:
        orders = self._orders(asked, "modify_orders", needed=("client_order_id",))
        known = self._find(asked, str(orders[0]["client_order_id"]))
        if known["instrument_type"] == "CRYPTO":
            raise Refused("instrument_type")
        changed = {k: str(v) for k, v in orders[0].items() if k in known and v is not None}
        known.update(changed)
        if "quantity" in orders[0]:
            known["total_quantity"] = known["remain_quantity"] = str(orders[0]["quantity"])
        return say(_handle(known))

    def cancel(self, asked: Asked) -> Response:
        body = asked.json()
        if not isinstance(body, dict):
            raise Refused("body")
        known = self._find(asked, str(body.get("client_order_id")))
        self.waiting[self._account(body)].remove(known)
        return say(_handle(known))

    def _placed(self, account: str, orders: list[Json], combo: object) -> Json:
        """What is placed again under the same client_order_id is the order that is there (3.4)."""
        waiting = self.waiting.get(account, [])
        there = [one for one in waiting if one["client_order_id"] == orders[0]["client_order_id"]]
        if there:
            return _handle(there[0])
        for order in orders:
            number = f"W{self.play.count('orders') + 1}"
            quantity = str(order.get("quantity") or "0")
            own = {
                "order_id": number,
                "status": "SUBMITTED",
                "total_quantity": quantity,
                "filled_quantity": "0",
            }
            more = {"remain_quantity": quantity, "filled_price": None, "client_combo_order_id": combo}
            self.waiting.setdefault(account, []).insert(0, {**order, **own, **more})
        return _handle(self.waiting[account][0])

    def _orders(self, asked: Asked, name: str, needed: tuple[str, ...] = NEEDED) -> list[Json]:
        body = asked.json()
        orders = body.get(name) if isinstance(body, dict) else None
        if not isinstance(orders, list) or not orders:
            raise Refused(name)
        self._account(body)
        for order in orders:
            missing = [key for key in needed if not isinstance(order, dict) or not order.get(key)]
            if missing:
                raise Refused(missing[0])
            if order.get("side", "BUY") not in SIDES:
                raise Refused("side")
        return orders

    def _account(self, body: Json) -> str:
        known = self.play.account(str(body.get("account_id")))
        if known is None:
            raise Refused("account_id")
        return known.key

    def _find(self, asked: Asked, client_order_id: str) -> Json:
        for known in self.waiting.get(self._account(asked.json()), []):
            if known["client_order_id"] == client_order_id:
                return known
        raise Refused("client_order_id")


def _handle(order: Json) -> Json:
    combo = order.get("client_combo_order_id")
    handle = {name: order[name] for name in ("client_order_id", "order_id")}
    return handle | {"client_combo_order_id": combo, "combo_order_id": None}
