"""Coinbase, played by us: v3 and v2 over one seeded customer of coins, from the brokerage's documentation."""

from functools import partial
from typing import Any

from adapters.brokerages.coinbase import market
from adapters.brokerages.coinbase.asked import (
    Refused,
    after,
    cursor,
    gateway_error,
    invalid,
    missing,
    moment,
    numbered,
    place_of,
    v2_error,
    v2_page,
    v3_error,
    whole,
)
from adapters.brokerages.coinbase.books import CASH, Books, Line, Wallet, told, told_position
from adapters.brokerages.coinbase.gate import MISSING_SCOPES, Gate, unauthorized
from adapters.brokerages.coinbase.tell import Teller, seconds, v2
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.profile import UNCOMPARED, Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthInstrument, TruthTransaction
from domain.money import plain

V3 = "/api/v3/brokerage"
A_SECOND = 30  # requests of one user
Json = dict[str, Any]

PROFILE = Profile(
    "coinbase",
    accounts=1,
    types=frozenset(
        "BUY SELL DEPOSIT WITHDRAWAL INTEREST FEE STAKING_REWARD TRANSFER_IN TRANSFER_OUT".split()
    ),
    kinds=frozenset({"crypto"}),
    coins=("BTC", "ETH", "SOL", "USDC"),
    account_kinds=("crypto",),
    account_names=("Primary",),
    shorts=False,
    coin_fees=False,
    pending_types=frozenset({"DEPOSIT"}),
    settlement=False,
    hidden=frozenset({"balance.settled_cash"}),
    # The account's key is its number.
    uncompared=UNCOMPARED | {"account.key"},
    gross_places=None,
    coin_places=18,
    instant_places=0,  # the ledger knows whole seconds
    number_pattern="########-####-4###-a###-############",
    tell=told,
    tell_position=told_position,
)


class Coinbase:
    """`wallets_a_page` and `lines_a_page` bound what a page holds, whatever is asked for."""

    id = "coinbase"

    def __init__(self, play: Play) -> None:
        self.play, self.profile = play, play.profile
        self.gate = Gate(play)
        self.books = Books(play)
        self.tell = Teller(play, self.books)
        self.wallets_a_page, self.lines_a_page = 250, 100
        self._router = Router(missing=missing)
        self._routes()

    def answer(self, asked: Asked) -> Response:
        said = self._router.answer(asked)
        headers = dict(said.headers)
        if asked.path.startswith(V3):
            reset = str(int(asked.now.timestamp()) + 1)
            headers |= {
                "x-ratelimit-limit": str(A_SECOND),
                "x-ratelimit-remaining": str(A_SECOND - 1),
                "x-ratelimit-reset": reset,
            }
        return Response(said.status, headers, said.body)

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """Its own words for what a planned fault says; v2 and v3 differ."""
        if status == 401:
            return unauthorized(asked)
        v2_words = {
            403: ("invalid_scope", "Missing required scopes"),
            404: ("not_found", "Not found"),
            429: ("rate_limit_exceeded", "Too many requests"),
            500: ("internal_server_error", "Internal server error"),
        }
        if status not in v2_words:
            return None
        if status == 429 and asked.path.startswith(V3):
            return gateway_error(status, 8, "resource_exhausted", v2_words[status][1])
        if asked.path.startswith("/v2/"):
            return v2_error(status, *v2_words[status])
        if status == 403:
            return say(MISSING_SCOPES, status)
        return v3_error(status, v2_words[status][0].upper(), v2_words[status][1])

    def credentials(self) -> dict[str, str]:
        return self.gate.credentials()

    def announce(self) -> list[str]:
        known = self.gate.credentials()
        return [
            f"ECDSA key {known['ecdsa_key_name']}",
            *known["ecdsa_private_key"].splitlines(),
            f"Ed25519 key {known['ed25519_key_name']}",
            known["ed25519_private_key"],
        ]

    # ---- which address tells what

    def _routes(self) -> None:
        get = self._get
        get(f"{V3}/key_permissions", "", lambda _: say(self.tell.permissions()))
        get(f"{V3}/accounts", "limit cursor retail_portfolio_id", self._wallets)
        get(f"{V3}/accounts/{{uuid}}", "", self._wallet)
        get(f"{V3}/portfolios", "portfolio_type", lambda _: say({"portfolios": [self.tell.portfolio()]}))
        get(f"{V3}/portfolios/{{uuid}}", "currency", self._portfolio)
        get(
            f"{V3}/orders/historical/fills",
            "order_ids trade_ids product_ids start_sequence_timestamp end_sequence_timestamp"
            " retail_portfolio_id limit cursor sort_by",
            self._fills,
        )
        get(
            f"{V3}/orders/historical/batch",
            "order_ids order_status product_ids limit start_date end_date order_types order_side cursor"
            " product_type retail_portfolio_id sort_by order_placement_source contract_expiry_type"
            " asset_filters time_in_forces use_simplified_total_value_calculation",
            self._orders,
        )
        get(f"{V3}/orders/historical/{{id}}", "", self._order)
        get(f"{V3}/transaction_summary", "product_type contract_expiry_type product_venue", _fees)
        get(f"{V3}/cfm/positions", "", lambda _: say({"positions": []}))
        get(f"{V3}/payment_methods", "", lambda _: say({"payment_methods": []}))
        get(f"{V3}/time", "", lambda asked: say(market.time(asked)), public=True)
        get(f"{V3}/best_bid_ask", "product_ids", self._best)
        listed = "limit offset product_type product_ids contract_expiry_type expiring_contract_status"
        listed += " get_tradability_status get_all_products cursor products_sort_order"
        for prefix, public in ((V3, False), (f"{V3}/market", True)):
            get(f"{prefix}/products", listed, self._products, public=public)
            one = partial(self._product, market.product)
            get(f"{prefix}/products/{{id}}", "get_tradability_status", one, public=public)
            trades = partial(self._product, market.trades)
            get(f"{prefix}/products/{{id}}/ticker", "limit start end", trades, public=public)
            book = "product_id limit aggregation_price_increment"
            get(f"{prefix}/product_book", book, partial(self._product, market.whole_book), public=public)
        get("/v2/user", "", lambda _: say({"data": self._user()}))
        get("/v2/accounts", "limit order starting_after ending_before", self._v2_wallets)
        get("/v2/accounts/{id}", "", self._v2_wallet)
        paging = "limit order starting_after ending_before"
        get("/v2/accounts/{id}/transactions", paging, self._ledger)
        get("/v2/accounts/{id}/transactions/{line}", "", self._line)
        get("/v2/prices/{id}/spot", "", self._spot_price, public=True)
        get("/v2/exchange-rates", "currency", self._rates, public=True)
        for path in ("/orders", "/orders/preview", "/orders/edit", "/orders/edit_preview",
                     "/orders/batch_cancel", "/orders/close_position"):  # fmt: skip
            self._router.post(f"{V3}{path}", self._trade)

    def _get(self, path: str, known: str, handler: Handler, *, public: bool = False) -> None:
        words = frozenset(known.split())

        def admitted(asked: Asked) -> Response:
            refused = None if public else self.gate.refuses(asked)
            if refused is not None:
                return refused
            try:
                for name, _ in asked.query:
                    if name not in words:
                        raise Refused(f"unknown parameter {name[:40]}")
                return handler(asked)
            except Refused as wrong:
                return invalid(asked, wrong.message)

        self._router.get(path, admitted)

    def _trade(self, asked: Asked) -> Response:
        """The keys have the permission View only."""
        return self.gate.refuses(asked) or say(MISSING_SCOPES, 403)

    # ---- v3

    def _wallets(self, asked: Asked) -> Response:
        size = min(whole(asked, "limit", 49, 250), self.wallets_a_page)
        wallets = self._listed()
        start = after(asked, [wallet.uuid for wallet in wallets])
        page = wallets[start : start + size]
        more = start + size < len(wallets)
        told = [self.tell.wallet(wallet) for wallet in page]
        following = cursor(page[-1].uuid) if more else ""
        return say({"accounts": told, "has_next": more, "cursor": following, "size": len(told)})

    def _listed(self) -> list[Wallet]:
        """In the middle, so that a walk has to get past the one that was never used."""
        first, *others = self.books.wallets()
        return [first, self.books.never_used(), *others]

    def _wallet(self, asked: Asked) -> Response:
        for wallet in self._listed():
            if wallet.uuid == asked.names["uuid"]:
                return say({"account": self.tell.wallet(wallet)})
        return v3_error(404, "NOT_FOUND", "account not found")

    def _portfolio(self, asked: Asked) -> Response:
        if asked.names["uuid"] != self.tell.portfolio_id:
            return v3_error(404, "NOT_FOUND", "portfolio not found")
        return say({"breakdown": self.tell.breakdown()})

    def _fills(self, asked: Asked) -> Response:
        size = min(whole(asked, "limit", 100, 250), self.lines_a_page)
        since, until = moment(asked, "start_sequence_timestamp"), moment(asked, "end_sequence_timestamp")
        orders, trades, products = (asked.params(f"{name}_ids") for name in ("order", "trade", "product"))
        listed = self.books.fills()
        # An empty cursor is none; another one names the last fill that was told.
        start = place_of(asked, listed.places)
        page: list[Line] = []
        more = False
        for line in listed.items[start:]:
            row = line.row
            if (since and row.executed_at < since) or (until and row.executed_at > until):
                continue
            if (
                (orders and self.tell.order_id(row) not in orders)
                or (trades and row.uuid not in trades)
                or (products and f"{_code(row)}-USD" not in products)
            ):
                continue
            if len(page) == size:
                more = True
                break
            page.append(line)
        following = cursor(page[-1].id) if more else ""
        return say({"fills": [self.tell.fill(line.row) for line in page], "cursor": following})

    def _filled_orders(self) -> list[Json]:
        """Newest first, the one that waits at the head."""
        orders: dict[int, list[TruthTransaction]] = {}
        for line in self.books.fills().items:
            orders.setdefault(line.row.order, []).insert(0, line.row)
        filled = [self.tell.order(fills) for fills in orders.values()]
        newest = next(iter(orders.values()), None)
        return [self.tell.open_order(newest[-1]), *filled] if newest else []

    def _orders(self, asked: Asked) -> Response:
        size = min(whole(asked, "limit", 100, 1000), self.lines_a_page)
        statuses = asked.params("order_status")
        if "OPEN" in statuses and len(statuses) > 1:
            raise Refused("OPEN orders cannot be queried with other statuses")
        found = [
            order
            for order in self._filled_orders()
            if (not statuses or order["status"] in statuses)
            and (not asked.params("product_ids") or order["product_id"] in asked.params("product_ids"))
            and (not asked.param("order_side") or order["side"] == asked.param("order_side"))
            and (not asked.params("order_ids") or order["order_id"] in asked.params("order_ids"))
        ]
        start = after(asked, [order["order_id"] for order in found])
        page, more = found[start : start + size], start + size < len(found)
        following = cursor(page[-1]["order_id"]) if more else ""
        return say({"orders": page, "sequence": "0", "has_next": more, "cursor": following})

    def _order(self, asked: Asked) -> Response:
        for order in self._filled_orders():
            if order["order_id"] == asked.names["id"]:
                return say({"order": order})
        return v3_error(404, "unknown", "order with this orderID was not found")

    # ---- v2

    def _v2_wallets(self, asked: Asked) -> Response:
        """The wallets of all portfolios, and one that was never used: its id is its currency."""
        other = Wallet("ETH", self.play.uuid("foreign wallet", 0), self.books.wallets()[0].held)
        own = [self.tell.v2_wallet(wallet, self._name(wallet.code)) for wallet in self.books.wallets()]
        rows = [*own, self.tell.v2_wallet(other, "Ethereum"), self.tell.never_used()]
        return v2_page(asked, rows, numbered([row["id"] for row in rows]), min(self.lines_a_page, 100))

    def _v2_wallet(self, asked: Asked) -> Response:
        for wallet in self.books.wallets():
            if wallet.uuid == asked.names["id"]:
                return say({"data": self.tell.v2_wallet(wallet, self._name(wallet.code))})
        return v2_error(404, "not_found", "Not found")

    def _ledger(self, asked: Asked) -> Response:
        wallet = next((w for w in self.books.wallets() if w.uuid == asked.names["id"]), None)
        if wallet is None:
            return self._foreign(asked)
        listed = self.books.ledger(wallet.code)
        order = asked.param("order") or "desc"
        if order not in ("asc", "desc"):
            raise Refused("order is neither asc nor desc")
        lines, places = listed.items, listed.places
        if order == "asc":
            lines = lines[::-1]
            places = numbered([line.id for line in lines])
        size = min(self.lines_a_page, 100)
        return v2_page(asked, lines, places, size, lambda line: self.tell.line(line, wallet.uuid))

    def _foreign(self, asked: Asked) -> Response:
        """A wallet of another portfolio has a history, and it is nobody's business here."""
        if asked.names["id"] != self.play.uuid("foreign wallet", 0):
            return v2_error(404, "not_found", "Not found")
        row: Json = {
            "id": self.play.uuid("foreign line", 0),
            "type": "send",
            "status": "completed",
            "amount": {"amount": "1.00000000", "currency": "ETH"},
            "native_amount": {"amount": "2000.00", "currency": CASH},
            "created_at": seconds(asked.now),
            "resource": "transaction",
        }
        return v2_page(asked, [row], {row["id"]: 0}, 100)

    def _line(self, asked: Asked) -> Response:
        for wallet in self.books.wallets():
            if wallet.uuid == asked.names["id"]:
                listed = self.books.ledger(wallet.code)
                place = listed.places.get(asked.names["line"])
                if place is not None:
                    return say({"data": self.tell.line(listed.items[place], wallet.uuid)})
        return v2_error(404, "not_found", "Not found")

    def _user(self) -> Json:
        customer = self.play.customer
        name = f"{customer.first_name} {customer.last_name}"
        return {"id": customer.uuid, "name": name, "resource": "user", "resource_path": "/v2/user"}

    # ---- prices

    def _coins(self) -> list[TruthInstrument]:
        found: dict[str, TruthInstrument] = {}
        for row in self.books.account.transactions:
            if row.instrument is not None:
                found.setdefault(row.instrument.symbol, row.instrument)
        return sorted(found.values(), key=lambda coin: coin.symbol)

    def _name(self, code: str) -> str:
        return next((coin.name for coin in self._coins() if coin.symbol == code), code)

    def _wanted(self, asked: Asked) -> list[TruthInstrument]:
        wanted = asked.params("product_ids")
        return [coin for coin in self._coins() if not wanted or f"{coin.symbol}-USD" in wanted]

    def _products(self, asked: Asked) -> Response:
        told = [market.product(coin, asked) for coin in self._wanted(asked)]
        return say({"products": told, "num_products": len(told)})

    def _product(self, tell: market.Tell, asked: Asked) -> Response:
        wanted = asked.names.get("id") or asked.param("product_id")
        for coin in self._coins():
            if f"{coin.symbol}-USD" == wanted:
                return say(tell(coin, asked))
        return v3_error(404, "NOT_FOUND", "product not found")

    def _best(self, asked: Asked) -> Response:
        return say({"pricebooks": [market.book(coin, asked) for coin in self._wanted(asked)]})

    def _spot_price(self, asked: Asked) -> Response:
        for coin in self._coins():
            if f"{coin.symbol}-USD" == asked.names["id"]:
                told = {"amount": plain(coin.price), "base": coin.symbol, "currency": CASH}
                return say({"data": told})
        return v2_error(404, "not_found", "Invalid base currency")

    def _rates(self, asked: Asked) -> Response:
        rates = {coin.symbol: v2(1 / coin.price, coin.symbol)["amount"] for coin in self._coins()}
        return say({"data": {"currency": CASH, "rates": rates}})


def sandbox(play: Play) -> Coinbase:
    return Coinbase(play)


def _fees(asked: Asked) -> Response:
    return say(market.FEES)


def _code(row: TruthTransaction) -> str:
    return "" if row.instrument is None else row.instrument.symbol
