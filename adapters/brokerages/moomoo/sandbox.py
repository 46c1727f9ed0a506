"""Moomoo's OpenD, played from its protocol: what a gateway answers once a client is connected.

The path is the number of the protocol, bodies are the messages as JSON: OpenD speaks them so too. Over TCP
`adapters/sandbox/opend.py` does the framing, the greeting and Protocol Buffers.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

from adapters.brokerages.moomoo import gate
from adapters.brokerages.moomoo import sandbox_rows as tell
from adapters.brokerages.moomoo.gate import Named, Refused
from adapters.brokerages.moomoo.sandbox_protos import SCHEMA
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked
from adapters.sandbox.opend_keys import pem, rsa_of
from adapters.sandbox.opend_schema import Schema
from adapters.sandbox.play import Play, Sandbox
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

KEY_HEADER = "opend-rsa-key"
READ_ONLY = "This sandbox only tells: it takes no orders and changes nothing"
LOGGED_OUT = "Not logged in: sign in to OpenD again"
TOO_OFTEN = "request too frequent: at most 10 requests every 30 seconds"
Message = dict[str, Any]
Handler = Callable[[Asked, Message], dict[str, object]]


def _told(row: TruthTransaction) -> TruthTransaction:
    """The day of a trade is the market's own: what New York does at noon is night in Hong Kong."""
    if not row.trade:
        return row
    day = row.executed_at.astimezone(tell.REGIONS[row.currency].zone).date()
    return replace(row, trade_date=day)


def _called(instrument: TruthInstrument, currency: str) -> TruthInstrument:
    """Codes have no market in them: one of Hong Kong is no ticker of New York."""
    if currency == "USD" or instrument.option is not None:
        return instrument
    return replace(instrument, symbol=f"{instrument.symbol}.HK")


PROFILE = Profile(
    "moomoo",
    types=frozenset(
        "BUY SELL SELL_SHORT BUY_TO_COVER DIVIDEND TAX INTEREST MARGIN_INTEREST DEPOSIT WITHDRAWAL FEE"
        " ADJUSTMENT".split()
    ),
    kinds=frozenset({"equity", "option"}),
    account_kinds=("margin", "cash"),
    account_currencies=("USD", "HKD"),
    option_currencies=frozenset({"USD"}),
    option_open_close=False,
    coin_fees=False,
    pending=False,
    history_days=365,
    hidden=frozenset(
        {
            "balance.settled_cash",
            "instrument.cusip",
            "transaction.settlement_date/trades",
            "transaction.executed_at/others",
            "transaction.instrument/others",
            "transaction.taxes/trades",
        }
    ),
    gross_places=3,
    value_places=3,
    instant_places=3,
    number_pattern="1001############",
    key_pattern="281###############",
    tell=_told,
    tell_instrument=_called,
)


class Moomoo:
    id = "moomoo"
    schema: Schema = SCHEMA

    def __init__(self, play: Play) -> None:
        self.play, self.profile = play, play.profile
        self.user = int(play.code("user", 8)) + 10_000_000
        self._trade_password = play.code("trade password")
        self._unlocked = False
        self._handlers: dict[int, Handler] = {
            1002: self._state,
            1004: lambda asked, _: {"time": int(asked.now.timestamp())},
            2001: self._account_list,
            2005: self._unlock,
            2008: lambda asked, told: self._subscribed(told),
            2101: self._funds,
            2102: self._positions,
            2201: lambda asked, told: self._today(told, "orderList"),
            2202: self._refuse_order,
            2205: self._refuse_order,
            2211: lambda asked, told: self._today(told, "orderFillList"),
            2221: self._orders,
            2222: self._fills,
            2225: self._fees,
            2226: self._flows,
        }

    def answer(self, asked: Asked) -> Response:
        protocol = int(asked.path[1:]) if asked.path[1:].isdecimal() and len(asked.path) == 5 else 0
        handler = self._handlers.get(protocol)
        if handler is None:
            return gate.refusal("unknown protocol", gate.UNKNOWN)
        try:
            told = gate.message(asked, protocol)
            if asked.header(KEY_HEADER) not in ("", self._key.replace("\n", "\\n")):
                raise Refused("the encrypt key is wrong")
            if self.play.revoked if protocol < 2101 else self.play.withdrawn():
                raise Refused(LOGGED_OUT)
            return gate.success(handler(asked, told))
        except Refused as refused:
            return refused.response

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """OpenD has no statuses; the words that belong to each."""
        texts = {401: LOGGED_OUT, 403: "no permission", 429: TOO_OFTEN}
        if status in texts:
            return gate.refusal(texts[status], status=status)
        return gate.refusal("timeout", gate.TIMED_OUT, status) if status >= 500 else None

    def credentials(self) -> dict[str, str]:
        """The address is known once somebody listens there: see `adapters/sandbox/opend.py`."""
        own = {"trade_password": self._trade_password, "login_user_id": str(self.user)}
        return {"rsa_key": self._key, **own}

    def announce(self) -> list[str]:
        return [f"OpenD user {self.user}, trade password {self._trade_password}"]

    @cached_property
    def _key(self) -> str:
        """Over TCP it encrypts; in memory and over HTTP, where nothing is encrypted, it is compared. What
        stands behind the end of a key file is no part of the key."""
        return (pem(rsa_of(self.play)) + self.play.marker).strip()

    @property
    def _accounts(self) -> tuple[TruthAccount, ...]:
        return self.play.accounts

    def _named(self, told: Message) -> Named:
        return gate.named(told, self._accounts)

    # ---- what OpenD says of itself and of the accounts

    def _state(self, asked: Asked, told: Message) -> dict[str, object]:
        markets = dict.fromkeys(("marketHK", "marketUS", "marketSH", "marketSZ", "marketHKFuture"), 6)
        own = {"qotLogined": True, "trdLogined": True, "serverVer": 1011, "serverBuildNo": 7108}
        return {**markets, **own, "time": int(asked.now.timestamp())}

    def _account_list(self, asked: Asked, told: Message) -> dict[str, object]:
        match told.get("trdCategory", 1):
            case 2:
                return {"accList": [tell.paper_futures(self._accounts[0])]}
            case 3:
                return {"accList": []}
        real = [tell.account(known) for known in self._accounts]
        return {"accList": [*real, *(tell.paper(known) for known in self._accounts)]}

    def _unlock(self, asked: Asked, told: Message) -> dict[str, object]:
        right = hashlib.md5(self._trade_password.encode(), usedforsecurity=False).hexdigest()
        if told["unlock"] and told.get("pwdMD5") != right:
            raise Refused("The trade password is wrong")
        self._unlocked = told["unlock"]
        return {}

    def _subscribed(self, told: Message) -> dict[str, object]:
        papers = (tell.paper_number, tell.paper_futures_number)
        known = {one.key for one in self._accounts} | {n(one) for one in self._accounts for n in papers}
        if not {str(number) for number in told.get("accIDList", [])} <= known:
            raise Refused("Nonexisting acc_id")
        return {}

    def _refuse_order(self, asked: Asked, told: Message) -> dict[str, object]:
        self._named(told)
        if not self._unlocked:
            raise Refused("Please unlock trade first")
        raise Refused(READ_ONLY)

    def _funds(self, asked: Asked, told: Message) -> dict[str, object]:
        found, currency = self._named(told), told.get("currency")
        if currency is None:
            raise Refused("missing necessary parameter: currency")
        if currency not in tell.PER_DOLLAR:
            raise Refused("This currency is not supported by the account")
        one = found.account
        return {
            "header": found.header,
            "funds": tell.no_funds(currency) if one is None else tell.funds(one, currency),
        }

    def _positions(self, asked: Asked, told: Message) -> dict[str, object]:
        found = self._named(told)
        rows = [] if found.account is None else tell.positions(found.account)
        codes = told.get("filterConditions", {}).get("codeList")
        kept = [row for row in rows if not codes or row["code"] in codes]
        return {"header": found.header, "positionList": kept}

    # ---- history

    def _today(self, told: Message, name: str) -> dict[str, object]:
        """Nothing has happened today: the truth ends yesterday."""
        found = self._named(told)
        if name == "orderFillList":
            _ = found.real
        return {"header": found.header, name: []}

    def _fills(self, asked: Asked, told: Message) -> dict[str, object]:
        found = self._named(told)
        begin, end = gate.between(told, found.region)
        rows = [row for row in self.play.rows(found.real) if row.trade and begin <= row.executed_at <= end]
        codes = told["filterConditions"].get("codeList")
        fills = [tell.fill(row, found.region) for row in rows]
        return {
            "header": found.header,
            "orderFillList": [one for one in fills if not codes or one["code"] in codes],
        }

    def _orders(self, asked: Asked, told: Message) -> dict[str, object]:
        found = self._named(told)
        begin, end = gate.between(told, found.region)
        wanted = told["filterConditions"].get("orderIDExList")
        statuses = told.get("filterStatusList")
        rows = [
            tell.order(fills, found.region)
            for number, fills in self._by_order(found.real).items()
            if (not wanted or number in wanted) and begin <= fills[0].executed_at <= end
        ]
        kept = [row for row in rows if not statuses or row["orderStatus"] in statuses]
        return {"header": found.header, "orderList": kept}

    def _fees(self, asked: Asked, told: Message) -> dict[str, object]:
        found, wanted = self._named(told), told.get("orderIdExList", [])
        if not 0 < len(wanted) <= gate.MOST_ORDERS:
            raise Refused("orderIdExList must hold 1 to 400 orders")
        known = self._by_order(found.real)
        fees = [tell.fee(known[number]) for number in wanted if number in known]
        return {"header": found.header, "orderFeeList": fees}

    def _by_order(self, account: TruthAccount) -> dict[str, list[TruthTransaction]]:
        """The fills of each order, oldest first."""
        current = next(one for one in self._accounts if one.number == account.number)
        found: dict[str, list[TruthTransaction]] = {}
        for row in reversed(current.transactions):
            if row.trade:
                found.setdefault(tell.order_id(row), []).append(row)
        return found

    def _flows(self, asked: Asked, told: Message) -> dict[str, object]:
        found, day = self._named(told), gate.clearing_day(told)
        direction = told.get("cashFlowDirection", 0)
        rows = [tell.flow(row, found.region) for row in self.play.rows(found.real) if row.trade_date == day]
        kept = [row for row in rows if not direction or row["cashFlowDirection"] == direction]
        return {"header": found.header, "flowSummaryInfoList": kept}


def sandbox(play: Play) -> Sandbox:
    return Moomoo(play)
