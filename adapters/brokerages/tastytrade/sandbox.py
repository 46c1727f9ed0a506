"""tastytrade, played by us: the Open API over one seeded customer, as strict as it with headers and tokens.

Written from the fact sheet that the README names; the numbers in brackets are its sections.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from adapters.brokerages.tastytrade import tell
from adapters.brokerages.tastytrade.sandbox_orders import Orders
from adapters.brokerages.tastytrade.sandbox_says import envelope, listed, refuse
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say, say_text
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Grant, Play
from adapters.sandbox.profile import ALL_TYPES, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

CODE_SECONDS = 600
ACCESS_SECONDS = 900
CALLBACK = "https://example.com/tastytrade/callback"
SCOPES = frozenset({"read", "trade", "openid"})
VERSIONS = frozenset({"", "20250813", "20251101", "20261012"})
AGENT = re.compile(r"[^\s/]+/\S+.*")
USUAL, MOST = 250, 2000
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
        self.app_id = play.uuid("client id", 0)
        self.secret = play.token("client secret", 0, 40)
        self.personal = "eyJ" + play.token("personal grant", 0, 60)
        self._orders = Orders(play)
        self._router = Router(
            missing=lambda asked: refuse(404, "not_found", "The requested resource does not exist.")
        )
        self._routes()
        self._lookups()

    def answer(self, asked: Asked) -> Response:
        if asked.host == "my":
            return self._router.answer(asked)
        if not AGENT.fullmatch(asked.header("user-agent")):  # (2)
            page = "<html><head><title>401 Authorization Required</title></head></html>"
            return say_text(page, 401, "text/html")
        if asked.header("accept-version") not in VERSIONS:
            return say({"error": {"code": 406, "message": "The requested version is not supported."}}, 406)
        return self._router.answer(asked)

    def credentials(self) -> dict[str, str]:
        return {
            "client_secret": self.secret,
            "refresh_token": self.personal,
            "app_id": self.app_id,
            "app_secret": self.secret,
            "callback_url": CALLBACK,
            "account_number": self.play.accounts[0].number if self.play.accounts else "",
        }

    def announce(self) -> list[str]:
        return [
            f"OAuth application: client id {self.app_id}, client secret {self.secret}, callback {CALLBACK}",
            f"personal grant: refresh token {self.personal}",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """tastytrade's own words for a status (4)."""
        words = {
            401: ("token_invalid", "This token is invalid or has expired"),
            429: ("too_many_requests", "Slow down"),
        }
        return refuse(status, *words.get(status, ("not_permitted", "User not permitted access")))

    def _routes(self) -> None:
        route, one = self._router, "/accounts/{number}"
        route.get("/auth.html", self._authorize, host="my")
        route.post("/oauth/token", self._token)
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
        route.get(f"{one}/positions", self._data(self._positions, OF_POSITIONS))
        route.get(f"{one}/transactions", self._data(self._transactions, OF_TRANSACTIONS))
        route.get(f"{one}/transactions/total-fees", self._data(self._total_fees, {"date"}))
        route.get(f"{one}/transactions/{{id}}", self._data(self._transaction))
        for method, path, handler, scope in self._orders.routes():
            route.add(method, one + path, self._data(self._owned(handler), scope=scope))

    def _lookups(self) -> None:
        """What clients look up (3.6, 3.8). Nothing is played behind the address of the quotes' stream."""
        route, one = self._router, "/instruments"
        route.get("/market-data/by-type", self._data(self._quotes))
        route.get(f"{one}/equities", self._data(self._found("equity", tell.equity)))
        route.get(f"{one}/equities/{{symbol}}", self._data(self._single("equity", tell.equity)))
        route.get(f"{one}/equity-options", self._data(self._found("option", tell.option)))
        route.get(f"{one}/equity-options/{{symbol}}", self._data(self._single("option", tell.option)))
        stream = {
            "token": self.play.token("quotes", 0),
            "dxlink-url": "wss://127.0.0.1/realtime",
            "level": "demo",
        }
        route.get("/api-quote-tokens", self._data(lambda asked: envelope(stream, asked)))

    # Signing in (2).

    def _authorize(self, asked: Asked) -> Response:
        scopes = asked.param("scope").split()
        right = asked.param("client_id") == self.app_id and asked.param("response_type") == "code"
        if not right or asked.param("redirect_uri") != CALLBACK or not SCOPES.issuperset(scopes):
            words = "The application is not known, or asks for what there is not."
            return say_page("tastytrade", text(words), status=400)
        if self.play.interactive and not asked.param("agreed"):
            agreed = (*asked.query, ("agreed", "yes"))
            words = "An application asks to read your accounts."
            return say_page(
                "tastytrade", text(words), button("Agree", f"{asked.base}/my{asked.path}", agreed)
            )
        code = self.play.token("code", length=16)
        self.play.issue(code, "code", asked.now, CODE_SECONDS, scope=" ".join(scopes))
        state = quote(asked.param("state"), safe="")
        return redirect(f"{CALLBACK}?code={quote(code, safe='')}&state={state}")

    def _token(self, asked: Asked) -> Response:
        form = asked.form()
        if form.get("client_secret") != self.secret or form.get("client_id", self.app_id) != self.app_id:
            return _bad_grant("invalid_client", "The client is not known")
        match form.get("grant_type"):
            case "refresh_token":
                return self._renewed(form.get("refresh_token", ""), asked)
            case "authorization_code" if form.get("redirect_uri") == CALLBACK and "client_id" in form:
                spent = self.play.spend(form.get("code", ""), "code", asked.now)
                if spent is None:
                    return _bad_grant("invalid_grant", "The code is not valid")
                refresh = "eyJ" + self.play.token("refresh", length=60)
                self.play.issue(refresh, "refresh", asked.now, scope=spent.facts["scope"])
                return self._issued(asked, spent.facts["scope"], refresh_token=refresh)
            case _:
                return _bad_grant("invalid_request", "The request is not valid")

    def _renewed(self, refresh: str, asked: Asked) -> Response:
        """Refresh tokens neither expire nor change."""
        grant = self.play.grant(refresh, "refresh", asked.now)
        dead = self.play.find(self.personal)
        if refresh == self.personal and (dead is None or not dead.revoked):
            grant = self.play.issue(refresh, "refresh", asked.now, scope="read trade openid")
        if grant is None or self.play.withdrawn():
            return _bad_grant("invalid_grant", "Grant revoked")
        return self._issued(asked, grant.facts["scope"])

    def _issued(self, asked: Asked, scope: str, **more: str) -> Response:
        access = "eyJ" + self.play.token("access", length=60)
        self.play.issue(access, "access", asked.now, ACCESS_SECONDS, scope=scope)
        return say({"access_token": access, "token_type": "Bearer", "expires_in": ACCESS_SECONDS, **more})

    def _data(self, handler: Handler, known: Iterable[str] | None = None, scope: str = "read") -> Handler:
        """Only with a living token of that scope, and with parameters that there are."""

        def checked(asked: Asked) -> Response:
            grant = self._grant(asked)
            if grant is None:
                return refuse(401, "token_invalid", "This token is invalid or has expired")
            if scope not in grant.facts["scope"].split():
                return refuse(403, "not_permitted", "User not permitted access")
            strange = {name for name, _ in asked.query} - set(known) if known is not None else set()
            if strange:
                return refuse(400, "validation_error", "Request validation failed", *sorted(strange))
            return handler(asked)

        return checked

    # What it tells (3).

    def _accounts(self, asked: Asked) -> Response:
        told = [{"account": tell.account(one), "authority-level": "owner"} for one in self.play.accounts]
        return listed(told, asked)

    def _account(self, asked: Asked) -> TruthAccount | None:
        return next((one for one in self.play.accounts if one.number == asked.names["number"]), None)

    def _owned(self, handler: Callable[[Asked, TruthAccount], Response]) -> Handler:
        def answered(asked: Asked) -> Response:
            account = self._account(asked)
            return _not_found() if account is None else handler(asked, account)

        return answered

    def _of(self, told: Callable[[TruthAccount], object]) -> Handler:
        return self._owned(lambda asked, account: envelope(told(account), asked))

    def _balance(self, asked: Asked) -> Response:
        if asked.names.get("currency", "USD") != "USD":
            return _not_found()
        return self._of(lambda account: tell.balance(account, asked.now))(asked)

    def _positions(self, asked: Asked) -> Response:
        account = self._account(asked)
        if account is None:
            return _not_found()
        marks = asked.param("include-marks") == "true"
        told = [tell.position(account.number, held, asked.now, marks=marks) for held in account.positions]
        wanted = {"symbol": asked.params("symbol"), "underlying-symbol": asked.params("underlying-symbol[]")}
        return listed([one for one in told if _fits(one, wanted)], asked)

    def _transactions(self, asked: Asked) -> Response:
        account = self._account(asked)
        if account is None:
            return _not_found()
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
            return _not_found()
        return envelope(tell.transaction(account.number, found[0]), asked)

    def _total_fees(self, asked: Asked) -> Response:
        try:
            day = _day(asked.param("date")) or asked.now.date()
        except ValueError:
            return refuse(400, "validation_error", "Request validation failed", "date")
        return self._of(lambda account: tell.total_fees(account.transactions, day))(asked)

    # What is looked up (3.6).

    def _quotes(self, asked: Asked) -> Response:
        known = tell.known(self.play.accounts)
        wanted = [symbol for _, value in asked.query for symbol in value.split(",")]
        if not 0 < len(wanted) <= 100:
            return refuse(400, "validation_error", "Request validation failed", "symbols")
        return listed([tell.quote(known[symbol], asked.now) for symbol in wanted if symbol in known], asked)

    def _found(self, kind: str, told: Callable[..., object]) -> Handler:
        def answered(asked: Asked) -> Response:
            known, wanted = tell.known(self.play.accounts), asked.params("symbol[]")
            found = [
                one for name, one in known.items() if one.kind == kind and (not wanted or name in wanted)
            ]
            return listed([told(one) for one in found], asked, 0, USUAL, len(found))

        return answered

    def _single(self, kind: str, told: Callable[..., object]) -> Handler:
        def answered(asked: Asked) -> Response:
            found = tell.known(self.play.accounts).get(asked.names["symbol"])
            return _not_found() if found is None or found.kind != kind else envelope(told(found), asked)

        return answered

    def _grant(self, asked: Asked) -> Grant | None:
        """Legacy tokens came bare: only a Bearer is one (2c)."""
        grant = self.play.grant(asked.bearer, "access", asked.now)
        return None if grant is None or self.play.withdrawn() else grant


def _fits(told: dict[str, object], wanted: dict[str, list[str]]) -> bool:
    return all(not values or told.get(name) in values for name, values in wanted.items())


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def _instant(value: str) -> datetime | None:
    moment = datetime.fromisoformat(value) if value else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError("no zone")
    return moment


def _bad_grant(code: str, words: str) -> Response:
    """Flat, as the token's endpoint is (2a)."""
    return say({"error_code": code, "error_description": words}, 400)


def _not_found() -> Response:
    return refuse(404, "record_not_found", "Couldn't find the record")


def sandbox(play: Play) -> TastytradeSandbox:
    return TastytradeSandbox(play)
