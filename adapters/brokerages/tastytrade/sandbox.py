"""tastytrade, played by us: the Open API over one seeded customer, as strict as it with headers and tokens.

Written from the fact sheet that the README names; the numbers in brackets are its sections.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from adapters.brokerages.tastytrade import tell
from adapters.brokerages.tastytrade.sandbox_gate import CALLBACK, Gate
from adapters.brokerages.tastytrade.sandbox_lookups import Lookups
from adapters.brokerages.tastytrade.sandbox_orders import Orders
from adapters.brokerages.tastytrade.sandbox_says import USUAL, envelope, listed, refuse, unknown
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.profile import ALL_TYPES, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

MOST = 2000
TYPES = frozenset({"Trade", "Money Movement", "Receive Deliver", "Administrative Transfer"})
OF_POSITIONS = frozenset(
    {"include-marks", "net-positions", "include-closed-positions", "symbol", "underlying-symbol[]",
     "instrument-type", "underlying-product-code", "partition-keys[]"}
)  # fmt: skip
OF_TRANSACTIONS = frozenset(
    {"per-page", "page-offset", "sort", "start-date", "end-date", "start-at", "end-at", "type", "types[]",
     "sub-type[]", "instrument-type", "symbol", "underlying-symbol", "futures-symbol", "action",
     "partition-key", "currency"}
)  # fmt: skip


def _told(row: TruthTransaction) -> TruthTransaction:
    """Reinvested dividends are worth nothing: the cash came as a row of its own."""
    if row.deed != "DIVIDEND_REINVESTMENT":
        return row
    return replace(row, gross=Decimal(0), net=Decimal(0), fees=None)


PROFILE = Profile(
    brokerage="tastytrade",
    hosts=("my",),
    types=ALL_TYPES - {"STOCK_DIVIDEND", "CAPITAL_GAIN", "RETURN_OF_CAPITAL", "CASH_IN_LIEU"},
    kinds=frozenset({"equity", "option", "crypto"}),
    account_kinds=("margin", "cash", "ira_roth"),
    coin_fees=False,
    pending=False,
    settlement=False,
    hidden=frozenset(
        {
            "balance.settled_cash",
            "transaction.settlement_date",
            "transaction.quantity/OPTION_EXPIRATION",
            "instrument.cusip",
        }
    ),
    instant_places=3,
    number_pattern="5WT#####",
    tell=_told,
)


class TastytradeSandbox:
    """tastytrade for one customer, who has an OAuth application with a personal grant."""

    id = "tastytrade"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self._gate = Gate(play)
        self._data = self._gate.data
        self._orders = Orders(play)
        self._router = Router(
            missing=lambda asked: refuse(404, "not_found", "The requested resource does not exist.")
        )
        self._routes()
        for path, handler in Lookups(play).routes():
            self._router.get(path, self._data(handler))

    def answer(self, asked: Asked) -> Response:
        return self._gate.stranger(asked) or self._router.answer(asked)

    def credentials(self) -> dict[str, str]:
        number = self.play.accounts[0].number if self.play.accounts else ""
        return {**self._gate.credentials(), "account_number": number}

    def announce(self) -> list[str]:
        gate = self._gate
        return [
            f"OAuth application: client id {gate.app_id}, client secret {gate.secret}, callback {CALLBACK}",
            f"personal grant: refresh token {gate.personal}",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """tastytrade's own words for a status (4)."""
        words = {
            400: ("validation_error", "Request validation failed"),
            401: ("token_invalid", "This token is invalid or has expired"),
            403: ("not_permitted", "User not permitted access"),
            404: ("record_not_found", "Couldn't find the record"),
            429: ("too_many_requests", "Slow down"),
        }
        return refuse(status, *words[status]) if status in words else None

    def _routes(self) -> None:
        route, one = self._router, "/accounts/{number}"
        route.get("/auth.html", self._gate.authorize, host="my")
        route.post("/oauth/token", self._gate.token)
        # Decommissioned on 2026-02-11 (2d).
        gone = "Authentication with user name and password is no longer supported."
        route.post("/sessions", lambda asked: refuse(401, "invalid_credentials", gone))
        route.post("/sessions/validate", self._data(lambda asked: envelope({}, asked)))
        route.get("/customers/me", self._data(lambda a: envelope(tell.customer(self.play.customer), a)))
        route.get("/customers/me/accounts", self._data(self._accounts))
        route.get("/customers/me/accounts/{number}", self._data(self._of(tell.account)))
        route.get(f"{one}/trading-status", self._data(self._of(tell.trading_status)))
        route.get(f"{one}/balances", self._data(self._balance))
        route.get(f"{one}/balances/{{currency}}", self._data(self._balance))
        route.get(f"{one}/balance-snapshots", self._data(self._snapshots))
        route.get(f"{one}/net-liq/history", self._data(self._net_liquidity, {"time-back", "start-time"}))
        route.get(f"{one}/positions", self._data(self._positions, OF_POSITIONS))
        route.get(f"{one}/transactions", self._data(self._transactions, OF_TRANSACTIONS))
        route.get(f"{one}/transactions/total-fees", self._data(self._total_fees, {"date"}))
        route.get(f"{one}/transactions/{{id}}", self._data(self._transaction))
        for method, path, handler, scope in self._orders.routes():
            route.add(method, one + path, self._data(self._owned(handler), scope=scope))

    # What it tells (3).

    def _accounts(self, asked: Asked) -> Response:
        told = [{"account": tell.account(one), "authority-level": "owner"} for one in self.play.accounts]
        return listed(told, asked)

    def _account(self, asked: Asked) -> TruthAccount | None:
        return next((one for one in self.play.accounts if one.number == asked.names["number"]), None)

    def _owned(self, handler: Callable[[Asked, TruthAccount], Response]) -> Handler:
        def answered(asked: Asked) -> Response:
            account = self._account(asked)
            return unknown() if account is None else handler(asked, account)

        return answered

    def _of(self, told: Callable[[TruthAccount], object]) -> Handler:
        return self._owned(lambda asked, account: envelope(told(account), asked))

    def _balance(self, asked: Asked) -> Response:
        if asked.names.get("currency", "USD") != "USD":
            return unknown()
        return self._of(lambda account: tell.balance(account, asked.now))(asked)

    def _snapshots(self, asked: Asked) -> Response:
        time_of_day = asked.param("time-of-day", "EOD")
        told = self._owned(
            lambda asked, account: listed(
                [tell.snapshot(account, asked.now, time_of_day)], asked, 0, USUAL, 1
            )
        )
        return told(asked)

    def _net_liquidity(self, asked: Asked) -> Response:
        told = self._owned(lambda asked, account: listed([tell.net_liquidity(account, asked.now)], asked))
        return told(asked)

    def _positions(self, asked: Asked) -> Response:
        account = self._account(asked)
        if account is None:
            return unknown()
        marks = asked.param("include-marks") == "true"
        told = [tell.position(account.number, held, asked.now, marks=marks) for held in account.positions]
        wanted = {"symbol": asked.params("symbol"), "underlying-symbol": asked.params("underlying-symbol[]")}
        return listed([one for one in told if _fits(one, wanted)], asked)

    def _transactions(self, asked: Asked) -> Response:
        account = self._account(asked)
        if account is None:
            return unknown()
        try:
            page, size = int(asked.param("page-offset", "0")), int(asked.param("per-page", str(USUAL)))
            since, until = (_day(asked.param(name)) for name in ("start-date", "end-date"))
            start, end = (_instant(asked.param(name)) for name in ("start-at", "end-at"))
        except ValueError:
            return refuse(400, "validation_error", "Request validation failed", "date")
        kinds = asked.params("type") + asked.params("types[]")
        both = asked.params("type") and asked.params("types[]")
        if page < 0 or not 1 <= size <= MOST or both or not TYPES.issuperset(kinds):
            return refuse(400, "validation_error", "Request validation failed", "page-offset")
        wanted = {"transaction-type": kinds, "transaction-sub-type": asked.params("sub-type[]")} | {
            name: asked.params(name) for name in ("instrument-type", "symbol", "underlying-symbol", "action")
        }
        rows = [
            row
            for row in self.play.rows(account)
            if (since is None or row.trade_date >= since) and (until is None or row.trade_date <= until)
            if (start is None or row.executed_at >= start) and (end is None or row.executed_at <= end)
        ]
        if asked.param("sort", "Desc") == "Asc":
            rows.reverse()
        if not any(wanted.values()):  # tell no more rows than are asked for
            told = [tell.transaction(account.number, row) for row in rows[page * size : (page + 1) * size]]
            return listed(told, asked, page, size, len(rows))
        told = [one for row in rows if _fits(one := tell.transaction(account.number, row), wanted)]
        return listed(told[page * size : (page + 1) * size], asked, page, size, len(told))

    def _transaction(self, asked: Asked) -> Response:
        account = self._account(asked)
        found = (
            [row for row in account.transactions if str(row.number) == asked.names["id"]] if account else []
        )
        if account is None or not found:
            return unknown()
        return envelope(tell.transaction(account.number, found[0]), asked)

    def _total_fees(self, asked: Asked) -> Response:
        try:
            day = _day(asked.param("date")) or asked.now.date()
        except ValueError:
            return refuse(400, "validation_error", "Request validation failed", "date")
        return self._of(lambda account: tell.total_fees(account.transactions, day))(asked)


def _fits(told: dict[str, object], wanted: dict[str, list[str]]) -> bool:
    return all(not values or told.get(name) in values for name, values in wanted.items())


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def _instant(value: str) -> datetime | None:
    moment = datetime.fromisoformat(value) if value else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError("no zone")
    return moment


def sandbox(play: Play) -> TastytradeSandbox:
    return TastytradeSandbox(play)
