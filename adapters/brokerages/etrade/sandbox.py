"""E*TRADE, played by us: accounts, portfolio, transactions, orders and quotes, in JSON and in XML."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from adapters.brokerages.etrade import tell, tell_market
from adapters.brokerages.etrade.gate import CALLBACK, NEW_YORK, Gate, Refused
from adapters.brokerages.etrade.speech import Refusal, clear, days, error, normal, opaque, say, whole
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say_nothing
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.router import Router
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

TWO_YEARS = timedelta(days=731)
RECENT = timedelta(days=90)
MOST_SYMBOLS = 25


def _tell(row: TruthTransaction) -> TruthTransaction:
    """Cash that was transferred looks like any other cash; only securities are told as transferred."""
    if row.quantity is None and row.type in {"TRANSFER_IN", "TRANSFER_OUT"}:
        return replace(row, type="DEPOSIT" if row.type == "TRANSFER_IN" else "WITHDRAWAL")
    return row


PROFILE = Profile(
    "etrade",
    hosts=("oauth", "authorize"),
    types=frozenset(tell.WORDS),
    sell_short_types=False,
    option_open_close=False,
    history_days=729,
    pending_types=frozenset({"BUY", "SELL", "DEPOSIT"}),
    hidden=frozenset(
        {
            "balance.settled_cash",
            "instrument.cusip",
            "transaction.taxes",
            "transaction.fees/DIVIDEND_REINVESTMENT",
        }
    ),
    # The instant is told of pending rows only; see this brokerage's own tests.
    uncompared=frozenset({"transaction.description", "transaction.executed_at", "instrument.name"}),
    value_places=2,
    price_places=4,
    instant_places=3,
    number_pattern="70######",
    key_pattern="@#@_@@##-@@@#@@@##@@@@",
    tell=_tell,
)


class ETrade:
    """One customer at E*TRADE."""

    id = "etrade"

    def __init__(self, play: Play) -> None:
        self.play = play
        self.profile = PROFILE
        self.gate = Gate(play)
        self._router = Router(self._missing, self._wrong_method)
        for name, handler in (
            ("request_token", self.gate.request_token),
            ("access_token", self.gate.access_token),
            ("renew_access_token", self.gate.renew),
            ("revoke_access_token", self.gate.revoke),
        ):
            # GET is documented; clients on requests-oauthlib send POST, and are heard.
            for method in ("GET", "POST"):
                # Under the API's address, under that of the OAuth host, and with its name as first word.
                self._router.add(method, f"/oauth/{name}", handler)
                self._router.add(method, f"/oauth/{name}", handler, "oauth")
                self._router.add(method, f"/{name}", handler, "oauth")
        for host in ("api", "authorize"):
            self._router.get("/e/t/etws/authorize", self.gate.authorize, host)
        own = "/v1/accounts/{key}"
        self._data("/v1/accounts/list", self._list)
        self._data(own + "/balance", self._balance, "instType accountType realTimeNAV")
        self._data(
            own + "/portfolio",
            self._portfolio,
            "count sortBy sortOrder pageNumber marketSession totalsRequired lotsRequired view",
        )
        self._data(own + "/portfolio/{id}", self._lots)
        self._data(
            own + "/transactions", self._transactions, "startDate endDate sortOrder marker count pageMarkers"
        )
        self._data(own + "/transactions/{id}", self._details, "storeId")
        self._data(
            own + "/orders",
            self._orders,
            "count marker status fromDate toDate symbol securityType transactionType marketSession",
        )
        self._data(own + "/orders/{id}", self._order)
        self._data(
            "/v1/market/quote/{symbols}",
            self._quote,
            "detailFlag requireEarningsDate overrideSymbolCount skipMiniOptionsCheck",
        )
        self._data("/v1/market/lookup/{text}", self._look_up)

    def answer(self, asked: Asked) -> Response:
        try:
            return self._router.answer(asked)
        except Refused as refused:
            return refused.response
        except Refusal as refusal:
            return error(asked, refusal)

    def credentials(self) -> dict[str, str]:
        return {
            "consumer_key": self.gate.consumer_key,
            "consumer_secret": self.gate.consumer_secret,
            "verifier": self.gate.verifier,
            "callback_url": CALLBACK,
        }

    def announce(self) -> list[str]:
        return [
            f"consumer key     {self.gate.consumer_key}",
            f"consumer secret  {self.gate.consumer_secret}",
            f"verifier         {self.gate.verifier} (the page shows it)",
            f"callback         oob, or {CALLBACK}",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """E*TRADE's own words for what goes wrong on its side."""
        if status == 401:
            return Refused("token_rejected").response
        if status >= 500:
            return error(asked, Refusal(2001, "The service is not available. Try again later.", status))
        return None

    # --- how a call is let in, and in which format it is answered ---

    def _data(self, path: str, handler: Callable[[Asked], Response], parameters: str = "") -> None:
        known = frozenset(parameters.split())

        def guarded(asked: Asked) -> Response:
            self.gate.admit(asked)
            unknown = {name for name, _ in asked.query} - known
            if unknown:
                raise Refusal(2001, f"Unknown parameter: {min(unknown)}")
            return handler(asked)

        self._router.get(path + ".json", guarded)
        self._router.get(path, guarded)

    def _missing(self, asked: Asked) -> Response:
        return error(asked, Refusal(404, "The requested resource does not exist.", 404))

    def _wrong_method(self, asked: Asked) -> Response:
        return error(asked, Refusal(405, "The method is not allowed.", 405))

    def _owner(self, asked: Asked) -> TruthAccount:
        key = asked.names["key"]
        owner = next((account for account in self.play.accounts if account.key == key), None)
        if owner is None:
            raise Refusal(102, "Please enter valid account key")
        return owner

    def _few(self, told: list[tell.Json]) -> object:
        """A list of one comes as the thing itself for every other customer."""
        return told[0] if len(told) == 1 and self.play.seed % 2 else told

    def _closing(self) -> int:
        """When the last prices were made, in epoch seconds: four in the afternoon."""
        return tell.midnight(self.play.truth.today) // 1000 - 8 * 3600

    # --- accounts ---

    def _list(self, asked: Asked) -> Response:
        told = [tell.account(account, blank=n % 2 == 1) for n, account in enumerate(self.play.accounts)]
        return say(asked, {"AccountListResponse": {"Accounts": {"Account": self._few(told)}}})

    def _balance(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        if asked.param("instType") != "BROKERAGE" or not asked.param("realTimeNAV"):
            raise Refusal(1011, "instType and realTimeNAV are required")
        live = asked.param("realTimeNAV").lower() == "true"
        customer = f"{self.play.customer.first_name} {self.play.customer.last_name}".upper()
        return say(asked, {"BalanceResponse": tell.balance(owner, customer, live=live)})

    def _portfolio(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        count, page = whole(asked, "count", 50, 2005), whole(asked, "pageNumber", 1, 2005)
        view = {"OPTIONSWATCH": "OptionsWatch"}.get(asked.param("view"), asked.param("view", "QUICK").title())
        held = list(owner.positions)
        if asked.param("sortOrder") == "DESC":
            held.reverse()
        pages = -(-len(held) // count)
        held = held[(page - 1) * count : page * count]
        if not held:
            # Some customers get an empty answer instead of none.
            return Response(200) if self.play.seed % 2 else say_nothing()
        signed = self.play.seed % 2 == 0
        told = [
            tell.position(each, owner, asked.base, self._closing(), view=view, signed=signed) for each in held
        ]
        part: tell.Json = {"accountId": owner.number, "totalPages": pages, "Position": self._few(told)}
        if page < pages:
            address = f"{asked.base}/v1/accounts/{owner.key}/portfolio.json?pageNumber={page + 1}"
            part |= {"next": address, "nextPageNo": str(page + 1)}
        answer: tell.Json = {"AccountPortfolio": [part]}
        if asked.param("totalsRequired").lower() == "true":
            answer["Totals"] = tell.totals(owner)
        return say(asked, {"PortfolioResponse": answer})

    def _lots(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        held = next(
            (p for p in owner.positions if str(tell.position_id(p, owner)) == asked.names["id"]), None
        )
        if held is None:
            raise Refusal(2001, "There is no such position")
        return say(asked, {"PositionLotsResponse": {"PositionLot": [tell.lot(held, owner)]}})

    # --- transactions ---

    def _transactions(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        count = whole(asked, "count", 50, 2005)
        if count > 50:
            raise Refusal(2005, "Count must be between 1 and 50")
        order = asked.param("sortOrder", "DESC")
        if order not in {"ASC", "DESC"}:
            raise Refusal(2007, "Please enter valid sort order")
        start, end = days(asked, "startDate", "endDate")
        today = asked.now.astimezone(NEW_YORK).date()
        if start is not None and start < today - TWO_YEARS:
            raise Refusal(2002, "History is available for two years")
        found = [
            row
            for row in self.play.rows(owner)
            if (start or today - RECENT) <= row.trade_date <= (end or max(today, row.trade_date))
        ]
        if order == "ASC":
            found.reverse()
        rest = found[_after(asked, found, count) :]
        page = rest[:count]
        if not page:
            return say_nothing()
        last = tell.marker(page[-1])
        told: list[tell.Json] = [tell.transaction(row, owner, asked.base) for row in page]
        if not asked.path.endswith(".json"):
            told = [tell.capital(row) for row in told]
        address = f"{asked.base}/v1/accounts/{owner.key}/transactions.json?marker={last}"
        answer = {
            "next": address,
            "marker": last,
            "pageMarkers": opaque(last),
            # As recorded: false while more follow.
            "moreTransactions": False,
            "transactionCount": len(page),
            "totalCount": len(found),
            "Transaction": self._few(told),
        }
        return say(asked, {"TransactionListResponse": answer})

    def _details(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        wanted = asked.names["id"]
        row = next((each for each in owner.transactions if tell.transaction_id(each) == wanted), None)
        if row is None:
            raise Refusal(2001, "There is no such transaction")
        return say(asked, {"TransactionDetailsResponse": tell.details(row, owner)})

    # --- orders ---

    def _orders_of(self, owner: TruthAccount, base: str) -> list[tuple[date, str, tell.Json]]:
        """Newest first: day, symbol, and the order. Numbers count from the oldest."""
        fills: dict[int, tuple[TruthInstrument, list[TruthTransaction]]] = {}
        for row in reversed(owner.transactions):
            if row.trade and row.type != "DIVIDEND_REINVESTMENT" and row.leg_of is None and row.instrument:
                fills.setdefault(row.order, (row.instrument, []))[1].append(row)
        listed = list(fills.values())
        # The two newest orders again: one was cancelled, one still waits.
        states = ["EXECUTED"] * len(listed) + ["CANCELLED", "OPEN"][: len(listed)]
        told = [
            (
                rows[0].trade_date,
                _root(instrument),
                tell_market.order(n, instrument, rows, owner, base, state),
            )
            for n, ((instrument, rows), state) in enumerate(zip(listed + listed[-2:], states, strict=True), 1)
        ]
        return told[::-1]

    def _orders(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        count = whole(asked, "count", 25, 2005)
        if count > 100:
            raise Refusal(2005, "Count must be between 1 and 100")
        start, end = days(asked, "fromDate", "toDate")
        symbols = {symbol for symbol in asked.param("symbol").split(",") if symbol}
        status = asked.param("status")
        found = [
            told
            for day, symbol, told in self._orders_of(owner, asked.base)
            if status in {"", tell_market.status(told)}
            and (start or day) <= day <= (end or day)
            and (not symbols or symbol in symbols)
        ]
        marker = asked.param("marker")
        place = next((n for n, told in enumerate(found, 1) if str(told["orderId"]) == marker), 0)
        found = found[place:]
        if not found:
            return say_nothing()
        answer: tell.Json = {"Order": self._few(found[:count])}
        if len(found) > count:
            last = str(found[count - 1]["orderId"])
            answer["marker"] = last
            answer["next"] = f"{asked.base}/v1/accounts/{owner.key}/orders.json?marker={last}"
        return say(asked, {"OrdersResponse": answer})

    def _order(self, asked: Asked) -> Response:
        owner = self._owner(asked)
        found = [
            told
            for _, _, told in self._orders_of(owner, asked.base)
            if str(told["orderId"]) == asked.names["id"]
        ]
        if not found:
            raise Refusal(2001, "There is no such order")
        return say(asked, {"OrdersResponse": {"Order": found}})

    # --- the market ---

    def _instruments(self) -> dict[str, TruthInstrument]:
        known: dict[str, TruthInstrument] = {}
        for account in self.play.accounts:
            held = [position.instrument for position in account.positions]
            for instrument in (*(row.instrument for row in account.transactions), *held):
                if instrument is not None:
                    known[tell.quote_symbol(instrument)] = instrument
        return known

    def _quote(self, asked: Asked) -> Response:
        wanted = [symbol for symbol in asked.names["symbols"].split(",") if symbol]
        most = MOST_SYMBOLS * 2 if asked.param("overrideSymbolCount").lower() == "true" else MOST_SYMBOLS
        known = self._instruments()
        told: list[tell.Json] = []
        messages: list[tell.Json] = []
        for symbol in wanted[:most]:
            instrument = known.get(normal(symbol))
            if instrument is None:
                messages.append({"description": f"{symbol} is invalid", "code": 1002, "type": "WARNING"})
            else:
                told.append(tell_market.quoted(instrument, self._closing()))
        answer: tell.Json = {"QuoteData": told}
        if messages:
            answer["Messages"] = {"Message": messages}
        return say(asked, {"QuoteResponse": answer})

    def _look_up(self, asked: Asked) -> Response:
        text = asked.names["text"].upper()
        found = [
            {"symbol": each.symbol, "description": each.name, "type": "EQUITY"}
            for each in self._instruments().values()
            if each.option is None and (text in each.name.upper() or text in each.symbol)
        ]
        return say(asked, {"LookupResponse": {"Data": found}})


def sandbox(play: Play) -> ETrade:
    return ETrade(play)


def _after(asked: Asked, found: list[TruthTransaction], count: int) -> int:
    """Where a page starts. Two of three markers' rows come again as the first of the next page."""
    marker, opaque = asked.param("marker"), asked.param("pageMarkers")
    if marker and opaque:
        raise Refusal(2008, "Please enter either marker or pageMarkers")
    if opaque:
        marker = clear(opaque)
    if not marker:
        return 0
    place = next((n for n, row in enumerate(found) if tell.marker(row) == marker), None)
    if place is None:
        raise Refusal(2001, "Please enter valid marker")
    again = count > 1 and found[place].number % 3 > 0
    return place if again else place + 1


def _root(instrument: TruthInstrument) -> str:
    return instrument.symbol if instrument.option is None else instrument.option.underlying
