"""Schwab, played by us: OAuth with a login that lasts 7 days, the Trader API, a little market data.

Written from the fact sheet that the README names; the numbers in brackets are its sections.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote, urlsplit

from adapters.brokerages.schwab import tell_csv
from adapters.brokerages.schwab.tell_market import Market, market_error
from adapters.brokerages.schwab.tell_orders import order_rows
from adapters.brokerages.schwab.tell_portfolio import account_row
from adapters.brokerages.schwab.tell_transactions import WORDS, Row, activity_rows
from adapters.files.tell import FilesDesk
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Grant, Play
from adapters.sandbox.profile import ALL_TYPES, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

LOGIN_LASTS = timedelta(days=7)
ACCESS_SECONDS = 1800
CODE_SECONDS = 30
CAP = 3000
LONGEST = timedelta(days=366)
# What the app has registered (1): compared byte for byte; other hosts stand for a company's own servers.
CALLBACKS = ("https://127.0.0.1:8182", "https://127.0.0.1", "https://127.0.0.1:8182/callback")


def _tell(row: TruthTransaction) -> TruthTransaction:
    """A reinvestment is an ordinary TRADE (3.4)."""
    return replace(row, type="BUY") if row.type == "DIVIDEND_REINVESTMENT" else row


PROFILE = Profile(
    brokerage="schwab",
    types=ALL_TYPES - {"CAPITAL_GAIN", "RETURN_OF_CAPITAL", "CASH_IN_LIEU", "ADJUSTMENT"},
    account_kinds=("margin", "cash"),
    hidden=frozenset(
        {
            "balance.settled_cash",
            # The description of withheld tax names no company.
            "transaction.instrument/TAX",
            # TRADE rows usually have no settlementDate: here those of options have none.
            *(
                f"transaction.settlement_date/{word}"
                for word in ("BUY_TO_OPEN", "BUY_TO_CLOSE", "SELL_TO_OPEN", "SELL_TO_CLOSE")
            ),
        }
    ),
    # Positions tell the CUSIP, transactions do not; nicknames are told as they are.
    uncompared=frozenset({"transaction.description", "instrument.name", "instrument.cusip"}),
    instant_places=0,
    number_pattern="7#######",
    tell=_tell,
)


class SchwabSandbox:
    """Schwab for one customer. Stateless but for the play."""

    id = "schwab"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        # Real keys and secrets have an even length; some clients insist on it.
        self.app_key = play.word("app key", 32)
        self.app_secret = play.token("app secret", 0, 32 + len(play.marker) % 2)
        self.statements = FilesDesk(play, partial(tell_csv.files, PROFILE))
        # Some users got lists in an object, preferences in a list, and false for figures (3.2, 3.3):
        # a fifth of the seeds, which say so at the start.
        self.odd = play.seed % 5 == 0
        self._market = Market(play)
        self._router = Router(missing=lambda asked: self._refused(404, "Not Found"))
        self._routes()

    def answer(self, asked: Asked) -> Response:
        response = self.statements.answer(asked) or self._router.answer(asked)
        if "html" not in response.headers.get("content-type", "") and response.status != 302:
            response.headers["Schwab-Client-CorrelId"] = self.play.uuid("correlation")
        return response

    def credentials(self) -> dict[str, str]:
        return {"app_key": self.app_key, "app_secret": self.app_secret, "callback_url": CALLBACKS[0]}

    def announce(self) -> list[str]:
        odd = ["odd seed: the list of accounts is an object, the preferences are a list"] if self.odd else []
        return [
            *odd,
            f"app key {self.app_key}, app secret {self.app_secret}",
            f"registered callbacks: {', '.join(CALLBACKS)}, and https ones of any other host but localhost",
            f"the first code: {self._code(0)} (good once, for {CODE_SECONDS} seconds)",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """Schwab's own words for a status (4)."""
        if asked.path.startswith("/marketdata/"):
            return market_error(self.play, status, "Refused")
        if status == 500:
            return say_page("Whitelabel Error Page", text("There was an unexpected error."), status=500)
        return self._unauthorized() if status == 401 else self._refused(status, "Refused")

    def _routes(self) -> None:
        route, trader = self._router, "/trader/v1/accounts"
        route.get("/v1/oauth/authorize", self._authorize)
        route.post("/v1/oauth/token", self._token)
        route.get(f"{trader}/accountNumbers", self._data(self._numbers))
        route.get(trader, self._data(self._accounts), slash="optional")
        route.get(f"{trader}/{{hash}}", self._data(self._one(self._account)))
        route.get("/trader/v1/userPreference", self._data(self._preference))
        route.get(f"{trader}/{{hash}}/transactions", self._data(self._one(self._transactions)))
        route.get(f"{trader}/{{hash}}/transactions/{{id}}", self._data(self._one(self._transaction)))
        route.get(f"{trader}/{{hash}}/orders", self._data(self._one(self._orders)))
        route.get(f"{trader}/{{hash}}/orders/{{id}}", self._data(self._one(self._order)))
        route.get("/trader/v1/orders", self._data(self._all_orders))
        route.get("/marketdata/v1/quotes", self._data(self._market.quotes))
        route.get("/marketdata/v1/{symbol}/quotes", self._data(self._market.quote))
        route.get("/marketdata/v1/instruments", self._data(self._market.instruments))
        route.get("/marketdata/v1/instruments/{cusip}", self._data(self._market.instrument))

    # Signing in (2).

    def _code(self, n: int) -> str:
        return f"C0.{self.play.token('code', n)}@"

    def _authorize(self, asked: Asked) -> Response:
        callback = asked.param("redirect_uri")
        if asked.param("client_id") != self.app_key or not _registered(callback):
            return say_page(
                "Access Denied", text("You don't have permission to access this page."), status=403
            )
        if asked.param("response_type", "code") != "code":
            return say_page("Access Denied", text("The response type is not supported."), status=400)
        if self.play.interactive and not asked.param("agreed"):
            agreed = (*asked.query, ("agreed", "yes"))
            return say_page(
                "Charles Schwab",
                text(f"An application asks to read all your accounts, and sends you back to {callback}."),
                button("Share and agree", f"{asked.base}{asked.path}", agreed),
            )
        code = self._code(self.play.count("codes"))
        self.play.issue(code, "code", asked.now, CODE_SECONDS, callback=callback)
        state = asked.param("state")
        told = f"code={quote(code, safe='')}&session={self.play.uuid('session')}"
        told += f"&state={quote(state, safe='')}" if state else ""
        return redirect(f"{callback}{'&' if '?' in callback else '?'}{told}")

    def _token(self, asked: Asked) -> Response:
        form = asked.form()
        if "application/x-www-form-urlencoded" not in asked.header("content-type"):
            return say({"error": "invalid_request", "error_description": "unsupported content type"}, 400)
        if _basic(asked.header("authorization")) != f"{self.app_key}:{self.app_secret}":
            return say({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.play.spend(form.get("code", ""), "code", asked.now)
                if grant is None or grant.facts["callback"] != form.get("redirect_uri"):
                    return say({"error": "invalid_grant"}, 400)
                return self._issue(asked.now, asked.now + LOGIN_LASTS)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""), asked.now)
            case _:
                return say({"error": "unsupported_grant_type"}, 400)

    def _refresh(self, token: str, now: datetime) -> Response:
        known = self.play.find(token)
        if known is None or known.kind != "refresh":
            return say({"error": "invalid_client", "error_description": "refresh token invalid"}, 400)
        if known.used:
            # Two that refresh with the same token kill the lineage (2.3).
            self.play.revoke("refresh")
        grant = None if self.play.withdrawn() else self.play.spend(token, "refresh", now)
        if grant is None or grant.expires_at is None:
            return Response(400, {"content-type": "application/json"}, REFRESH_REFUSED)
        return self._issue(now, grant.expires_at)

    def _issue(self, now: datetime, login_ends: datetime) -> Response:
        """Tokens; the new refresh token dies when the login does."""
        access, refresh = f"I0.{self.play.token('access')}@", f"{self.play.token('refresh')}@"
        self.play.issue(access, "access", now, ACCESS_SECONDS)
        self.play.issue(refresh, "refresh", now, (login_ends - now).total_seconds())
        told = {
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "scope": "api",
            "refresh_token": refresh,
        }
        return say(told | {"access_token": access, "id_token": f"eyJ{self.play.token('id')}"})

    def _data(self, handler: Handler) -> Handler:
        def checked(asked: Asked) -> Response:
            grant: Grant | None = self.play.grant(asked.bearer, "access", asked.now)
            if grant is None or self.play.withdrawn():
                return self._unauthorized()
            return handler(asked)

        return checked

    # Errors (4).

    def _unauthorized(self) -> Response:
        return market_error(self.play, 401, "Client not authorized")

    def _refused(self, status: int, message: str, *errors: str) -> Response:
        told: dict[str, object] = {"message": message}
        return say(told | ({"errors": list(errors)} if errors else {}), status)

    # Accounts (3.1 to 3.3).

    def _numbers(self, asked: Asked) -> Response:
        return say([{"accountNumber": a.number, "hashValue": a.hash} for a in self.play.accounts])

    def _accounts(self, asked: Asked) -> Response:
        if asked.param("fields") not in ("", "positions"):
            return self._refused(400, "Bad Request", "fields must be positions")
        whole = asked.param("fields") == "positions"
        told = [account_row(account, positions=whole, odd=self.odd) for account in self.play.accounts]
        return say({"accounts": told} if self.odd else told)

    def _one(self, handler: Callable[[Asked, TruthAccount], Response]) -> Handler:
        def found(asked: Asked) -> Response:
            wanted = asked.names["hash"]
            account = next((a for a in self.play.accounts if a.hash == wanted), None)
            return (
                self._refused(400, "Invalid account number") if account is None else handler(asked, account)
            )

        return found

    def _account(self, asked: Asked, account: TruthAccount) -> Response:
        if asked.param("fields") not in ("", "positions"):
            return self._refused(400, "Bad Request", "fields must be positions")
        return say(account_row(account, positions=asked.param("fields") == "positions", odd=self.odd))

    def _preference(self, asked: Asked) -> Response:
        accounts = [
            {
                "accountNumber": account.number,
                "primaryAccount": n == 0,
                "type": "BROKERAGE",
                "nickName": account.name,
                "displayAcctId": f"...{account.number[-3:]}",
                "autoPositionEffect": False,
                "accountColor": "Green",
                "lotSelectionMethod": "FIFO",
            }
            for n, account in enumerate(self.play.accounts)
        ]
        streamer = {
            "streamerSocketUrl": f"ws{asked.base.removeprefix('http')}/ws",
            "schwabClientCustomerId": self.play.digest("customer").hex()[:64],
            "schwabClientCorrelId": self.play.uuid("streamer", 0),
            "schwabClientChannel": "N9",
            "schwabClientFunctionId": "APIAPP",
        }
        offers = [{"level2Permissions": True, "mktDataPermission": "NP"}]
        told = {"accounts": accounts, "streamerInfo": [streamer], "offers": offers}
        return say([told] if self.odd else told)

    # History (3.4) and orders (3.5).

    def _window(self, asked: Asked, first: str, last: str) -> tuple[datetime, datetime] | Response:
        start, end = _instant(asked.param(first)), _instant(asked.param(last))
        if start is None or end is None:
            wrong = first if start is None else last
            return self._refused(400, "Bad Request", f"{wrong} must be yyyy-MM-dd'T'HH:mm:ss.SSSZ")
        if start > end or end - start > LONGEST:
            return self._refused(400, "Bad Request", f"{first} and {last} must be at most one year apart")
        return start, end

    def _transactions(self, asked: Asked, account: TruthAccount) -> Response:
        window = self._window(asked, "startDate", "endDate")
        if isinstance(window, Response):
            return window
        types = [word for text in asked.params("types") for word in text.split(",") if word]
        if not WORDS.issuperset(types):
            return self._refused(400, "Bad Request", "types is not valid")
        start, end = window
        symbol = asked.param("symbol")
        rows = [row for row in self.play.rows(account) if start <= row.executed_at <= end]
        told = [
            activity
            for activity in activity_rows(rows, account)
            if (not types or activity["type"] in types) and (not symbol or _names(activity, symbol))
        ]
        return say(told[:CAP])

    def _transaction(self, asked: Asked, account: TruthAccount) -> Response:
        for activity in activity_rows(account.transactions, account):
            if str(activity["activityId"]) == asked.names["id"]:
                return say([activity])
        return self._refused(404, "Transaction not found")

    def _orders(self, asked: Asked, account: TruthAccount) -> Response:
        window = self._window(asked, "fromEnteredTime", "toEnteredTime")
        if isinstance(window, Response):
            return window
        return self._listed(asked, window, [account])

    def _all_orders(self, asked: Asked) -> Response:
        window = self._window(asked, "fromEnteredTime", "toEnteredTime")
        if isinstance(window, Response):
            return window
        if window[0] < asked.now - timedelta(days=61):
            return self._refused(400, "Bad Request", "fromEnteredTime must lie within the last 60 days")
        return self._listed(asked, window, list(self.play.accounts))

    def _listed(
        self, asked: Asked, window: tuple[datetime, datetime], accounts: list[TruthAccount]
    ) -> Response:
        most = asked.param("maxResults", str(CAP))
        if not most.isdigit():
            return self._refused(400, "Bad Request", "maxResults must be a number")
        status = asked.param("status")
        told = [
            order
            for account in accounts
            for entered, order in order_rows(account)
            if window[0] <= entered <= window[1] and status in ("", order["status"])
        ]
        return say(told[: int(most)])

    def _order(self, asked: Asked, account: TruthAccount) -> Response:
        for _, order in order_rows(account):
            if str(order["orderId"]) == asked.names["id"]:
                return say(order)
        return self._refused(404, "Order not found")


# As it is seen: the inner JSON is not escaped properly (2.3).
REFRESH_REFUSED = (
    b'{"error":"unsupported_token_type","error_description":"400 Bad Request: \\"{\\"error_description\\":'
    b'\\"Exception while authenticating refresh token [tokenDigest=abc=, Exception=Failed refresh token '
    b'authentication [tokenDigest=abc=]]\\",\\"error\\":\\"refresh_token_authentication_error\\"}\\""}'
)


def _registered(callback: str) -> bool:
    address = urlsplit(callback)
    if address.hostname == "127.0.0.1":
        return callback in CALLBACKS
    return address.scheme == "https" and address.hostname not in (None, "localhost")


def _basic(header: str) -> str:
    scheme, _, text = header.partition(" ")
    try:
        return base64.b64decode(text, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _instant(text: str) -> datetime | None:
    """A time with a zone; a bare date is refused (3.4)."""
    if "T" not in text:
        return None
    try:
        # A blank was a plus before somebody forgot to encode it.
        told = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return told if told.tzinfo is not None else None


def _names(activity: Row, symbol: str) -> bool:
    return any(item["instrument"]["symbol"] == symbol for item in activity["transferItems"])


def sandbox(play: Play) -> SchwabSandbox:
    return SchwabSandbox(play)
