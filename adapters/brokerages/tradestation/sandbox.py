"""TradeStation, played by us: Auth0's tokens, accounts, positions and orders over one seeded customer.

Written from the fact sheet that the README names; the numbers in brackets are its sections.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote, urlsplit

from adapters.brokerages.tradestation import tell
from adapters.brokerages.tradestation.desk import DAYS, Desk, Refused, by_numbers
from adapters.brokerages.tradestation.tell import Json
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say, say_nothing, to_json
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Grant, Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthInstrument

ACCESS_SECONDS, CODE_SECONDS = 1200, 60
ROTATING_GRACE, ROTATING_LASTS = 1800, timedelta(hours=24)
AUDIENCE = "https://api.tradestation.com"
PORTS = frozenset({None, 80, 3000, 3001, 8080, 31022})
CALLBACK = "http://localhost:3000"
SCOPES = frozenset(
    "openid profile email offline_access MarketData ReadAccount Trade OptionSpreads Matrix".split()
)
TITLES = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests",
    500: "InternalServerError", 501: "NotImplemented", 503: "ServiceUnavailable", 504: "GatewayTimeout",
}  # fmt: skip
MOST_ACCOUNTS, MOST_ORDERS, MOST_SYMBOLS, MOST_QUOTES = 25, 50, 50, 100
STREAMS = "application/vnd.tradestation.streams.v{}+json"

PROFILE = Profile(
    brokerage="tradestation",
    hosts=("signin",),
    # There is no history but that of orders (3.4): nothing else ever happens here.
    types=frozenset(
        "BUY SELL SELL_SHORT BUY_TO_COVER BUY_TO_OPEN BUY_TO_CLOSE SELL_TO_OPEN SELL_TO_CLOSE".split()
    ),
    kinds=frozenset({"equity", "option"}),
    account_kinds=("margin", "cash"),
    fractional=False,
    order_fills=False,
    pending=False,
    settlement=False,
    history_days=DAYS,
    opening_cash=Decimal(40_000),
    hidden=frozenset({"balance.settled_cash", "transaction.settlement_date", "instrument.cusip"}),
    gross_places=None,
    price_places=4,
    instant_places=0,
    number_pattern="110#####",
)


class TradeStationSandbox:
    """TradeStation for one customer. `rotating`: the key's refresh tokens are good once (2.3)."""

    id = "tradestation"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.rotating = False
        self.client_id, self.public_id = play.word("client id", 32), play.word("public id", 32)
        self.client_secret = play.token("client secret", 0, 48)
        # As one keeps from an earlier login, with all scopes: what client libraries begin with.
        self.kept, self.kept_of_public = play.token("kept", 0, 44), play.token("kept", 1, 44)
        began = datetime.combine(play.truth.today, datetime.min.time(), UTC) - timedelta(days=2)
        scope = " ".join(sorted(SCOPES))
        play.issue(self.kept, "refresh", began, scope=scope, client=self.client_id)
        play.issue(self.kept_of_public, "refresh", began, scope=scope, client=self.public_id)
        self.desk = Desk(play)
        self._router = Router(missing=lambda asked: self._error(404, "Not Found"), slash="optional")
        self._routes()

    def answer(self, asked: Asked) -> Response:
        return self._router.answer(asked)

    def credentials(self) -> dict[str, str]:
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "callback_url": CALLBACK,
            "public_client_id": self.public_id,
            "refresh_token": self.kept,
            "public_refresh_token": self.kept_of_public,
        }

    def announce(self) -> list[str]:
        return [
            f"API key {self.client_id}, secret {self.client_secret}",
            f"public API key, with PKCE instead of a secret: {self.public_id}",
            f"a refresh token of the first: {self.kept}, and of the second: {self.kept_of_public}",
            "callbacks: http://localhost at the ports 80, 3000, 3001, 8080 and 31022, https of other hosts",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """TradeStation's own words for a status (4)."""
        if asked.host == "signin":
            return _refused("access_denied", "Unauthorized", status)
        words = "Request quota exceeded" if status == 429 else "Refused"
        return self._error(status, words) if status in TITLES else None

    def _error(self, status: int, message: str) -> Response:
        return say({"Error": TITLES[status], "Message": message}, status)

    def _routes(self) -> None:
        route, one = self._router, "/v3/brokerage/accounts/{ids}"
        route.get("/authorize", self._authorize, host="signin")
        route.post("/oauth/token", self._token, host="signin")
        route.post("/oauth/revoke", self._revoke, host="signin")
        read, market, trade = (self._admitted(scope) for scope in ("ReadAccount", "MarketData", "Trade"))
        route.get("/v3/brokerage/accounts", read("", self._accounts))
        route.get(f"{one}/balances", read("", self._listed("Balances", lambda a: [tell.balance(a)])))
        route.get(
            f"{one}/bodbalances", read("", self._listed("BODBalances", lambda a: [tell.opening_balance(a)]))
        )
        route.get(f"{one}/positions", read("symbol", self._positions))
        route.get(f"{one}/orders", read("pageSize nextToken", self._orders))
        route.get(f"{one}/orders/{{orders}}", read("", self._orders_by_number))
        route.get(f"{one}/historicalorders", read("since pageSize nextToken", self._history))
        route.get(f"{one}/historicalorders/{{orders}}", read("since", self._history_by_number))
        stream = "/v3/brokerage/stream/accounts/{ids}"
        route.get(f"{stream}/orders", read("", self._streamed(self.desk.todays)))
        route.get(f"{stream}/positions", read("changes", self._streamed(_positions_of)))
        route.get("/v3/marketdata/quotes/{symbols}", market("", self._quotes))
        route.get("/v3/marketdata/symbols/{symbols}", market("", self._symbols))
        bars = "interval unit barsback firstdate lastdate sessiontemplate"
        route.get("/v3/marketdata/barcharts/{symbol}", market(bars, self._bars))
        desk, execution = self.desk, "/v3/orderexecution"
        route.post(f"{execution}/orderconfirm", trade("", desk.confirm))
        route.post(f"{execution}/orders", trade("", desk.place))
        route.add("PUT", f"{execution}/orders/{{id}}", trade("", desk.replace))
        route.add("DELETE", f"{execution}/orders/{{id}}", trade("", desk.cancel))
        route.get(f"{execution}/routes", trade("", lambda asked: say(ROUTES)))
        route.get(f"{execution}/activationtriggers", trade("", lambda asked: say(TRIGGERS)))

    # Signing in (2).

    def _authorize(self, asked: Asked) -> Response:
        client, callback = asked.param("client_id"), asked.param("redirect_uri")
        scopes, challenge = asked.param("scope").split(), asked.param("code_challenge")
        wrong = (
            "Unknown client" if client not in (self.client_id, self.public_id)
            else "Callback URL mismatch" if not _registered(callback)
            else "Service not found" if asked.param("audience") != AUDIENCE
            else "The response type is not supported" if asked.param("response_type") != "code"
            else "The key has no such scope" if not SCOPES.issuperset(scopes)
            else "PKCE is required, with S256" if client == self.public_id
            and not (challenge and asked.param("code_challenge_method") == "S256")
            else ""
        )  # fmt: skip
        if wrong:
            return say_page("Oops!, something went wrong", text(f"{wrong}."), status=403)
        if self.play.interactive and not asked.param("agreed"):
            agreed = (*asked.query, ("agreed", "yes"))
            words = f"An application asks to read your accounts, and sends you back to {callback}."
            return say_page(
                "TradeStation", text(words), button("Agree", f"{asked.base}/signin/authorize", agreed)
            )
        code = self.play.token("code", length=32)
        facts = {"callback": callback, "scope": " ".join(scopes), "client": client, "challenge": challenge}
        self.play.issue(code, "code", asked.now, CODE_SECONDS, **facts)
        told = f"code={quote(code, safe='')}&state={quote(asked.param('state'), safe='')}"
        return redirect(f"{callback}{'&' if '?' in callback else '?'}{told}")

    def _token(self, asked: Asked) -> Response:
        form = asked.form()
        if "application/x-www-form-urlencoded" not in asked.header("content-type"):
            return _refused("invalid_request", "The content type is not supported.", 400)
        client = form.get("client_id", "")
        genuine = client == self.client_id and form.get("client_secret") == self.client_secret
        if not genuine and client != self.public_id:
            return _refused("access_denied", "Unauthorized", 401)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.play.spend(form.get("code", ""), "code", asked.now)
                fits = grant is not None and grant.facts["client"] == client
                if grant is None or not fits or grant.facts["callback"] != form.get("redirect_uri"):
                    return _refused("invalid_grant", "Invalid authorization code", 403)
                if client == self.public_id and _challenge(form) != grant.facts["challenge"]:
                    return _refused("invalid_grant", "Failed to verify code verifier", 403)
                return self._first(grant, asked.now)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""), client, asked.now)
            case _:
                return _refused("invalid_request", "The grant type is not supported.", 400)

    def _first(self, grant: Grant, now: datetime) -> Response:
        """The tokens of a login; without offline_access there is nothing to refresh with."""
        told: Json = {}
        if "offline_access" in grant.facts["scope"].split():
            until = ROTATING_LASTS.total_seconds() if self.rotating else None
            told["refresh_token"] = self._refresh_token(grant, now, until)
        return self._issued(grant, now, told)

    def _refresh(self, token: str, client: str, now: datetime) -> Response:
        grant = self.play.grant(token, "refresh", now)
        if grant is None or grant.facts["client"] != client or self.play.withdrawn():
            return _refused("invalid_grant", "Unknown or invalid refresh token.", 403)
        if not self.rotating:
            return self._issued(grant, now, {})
        ends = grant.expires_at or now + ROTATING_LASTS
        grant.expires_at = min(ends, now + timedelta(seconds=ROTATING_GRACE))
        fresh = self._refresh_token(grant, now, (ends - now).total_seconds())
        return self._issued(grant, now, {"refresh_token": fresh})

    def _refresh_token(self, grant: Grant, now: datetime, seconds: float | None) -> str:
        token = f"v1.{self.play.token('refresh')}"
        facts = {name: grant.facts[name] for name in ("scope", "client")}
        self.play.issue(token, "refresh", now, seconds, **facts)
        return token

    def _issued(self, grant: Grant, now: datetime, more: Json) -> Response:
        access, scope = f"eyJ{self.play.token('access', length=64)}", grant.facts["scope"]
        self.play.issue(access, "access", now, ACCESS_SECONDS, scope=scope)
        told = {"access_token": access, "id_token": f"eyJ{self.play.token('id')}", "scope": scope}
        return say(told | more | {"expires_in": ACCESS_SECONDS, "token_type": "Bearer"})

    def _revoke(self, asked: Asked) -> Response:
        """All refresh tokens of the key, whichever is named."""
        form = asked.form()
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return _refused("access_denied", "Unauthorized", 401)
        self.play.revoke("refresh")
        return say_nothing(200)

    def _admitted(self, scope: str) -> Callable[[str, Handler], Handler]:
        """Handlers for tokens of that scope, with the parameters they know."""

        def of(parameters: str, handler: Handler) -> Handler:
            known = frozenset(parameters.split())

            def checked(asked: Asked) -> Response:
                grant = self.play.grant(asked.bearer, "access", asked.now)
                if grant is None or self.play.withdrawn():
                    return self._error(401, "Unauthorized")
                if scope not in grant.facts["scope"].split():
                    return self._error(403, "Forbidden")
                for name, _ in asked.query:
                    if name not in known:
                        return self._error(400, f"Unknown parameter: {name[:40]}")
                try:
                    return handler(asked)
                except Refused as wrong:
                    return self._error(400, str(wrong))

            return checked

        return of

    # What it tells (3).

    def _accounts(self, asked: Asked) -> Response:
        return say({"Accounts": [tell.account(account) for account in self.play.accounts]})

    def _meant(self, asked: Asked) -> tuple[list[TruthAccount], list[Json]]:
        """The accounts that are named, and an error for each that is none: the answer is 200 in any case."""
        names = list(dict.fromkeys(asked.names["ids"].split(",")))
        if len(names) > MOST_ACCOUNTS:
            raise Refused("Too many accounts.")
        known = {account.number: account for account in self.play.accounts}
        lost = [name for name in names if name not in known]
        errors = [{"AccountID": n, "Error": "Forbidden", "Message": "Invalid Account ID."} for n in lost]
        return [known[name] for name in names if name in known], errors

    def _listed(self, name: str, told: Callable[[TruthAccount], list[Json]]) -> Handler:
        def answered(asked: Asked) -> Response:
            accounts, errors = self._meant(asked)
            return say({name: [row for one in accounts for row in told(one)], "Errors": errors})

        return answered

    def _positions(self, asked: Asked) -> Response:
        """Of the symbols that are named, where any are; a star stands for any end."""
        accounts, errors = self._meant(asked)
        wanted = [one for one in asked.param("symbol").split(",") if one]
        found = [row for account in accounts for row in _positions_of(account)]
        if wanted:
            found = [row for row in found if any(_like(row["Symbol"], one) for one in wanted)]
        return say({"Positions": found} | ({"Errors": errors} if errors else {}))

    def _orders(self, asked: Asked) -> Response:
        accounts, errors = self._meant(asked)
        return self.desk.page(asked, [row for one in accounts for row in self.desk.todays(one)], errors)

    def _history(self, asked: Asked) -> Response:
        since, (accounts, errors) = self.desk.since(asked), self._meant(asked)
        return self.desk.page(asked, [row for one in accounts for row in self.desk.over(one, since)], errors)

    def _orders_by_number(self, asked: Asked) -> Response:
        return self._by_number(asked, self.desk.todays)

    def _history_by_number(self, asked: Asked) -> Response:
        since = self.desk.since(asked)
        return self._by_number(asked, lambda account: self.desk.over(account, since))

    def _by_number(self, asked: Asked, told: Callable[[TruthAccount], list[Json]]) -> Response:
        accounts, errors = self._meant(asked)
        numbers = asked.names["orders"].split(",")
        if len(numbers) > MOST_ORDERS or any("-" in number for number in numbers):
            raise Refused("Invalid Order ID.")
        found = by_numbers([row for one in accounts for row in told(one)], numbers)
        lost = set(numbers) - {row["OrderID"] for row in found}
        one = accounts[0].number if accounts else ""
        words = {"AccountID": one, "Error": "NotFound", "Message": "Order not found."}
        errors += [words | {"OrderID": n} for n in sorted(lost)]
        return say({"Orders": found, "Errors": errors})

    def _streamed(self, told: Callable[[TruthAccount], list[Json]]) -> Handler:
        """A snapshot, its end, a heartbeat, and the word to come again: no socket is held here (3.7)."""

        def answered(asked: Asked) -> Response:
            accounts, errors = self._meant(asked)
            frames = [row for one in accounts for row in told(one)]
            beat = {"Heartbeat": 1, "Timestamp": tell.instant(asked.now)}
            ends = [{"StreamStatus": "EndSnapshot"}, beat, {"StreamStatus": "GoAway"}]
            body = b"".join(to_json(frame) + b"\r\n" for frame in [*errors, *frames, *ends])
            return Response(200, {"content-type": STREAMS.format(3)}, body)

        return answered

    def _quotes(self, asked: Asked) -> Response:
        return self._market(asked, "Quotes", MOST_QUOTES, tell.quote)

    def _symbols(self, asked: Asked) -> Response:
        return self._market(asked, "Symbols", MOST_SYMBOLS, tell.detail)

    def _market(
        self, asked: Asked, name: str, most: int, told: Callable[[TruthInstrument], Json]
    ) -> Response:
        wanted, known = asked.names["symbols"].split(","), tell.known(self.play.accounts)
        if len(wanted) > most:
            raise Refused("Too many symbols.")
        lost = [one for one in wanted if one not in known]
        errors = [{"Symbol": one, "Error": "FAILED, INVALID SYMBOL"} for one in lost]
        return say({name: [told(known[one]) for one in wanted if one in known], "Errors": errors})

    def _bars(self, asked: Asked) -> Response:
        found, back = tell.known(self.play.accounts).get(asked.names["symbol"]), asked.param("barsback", "1")
        if found is None:
            return self._error(404, "Invalid symbol")
        if not back.isdigit() or not 1 <= int(back) <= 57_600:
            raise Refused("barsback is not valid.")
        days = range(int(back) - 1, -1, -1)
        return say({"Bars": [tell.bar(found, asked.now - timedelta(days=n)) for n in days]})


ROUTES: Json = {"Routes": [{"Id": "Intelligent", "Name": "Intelligent", "AssetTypes": ["STOCK", "OPTION"]}]}
TRIGGERS: Json = {
    "ActivationTriggers": [{"Key": "STT", "Name": "Single Trade Tick", "Description": "One tick."}]
}


def _positions_of(account: TruthAccount) -> list[Json]:
    return [tell.position(account, held) for held in account.positions]


def _like(symbol: str, wanted: str) -> bool:
    return symbol.startswith(wanted[:-1]) if wanted.endswith("*") else symbol == wanted


def _registered(callback: str) -> bool:
    address = urlsplit(callback)
    if address.hostname == "localhost":
        return address.scheme == "http" and address.port in PORTS
    return address.scheme == "https" and bool(address.hostname)


def _challenge(form: dict[str, str]) -> str:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refused(error: str, description: str, status: int) -> Response:
    return say({"error": error, "error_description": description}, status)


def sandbox(play: Play) -> TradeStationSandbox:
    return TradeStationSandbox(play)
