"""Alpaca, played by us: Trading API v2 over one seeded customer, from the brokerage's documentation."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.brokerages.alpaca import sandbox_rows as tell
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play, Sandbox
from adapters.sandbox.profile import UNCOMPARED, Profile
from adapters.sandbox.router import Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

NEW_YORK = ZoneInfo("America/New_York")
MOST = 100
# Refused as filters (3.3).
NO_FILTER = frozenset({"CORR", "SEG", "SSO", "SSP", "DTCS"})


def _told(row: TruthTransaction) -> TruthTransaction:
    """Alpaca has no word of its own for covering a short; fees are rows of their own, so 0 on fills."""
    if row.type == "BUY_TO_COVER":
        row = replace(row, type="BUY")
    return replace(row, fees=Decimal(0)) if row.trade and row.leg_of is None else row


PROFILE = Profile(
    "alpaca",
    hosts=("paper",),
    accounts=1,
    types=frozenset(
        "BUY SELL SELL_SHORT BUY_TO_COVER OPTION_EXPIRATION OPTION_ASSIGNMENT OPTION_EXERCISE DIVIDEND"
        " CAPITAL_GAIN RETURN_OF_CAPITAL STOCK_DIVIDEND INTEREST MARGIN_INTEREST DEPOSIT WITHDRAWAL"
        " TRANSFER_IN TRANSFER_OUT FEE TAX SPLIT CASH_IN_LIEU".split()
    ),
    kinds=frozenset({"equity", "option", "crypto"}),
    account_kinds=("margin",),
    trade_fees=False,
    option_open_close=False,
    pending=False,
    settlement=False,
    hidden=frozenset(
        {
            "balance.settled_cash",
            "transaction.executed_at/others",
            "transaction.executed_at/legs",
        }
    ),
    # Only some rows bring a CUSIP.
    uncompared=UNCOMPARED | {"instrument.cusip"},
    gross_places=None,
    quantity_places=6,
    coin_places=9,
    number_pattern="@@#######",
    tell=_told,
)


class Alpaca:
    id = "alpaca"

    def __init__(self, play: Play) -> None:
        self.play, self.profile = play, play.profile
        # A paper key: real clients choose their host by themselves, ours by the prefix.
        self._key = "PK" + play.word("key", 18)
        self._secret = play.token("secret", 0)
        router = Router(missing=lambda _: tell.error(404, 40410000, "endpoint not found"))
        for host in ("api", "paper"):
            router.get("/v2/account", self._account, host=host)
            router.get("/v2/account/activities", self._activities, host=host)
            router.get("/v2/account/activities/{type}", self._activities, host=host)
            router.get("/v2/account/portfolio/history", self._portfolio_history, host=host)
            router.get("/v2/positions", self._positions, host=host)
            router.get("/v2/positions/{name}", self._position, host=host)
            router.get("/v2/orders", self._orders, host=host)
            router.get("/v2/orders/{id}", self._order, host=host)
            router.get("/v2/assets", self._assets, host=host)
            router.get("/v2/assets/{name}", self._asset, host=host)
            router.get("/v2/clock", self._clock, host=host)
        self._router = router

    def answer(self, asked: Asked) -> Response:
        told = (asked.header("apca-api-key-id"), asked.header("apca-api-secret-key"))
        if told != (self._key, self._secret) or self.play.withdrawn():
            return tell.error(401, 40110000, "request is not authorized")
        response = self._router.answer(asked)
        headers = {**response.headers, "x-request-id": self.play.uuid("request")}
        return Response(response.status, headers, response.body, response.url)

    def refusal(self, asked: Asked, status: int) -> Response | None:
        texts = {
            401: (40110000, "request is not authorized"),
            403: (40310000, "forbidden."),
            404: (40410000, "not found"),
            429: (42910000, "rate limit exceeded"),
            500: (50010000, "internal server error occurred"),
        }
        return tell.error(status, *texts[status]) if status in texts else None

    def credentials(self) -> dict[str, str]:
        return {"key_id": self._key, "secret_key": self._secret}

    def announce(self) -> list[str]:
        return [f"key id {self._key}", f"secret key {self._secret}"]

    @property
    def _mine(self) -> TruthAccount:
        return self.play.accounts[0]

    def _account(self, asked: Asked) -> Response:
        return say(tell.account(self._mine))

    def _positions(self, asked: Asked) -> Response:
        return say([tell.position(p) for p in self._mine.positions])

    def _position(self, asked: Asked) -> Response:
        for row in (tell.position(p) for p in self._mine.positions):
            if asked.names["name"] in (row["symbol"], row["asset_id"]):
                return say(row)
        return tell.error(404, 40410000, "position does not exist")

    def _activities(self, asked: Asked) -> Response:
        wanted = {w for w in asked.param("activity_types", "").split(",") if w}
        day, size = asked.param("date", ""), asked.param("page_size", str(MOST))
        direction = asked.param("direction", "desc")
        refused = _refused(asked, wanted, size, direction)
        if refused:
            return tell.error(422, 42210000, refused)
        try:
            start, end = _moment(asked.param("after", "")), _moment(asked.param("until", ""))
        except ValueError:
            return tell.error(422, 42210000, "invalid date format")
        wanted |= {asked.names["type"]} if "type" in asked.names else set()
        wanted |= {"CSD", "CSW"} if "TRANS" in wanted else set()
        category = asked.param("category", "")
        rows = sorted((tell.activity(r) for r in self.play.rows(self._mine)), key=lambda row: str(row["id"]))
        rows = [
            row
            for row in rows
            if (not wanted or row["activity_type"] in wanted)
            and _category(row, category)
            and (not day or _day(row) == day)
            and (start is None or _instant(row) >= start)
            and (end is None or _instant(row) <= end)
        ]
        if direction == "desc":
            rows.reverse()
        token = asked.param("page_token", "")
        if token:
            rows = [r for r in rows if (str(r["id"]) < token) == (direction == "desc") and r["id"] != token]
        return say(rows if day else rows[: int(size)])

    def _orders(self, asked: Asked) -> Response:
        status = asked.param("status", "open")
        limit = int(asked.param("limit", "50") or 50)
        fills = [r for r in self._mine.transactions if r.trade and r.leg_of is None]
        return say([tell.order(r) for r in fills[:limit]] if status in ("closed", "all") else [])

    def _order(self, asked: Asked) -> Response:
        for row in self._mine.transactions:
            if row.trade and row.leg_of is None and tell.order_id(row) == asked.names["id"]:
                return say(tell.order(row))
        return tell.error(404, 40410000, "order not found")

    def _assets(self, asked: Asked) -> Response:
        return say([tell.asset(i) for i in tell.instruments(self._mine)])

    def _asset(self, asked: Asked) -> Response:
        for row in (tell.asset(i) for i in tell.instruments(self._mine)):
            if asked.names["name"] in (row["symbol"], row["id"]):
                return say(row)
        return tell.error(404, 40410000, "asset not found")

    def _portfolio_history(self, asked: Asked) -> Response:
        stamp = int(asked.now.timestamp())
        equity = tell.Number(self._mine.total_value)
        return say(
            {
                "timestamp": [stamp],
                "equity": [equity],
                "profit_loss": [0],
                "profit_loss_pct": [0],
                "base_value": equity,
                "timeframe": "1D",
                "cashflow": {},
            }
        )

    def _clock(self, asked: Asked) -> Response:
        now = asked.now.astimezone(NEW_YORK)
        following = (now + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)
        closing = following.replace(hour=16, minute=0)
        return say(
            {
                "timestamp": now.isoformat(),
                "is_open": False,
                "next_open": following.isoformat(),
                "next_close": closing.isoformat(),
            }
        )


def _refused(asked: Asked, wanted: set[str], size: str, direction: str) -> str:
    """Why a question about activities is refused; empty if it is not (3.3)."""
    typed = "type" in asked.names
    if typed and (wanted or asked.param("category", "")):
        return "activity_types and category do not go with a type path"
    if (wanted | ({asked.names["type"]} if typed else set())) & NO_FILTER:
        return "invalid activity type"
    if asked.param("date", "") and (asked.param("after", "") or asked.param("until", "")):
        return "date can not be specified with after or until"
    if not size.isdigit() or not 1 <= int(size) <= MOST:
        return "page_size must be between 1 and 100"
    return "" if direction in ("asc", "desc") else "invalid direction"


def _day(row: dict[str, object]) -> str:
    return f"{_instant(row).astimezone(NEW_YORK):%Y-%m-%d}"


def _instant(row: dict[str, object]) -> datetime:
    """When a row happened; those with a date only count from its midnight in New York."""
    if "transaction_time" in row:
        return datetime.fromisoformat(str(row["transaction_time"]))
    return datetime.combine(date.fromisoformat(str(row["date"])), datetime.min.time(), NEW_YORK)


def _category(row: dict[str, object], wanted: str) -> bool:
    trade = row["activity_type"] == "FILL"
    return not wanted or trade == (wanted == "trade_activity")


def _moment(text: str) -> datetime | None:
    """A date or an RFC 3339 time; a bare date is its midnight in UTC."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def sandbox(play: Play) -> Sandbox:
    return Alpaca(play)
