"""Interactive Brokers, played by us: the Web API by OAuth or by the gateway, and the Flex Web Service."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from adapters.brokerages.ibkr import keys, tell, tell_flex
from adapters.brokerages.ibkr.desk import Desk
from adapters.brokerages.ibkr.gate import Gate, Refused, Session
from adapters.brokerages.ibkr.portfolio import Portfolio
from adapters.brokerages.ibkr.service import FlexService
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.profile import UNCOMPARED, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthTransaction

ROOT = "/v1/api"
WEB = ("api", "gateway")
FLEX = ("api", "ndcdyn", "gdcdyn")
ZERO = Decimal(0)
MOST_DAYS = 7


def _tell(row: TruthTransaction) -> TruthTransaction:
    """Flex tells costs of everything in Trades, of the ends of options as well."""
    if row.trade or row.type in tell_flex.ENDS or (row.type == tell_flex.CONVERSION and not row.foreign):
        return replace(row, fees=row.fees or ZERO, taxes=row.taxes or ZERO)
    return row


PROFILE = Profile(
    "ibkr",
    hosts=("gateway", "ndcdyn", "gdcdyn"),
    types=tell_flex.TYPES,
    account_kinds=("margin", "ira_other", "other"),
    account_currencies=("USD", "EUR"),
    foreign_currency="GBP",
    pending=False,
    history_days=440,
    hidden=frozenset(f"transaction.settlement_date/{kind}" for kind in tell_flex.ACTIONS),
    # Positions tell no CUSIP, Flex does.
    uncompared=UNCOMPARED | {"instrument.cusip"},
    gross_places=None,
    price_places=4,
    instant_places=0,
    number_pattern="U#######",
    tell=_tell,
)


class Ibkr:
    """One customer at Interactive Brokers."""

    id = "ibkr"

    def __init__(self, play: Play) -> None:
        self.play = play
        self.profile = PROFILE
        self.gate = Gate(play)
        self.flex = FlexService(play)
        self.desk = Desk(play, self.gate)
        self.portfolio = Portfolio(play, self.gate)
        self._selected = 0
        self._router = Router(self._missing, self._missing, slash="optional")
        self._sessions()
        self._portfolio_paths()
        self._orders()
        for host in FLEX:
            for name, handler in (("SendRequest", self.flex.send), ("GetStatement", self.flex.get)):
                self._router.get(f"/AccountManagement/FlexWebService/{name}", handler, host)
            old = "/Universal/servlet/FlexStatementService."
            self._router.get(f"{old}SendRequest", self.flex.send, host)
            self._router.get(f"{old}GetStatement", self.flex.get, host)
        self._router.get("/", self.gate.log_in, "gateway")

    def answer(self, asked: Asked) -> Response:
        # Clients put two slashes where their base has one at its end and their path one at its start.
        straight = replace(asked, path=re.sub("/{2,}", "/", asked.path))
        try:
            return self._router.answer(straight)
        except Refused as refused:
            return refused.response

    def credentials(self) -> dict[str, str]:
        return {
            "consumer_key": self.gate.consumer_key,
            "access_token": self.gate.access_token,
            "access_token_secret": self.gate.access_token_secret,
            "private_signature": keys.pem(keys.signature_key()),
            "private_encryption": keys.pem(keys.encryption_key()),
            "dh_param": f"{keys.PRIME:x}",
            "flex_token": self.flex.token,
            "flex_query_id": self.flex.query_id,
        }

    def announce(self) -> list[str]:
        return [
            f"consumer key   {self.gate.consumer_key}",
            f"access token   {self.gate.access_token}",
            "keys, secret   in the file of --credentials",
            f"flex token     {self.flex.token}",
            f"flex query id  {self.flex.query_id}",
            "gateway        under /gateway; open it once to log in, if nobody is",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """IBKR's own words for what goes wrong on its side."""
        words = {401: "not authenticated", 403: "Forbidden", 404: "Not Found", 410: "Gone"}
        words |= {429: "Too Many Requests", 503: "Service Unavailable"}
        if status in words or status >= 500:
            return Refused(status, words.get(status, "internal error")).response
        return None

    # --- routes

    def _add(self, method: str, path: str, handler: Handler, parameters: str = "") -> None:
        known = frozenset(parameters.split())

        def guarded(asked: Asked) -> Response:
            unknown = {name for name, _ in asked.query} - known
            if unknown:
                raise Refused(400, f"Bad Request: unknown parameter {min(unknown)}")
            return handler(asked)

        for host in WEB:
            self._router.add(method, ROOT + path, guarded, host)

    def _sessions(self) -> None:
        self._add("POST", "/oauth/live_session_token", self.gate.session_token)
        self._add("POST", "/iserver/auth/ssodh/init", self._init)
        self._add("POST", "/iserver/auth/status", self._status)
        self._add("POST", "/iserver/reauthenticate", self._reauthenticate)
        self._add("POST", "/tickle", self._tickle)
        self._add("POST", "/logout", self._logout)
        self._add("GET", "/sso/validate", self._validate)

    def _portfolio_paths(self) -> None:
        self._add("GET", "/portfolio/accounts", self.portfolio.accounts)
        self._add("GET", "/portfolio/subaccounts", self.portfolio.accounts)
        self._add("GET", "/portfolio/subaccounts2", self.portfolio.accounts_paged, "page")
        for path, handler, parameters in (
            ("/portfolio/{id}/meta", self.portfolio.meta, ""),
            ("/portfolio/{id}/ledger", self.portfolio.ledger, ""),
            ("/portfolio/{id}/summary", self.portfolio.summary, ""),
            ("/portfolio/{id}/allocation", self.portfolio.allocation, "model"),
            ("/portfolio/{id}/combo/positions", self.portfolio.combos, "nocache"),
            ("/portfolio/{id}/position/{conid}", self.portfolio.position, ""),
            (
                "/portfolio/{id}/positions/{page}",
                self.portfolio.positions,
                "model sort direction period waitForSecDef",
            ),
            ("/portfolio2/{id}/positions", self.portfolio.positions2, "model sort direction"),
        ):
            self._add("GET", path, self.portfolio.of_listed(handler), parameters)
        self._add(
            "POST",
            "/portfolio/{id}/positions/invalidate",
            self.portfolio.of_listed(self.portfolio.invalidate),
        )
        self._add("GET", "/portfolio/positions/{conid}", self.portfolio.everywhere)
        self._add("POST", "/pa/transactions", self.portfolio.pa_transactions)
        self._add("GET", "/trsrv/secdef", self.desk.definitions, "conids")
        self._add("GET", "/trsrv/stocks", self.desk.stocks, "symbols")
        self._add("GET", "/trsrv/futures", self.desk.futures, "symbols")

    def _orders(self) -> None:
        self._add("GET", "/iserver/accounts", self._iserver_accounts)
        self._add("POST", "/iserver/account", self._select)
        self._add("GET", "/iserver/account/trades", self._trades, "days accountId")
        self._add("GET", "/iserver/account/orders", self.desk.live, "filters force accountId")
        self._add("GET", "/iserver/account/order/status/{order}", self.desk.status)
        self._add("POST", "/iserver/account/{id}/orders/whatif", self.desk.what_if)
        self._add("POST", "/iserver/account/{id}/orders", self.desk.place)
        self._add("POST", "/iserver/account/{id}/order/{order}", self.desk.modify)
        self._add("DELETE", "/iserver/account/{id}/order/{order}", self.desk.cancel)
        self._add("POST", "/iserver/reply/{id}", self.desk.reply)
        self._add("POST", "/iserver/questions/suppress", self.desk.suppress)
        self._add("POST", "/iserver/questions/suppress/reset", self.desk.unsuppress)
        self._add("GET", "/iserver/marketdata/snapshot", self.desk.snapshot, "conids fields since")
        self._add("GET", "/iserver/secdef/search", self.desk.search, "symbol name secType")
        self._add("POST", "/iserver/secdef/search", self.desk.search)

    def _missing(self, asked: Asked) -> Response:
        return Refused(404, "Not Found").response

    # --- sessions

    def _init(self, asked: Asked) -> Response:
        session, told = self.gate.admit(asked), asked.json()
        if not isinstance(told, dict) or not isinstance(told.get("compete"), bool):
            raise Refused(400, "Bad Request: compete")
        if told["compete"]:
            self.gate.competing = False
        session.brokerage = not self.gate.competing
        return say(self._auth(session))

    def _status(self, asked: Asked) -> Response:
        return say(self._auth(self.gate.admit(asked)))

    def _auth(self, session: Session) -> dict[str, object]:
        return {
            "authenticated": session.brokerage,
            "competing": self.gate.competing,
            "connected": True,
            "message": "",
            "MAC": "02:00:00:00:00:01",
            "hardware_info": "00000000|02:00:00:00:00:01",
            "serverInfo": {"serverName": "JifN00001", "serverVersion": "Build 10.30.0a"},
            "fail": "",
        }

    def _tickle(self, asked: Asked) -> Response:
        session = self.gate.admit(asked)
        bridge: dict[str, object] = {"authStatus": self._auth(session)}
        return say(
            {
                "session": self.play.word("tickle", 32, "0123456789abcdef"),
                "ssoExpires": int((session.until - asked.now).total_seconds() * 1000),
                "collission": False,
                "userId": 123456789,
                "hmds": {"error": "no bridge"},
                "iserver": bridge,
            }
        )

    def _reauthenticate(self, asked: Asked) -> Response:
        self.gate.admit(asked).brokerage = not self.gate.competing
        return say({"message": "triggered"})

    def _logout(self, asked: Asked) -> Response:
        self.gate.end(self.gate.admit(asked))
        return say({"status": True})

    def _validate(self, asked: Asked) -> Response:
        session = self.gate.admit(asked)
        stamp = int(asked.now.timestamp()) * 1000
        return say(
            {
                "USER_ID": 123456789, "USER_NAME": self.play.customer.username, "RESULT": True,
                "AUTH_TIME": stamp, "SF_ENABLED": True, "IS_FREE_TRIAL": False,
                "CREDENTIAL": self.play.customer.username, "IP": "198.51.100.7",
                "EXPIRES": int((session.until - asked.now).total_seconds() * 1000),
                "QUALIFIED_FOR_MOBILE_AUTH": None, "LANDING_APP": "UNIVERSAL", "IS_MASTER": False,
                "lastAccessed": stamp, "LOGIN_TYPE": 1, "features": {"env": "PROD"}, "region": "NJ",
            }
        )  # fmt: skip

    # --- accounts and trades of the brokerage session

    def _iserver_accounts(self, asked: Asked) -> Response:
        session = self.gate.brokerage(asked)
        session.orders = True
        numbers = [account.number for account in self.play.accounts]
        return say(
            {
                "accounts": numbers, "acctProps": {}, "aliases": {n: n for n in numbers},
                "allowFeatures": {}, "chartPeriods": {}, "groups": [], "profiles": [],
                "selectedAccount": numbers[self._selected], "serverInfo": {}, "sessionId": "0", "isFt": False,
                "isPaper": False,
            }
        )  # fmt: skip

    def _select(self, asked: Asked) -> Response:
        self.gate.brokerage(asked)
        numbers = [account.number for account in self.play.accounts]
        told = asked.json()
        wanted = told.get("acctId") if isinstance(told, dict) else None
        if wanted not in numbers:
            raise Refused(500, "account not found")
        if numbers.index(wanted) == self._selected:
            raise Refused(501, "Account already set")
        self._selected = numbers.index(wanted)
        return say({"set": True, "acctId": wanted})

    def _trades(self, asked: Asked) -> Response:
        self.gate.brokerage(asked)
        days = asked.param("days") or "1"
        if not days.isdigit() or not 1 <= int(days) <= MOST_DAYS:
            raise Refused(400, "Bad Request: days")
        since = asked.now - timedelta(days=int(days))
        wanted = asked.param("accountId")
        owners = [
            a
            for n, a in enumerate(self.play.accounts)
            if (a.number == wanted if wanted else n == self._selected)
        ]
        return say(
            [
                tell.trade(row, owner, self.play.customer.username)
                for owner in owners
                for row in owner.transactions
                if row.trade and not tell.booked(row) and row.executed_at >= since
            ]
        )


def sandbox(play: Play) -> Ibkr:
    return Ibkr(play)
