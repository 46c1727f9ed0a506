"""Robinhood's sandbox: the official Crypto Trading API over the coins of the first account (2C, 3.7)."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say, say_text
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import Truth, TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import EXACTLY, plain

HOST, ROOT = "trading", "/api/v1/crypto"
VALID = 30  # seconds
PAGE = 100
HEADERS = ("x-api-key", "x-signature", "x-timestamp")
MISSING_HEADERS = (
    "Request missing required headers. Required headers: x-api-key, x-signature, x-timestamp."
    " Please refer to API documentation for more information."
)
TICK = Decimal("0.01")
ZERO = Decimal(0)
Json = dict[str, Any]
HIDDEN = frozenset(
    {"balance.cash", "balance.settled_cash", "balance.total_value", "transaction.settlement_date"}
)


class Refused(Exception):
    """A question that is answered with 400: the field, and what is wrong with it."""


def _told(row: TruthTransaction) -> TruthTransaction:
    """The effective price holds all: no fees are told, and money is their product to the last place."""
    gross = -(row.quantity or ZERO) * (row.price or ZERO)
    return replace(row, gross=gross, fees=None, net=gross, settlement_date=None)


def verify(public: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    try:
        public.verify(b64decode(signature, validate=True), message)
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True


@dataclass
class Trading:
    """`page` bounds what a page holds, whatever is asked for. `may_read` is the key's permission."""

    play: Play
    page: int = PAGE
    may_read: bool = True
    _orders: tuple[tuple[TruthTransaction, ...], list[Json]] = field(default=((), []))

    def __post_init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(self.play.seed_of("crypto api"))
        self.public = self._key.public_key()
        self.api_key = f"rh-api-{self.play.uuid('crypto api', 0)}{self.play.marker}"

    def credentials(self) -> dict[str, str]:
        raw = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        public = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {
            "crypto_api_key": self.api_key,
            "crypto_private_key": b64encode(raw).decode(),
            "crypto_public_key": b64encode(public).decode(),
        }

    def announce(self) -> list[str]:
        known = self.credentials()
        return [f"crypto API key {known['crypto_api_key']}, private key {known['crypto_private_key']}"]

    def seen(self, profile: Profile) -> tuple[Truth, Profile]:
        """What this door can tell of the truth: the first account's coins, as an account of their own."""
        truth = self.play.truth_now()
        whole = truth.accounts[0]
        coins = replace(
            whole,
            number=self.number,
            name="Robinhood Crypto",
            kind="crypto",
            positions=tuple(_costed(position, whole.transactions) for position in self._held(whole)),
            transactions=_coin_rows(whole.transactions),
        )
        shown = replace(profile, hidden=profile.hidden | HIDDEN, tell=_told)
        return replace(truth, accounts=(coins,)), shown

    @property
    def number(self) -> str:
        """The crypto account has a number of its own."""
        return self.play.code("crypto account", 12)

    # ---- who may ask

    def routes(self, router: Router) -> None:
        listed = "limit cursor"
        times = "created_at_start created_at_end updated_at_start updated_at_end"
        for path, known, handler in (
            ("trading/accounts/", "", self._account),
            ("trading/holdings/", f"asset_code {listed}", self._holdings),
            ("trading/trading_pairs/", f"symbol {listed}", self._pairs),
            ("marketdata/best_bid_ask/", "symbol", self._quotes),
            ("marketdata/estimated_price/", "symbol side quantity", self._estimates),
            ("trading/orders/", f"symbol side state type id {times} {listed}", self._listed_orders),
            ("trading/orders/{id}/", "", self._order),
        ):
            router.get(f"{ROOT}/{path}", self._admitted(known, handler), host=HOST)
        for path in ("trading/orders/", "trading/orders/{id}/cancel/"):
            router.post(f"{ROOT}/{path}", self._admitted("", _no_orders), host=HOST)

    def refusal(self, status: int) -> Response | None:
        words = {401: "Invalid signature.", 403: "Forbidden.", 404: "Not found.", 429: "Too many requests."}
        return _error(status, words[status]) if status in words else None

    def _admitted(self, known: str, handler: Handler) -> Handler:
        names = frozenset(known.split())

        def answer(asked: Asked) -> Response:
            if refused := self._refuses(asked):
                return refused
            for name, _ in asked.query:
                if name not in names:
                    return _invalid(name[:40], "Unknown parameter.")
            try:
                return handler(asked)
            except Refused as wrong:
                return _invalid(*wrong.args)

        return answer

    def _refuses(self, asked: Asked) -> Response | None:
        if not all(asked.header(name) for name in HEADERS):
            return say_text(MISSING_HEADERS, 400)
        time = asked.header("x-timestamp")
        if not time.isdigit() or abs(int(time) - asked.now.timestamp()) > VALID:
            return _error(401, "Timestamp is not valid.")
        query = f"?{asked.raw_query}" if asked.raw_query else ""
        message = f"{self.api_key}{time}{asked.path}{query}{asked.method}".encode() + asked.body
        genuine = verify(self.public, asked.header("x-signature"), message)
        if asked.header("x-api-key") != self.api_key or not genuine or self.play.withdrawn():
            return _error(401, "Invalid signature.")
        return None if self.may_read else _error(403, "The key lacks the permission.")

    # ---- what is told

    def _account(self, asked: Asked) -> Response:
        return say(
            {
                "account_number": self.number,
                "status": "active",
                "buying_power": plain(self.play.accounts[0].buying_power),
                "buying_power_currency": "USD",
            }
        )

    @staticmethod
    def _held(account: TruthAccount) -> list[TruthPosition]:
        return [position for position in account.positions if position.instrument.kind == "crypto"]

    def _holdings(self, asked: Asked) -> Response:
        wanted = asked.params("asset_code")
        rows = [
            {
                "account_number": self.number,
                "asset_code": position.instrument.symbol,
                "total_quantity": f"{position.quantity:.18f}",
                "quantity_available_for_trading": f"{position.quantity:.18f}",
            }
            for position in self._held(self.play.accounts[0])
            if not wanted or position.instrument.symbol in wanted
        ]
        return self._paged(asked, rows, "asset_code")

    def _coins(self, asked: Asked) -> list[TruthInstrument]:
        """Those of all accounts: prices are the same for everybody."""
        wanted, found = asked.params("symbol"), dict[str, TruthInstrument]()
        for account in self.play.accounts:
            for row in _coin_rows(account.transactions):
                if row.instrument is not None:
                    found.setdefault(f"{row.instrument.symbol}-USD", row.instrument)
        return [coin for symbol, coin in sorted(found.items()) if not wanted or symbol in wanted]

    def _pairs(self, asked: Asked) -> Response:
        rows = [
            {
                "symbol": f"{coin.symbol}-USD",
                "asset_code": coin.symbol,
                "quote_code": "USD",
                "quote_increment": "0.010000000000000000",
                "asset_increment": "0.000000010000000000",
                "max_order_size": "100.000000000000000000",
                "min_order_size": "0.000001000000000000",
                "status": "tradable",
            }
            for coin in self._coins(asked)
        ]
        return self._paged(asked, rows, "symbol")

    def _quotes(self, asked: Asked) -> Response:
        rows = [
            {
                "symbol": f"{coin.symbol}-USD",
                "price": plain(coin.price),
                "bid_inclusive_of_sell_spread": plain(coin.price - TICK),
                "sell_spread": "0.0001",
                "ask_inclusive_of_buy_spread": plain(coin.price + TICK),
                "buy_spread": "0.0001",
                "timestamp": _instant(asked.now),
            }
            for coin in self._coins(asked)
        ]
        return say({"results": rows})

    def _estimates(self, asked: Asked) -> Response:
        sides = {"bid": ("bid",), "ask": ("ask",), "both": ("bid", "ask")}.get(asked.param("side"))
        if sides is None:
            raise Refused("side", "Not one of bid, ask, both.")
        quantities = [text for text in asked.param("quantity").split(",") if text]
        rows = [
            {"symbol": f"{coin.symbol}-USD", "side": side, "price": plain(coin.price), "quantity": quantity}
            for coin in self._coins(asked)
            for side in sides
            for quantity in quantities
        ]
        return say({"results": rows})

    # ---- orders

    def _all_orders(self) -> list[Json]:
        """Newest first; one that waits and one that was called off moved nothing."""
        rows = _coin_rows(self.play.rows(self.play.accounts[0]))
        if rows != self._orders[0] or not rows:
            orders: dict[int, list[TruthTransaction]] = {}
            for row in rows:
                orders.setdefault(row.order, []).insert(0, row)
            told = [self._told_order(fills) for fills in orders.values()]
            if told:
                idle: Json = {"executions": [], "average_price": None}
                idle["filled_asset_quantity"] = f"{ZERO:.18f}"
                for n, state in enumerate(("canceled", "open")):
                    ident = {"id": self.play.uuid("idle crypto order", n), "state": state}
                    told.insert(0, told[0] | idle | ident)
            self._orders = (rows, told)
        return self._orders[1]

    def _told_order(self, fills: Sequence[TruthTransaction]) -> Json:
        first, last = fills[0], fills[-1]
        size = sum((abs(row.quantity or ZERO) for row in fills), ZERO)
        worth = sum((abs(row.quantity or ZERO) * (row.price or ZERO) for row in fills), ZERO)
        return {
            "id": self.play.uuid("crypto order", first.order),
            "account_number": self.number,
            "symbol": _symbol(first),
            "client_order_id": self.play.uuid("crypto client order", first.order),
            "side": "buy" if (first.quantity or ZERO) > 0 else "sell",
            "executions": [
                {
                    "effective_price": plain(row.price or ZERO),
                    "quantity": f"{abs(row.quantity or ZERO):.18f}",
                    "timestamp": _instant(row.executed_at),
                }
                for row in fills
            ],
            "type": "market",
            "state": "filled",
            "average_price": f"{worth / size:.18f}",
            "filled_asset_quantity": f"{size:.18f}",
            "created_at": _instant(first.executed_at),
            "updated_at": _instant(last.executed_at),
            "market_order_config": {"asset_quantity": f"{size:.18f}"},
        }

    def _listed_orders(self, asked: Asked) -> Response:
        rows = self._all_orders()
        for name in ("symbol", "side", "state", "type", "id"):
            if wanted := asked.params(name):
                rows = [row for row in rows if row[name] in wanted]
        for name in ("created_at", "updated_at"):
            start, end = _moment(asked, f"{name}_start"), _moment(asked, f"{name}_end")
            rows = [
                row
                for row in rows
                if (start is None or datetime.fromisoformat(row[name]) >= start)
                and (end is None or datetime.fromisoformat(row[name]) <= end)
            ]
        return self._paged(asked, rows, "id")

    def _order(self, asked: Asked) -> Response:
        for row in self._all_orders():
            if row["id"] == asked.names["id"]:
                return say(row)
        return _error(404, "Not found.")

    def _paged(self, asked: Asked, rows: Sequence[Json], name: str) -> Response:
        """The cursor names the last row told: what comes new at the head shifts nothing."""
        text = asked.param("limit") or str(PAGE)
        if not (text.isdigit() and len(text) < 5 and int(text) > 0):
            raise Refused("limit", "A valid integer is required.")
        size, start = min(int(text), self.page), 0
        if cursor := asked.param("cursor"):
            try:
                start = [row[name] for row in rows].index(b64decode(cursor, validate=True).decode()) + 1
            except ValueError:
                raise Refused("cursor", "Invalid cursor.") from None
        page, following = rows[start : start + size], None
        if start + size < len(rows):
            kept = [pair for pair in asked.query if pair[0] != "cursor"]
            pairs = [("cursor", b64encode(page[-1][name].encode()).decode()), *kept]
            following = f"{asked.at(HOST)}{asked.path}?{urlencode(pairs)}"
        return say({"next": following, "previous": None, "results": list(page)})


def _coin_rows(rows: Sequence[TruthTransaction]) -> tuple[TruthTransaction, ...]:
    return tuple(
        row for row in rows if row.trade and row.instrument is not None and row.instrument.kind == "crypto"
    )


def _costed(position: TruthPosition, rows: Sequence[TruthTransaction]) -> TruthPosition:
    """The position with what orders tell of its cost: the mean of what was paid, always to 18 places."""
    units, mean = ZERO, ZERO
    with localcontext(EXACTLY):
        for row in sorted(_coin_rows(rows), key=lambda row: row.number):
            if row.instrument is None or row.instrument.symbol != position.instrument.symbol:
                continue
            moved = row.quantity or ZERO
            if moved > 0:
                paid = units * mean + moved * (row.price or ZERO)
                mean = (paid / (units + moved)).quantize(Decimal("1E-18"))
            units += moved
        cost, value = mean * position.quantity, position.price * position.quantity
        return replace(
            position, average_cost=mean, cost_basis=cost, market_value=value, unrealized_gain=value - cost
        )


def _symbol(row: TruthTransaction) -> str:
    return "" if row.instrument is None else f"{row.instrument.symbol}-USD"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _moment(asked: Asked, name: str) -> datetime | None:
    text = asked.param(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(name, "Enter a valid date/time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _no_orders(asked: Asked) -> Response:
    return _error(403, "The key lacks the permission to trade.")


def _error(status: int, detail: str) -> Response:
    return say({"type": "client_error", "errors": [{"detail": detail, "attr": None}]}, status)


def _invalid(field: str, detail: str) -> Response:
    return say({"type": "validation_error", "errors": [{"detail": detail, "attr": field}]}, 400)
