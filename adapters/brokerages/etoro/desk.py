"""eToro's sandbox: the desk that takes orders (3.7). Nothing is executed by it."""

from dataclasses import dataclass, field
from typing import Any

from adapters.brokerages.etoro import tell
from adapters.brokerages.etoro.tell import Json
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play

EXECUTED, CANCELLED = {"id": 1, "name": "Executed"}, {"id": 2, "name": "Cancelled"}


class Refused(Exception):
    """A question that is answered with 400."""


@dataclass
class Desk:
    """`waiting` are limit orders as the portfolio shows them, `placed` all orders by number."""

    play: Play
    waiting: list[Json] = field(default_factory=list)
    placed: dict[int, Json] = field(default_factory=dict)

    @property
    def _cid(self) -> int:
        return int(self.play.accounts[0].number)

    def _number(self) -> int:
        return 13_900_000 + self.play.count("order")

    def _body(self, asked: Asked, *names: str) -> Json:
        body = asked.json()
        if not isinstance(body, dict):
            raise Refused("The body is no order.")
        for name in names:
            if body.get(name) is None:
                raise Refused(f"{name} is required.")
        return body

    def _known(self, number: object) -> int:
        if not isinstance(number, int) or number not in tell.known(self.play.accounts):
            raise Refused("The instrument is not known.")
        return number

    # The first version: names in Pascal's case.

    def open_now(self, asked: Asked) -> Response:
        body = self._body(asked, "InstrumentID", "IsBuy", "Leverage")
        amount, units = body.get("Amount"), body.get("AmountInUnits")
        if amount is None and units is None:
            raise Refused("Amount is required.")
        number, at = self._number(), tell.instant(asked.now)
        told = {
            "instrumentID": self._known(body["InstrumentID"]), "amount": amount or 0, "isBuy": body["IsBuy"],
            "leverage": body["Leverage"], "stopLossRate": 0, "takeProfitRate": 0, "isTslEnabled": False,
            "mirrorID": 0, "totalExternalCosts": 0, "orderID": number, "orderType": 17, "statusID": 1,
            "CID": self._cid, "openDateTime": at, "lastUpdate": at,
        }  # fmt: skip
        self._place(asked, number, told["instrumentID"], amount, units)
        return say({"orderForOpen": told, "token": self.play.uuid("order token")})

    def limit(self, asked: Asked) -> Response:
        """Both rates have to be above zero, whatever IsNo… says (4)."""
        body = self._body(
            asked, "InstrumentID", "IsBuy", "Leverage", "Rate", "StopLossRate", "TakeProfitRate"
        )
        if not (_above_zero(body["StopLossRate"]) and _above_zero(body["TakeProfitRate"])):
            raise Refused("StopLossRate and TakeProfitRate must be greater than 0.")
        instrument, number = self._known(body["InstrumentID"]), self._number()
        self.waiting.append(
            {
                "orderID": number, "CID": self._cid, "openDateTime": tell.instant(asked.now),
                "instrumentID": instrument, "isBuy": body["IsBuy"], "takeProfitRate": body["TakeProfitRate"],
                "stopLossRate": body["StopLossRate"], "rate": body["Rate"], "amount": body.get("Amount", 0),
                "leverage": body["Leverage"], "units": body.get("AmountInUnits", 0), "isTslEnabled": False,
                "executionType": 0, "isDiscounted": False, "isNoTakeProfit": False, "isNoStopLoss": False,
            }
        )  # fmt: skip
        self._place(asked, number, instrument, body.get("Amount"), body.get("AmountInUnits"))
        return say({"token": self.play.uuid("order token")})

    def cancel(self, asked: Asked) -> Response:
        """Called off twice is called off."""
        number = int(asked.names["id"]) if asked.names["id"].isdigit() else -1
        if number not in self.placed:
            raise Refused("The order is not known.")
        self.placed[number]["status"] = CANCELLED
        self.waiting = [order for order in self.waiting if order["orderID"] != number]
        return say({"token": self.play.uuid("order token")})

    def close(self, asked: Asked) -> Response:
        body, opened = self._body(asked), tell.lots(self.play.accounts[0].transactions)[0]
        lot = next((lot for lot in opened if str(lot.number) == asked.names["id"]), None)
        if lot is None:
            raise Refused("The position is not known.")
        number, at, instrument = self._number(), tell.instant(asked.now), tell.number_of(lot.instrument)
        told = {
            "positionID": lot.number, "instrumentID": instrument,
            "unitsToDeduct": body.get("UnitsToDeduct"), "orderID": number, "orderType": 19, "statusID": 1,
            "CID": self._cid, "openDateTime": at, "lastUpdate": at,
        }  # fmt: skip
        self._place(asked, number, instrument, None, None)
        return say({"orderForClose": told, "token": self.play.uuid("order token")})

    def one(self, asked: Asked) -> Response:
        """An order as the first version looks it up."""
        order = self.placed.get(int(asked.names["id"]) if asked.names["id"].isdigit() else -1)
        if order is None:
            return say({"errorCode": "NotFound", "errorMessage": "The order is not known."}, 404)
        return say(
            {
                "token": self.play.uuid("order token"), "orderID": order["orderId"], "CID": self._cid,
                "referenceID": order["referenceId"], "statusID": order["status"]["id"], "orderType": 17,
                "openActionType": 0, "errorCode": 0, "errorMessage": None,
                "instrumentID": order["asset"]["instrumentId"], "amount": order["requestedAmount"] or 0,
                "units": order["requestedUnits"] or 0, "requestOccurred": order["requestTime"],
                "positions": [],
            }
        )  # fmt: skip

    # The second: the id of the request makes it idempotent.

    def place(self, asked: Asked) -> Response:
        body = self._body(asked, "action", "transaction", "orderType")
        if body["action"] != "open" or body["orderType"] not in ("mkt", "mit"):
            raise Refused("Only open works, with mkt or mit.")
        if sum(body.get(name) is not None for name in ("amount", "units", "contracts")) != 1:
            raise Refused("Exactly one of amount, units and contracts is required.")
        reference = asked.header("x-request-id")
        order = next((one for one in self.placed.values() if one["referenceId"] == reference), None)
        if order is None:
            instrument = self._known(body.get("instrumentId"))
            order = self._place(asked, self._number(), instrument, body.get("amount"), body.get("units"))
            order["referenceId"] = reference
        token = self.play.uuid("order token")
        return say({"token": token, "orderId": order["orderId"], "referenceId": reference})

    def look_up(self, asked: Asked) -> Response:
        wanted = asked.param("orderId"), asked.param("referenceId")
        for order in self.placed.values():
            if wanted in ((str(order["orderId"]), ""), ("", order["referenceId"])):
                return say(order)
        return say({"title": "Not Found", "status": 404, "detail": "The order is not known."}, 404)

    def costs(self, asked: Asked) -> Response:
        number = self._known(self._body(asked, "instrumentId")["instrumentId"])
        symbol = tell.known(self.play.accounts)[number].symbol
        cost = {"costType": "marketSpread", "amount": 0.03, "currency": "USD"}
        return say(
            {
                "instrumentId": number,
                "symbol": symbol,
                "costs": [cost],
                "lastUpdated": tell.instant(asked.now),
            }
        )

    def _place(self, asked: Asked, number: int, instrument: int, amount: Any, units: Any) -> Json:  # noqa: ANN401  as it was sent
        at = tell.instant(asked.now)
        asset = {"instrumentId": instrument, "symbol": tell.known(self.play.accounts)[instrument].symbol}
        self.placed[number] = {
            "accountId": str(self._cid), "orderId": number, "action": "open", "transaction": "buy",
            "type": "mkt", "etoroOrderTypeId": 17, "status": EXECUTED, "asset": asset,
            "referenceId": self.play.uuid("reference"), "requestedAmount": amount, "requestedUnits": units,
            "positionsToClose": [], "positionExecutions": [], "requestTime": at, "lastUpdate": at,
        }  # fmt: skip
        return self.placed[number]


def _above_zero(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
