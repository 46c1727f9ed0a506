"""Tradier, played by us: Brokerage API v1 over one seeded customer, with its four shapes of lists.

Written from the fact sheet that the README names; the numbers in brackets are its sections.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from urllib.parse import quote
from zoneinfo import ZoneInfo

from adapters.brokerages.tradier import tell
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say, say_text
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Play
from adapters.sandbox.profile import ALL_TYPES, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

NEW_YORK = ZoneInfo("America/New_York")
CODE_SECONDS = 600
ACCESS_SECONDS = 86_399
CALLBACK = "https://example.com/tradier/callback"
USUAL, MOST = 25, 1000
SCOPES = frozenset({"read", "write", "trade", "market", "stream"})
# Only trades name what was traded (3.5); nothing tells a time or a settlement.
NAMELESS = (
    "DIVIDEND", "OPTION_EXPIRATION", "OPTION_ASSIGNMENT", "OPTION_EXERCISE", "TRANSFER_IN", "TRANSFER_OUT",
    "TAX",
)  # fmt: skip


def _told(row: TruthTransaction) -> TruthTransaction:
    return replace(row, fees=row.fees if row.trade else None)


PROFILE = Profile(
    brokerage="tradier",
    types=ALL_TYPES
    - {
        "DIVIDEND_REINVESTMENT", "STOCK_DIVIDEND", "CAPITAL_GAIN", "RETURN_OF_CAPITAL", "SPLIT",
        "CASH_IN_LIEU",
    },
    kinds=frozenset({"equity", "option"}),
    account_kinds=("margin", "cash", "ira_roth"),
    sell_short_types=False,
    option_open_close=False,
    pending=False,
    settlement=False,
    hidden=frozenset(
        {
            "balance.settled_cash",
            "transaction.executed_at",
            "transaction.settlement_date",
            "instrument.cusip",
            *(f"transaction.{name}/{word}" for name in ("instrument", "price") for word in NAMELESS),
        }
    ),
    number_pattern="6YA#####",
    tell=_told,
)  # fmt: skip


class TradierSandbox:
    """Tradier for one customer."""

    id = "tradier"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.personal = play.token("personal", 0, 28)
        self.client_id = play.word("client id", 16)
        self.client_secret = play.token("client secret", 0, 24)
        self._asked: dict[str, tuple[str, int]] = {}
        self._router = Router(missing=lambda asked: say_text("Not found", 404), slash="optional")
        self._routes()

    def answer(self, asked: Asked) -> Response:
        response = self._router.answer(asked)
        wants_xml = "json" not in asked.header("accept") and "json" in response.headers.get(
            "content-type", ""
        )
        if wants_xml and "/oauth/" not in asked.path:  # the default form (2)
            return Response(response.status, {"content-type": "application/xml"}, tell.xml(response.body))
        return response

    def credentials(self) -> dict[str, str]:
        return {
            "token": self.personal,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "callback_url": CALLBACK,
            "account_number": self.play.accounts[0].number if self.play.accounts else "",
        }

    def announce(self) -> list[str]:
        return [
            f"personal token {self.personal}",
            f"app: client id {self.client_id}, client secret {self.client_secret}, callback {CALLBACK}",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """Tradier's own words for a status (4)."""
        if status == 401:
            return _invalid_token()
        if status == 429:
            headers = tell.limits(asked.now, tell.ALLOWED)
            return Response(429, {"content-type": "text/plain"} | headers, b"Quota Violation")
        if status == 500:
            return say(
                {"fault": {"faultstring": "Datastore Error", "detail": {"errorcode": "datastore"}}}, 500
            )
        return say({"errors": {"error": "Refused"}}, status)

    def _routes(self) -> None:
        route, account = self._router, "/v1/accounts/{number}"
        route.get("/v1/oauth/authorize", self._authorize)
        route.post("/v1/oauth/accesstoken", self._exchange)
        route.post("/v1/oauth/refreshtoken", self._exchange)
        route.get("/v1/user/profile", self._data(self._profile))
        route.get(f"{account}/balances", self._data(self._of(tell.balances)))
        route.get(f"{account}/positions", self._data(self._of(tell.positions)))
        route.get(f"{account}/history", self._data(self._history))
        route.get(f"{account}/orders", self._data(self._of(lambda _: {"orders": "null"})))
        route.get(f"{account}/gainloss", self._data(self._of(lambda _: {"gainloss": "null"})))
        route.get("/v1/markets/quotes", self._data(self._quotes))
        route.post("/v1/markets/quotes", self._data(self._quotes))
        route.get("/v1/markets/clock", self._data(lambda asked: say(tell.clock(asked.now))))

    # Signing in (2).

    def _authorize(self, asked: Asked) -> Response:
        scopes = asked.param("scope").split(",")
        if asked.param("client_id") != self.client_id or not SCOPES.issuperset(scopes):
            return say_page(
                "Tradier", text("The application is not known, or asks for what there is not."), status=400
            )
        if self.play.interactive and not asked.param("agreed"):
            agreed = (*asked.query, ("agreed", "yes"))
            words = "An application asks to read your accounts."
            return say_page("Tradier", text(words), button("Agree", f"{asked.base}{asked.path}", agreed))
        code = self.play.token("code", length=8)
        self.play.issue(code, "code", asked.now, CODE_SECONDS, scope=" ".join(scopes))
        state = quote(asked.param("state"), safe="")
        return redirect(f"{CALLBACK}?code={quote(code, safe='')}&state={state}")

    def _exchange(self, asked: Asked) -> Response:
        form = asked.form()
        if "application/x-www-form-urlencoded" not in asked.header("content-type"):
            return say({"errors": {"error": "unsupported content type"}}, 400)
        if _basic(asked.header("authorization")) != f"{self.client_id}:{self.client_secret}":
            return say({"fault": {"faultstring": "Invalid client identifier"}}, 401)
        refreshes = asked.path.rstrip("/").endswith("refreshtoken")
        kind = "refresh_token" if refreshes else "authorization_code"
        if form.get("grant_type") != kind:
            return say({"errors": {"error": "unsupported grant_type"}}, 400)
        given = form.get("refresh_token" if refreshes else "code", "")
        grant = (
            self.play.grant(given, "refresh", asked.now)
            if refreshes
            else self.play.spend(given, "code", asked.now)
        )
        if grant is None or (refreshes and self.play.withdrawn()):
            return say({"errors": {"error": f"invalid {'refresh token' if refreshes else 'code'}"}}, 400)
        access = self.play.token("access", length=16)
        self.play.issue(access, "access", asked.now, ACCESS_SECONDS)
        refresh = given if refreshes else "r-" + self.play.token("refresh", length=16)
        self.play.issue(refresh, "refresh", asked.now, scope=grant.facts["scope"])
        told = {"access_token": access, "expires_in": ACCESS_SECONDS, "issued_at": asked.now.isoformat()}
        return say(told | {"scope": grant.facts["scope"], "status": "approved", "refresh_token": refresh})

    def _data(self, handler: Handler) -> Handler:
        def checked(asked: Asked) -> Response:
            known = asked.bearer == self.personal or self.play.grant(asked.bearer, "access", asked.now)
            if not asked.bearer or not known or self.play.withdrawn():
                return _invalid_token()
            response = handler(asked)
            response.headers.update(tell.limits(asked.now, self._used(asked)))
            return response

        return checked

    def _used(self, asked: Asked) -> int:
        """Calls of this minute, quotes counted for themselves. Nobody is refused for it here, so that
        something always remains."""
        bucket, minute = "market" if "/markets/" in asked.path else "standard", f"{asked.now:%Y%m%d%H%M}"
        known, used = self._asked.get(bucket, ("", 0))
        self._asked[bucket] = (minute, used + 1 if known == minute else 1)
        return min(self._asked[bucket][1], tell.ALLOWED - 1)

    # What it tells (3).

    def _profile(self, asked: Asked) -> Response:
        return say(tell.profile(self.play.customer, self.play.accounts))

    def _of(self, told: Callable[[TruthAccount], object]) -> Handler:
        def answered(asked: Asked) -> Response:
            account = self._account(asked)
            return (
                say({"errors": {"error": "Account not found"}}, 404)
                if account is None
                else say(told(account))
            )

        return answered

    def _account(self, asked: Asked) -> TruthAccount | None:
        number = asked.names["number"]
        return next((account for account in self.play.accounts if account.number == number), None)

    def _history(self, asked: Asked) -> Response:
        account = self._account(asked)
        if account is None:
            return say({"errors": {"error": "Account not found"}}, 404)
        try:
            page, limit = int(asked.param("page", "1")), int(asked.param("limit", str(USUAL)))
            days = [asked.param(name) for name in ("start", "end")]
            start, end = (date.fromisoformat(day) if day else None for day in days)
        except ValueError:
            return say_text("Invalid parameter", 400)
        if page < 1 or not 1 <= limit <= MOST:
            return say_text("Invalid parameter, page or limit", 400)
        kinds = set(filter(None, asked.param("type").split(",")))
        found = [
            event
            for row in self.play.rows(account)
            if (start is None or row.trade_date >= start) and (end is None or row.trade_date <= end)
            if row.trade_date < asked.now.astimezone(NEW_YORK).date()  # filled every night
            if not kinds or tell.word(row) in kinds
            for event in (tell.event(row),)
        ]
        return say({"history": tell.listed("event", found[(page - 1) * limit : page * limit])})

    def _quotes(self, asked: Asked) -> Response:
        told = asked.form().get("symbols") if asked.method == "POST" else asked.param("symbols")
        wanted = [symbol for symbol in (told or "").split(",") if symbol]
        if not wanted:
            return say_text("Invalid parameter, symbols", 400)
        return say(tell.quotes(wanted, self.play.accounts))


def _invalid_token() -> Response:
    code = "keymanagement.service.invalid_access_token"
    return say({"fault": {"faultstring": "Invalid Access Token", "detail": {"errorcode": code}}}, 401)


def _basic(header: str) -> str:
    scheme, _, told = header.partition(" ")
    try:
        return base64.b64decode(told, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def sandbox(play: Play) -> TradierSandbox:
    return TradierSandbox(play)
