"""The sandbox's orders and quotes: what a client library calls besides reading. Part of the sandbox."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from adapters.brokerages.ibkr import tell
from adapters.brokerages.ibkr.gate import Gate, Refused
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, number, say
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount, TruthInstrument
from domain.errors import UnreadableReply
from domain.money import exact, plain

Json = dict[str, object]
QUESTION = "You are submitting an order without market data. Are you sure you want to submit this order?"
FIRST_ORDER = 700_000_002


@dataclass(slots=True)
class Order:
    number: int
    account: str
    instrument: TruthInstrument
    side: str
    kind: str
    quantity: Decimal
    price: str
    tif: str
    reference: str
    at: datetime
    status: str = "Submitted"


class Desk:
    """Orders are taken, asked about once, and never filled: the truth stays the truth."""

    def __init__(self, play: Play, gate: Gate) -> None:
        self._play, self._gate = play, gate
        self._orders: dict[int, Order] = {}
        self._asked: dict[str, Order] = {}
        self._suppressed: set[str] = set()
        self._seen: set[str] = set()
        self._listed = False

    def instruments(self) -> dict[int, tuple[TruthInstrument, str]]:
        """By conid, with the currency they are told in."""
        found: dict[int, tuple[TruthInstrument, str]] = {}
        for account in self._play.accounts:
            held = [position.instrument for position in account.positions]
            traded = [row.instrument for row in account.transactions if row.instrument is not None]
            for instrument in (*held, *traded):
                found.setdefault(tell.conid(instrument), (instrument, account.currency))
        return found

    # --- orders

    def live(self, asked: Asked) -> Response:
        """The first call comes back empty, with `snapshot` false."""
        self._gate.brokerage(asked)
        first, self._listed = not self._listed, True
        wanted = {word.lower() for word in asked.param("filters").split(",") if word}
        told = [
            _listed(order) for order in self._orders.values() if not wanted or order.status.lower() in wanted
        ]
        return say({"orders": [] if first else told, "snapshot": not first})

    def status(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        return say(_status(self._order(asked)))

    def what_if(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        order = self._read(asked)
        worth = order.quantity * (exact(order.price) if order.price else order.instrument.price)
        return say(
            {
                "amount": {
                    "amount": f"{worth:,.2f} USD ({plain(order.quantity)} Shares)",
                    "commission": "1 USD",
                    "total": f"{worth + 1:,.2f} USD",
                },
                "equity": {"current": "26,177", "change": "-1", "after": "26,176"},
                "initial": {"current": "0", "change": "0", "after": "0"},
                "maintenance": {"current": "0", "change": "0", "after": "0"},
                "warn": None,
                "error": None,
            }
        )

    def place(self, asked: Asked) -> Response:
        session = self._gate.brokerage(asked)
        if not session.orders:
            raise Refused(500, "Please query /accounts first")
        order = self._read(asked)
        if "o354" in self._suppressed:
            return self._placed(order)
        question = self._play.uuid("question")
        self._asked[question] = order
        asked_back = {"id": question, "message": [QUESTION], "isSuppressed": False, "messageIds": ["o354"]}
        return say([asked_back])

    def reply(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        order = self._asked.pop(asked.names["id"], None)
        told = asked.json()
        if order is None or not isinstance(told, dict) or told.get("confirmed") is not True:
            raise Refused(400, "Bad Request: order not confirmed")
        return self._placed(order)

    def modify(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        order, told = self._order(asked), asked.json()
        if not isinstance(told, dict) or "orders" in told:
            raise Refused(400, "Bad Request: one order, not wrapped")
        fresh = self._one(told, order.account, asked.now)
        fresh.number = order.number
        self._orders[order.number] = fresh
        return say([{"order_id": str(order.number), "order_status": "Submitted", "encrypt_message": "1"}])

    def cancel(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        order = self._order(asked)
        order.status = "Cancelled"
        return say(
            {
                "msg": "Request was submitted",
                "order_id": order.number,
                "conid": tell.conid(order.instrument),
                "account": order.account,
            }
        )

    def suppress(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        told = asked.json()
        words = told.get("messageIds") if isinstance(told, dict) else None
        if not isinstance(words, list) or len(words) > 51:
            raise Refused(400, "Bad Request: messageIds")
        self._suppressed |= {str(word) for word in words}
        return say({"status": "submitted"})

    def unsuppress(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        self._suppressed.clear()
        return say({"status": "submitted"})

    # --- quotes and instruments

    def snapshot(self, asked: Asked) -> Response:
        """The first call for an instrument tells only its id."""
        self._gate.brokerage(asked)
        fields = set(asked.param("fields").split(","))
        told: list[Json] = []
        for conid, instrument in self._named(asked.param("conids")):
            row: Json = {"conid": conid, "conidEx": str(conid)}
            if str(conid) in self._seen:
                price = plain(instrument.price)
                quoted = {"31": price, "84": price, "86": price, "55": instrument.symbol, "7741": f"C{price}"}
                row |= {"_updated": int(asked.now.timestamp()) * 1000, "server_id": "q1", "6509": "RpB"}
                row |= {name: value for name, value in quoted.items() if name in fields}
            self._seen.add(str(conid))
            told.append(row)
        return say(told)

    def definitions(self, asked: Asked) -> Response:
        self._gate.admit(asked)
        known = self.instruments()
        wanted = [conid for conid, _ in self._named(asked.param("conids"))]
        return say({"secdef": [tell.definition(*known[conid]) for conid in wanted]})

    def search(self, asked: Asked) -> Response:
        self._gate.brokerage(asked)
        wanted = asked.param("symbol") or asked.form().get("symbol", "")
        return say(
            [
                {"conid": str(conid), "companyName": told.name, "symbol": told.symbol, "sections": []}
                for conid, (told, _) in self.instruments().items()
                if told.option is None and told.symbol == wanted.upper()
            ]
        )

    def stocks(self, asked: Asked) -> Response:
        self._gate.admit(asked)
        wanted = [word for word in asked.param("symbols").upper().split(",") if word]
        found: dict[str, list[Json]] = {word: [] for word in wanted}
        for conid, (told, _) in self.instruments().items():
            if told.symbol in found and told.kind in {"equity", "etf"}:
                contract = {"conid": conid, "exchange": "NASDAQ", "isUS": True}
                row: Json = {
                    "name": told.name,
                    "chineseName": None,
                    "assetClass": "STK",
                    "contracts": [contract],
                }
                found[told.symbol].append(row)
        return say(found)

    def futures(self, asked: Asked) -> Response:
        self._gate.admit(asked)
        return say({word: [] for word in asked.param("symbols").split(",") if word})

    # --- inside

    def _named(self, conids: str) -> list[tuple[int, TruthInstrument]]:
        known = self.instruments()
        wanted = [int(word) for word in conids.split(",") if word.isdigit()]
        if not wanted or len(wanted) > 200:
            raise Refused(400, "Bad Request: conids")
        return [(conid, known[conid][0]) for conid in wanted if conid in known]

    def _order(self, asked: Asked) -> Order:
        told = asked.names["order"]
        found = self._orders.get(int(told)) if told.isdigit() else None
        if found is None:
            raise Refused(500, "order not found")
        return found

    def _read(self, asked: Asked) -> Order:
        owner = self._owner(asked.names["id"])
        told = asked.json()
        orders = told.get("orders") if isinstance(told, dict) else None
        if not isinstance(orders, list) or len(orders) != 1 or not isinstance(orders[0], dict):
            raise Refused(400, "Bad Request: orders")
        return self._one(orders[0], owner.number, asked.now)

    def _one(self, told: Json, account: str, now: datetime) -> Order:
        known = self.instruments()
        conid = told.get("conid")
        instrument = known.get(conid) if isinstance(conid, int) else None
        try:
            quantity = exact(plain(Decimal(str(told.get("quantity")))))
        except (UnreadableReply, ArithmeticError):
            quantity = Decimal(0)
        if instrument is None or told.get("side") not in {"BUY", "SELL"} or quantity <= 0:
            raise Refused(400, "Bad Request: order")
        price = "" if told.get("price") is None else plain(Decimal(str(told["price"])))
        return Order(
            FIRST_ORDER + self._play.count("order"), account, instrument[0], str(told["side"]),
            str(told.get("orderType", "MKT")), quantity, price, str(told.get("tif", "DAY")),
            str(told.get("cOID", "")), now,
        )  # fmt: skip

    def _owner(self, name: str) -> TruthAccount:
        found = self._play.account(name)
        if found is None:
            raise Refused(500, "account not found")
        return found

    def _placed(self, order: Order) -> Response:
        self._orders[order.number] = order
        return say([{"order_id": str(order.number), "order_status": "Submitted", "encrypt_message": "1"}])


def _when(order: Order) -> str:
    return f"{order.at.astimezone(UTC):%y%m%d%H%M%S}"


def _listed(order: Order) -> Json:
    conid, symbol = tell.conid(order.instrument), order.instrument.symbol
    open_ = order.status == "Submitted"
    return {
        "acct": order.account, "account": order.account, "conidex": f"{conid}@SMART", "conid": conid,
        "orderId": order.number, "cashCcy": "USD", "sizeAndFills": f"0/{plain(order.quantity)}",
        "orderDesc": f"{order.side.title()} {plain(order.quantity)} {symbol} {order.kind}, {order.tif}",
        "description1": symbol, "ticker": symbol, "secType": tell.CLASSES[order.instrument.kind],
        "listingExchange": "NASDAQ.NMS", "remainingQuantity": number(order.quantity if open_ else Decimal(0)),
        "filledQuantity": number(Decimal(0)), "totalSize": number(order.quantity),
        "companyName": order.instrument.name, "status": order.status, "order_ccp_status": order.status,
        "avgPrice": "", "origOrderType": order.kind, "supportsTaxOpt": "1", "lastExecutionTime": _when(order),
        "orderType": order.kind, "bgColor": "#FFFFFF", "fgColor": "#0000CC", "price": order.price,
        "order_ref": order.reference, "timeInForce": order.tif,
        "lastExecutionTime_r": int(order.at.timestamp()) * 1000, "side": order.side,
    }  # fmt: skip


def _status(order: Order) -> Json:
    conid, symbol = tell.conid(order.instrument), order.instrument.symbol
    text = f"{order.side.title()} {plain(order.quantity)} {order.kind} {order.price}, {order.tif}"
    return {
        "sub_type": None, "request_id": "37888", "server_id": "0", "order_id": order.number,
        "conidex": str(conid), "conid": conid, "symbol": symbol, "side": order.side[0],
        "contract_description_1": symbol, "listing_exchange": "NASDAQ.NMS", "option_acct": "c",
        "company_name": order.instrument.name, "size": plain(order.quantity),
        "total_size": plain(order.quantity), "currency": "USD", "account": order.account,
        "order_type": order.kind, "limit_price": order.price, "cum_fill": "0.0",
        "order_status": order.status, "order_ccp_status": "0",
        "order_status_description": f"Order {order.status}", "tif": order.tif,
        "order_not_editable": False, "cannot_cancel_order": False, "outside_rth": False,
        "sec_type": tell.CLASSES[order.instrument.kind], "order_description": text,
        "order_clearing_account": order.account, "size_and_fills": f"0/{plain(order.quantity)}",
        "order_time": _when(order),
    }  # fmt: skip
