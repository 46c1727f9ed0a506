"""Ally Invest, played by us: the old API with four fixed secrets, and files. (Numbers: the sheet's parts.)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from adapters.brokerages.ally import tell
from adapters.brokerages.ally.tell_orders import orders
from adapters.files.tell import FilesDesk
from adapters.files.tell_ofx import Institution
from adapters.kit.wire import Response
from adapters.sandbox import oauth1
from adapters.sandbox.asked import Asked, say, say_text
from adapters.sandbox.play import Play
from adapters.sandbox.profile import ALL_TYPES, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction
from domain.money import plain

CLOCK_OFF = timedelta(seconds=10)
CALLS_A_MINUTE = 180
CENTRAL = ZoneInfo("America/Chicago")
RANGES = frozenset({"all", "today", "current_week", "current_month", "last_month"})
SORTS = frozenset({"all", "bookkeeping", "trade"})
REQUIRED = ("consumer_key", "token", "nonce", "timestamp", "signature_method", "signature", "version")
FILES = Institution("ally", "ally.example", "Ally", rich=True)  # its real id is unconfirmed


def _tell(row: TruthTransaction) -> TruthTransaction:
    """A reinvestment is a trade like any other; rows of cash name no security."""
    kind = "BUY" if row.type == "DIVIDEND_REINVESTMENT" else row.type
    settles = row.settlement_date or row.trade_date
    return replace(row, type=kind, settlement_date=settles)


PROFILE = Profile(
    "ally",
    types=ALL_TYPES - {"CAPITAL_GAIN", "RETURN_OF_CAPITAL", "CASH_IN_LIEU", "ADJUSTMENT", "STOCK_DIVIDEND",
                       "TRANSFER_IN", "TRANSFER_OUT"},
    kinds=frozenset({"equity", "etf", "option"}),
    account_kinds=("margin", "cash"),
    account_names=("Individual", "Savings"),
    option_open_close=False,
    pending=False,
    history_days=730,
    hidden=frozenset(
        {
            "balance.settled_cash", "transaction.executed_at", "transaction.instrument/DIVIDEND",
            "transaction.instrument/TAX",
        }
    ),
    number_pattern="3#######",
    tell=_tell,
    tell_instrument=lambda told, _: replace(told, kind="equity") if told.kind == "etf" else told,
)  # fmt: skip


class AllySandbox:
    """Ally Invest for one customer. Nothing to sign in to: the four secrets last."""

    id = "ally"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self._asked = ("", 0)
        self.statements = FilesDesk(play, partial(FILES.files, PROFILE))
        self._keys = {name: play.token(name, 0, 40) for name in ("consumer_key", "oauth_token")}
        # Letters that break where somebody encodes them twice.
        names = ("consumer_secret", "oauth_token_secret")
        self._secrets = {name: f"/+={play.token(name, 0, 40)}" for name in names}
        self._router = Router(missing=lambda asked: self._error(asked, 404, "Not Found"))
        self._routes()

    def credentials(self) -> dict[str, str]:
        return self._keys | self._secrets

    def announce(self) -> list[str]:
        numbers = ", ".join(account.number for account in self.play.accounts)
        return [*(f"{name} {value}" for name, value in self.credentials().items()), f"accounts {numbers}"]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return self._error(asked, status, "Refused")

    def answer(self, asked: Asked) -> Response:
        return self.statements.answer(asked) or self._router.answer(asked)

    def _routes(self) -> None:
        route = self._router
        route.get("/v1/accounts.json", self._data(self._accounts))
        route.get("/v1/accounts/balances.json", self._data(self._all_balances))
        route.get("/v1/accounts/{id}.json", self._data(self._one(tell.summary)))
        route.get("/v1/accounts/{id}/balances.json", self._data(self._one(self._balance)))
        route.get("/v1/accounts/{id}/holdings.json", self._data(self._one(self._holdings)))
        route.get("/v1/accounts/{id}/history.json", self._history)
        route.get("/v1/accounts/{id}/orders.json", self._data(self._one(self._orders)))
        route.get("/v1/member/profile.json", self._data(self._profile))
        for method in (route.get, route.post):
            method("/v1/market/ext/quotes.json", self._quotes)
        route.get("/v1/market/clock.json", lambda asked: self._say(asked, self._clock(asked)))
        route.get("/v1/utility/status.json", lambda asked: self._say(asked, {"time": f"{asked.now:%c}"}))

    # --- the door (2) ---

    def _refused(self, asked: Asked) -> Response | None:
        told = oauth1.header(asked)
        if told is None or any(not told.get(f"oauth_{name}") for name in REQUIRED):
            return self._error(asked, 401, "OAuth parameters are missing")
        stamp = told["oauth_timestamp"]
        known = (told["oauth_consumer_key"], told["oauth_token"], told["oauth_version"])
        if known != (self._keys["consumer_key"], self._keys["oauth_token"], "1.0"):
            return self._error(asked, 401, "Invalid application or token")
        if told["oauth_signature_method"] != "HMAC-SHA1":
            return self._error(asked, 401, "Invalid signature method")
        if not stamp.isdigit() or abs(asked.now.timestamp() - int(stamp)) > CLOCK_OFF.total_seconds():
            return self._error(asked, 401, "Invalid timestamp")
        secrets = tuple(self._secrets.values())
        right = oauth1.signatures(asked, told, secrets[0], secrets[1], real=".invest.ally.com")
        if told["oauth_signature"] not in right:
            return self._error(asked, 401, "Invalid signature")
        if not self.play.once(f"{stamp} {told['oauth_nonce']}"):
            return self._error(asked, 401, "Nonce was used")
        # Refusals may be plain text as well (4).
        return say_text("Token is revoked", 401) if self.play.withdrawn() else None

    def _data(self, told: Callable[[Asked], dict[str, Any] | None], *allowed: str) -> Handler:
        def handler(asked: Asked) -> Response:
            refused = self._refused(asked)
            if refused is not None:
                return refused
            unknown = {name for name, _ in asked.query} - set(allowed)
            if unknown:
                return self._error(asked, 400, "Unknown parameter")
            found = told(asked)
            return self._error(asked, 403, "Not your account") if found is None else self._say(asked, found)

        return handler

    def _one(
        self, told: Callable[[TruthAccount], dict[str, Any]]
    ) -> Callable[[Asked], dict[str, Any] | None]:
        def found(asked: Asked) -> dict[str, Any] | None:
            account = next((a for a in self.play.accounts if a.number == asked.names["id"]), None)
            return None if account is None else told(account)

        return found

    # --- what is told (3) ---

    def _accounts(self, asked: Asked) -> dict[str, Any]:
        return {"accounts": {"accountsummary": tell.listed([tell.summary(a) for a in self.play.accounts])}}

    def _all_balances(self, asked: Asked) -> dict[str, Any]:
        return {"accountbalance": tell.listed([tell.balance(account) for account in self.play.accounts])}

    @staticmethod
    def _balance(account: TruthAccount) -> dict[str, Any]:
        return {"accountbalance": tell.balance(account)}

    def _orders(self, account: TruthAccount) -> dict[str, Any]:
        return orders(account, self.play.rows(account))

    @staticmethod
    def _holdings(account: TruthAccount) -> dict[str, Any]:
        return {"accountholdings": tell.holdings(account)}

    def _history(self, asked: Asked) -> Response:
        sort = asked.param("transactions", "all")
        if asked.param("range", "all") not in RANGES or sort not in SORTS:
            return self._error(asked, 400, "Invalid range")

        def told(account: TruthAccount) -> dict[str, Any]:
            rows = [tell.activity(row, account) for row in self.play.rows(account)]
            shown = [row for row in rows if sort in {"all", row["activity"].lower()}]
            return {"transactions": {"transaction": tell.listed(shown)} if shown else {}}

        return self._data(self._one(told), "range", "transactions")(asked)

    def _profile(self, asked: Asked) -> dict[str, Any]:
        accounts = [
            {
                "account": account.number,
                "nickname": account.name,
                "ira": "false",
                "margintrading": "true" if account.kind == "margin" else "false",
            }
            for account in self.play.accounts
        ]
        return {"userdata": {"account": tell.listed(accounts)}}

    def _quotes(self, asked: Asked) -> Response:
        symbols = (asked.param("symbols") or asked.form().get("symbols", "")).upper().split(",")

        def told(_: Asked) -> dict[str, Any]:
            held = {p.instrument.symbol: p.instrument for a in self.play.accounts for p in a.positions}
            found = [held[symbol] for symbol in symbols if symbol in held]
            cent = Decimal("0.01")
            rows = [{"symbol": i.symbol, "last": plain(i.price), "bid": plain(i.price - cent)} for i in found]
            return {"quotes": {"quote": tell.listed(rows)}}

        return self._data(told, "symbols", "fids")(asked)

    def _clock(self, asked: Asked) -> dict[str, Any]:
        at = f"{asked.now:%Y-%m-%d %H:%M:%S}"
        return {"date": at, "status": {"current": "close"}, "message": "Market is closed"}

    def _say(self, asked: Asked, told: dict[str, Any]) -> Response:
        envelope = {"@id": self.play.uuid("answer"), "elapsedtime": "0", **told, "error": "Success"}
        # By a clock in UTC that was taken for Central time: nobody may trust it (4).
        central = asked.now.astimezone(UTC).replace(tzinfo=CENTRAL)
        response = say({"response": envelope})
        minute = f"{asked.now:%Y%m%d%H%M}"
        # Nobody is refused for it here, so something always remains.
        used = min(self._asked[1] + 1 if self._asked[0] == minute else 1, CALLS_A_MINUTE - 1)
        self._asked = (minute, used)
        # Written so: clients look for these very letters.
        limits = {
            "Limit": str(CALLS_A_MINUTE),
            "Remaining": str(CALLS_A_MINUTE - used),
            "Used": str(used),
            "Expire": f"{central.timestamp():.2f}",
        }
        response.headers.update((f"X-RateLimit-{name}", value) for name, value in limits.items())
        return response

    def _error(self, asked: Asked, status: int, words: str) -> Response:
        body = {"@id": self.play.uuid("answer"), "type": "Error", "name": words, "description": words}
        return say({"response": body | {"path": asked.path, "error": words}}, status)


def sandbox(play: Play) -> AllySandbox:
    return AllySandbox(play)
