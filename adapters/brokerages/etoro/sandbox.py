"""eToro, played by us: the Public API over one seeded customer, with a trading account and a money account.

Written from the fact sheet that the README names; the numbers in brackets are its sections.
"""

import base64
import binascii
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from adapters.brokerages.etoro import tell
from adapters.brokerages.etoro.desk import Desk, Refused
from adapters.brokerages.etoro.gate import CALLBACK, SCOPE, Gate, refused
from adapters.brokerages.etoro.tell import Json
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

YEAR = 365
MOST_IDS, MOST_RATES, MOST_TRADES, MOST_ENTRIES = 50, 100, 200, 500
INTERVALS = frozenset(
    "OneMinute FiveMinutes TenMinutes FifteenMinutes ThirtyMinutes OneHour FourHours OneDay OneWeek".split()
)
CODES = {401: "Unauthorized", 403: "InsufficientPermissions", 404: "NotFound", 429: "TooManyRequests"}
WORDS = {
    "InsufficientPermissions": "UserToken does not have permission to access",
    "TooManyRequests": "Too many requests",
}


def _told(row: TruthTransaction) -> TruthTransaction:
    """What it costs is told when a position is closed."""
    return replace(row, fees=None) if row.type == "BUY" else row


PROFILE = Profile(
    brokerage="etoro",
    hosts=("sso",),
    # Positions are bought and sold as a whole; a ledger there is of money accounts only (3.4, 3.5).
    lives=("lots", "money"),
    types=frozenset({"BUY", "SELL", "DEPOSIT", "WITHDRAWAL", "FEE", "TRANSFER_IN", "TRANSFER_OUT"}),
    kinds=frozenset({"equity", "etf", "crypto"}),
    account_kinds=("other", "cash"),
    account_currencies=("USD", "GBP"),
    shorts=False,
    coin_fees=False,
    pending_types=frozenset({"DEPOSIT"}),
    settlement=False,
    history_days=YEAR,
    opening_cash=Decimal(40_000),
    hidden=frozenset({"balance.settled_cash", "transaction.settlement_date", "instrument.cusip"}),
    quantity_places=6,
    coin_places=6,
    price_places=4,
    instant_places=3,
    number_pattern="77#####",
    tell=_told,
    tell_number=tell.money_id,
)


class EtoroSandbox:
    """eToro for one customer."""

    id = "etoro"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.gate, self.desk = Gate(play), Desk(play)
        self._closed: tuple[tuple[TruthTransaction, ...], list[tell.Lot]] = ((), [])
        self._router = Router(missing=lambda asked: refused("NotFound"))
        self._routes()

    def answer(self, asked: Asked) -> Response:
        return self._router.answer(asked)

    def credentials(self) -> dict[str, str]:
        gate = self.gate
        return {
            "api_key": gate.api_key,
            "user_key": gate.user_key,
            "write_user_key": gate.write_key,
            "demo_user_key": gate.demo_key,
            "client_id": gate.client_id,
            "client_secret": gate.client_secret,
            "callback_url": CALLBACK,
        }

    def announce(self) -> list[str]:
        gate = self.gate
        return [
            f"public API key {gate.api_key}",
            f"user key, to read real money: {gate.user_key}",
            f"user key, to trade it: {gate.write_key}",
            f"user key, to read virtual money: {gate.demo_key}",
            f"app: client id {gate.client_id}, client secret {gate.client_secret}, callback {CALLBACK}",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """eToro's own words for a status (4)."""
        if asked.host == "sso":
            return say({"error": "invalid_grant" if status == 400 else "server_error"}, status)
        code = CODES.get(status, "ValidationFailed" if status < 500 else "GeneralError")
        told = say({"errorCode": code, "errorMessage": WORDS.get(code, code)}, status)
        told.headers.update(_limits(asked, 0) if status == 429 else {})
        return told

    def _routes(self) -> None:
        route, v1, v2 = self._router, "/api/v1", "/api/v2"
        route.get("/oauth2/authorize", self.gate.authorize, host="sso")
        route.post("/oidc/token", self.gate.token, host="sso")
        route.post("/v1/revoke", self.gate.revoke, host="sso")
        route.get(f"{v1}/me", self._admitted("user-info:read", "", self._me))
        listing = "accountTypes displayCurrency includeZeroBalances expand"
        route.get(f"{v1}/balances", self._admitted("money.balance:read", listing, self._balances))
        self._trading(f"{v1}/trading/info", "real")
        self._trading(f"{v1}/trading/info", "demo")
        money = f"{v1}/money/accounts/cash"
        route.get(money, self._admitted("money.balance:read", "", self._money))
        ledger = self._admitted("money.balance:read", "pageSize pageToken", self._ledger)
        route.get(f"{money}/{{id}}/transactions", ledger)
        self._market(f"{v1}/market-data")
        for where, prefix in (("real", ""), ("demo", "/demo")):
            desk, first, second = self.desk, f"{v1}/trading/execution{prefix}", f"{v2}/trading"
            for method, path, handler in (
                ("POST", f"{first}/market-open-orders/by-amount", desk.open_now),
                ("POST", f"{first}/market-open-orders/by-units", desk.open_now),
                ("DELETE", f"{first}/market-open-orders/{{id}}", desk.cancel),
                ("POST", f"{first}/limit-orders", desk.limit),
                ("DELETE", f"{first}/limit-orders/{{id}}", desk.cancel),
                ("POST", f"{first}/market-close-orders/positions/{{id}}", desk.close),
                ("DELETE", f"{first}/market-close-orders/{{id}}", desk.cancel),
                ("POST", f"{second}/execution{prefix}/orders", desk.place),
                ("DELETE", f"{second}/execution{prefix}/orders/{{id}}", desk.cancel),
                ("POST", f"{second}/info{prefix}/costs", desk.costs),
            ):
                route.add(method, path, self._admitted(f"{where}:write", "", handler))
            look_up = self._admitted(f"{where}:read", "orderId referenceId", desk.look_up)
            route.get(f"{second}/info{prefix}/orders:lookup", look_up)
            route.get(f"{second}/info/{where}/orders:lookup", look_up)
            route.get(
                f"{v1}/trading/info/{where}/orders/{{id}}", self._admitted(f"{where}:read", "", desk.one)
            )

    def _trading(self, info: str, where: str) -> None:
        """Real and virtual money: the paths differ in more than a word (3.3, 3.4)."""
        route, demo = self._router, "demo/" if where == "demo" else ""
        scope = f"{where}:read"
        route.get(f"{info}/{where}/pnl", self._admitted(scope, "", self._portfolio(priced=True)))
        route.get(f"{info}/{demo}portfolio", self._admitted(scope, "", self._portfolio(priced=False)))
        totals = self._admitted(scope, "conversionMode instrumentIds mirrorIds", self._aggregate)
        route.get(f"{info}/{demo}aggregate-portfolio", totals)
        trades = self._admitted(scope, "minDate page pageSize", self._trades)
        route.get(f"{info}/trade/{demo}history", trades)

    def _market(self, market: str) -> None:
        get, open_to = self._router.get, self._admitted
        ids = "instrumentIds exchangeIds stocksIndustryIds instrumentTypeIds"
        get(f"{market}/instruments", open_to("", ids, self._instruments))
        get(f"{market}/instruments/rates", open_to("", "instrumentIds", self._rates))
        get(f"{market}/instruments/history/closing-price", open_to("", "", self._closing))
        candles = f"{market}/instruments/{{id}}/history/candles/{{order}}/{{interval}}/{{count}}"
        get(candles, open_to("", "", self._candles))
        found = "fields internalSymbolFull searchText page pageNumber pageSize sort"
        get(f"{market}/search", open_to("", found, self._search))
        types = [{"instrumentTypeID": n, "instrumentTypeDescription": w} for n, w in tell.TYPES.values()]
        get(f"{market}/instrument-types", open_to("", "", lambda asked: say({"instrumentTypes": types})))
        places = [
            {"exchangeID": 4, "exchangeDescription": "Nasdaq"},
            {"exchangeID": 8, "exchangeDescription": "Crypto"},
        ]
        get(f"{market}/exchanges", open_to("", "exchangeIds", lambda asked: say({"exchangeInfo": places})))
        industries = [{"industryID": 3, "industryName": "Technology"}]
        get(
            f"{market}/stocks-industries",
            open_to("", "", lambda asked: say({"stocksIndustries": industries})),
        )

    def _admitted(self, scope: str, parameters: str, handler: Handler) -> Handler:
        known = frozenset(parameters.split())

        def checked(asked: Asked) -> Response:
            scopes = self.gate.scopes(asked)
            if isinstance(scopes, Response):
                return scopes
            if scope and SCOPE + scope not in scopes:
                return refused("InsufficientPermissions", WORDS["InsufficientPermissions"])
            for name, _ in asked.query:
                if name not in known:
                    return refused("ValidationFailed", f"{name[:40]} is not known")
            try:
                response = handler(asked)
            except Refused as wrong:
                return refused("ValidationFailed", str(wrong))
            response.headers.update(_limits(asked, 59))
            return response

        return checked

    # Accounts (3.1, 3.2).

    @property
    def trading(self) -> TruthAccount:
        return self.play.accounts[0]

    @property
    def demo_number(self) -> int:
        return int(self.trading.number) + 5

    def _me(self, asked: Asked) -> Response:
        customer, scopes = self.play.customer, self.gate.scopes(asked)
        return say(
            {
                "gcid": 14_400_123, "realCid": int(self.trading.number), "demoCid": self.demo_number,
                "username": customer.username, "firstName": customer.first_name, "middleName": None,
                "lastName": customer.last_name, "playerLevel": 5, "gender": 0, "language": 1,
                "dateOfBirth": "1990-01-01", "lei": None, "scopes": list(scopes),  # type: ignore[arg-type]
            }
        )  # fmt: skip

    def _balances(self, asked: Asked) -> Response:
        wanted = {word.lower() for word in asked.param("accountTypes").split(",") if word}
        told = [tell.balance(account) for account in self.play.accounts]
        shown = [row for row in told if not wanted or row["accountType"] in wanted]
        if asked.param("includeZeroBalances") != "true":
            shown = [row for row in shown if row["balance"]]
        total = sum((row["balance"] for row in shown), Decimal(0))
        return say({"gcid": 14_400_123, "totalBalance": total, "displayCurrency": "USD", "balances": shown})

    # Trading (3.3, 3.4).

    def _portfolio(self, *, priced: bool) -> Handler:
        def answered(asked: Asked) -> Response:
            return say(tell.portfolio(self.trading, self.desk.waiting, asked.now, priced=priced))

        return answered

    def _aggregate(self, asked: Asked) -> Response:
        told = tell.aggregate(self.trading, asked.now)
        return say(told | ({"cid": self.demo_number} if "/demo/" in asked.path else {}))

    def _trades(self, asked: Asked) -> Response:
        """A bare list of what was closed since that day, without a total."""
        try:
            since = date.fromisoformat(asked.param("minDate"))
        except ValueError:
            raise Refused("minDate is required: yyyy-MM-dd") from None
        if (asked.now.date() - since).days >= YEAR:
            raise Refused("minDate must lie within the last year")
        page, size = _whole(asked, "page", 1, 10**6), _whole(asked, "pageSize", 100, MOST_TRADES)
        rows = self.play.rows(self.trading)
        if self._closed[0] is not rows:  # found anew only when the account has new rows
            self._closed = (rows, tell.lots(rows)[1])
        closed = self._closed[1]
        found = [lot for lot in closed if lot.closed is not None and lot.closed.executed_at.date() >= since]
        return say([tell.closed(lot) for lot in found[(page - 1) * size : page * size]])

    # Money (3.5).

    @property
    def _money_accounts(self) -> list[TruthAccount]:
        return list(self.play.accounts[1:])

    def _money(self, asked: Asked) -> Response:
        accounts = [tell.money_account(account) for account in self._money_accounts]
        return say({"accounts": accounts, "eligibilityStatus": "CardAndIbanEligible"})

    def _ledger(self, asked: Asked) -> Response:
        wanted = asked.names["id"]
        account = next((a for a in self._money_accounts if tell.money_id(a.number) == wanted), None)
        if account is None:
            return refused("NotFound")
        size, token, start = _whole(asked, "pageSize", 50, MOST_ENTRIES), asked.param("pageToken"), 0
        found = self.play.rows(account)
        if token:
            numbers = [str(row.number) for row in found]
            try:
                start = numbers.index(base64.b64decode(token, validate=True).decode()) + 1
            except (binascii.Error, ValueError):
                raise Refused("pageToken is not valid") from None
        page, more = found[start : start + size], start + size < len(found)
        following = base64.b64encode(str(page[-1].number).encode()).decode() if more else None
        pagination = {"pageSize": size, "nextPageToken": following, "hasNext": more}
        return say({"results": [tell.entry(row, account) for row in page], "pagination": pagination})

    # Market data (3.6).

    def _named(self, asked: Asked, most: int) -> list[TruthInstrument]:
        """By numbers between literal commas: encoded ones are not understood."""
        told, known = asked.param("instrumentIds"), tell.known(self.play.accounts)
        wanted = [one for one in told.split(",") if one]
        if len(wanted) > most or not all(one.isdigit() for one in wanted):
            raise Refused("instrumentIds is not valid")
        return [known[int(one)] for one in wanted if int(one) in known] if wanted else list(known.values())

    def _instruments(self, asked: Asked) -> Response:
        if "%2c" in asked.raw_query.lower():
            return refused("GeneralError")
        if asked.param("instrumentIds").count(",") >= MOST_IDS:
            return say({"errorCode": "ValidationFailed", "errorMessage": "Too large"}, 413)
        return say({"instrumentDisplayDatas": [tell.display(one) for one in self._named(asked, MOST_IDS)]})

    def _rates(self, asked: Asked) -> Response:
        return say({"rates": [tell.rate(one, asked.now) for one in self._named(asked, MOST_RATES)]})

    def _closing(self, asked: Asked) -> Response:
        return say([tell.closing(one) for one in tell.known(self.play.accounts).values()])

    def _candles(self, asked: Asked) -> Response:
        names, known = asked.names, tell.known(self.play.accounts)
        number = int(names["id"]) if names["id"].isdigit() else -1
        count = int(names["count"]) if names["count"].isdigit() else 0
        if number not in known or names["interval"] not in INTERVALS or not 1 <= count <= 1000:
            raise Refused("The request is not valid")
        times = [asked.now - timedelta(days=n) for n in range(count)]
        if names["order"] == "asc":
            times.reverse()
        return say(tell.candles(known[number], names["interval"], times))

    def _search(self, asked: Asked) -> Response:
        """The page is named `page`; the documented `pageNumber` is not looked at."""
        page, size = _whole(asked, "page", 1, 10**6), _whole(asked, "pageSize", 10, 10_000)
        symbol, words = asked.param("internalSymbolFull"), asked.param("searchText").lower()
        found = [
            one
            for one in tell.known(self.play.accounts).values()
            if (not symbol or one.symbol == symbol) and words in f"{one.symbol} {one.name}".lower()
        ]
        items: list[Json] = [tell.found(one) for one in found[(page - 1) * size : page * size]]
        return say({"page": page, "pageSize": size, "totalItems": len(found), "items": items})


def _limits(asked: Asked, remaining: int) -> dict[str, str]:
    reset = int(asked.now.timestamp()) + 60
    told = {"limit": 60, "remaining": remaining, "reset": reset}
    return {f"x-ratelimit-{name}": str(value) for name, value in told.items()}


def _whole(asked: Asked, name: str, usual: int, most: int) -> int:
    told = asked.param(name) or str(usual)
    if not told.isdigit() or not 1 <= int(told) <= most:
        raise Refused(f"{name} is not valid")
    return int(told)


def sandbox(play: Play) -> EtoroSandbox:
    return EtoroSandbox(play)
