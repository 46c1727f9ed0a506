"""Robinhood's private API, played from the fact sheet; the official Crypto Trading API is in `trading.py`."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from adapters.brokerages.robinhood import tell_events as events
from adapters.brokerages.robinhood import tell_market as market
from adapters.brokerages.robinhood import tell_orders as orders
from adapters.brokerages.robinhood.books import Books, Item
from adapters.brokerages.robinhood.gate import Gate
from adapters.brokerages.robinhood.tell import Teller
from adapters.brokerages.robinhood.trading import HOST, Trading
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.mutations import RETRY_AFTER
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.router import Router
from adapters.sandbox.truth import Truth, TruthAccount, TruthInstrument, TruthTransaction

PAGE = 100
Json = dict[str, Any]
Said = Json | None
Telling = Callable[[], Said]
Handler = Callable[[Asked, Teller], Response]
Told = Callable[[Teller, Item], Json]
Shown = Callable[[Teller, TruthInstrument], Json]
Keyed = tuple[str, Telling]  # the row's id, and how it is told when its page is asked for


def _tell(row: TruthTransaction) -> TruthTransaction:
    """Shares of an assignment come with the event, which knows no fees; coins tell no settlement."""
    if row.leg_of is not None:
        return replace(row, fees=None, settlement_date=None)
    if row.instrument is not None and row.instrument.kind == "crypto":
        return replace(row, settlement_date=None)
    return row


PROFILE = Profile(
    brokerage="robinhood",
    hosts=("nummus", "phoenix", "bonfire", "minerva", HOST),
    accounts=3,
    # No account transfers, adjustments or fund distributions: the sheet knows no list that tells them.
    types=frozenset(
        {
            "BUY",
            "SELL",
            "BUY_TO_OPEN",
            "BUY_TO_CLOSE",
            "SELL_TO_OPEN",
            "SELL_TO_CLOSE",
            "OPTION_EXPIRATION",
            "OPTION_ASSIGNMENT",
            "OPTION_EXERCISE",
            "DIVIDEND",
            "DIVIDEND_REINVESTMENT",
            "INTEREST",
            "DEPOSIT",
            "WITHDRAWAL",
            "FEE",
            "MARGIN_INTEREST",
            "SPLIT",
        }
    ),
    kinds=frozenset({"equity", "etf", "option", "crypto"}),
    dividend_taxes="field",
    sell_short_types=False,
    coin_fees=False,
    pending_types=frozenset({"DEPOSIT", "DIVIDEND"}),
    quantity_places=6,
    coin_places=18,
    price_places=4,
    number_pattern="5@@@####",
    hidden=frozenset(
        {
            "balance.settled_cash",
            "instrument.cusip",
            "transaction.settlement_date/others",
            "transaction.executed_at/pending",
            # sweeps and stock lending tell a day; splits a day and a ratio
            "transaction.executed_at/INTEREST",
            "transaction.executed_at/SPLIT",
            "transaction.quantity/SPLIT",
            "transaction.gross/SPLIT",
            "transaction.net/SPLIT",
        }
    ),
    # The account's key is its number.
    uncompared=frozenset({"transaction.description", "instrument.name", "account.name", "account.key"}),
    tell=_tell,
)


class Robinhood:
    """All hosts, and the one customer who has a password for five of them and a key for the sixth."""

    def __init__(self, play: Play) -> None:
        self.id = "robinhood"
        self.profile = play.profile
        self.play = play
        self.gate = Gate(play)
        self.books = Books(play)
        self.trading = Trading(play)
        self._router = Router(missing=_missing, wrong_method=_wrong_method)
        self.gate.routes(self._router)
        self.trading.routes(self._router)
        self._routes()

    def answer(self, asked: Asked) -> Response:
        return self._router.answer(asked)

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """Its own words for what a planned fault says."""
        if asked.host == HOST:
            return self.trading.refusal(status)
        words = {
            401: "Invalid token.",
            404: "Not found.",
            429: f"Request was throttled. Expected available in {RETRY_AFTER} seconds.",
        }
        return say({"detail": words[status]}, status) if status in words else None

    def credentials(self) -> dict[str, str]:
        codes = {f"{kind}_code": self.gate.code(kind) for kind in ("app", "sms", "email")}
        known = {"username": self.play.customer.username, "password": self.play.customer.password}
        return known | codes | self.trading.credentials()

    def announce(self) -> list[str]:
        return [*self.gate.announce(), *self.trading.announce()]

    def seen_by(self, door: str) -> tuple[Truth, Profile]:
        """What one of the doors can tell: the Crypto Trading API knows the coins of one account."""
        if door == "crypto":
            return self.trading.seen(self.profile)
        return self.play.truth_now(), self.profile

    # ---- which address tells what

    def _routes(self) -> None:
        self._lists()
        get = self._get
        get("/accounts/", lambda asked, tell: self._each_account(asked, tell.account))
        get("/accounts/{number}/", lambda asked, tell: self._account(asked, tell.account), slash="optional")
        get("/portfolios/", lambda asked, tell: self._each_account(asked, tell.portfolio))
        get(
            "/portfolios/{number}/",
            lambda asked, tell: self._account(asked, tell.portfolio),
            slash="optional",
        )
        get("/positions/", self._positions)
        get("/options/positions/", lambda asked, tell: self._options(asked, tell.option_position))
        get("/options/aggregate_positions/", lambda asked, tell: self._options(asked, tell.aggregate))
        get("/instruments/", self._instruments)
        get("/instruments/{id}/", partial(self._listed, market.instrument, ("equity", "etf")))
        get("/instruments/{id}/splits/", partial(self._listed, market.splits, ("equity", "etf")))
        get("/quotes/", lambda asked, tell: self._by_symbols(asked, partial(market.quote, tell)))
        get("/marketdata/quotes/", self._quotes)
        get("/fundamentals/", lambda asked, tell: self._by_symbols(asked, market.fundamentals))
        get("/options/instruments/", self._option_instruments)
        get("/options/instruments/{id}/", partial(self._listed, market.option, ("option",)))
        get("/marketdata/options/", self._marks)
        get("/marketdata/forex/quotes/", self._coin_quotes)
        get("/marketdata/forex/quotes/{id}/", self._coin_quote)
        get("/user/", lambda asked, tell: say(self._user()))
        for path in ("/wire/transfers/", "/ach/relationships/", "/documents/"):
            get(path, lambda asked, tell: _list([]), slash="optional")
        get("/history/transactions/", lambda asked, tell: _list([]), host="minerva")
        get("/accounts/unified/", self._unified, host="phoenix", slash="optional")
        get("/phoenix/accounts/unified/", self._unified, host="bonfire", slash="optional")
        get("/accounts/", lambda asked, tell: self._each_account(asked, tell.crypto_account), host="nummus")
        get("/holdings/", self._holdings, host="nummus")
        get("/currency_pairs/", self._pairs, host="nummus")

    def _lists(self) -> None:
        """The lists of what happened, and their single rows. Those below /accounts/ come first."""
        for path, name, telling, host in (
            ("/accounts/sweeps/", "sweeps", events.sweep, "api"),
            ("/accounts/stock_loan_payments/", "stock_loans", events.stock_loan, "api"),
            ("/stock_loan/payments/", "stock_loans", events.stock_loan, "api"),
            ("/orders/", "orders", orders.order, "api"),
            ("/options/orders/", "option_orders", orders.option_order, "api"),
            ("/options/events/", "events", events.event, "api"),
            ("/dividends/", "dividends", events.dividend, "api"),
            ("/ach/transfers/", "ach", events.transfer, "api"),
            ("/ach/received/transfers/", "received", events.received, "api"),
            ("/cash_journal/margin_interest_charges/", "margin_interest", events.charge, "api"),
            ("/subscription/subscription_fees/", "fees", events.fee, "api"),
            ("/orders/", "coin_orders", orders.coin_order, "nummus"),
            ("/paymenthub/unified_transfers/", "ach", events.unified_transfer, "bonfire"),
        ):
            self._get(path, partial(self._items, name, telling), host=host)
            self._get(path + "{id}/", partial(self._item, name, telling), host=host)

    def _get(self, path: str, handler: Handler, host: str = "api", slash: str = "") -> None:
        def admitted(asked: Asked) -> Response:
            refused = self.gate.refuses(asked)
            return refused or handler(asked, Teller(asked, self.play, self.books))

        self._router.get(path, admitted, host=host, slash=slash)

    # ---- accounts and what is in them

    def _chosen(self, asked: Asked, *, otherwise_all: bool = False) -> Sequence[TruthAccount]:
        """Which accounts a request means: named ones, all, or the first."""
        named = asked.param("account_numbers") or asked.param("account_number")
        accounts = self.play.accounts
        if named:
            return [account for account in accounts if account.number in named.split(",")]
        everything = asked.param("default_to_all_accounts").lower() == "true" or otherwise_all
        return accounts if everything else accounts[:1]

    def _each_account(self, asked: Asked, telling: Callable[[TruthAccount], Json]) -> Response:
        """The first account only, unless the flag asks for all (nummus knows no flag)."""
        accounts = self._chosen(asked, otherwise_all=asked.host == "nummus")
        return _page(asked, [(account.number, partial(telling, account)) for account in accounts])

    def _account(self, asked: Asked, telling: Callable[[TruthAccount], Json]) -> Response:
        account = self.play.account(asked.names["number"])
        known = account is not None and account.number == asked.names["number"]
        return say(telling(account)) if account is not None and known else _missing(asked)

    def _positions(self, asked: Asked, tell: Teller) -> Response:
        held = [one for account in self._chosen(asked) for one in self.books.ever_held(account)]
        if asked.param("nonzero").lower() == "true":
            held = [one for one in held if one.quantity]
        return _page(
            asked,
            [(f"{one.account.number}/{one.instrument.uuid}", partial(tell.position, one)) for one in held],
        )

    def _options(self, asked: Asked, telling: Callable[[TruthAccount, Any], Json]) -> Response:
        rows = [
            (f"{account.number}/{position.instrument.uuid}", partial(telling, account, position))
            for account in self._chosen(asked)
            for position in account.positions
            if position.instrument.kind == "option"
        ]
        return _page(asked, rows)

    def _holdings(self, asked: Asked, tell: Teller) -> Response:
        rows = [
            (f"{account.uuid}/{position.instrument.uuid}", partial(tell.holding, account, position))
            for account in self.play.accounts
            for position in account.positions
            if position.instrument.kind == "crypto"
        ]
        return _page(asked, rows)

    def _unified(self, asked: Asked, tell: Teller) -> Response:
        return say(tell.unified(self.play.accounts))

    def _user(self) -> Json:
        customer = self.play.customer
        names = {"first_name": customer.first_name, "last_name": customer.last_name}
        return {"username": customer.username, "email": customer.email, "id": customer.uuid} | names

    # ---- what happened

    def _items(self, name: str, telling: Told, asked: Asked, tell: Teller) -> Response:
        """One list. Orders and dividends are cut by account; the rest is there for all accounts."""
        by_account = name in ("orders", "option_orders", "dividends", "sweeps")
        items = self.books.items(name, self._chosen(asked, otherwise_all=not by_account))
        since = asked.param("updated_at[gte]")
        if since and name in ("orders", "option_orders"):
            try:
                after = datetime.fromisoformat(since)
            except ValueError:
                return say({"updated_at": ["Enter a valid date/time."]}, 400)
            after = after if after.tzinfo else after.replace(tzinfo=UTC)
            items = [item for item in items if item.at >= after]
        return _page(asked, [(item.id, partial(telling, tell, item)) for item in items])

    def _item(self, name: str, telling: Told, asked: Asked, tell: Teller) -> Response:
        items = self.books.items(name, self.play.accounts)
        found = next((item for item in items if item.id == asked.names["id"]), None)
        return _missing(asked) if found is None else say(telling(tell, found))

    # ---- instruments and quotes

    def _of(self, *kinds: str) -> list[TruthInstrument]:
        return [one for one in self.books.instruments().values() if one.kind in kinds]

    def _listed(self, telling: Shown, kinds: tuple[str, ...], asked: Asked, tell: Teller) -> Response:
        """404 for what is listed no more."""
        found = self.books.instruments().get(asked.names["id"])
        return _missing(asked) if found is None or found.kind not in kinds else say(telling(tell, found))

    def _instruments(self, asked: Asked, tell: Teller) -> Response:
        found = self._of("equity", "etf")
        if ids := asked.param("ids"):
            found = [one for one in found if one.uuid in ids.split(",")]
        if symbol := asked.param("symbol"):
            found = [one for one in found if one.symbol == symbol]
        if words := asked.param("query").lower():
            found = [one for one in found if words in f"{one.symbol} {one.name}".lower()]
        return _page(asked, [(one.uuid, partial(market.instrument, tell, one)) for one in found])

    def _by_symbols(self, asked: Asked, telling: Callable[[TruthInstrument], Json]) -> Response:
        """In the order asked for; null for what is not known."""
        known = {one.symbol: one for one in self._of("equity", "etf")}
        wanted = asked.param("symbols").split(",")
        return say({"results": [telling(known[name]) if name in known else None for name in wanted]})

    def _quotes(self, asked: Asked, tell: Teller) -> Response:
        known = {one.uuid: one for one in self._of("equity", "etf")}
        wanted = [_last(part) for part in (asked.param("instruments") or asked.param("ids")).split(",")]
        return say({"results": [market.quote(tell, known[one]) if one in known else None for one in wanted]})

    def _option_instruments(self, asked: Asked, tell: Teller) -> Response:
        told = [market.option(tell, one) for one in self._of("option")]
        if ids := asked.param("ids"):
            told = [row for row in told if row["id"] in ids.split(",")]
        for parameter, field in (
            ("chain_id", "chain_id"),
            ("chain_symbol", "chain_symbol"),
            ("expiration_dates", "expiration_date"),
            ("type", "type"),
            ("state", "state"),
        ):
            if wanted := asked.param(parameter):
                told = [row for row in told if row[field] in wanted.split(",")]
        if strike := asked.param("strike_price"):
            told = [row for row in told if row["strike_price"].startswith(strike.rstrip("0").rstrip("."))]
        return _page(asked, [(row["id"], partial(dict, row)) for row in told])

    def _marks(self, asked: Asked, tell: Teller) -> Response:
        known = {one.uuid: one for one in self._of("option")}
        wanted = [_last(part) for part in (asked.param("instruments") or asked.param("ids")).split(",")]
        return say({"results": [market.mark(tell, known[one]) if one in known else None for one in wanted]})

    def _pairs(self, asked: Asked, tell: Teller) -> Response:
        return _page(asked, [(one.uuid, partial(market.pair, tell, one)) for one in self._of("crypto")])

    def _coin_quotes(self, asked: Asked, tell: Teller) -> Response:
        known = {tell.pair_id(one): one for one in self._of("crypto")}
        wanted = asked.param("ids").split(",")
        return say(
            {"results": [market.coin_quote(tell, known[one]) if one in known else None for one in wanted]}
        )

    def _coin_quote(self, asked: Asked, tell: Teller) -> Response:
        known = {tell.pair_id(one): one for one in self._of("crypto")}
        found = known.get(asked.names["id"])
        return _missing(asked) if found is None else say(market.coin_quote(tell, found))


def sandbox(play: Play) -> Robinhood:
    return Robinhood(play)


# ---- pages


def _page(asked: Asked, rows: Sequence[Keyed]) -> Response:
    """One page of a list. The cursor names the last row told: what comes new at the head shifts nothing."""
    try:
        size = min(PAGE, int(asked.param("page_size", str(PAGE))))
        start = _after(asked.param("cursor"), rows)
    except (ValueError, NotBase64):
        size, start = 0, 0
    if size < 1:
        return say({"detail": "Invalid cursor"}, 404)
    page = rows[start : start + size]
    following = None
    if start + size < len(rows):
        kept = [pair for pair in asked.query if pair[0] != "cursor"]
        cursor = b64encode(f"p={page[-1][0]}".encode()).decode()
        following = f"{asked.at(asked.host)}{asked.path}?{urlencode([('cursor', cursor), *kept])}"
    return _list([telling() for _, telling in page], following)


def _after(cursor: str, rows: Sequence[Keyed]) -> int:
    """The place after the row that a cursor names. Raises ValueError if there is none."""
    if not cursor:
        return 0
    name = b64decode(cursor, validate=True).decode().removeprefix("p=")
    return [row[0] for row in rows].index(name) + 1


def _list(results: Iterable[Said], following: str | None = None) -> Response:
    return say({"next": following, "previous": None, "results": list(results)})


def _last(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[-1]


def _missing(asked: Asked) -> Response:
    return say({"detail": "Not found."}, 404)


def _wrong_method(asked: Asked) -> Response:
    return say({"detail": f'Method "{asked.method}" not allowed.'}, 405)
