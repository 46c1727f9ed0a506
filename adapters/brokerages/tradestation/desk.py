"""TradeStation's sandbox: lists of orders by pages, and the desk that takes new ones (3.5)."""

from dataclasses import dataclass, field
from datetime import date, datetime

from adapters.brokerages.tradestation import tell
from adapters.brokerages.tradestation.tell import Json
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount, TruthTransaction

Rows = tuple[TruthTransaction, ...]
MOST = 600
TOKEN_SECONDS = 3600
DAYS = 90
FORMATS = ("%Y-%m-%d", "%m-%d-%Y", "%Y/%m/%d", "%m/%d/%Y")
ACTIONS = frozenset("BUY SELL BUYTOCOVER SELLSHORT BUYTOOPEN BUYTOCLOSE SELLTOOPEN SELLTOCLOSE".split())


class Refused(Exception):
    """A question that is answered with 400."""


@dataclass
class Desk:
    """The orders of each account, newest first; `placed` are those that somebody placed here."""

    play: Play
    placed: dict[str, list[Json]] = field(default_factory=dict)
    _told: dict[str, tuple[Rows, list[tuple[TruthTransaction, Json]]]] = field(default_factory=dict)

    def _filled(self, account: TruthAccount) -> list[tuple[TruthTransaction, Json]]:
        """All rows and their orders; told anew only when the account has new rows."""
        found = self.play.rows(account)
        known = self._told.get(account.number)
        if known is None or known[0] is not found:
            told = [(row, tell.order(account.number, row)) for row in found]
            known = self._told[account.number] = (found, told)
        return known[1]

    def todays(self, account: TruthAccount) -> list[Json]:
        """What is open, and what was closed on the newest day."""
        found = self._filled(account)
        told = [(row, order) for row, order in found if row.trade_date == found[0][0].trade_date]
        like = told[self._newest(told)][1] if told else None
        waiting = [] if like is None else [tell.unfilled(like, "ACK", "Received", "1")]
        return [*self.placed.get(account.number, []), *waiting, *(order for _, order in told)]

    def over(self, account: TruthAccount, since: date) -> list[Json]:
        """What is over, with two that moved nothing."""
        told = [(row, order) for row, order in self._filled(account) if row.trade_date >= since]
        if not told:
            return []
        place, orders = self._newest(told), [order for _, order in told]
        idle = [
            tell.unfilled(orders[place], code, words, suffix)
            for code, words, suffix in (("EXP", "Expired", "2"), ("OUT", "UROut", "3"))
        ]
        return [*orders[:place], *idle, *orders[place:]]

    def _newest(self, told: list[tuple[TruthTransaction, Json]]) -> int:
        """The place of the newest order that has been there from the beginning, or the first."""
        return next((n for n, (row, _) in enumerate(told) if not self.play.grown(row)), 0)

    def since(self, asked: Asked) -> date:
        """The day that a history begins with; required, and no more than 90 days back."""
        for form in FORMATS:
            try:
                found = datetime.strptime(asked.param("since"), form).date()  # noqa: DTZ007 - a day
            except ValueError:
                continue
            if (asked.now.date() - found).days > DAYS:
                raise Refused("since must lie within the last 90 days.")
            return found
        raise Refused("The since field is required: yyyy-MM-dd.")

    def page(self, asked: Asked, found: list[Json], errors: list[Json]) -> Response:
        """The page that is asked for. Its token is for one request, and lives an hour."""
        size, told = asked.param("pageSize"), asked.param("nextToken")
        if size and not (size.isdigit() and 1 <= int(size) <= MOST):
            raise Refused("pageSize must be between 1 and 600.")
        start = 0
        if told:
            grant = self.play.spend(told, "page", asked.now)
            if grant is None or grant.facts["path"] != asked.path:
                raise Refused("Invalid nextToken.")
            numbers = [order["OrderID"] for order in found]
            start = numbers.index(grant.facts["after"]) + 1 if grant.facts["after"] in numbers else 0
        end = start + (int(size) if size else MOST)
        page: Json = {"Orders": found[start:end], "Errors": errors}
        if size and end < len(found):
            token = f"eyJ{self.play.token('page', length=24)}"
            after = found[end - 1]["OrderID"]
            self.play.issue(token, "page", asked.now, TOKEN_SECONDS, path=asked.path, after=after)
            page["NextToken"] = token
        return say(page)

    # Taking orders. Nothing is executed: they wait, until they are called off.

    def confirm(self, asked: Asked) -> Response:
        wanted = self._wanted(asked)
        told = {
            "OrderAssetCategory": "EQUITY",
            "Currency": "USD",
            "DisplayName": wanted["AccountID"],
            "Route": wanted.get("Route", "Intelligent"),
            "TimeInForce": wanted.get("TimeInForce", {"Duration": "DAY"}),
            "AccountID": wanted["AccountID"],
            "OrderConfirmID": self.play.word("confirm", 22),
            "EstimatedPrice": wanted.get("LimitPrice", "0"),
            "EstimatedCost": "0",
            "DebitCreditEstimatedCost": "0",
            "EstimatedCommission": "0",
            "SummaryMessage": _words(wanted),
        }
        return say({"Confirmations": [told]})

    def place(self, asked: Asked) -> Response:
        """Status 200 says nothing of acceptance."""
        wanted = self._wanted(asked)
        number = f"99{self.play.count('placed'):07d}"
        if wanted["Symbol"] not in tell.known(self.play.accounts):
            words = f"Order failed. Reason: {wanted['Symbol']} is not a valid symbol."
            return say({"Orders": [{"Error": "FAILED", "Message": words, "OrderID": number}]})
        self.placed.setdefault(wanted["AccountID"], []).insert(0, _waiting(wanted, number, asked.now))
        return say({"Orders": [{"Message": f"Sent order: {_words(wanted)}", "OrderID": number}]})

    def replace(self, asked: Asked) -> Response:
        found, wanted = self._found(asked), asked.json()
        if not isinstance(wanted, dict):
            raise Refused("The body is no order.")
        if quantity := wanted.get("Quantity"):
            found["Legs"][0] |= {"QuantityOrdered": str(quantity), "QuantityRemaining": str(quantity)}
        found |= {name: str(wanted[name]) for name in ("LimitPrice", "StopPrice") if name in wanted}
        return say({"Message": "Cancel/Replace order sent.", "OrderID": found["OrderID"]})

    def cancel(self, asked: Asked) -> Response:
        found = self._found(asked)
        found |= {"Status": "OUT", "StatusDescription": "UROut", "ClosedDateTime": tell.instant(asked.now)}
        return say({"Message": "Cancel request sent", "OrderID": found["OrderID"]})

    def _found(self, asked: Asked) -> Json:
        for listed in self.placed.values():
            for order in listed:
                if order["OrderID"] == asked.names["id"] and order["Status"] == "ACK":
                    return order
        raise Refused("Order was not found, or is closed.")

    def _wanted(self, asked: Asked) -> Json:
        wanted = asked.json()
        if not isinstance(wanted, dict):
            raise Refused("The body is no order.")
        for name in ("AccountID", "Symbol", "Quantity", "OrderType", "TradeAction"):
            if not wanted.get(name):
                raise Refused(f"The {name} field is required.")
        if wanted["TradeAction"] not in ACTIONS or self.play.account(wanted["AccountID"]) is None:
            raise Refused("TradeAction or AccountID is not valid.")
        return wanted


def _words(wanted: Json) -> str:
    price = f" @ {wanted['LimitPrice']}" if wanted.get("LimitPrice") else ""
    told = f"{wanted['TradeAction'].title()} {wanted['Quantity']} {wanted['Symbol']}"
    return f"{told}{price} {wanted['OrderType']}"


def _waiting(wanted: Json, number: str, now: datetime) -> Json:
    size, action = str(wanted["Quantity"]), wanted["TradeAction"]
    leg = {
        "AssetType": "STOCKOPTION" if " " in wanted["Symbol"] else "STOCK",
        "BuyOrSell": "Buy" if action.startswith("BUY") else "Sell",
        "ExecQuantity": "0",
        "OpenOrClose": "Close" if action.endswith(("CLOSE", "COVER")) or action == "SELL" else "Open",
        "QuantityOrdered": size,
        "QuantityRemaining": size,
        "Symbol": wanted["Symbol"],
    }
    told = {
        "AccountID": wanted["AccountID"], "CommissionFee": "0", "Currency": "USD", "Duration": "DAY",
        "GoodTillDate": tell.midnight(now.date()), "Legs": [leg], "OrderID": number,
        "OpenedDateTime": tell.instant(now), "OrderType": wanted["OrderType"],
        "PriceUsedForBuyingPower": "0", "Routing": wanted.get("Route", "Intelligent"), "Status": "ACK",
        "StatusDescription": "Received", "UnbundledRouteFee": "0",
    }  # fmt: skip
    return told | ({"LimitPrice": str(wanted["LimitPrice"])} if wanted.get("LimitPrice") else {})


def by_numbers(orders: list[Json], numbers: list[str]) -> list[Json]:
    return [order for order in orders if order["OrderID"] in numbers]
