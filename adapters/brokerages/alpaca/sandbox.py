"""Alpaca, played by us: Trading API v2 over one seeded customer, from the brokerage's documentation.

The customer has a live account, which is the truth, and a paper account with keys and a life of its own.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial

from adapters.brokerages.alpaca import sandbox_market as market
from adapters.brokerages.alpaca import sandbox_orders as orders
from adapters.brokerages.alpaca import sandbox_rows as tell
from adapters.brokerages.alpaca.sandbox_activities import Activities
from adapters.brokerages.alpaca.sandbox_asked import Refused, choice, moment
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.generate import build
from adapters.sandbox.play import Play, Sandbox
from adapters.sandbox.profile import UNCOMPARED, Profile
from adapters.sandbox.router import Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

# For each account, in a minute (4). Only the persona `rate-limited` enforces a limit.
REQUESTS_A_MINUTE = 200
READ_ONLY = "this sandbox only tells: it takes no orders and changes nothing"
# A period is a number and a unit; the days are those of the calendar (3.1).
PERIOD = re.compile(r"(\d{1,3})([DWMA])")
PERIOD_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}
TIMEFRAMES = ("1Min", "5Min", "15Min", "1H", "1D")
CONFIGURATIONS = {
    "fractional_trading": True,
    "max_margin_multiplier": "2",
    "max_options_trading_level": 3,
    "no_shorting": False,
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
}


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
# Play money to begin with, and none that comes or goes; no dividends, and no rows of fees (1, 4).
PAPER = replace(
    PROFILE,
    brokerage="alpaca paper",
    types=PROFILE.types
    - {
        "DIVIDEND", "CAPITAL_GAIN", "RETURN_OF_CAPITAL", "STOCK_DIVIDEND", "TAX", "FEE", "DEPOSIT",
        "WITHDRAWAL", "TRANSFER_IN", "TRANSFER_OUT",
    },
    coin_fees=False,
    opening_cash=Decimal(100_000),
    number_pattern="PA@#######",
)  # fmt: skip


class Alpaca:
    id = "alpaca"

    def __init__(self, play: Play) -> None:
        self.play, self.profile = play, play.profile
        # Keys of one host are none on the other (1).
        self._keys = {
            "api": ("AK" + play.word("key", 18), play.token("secret", 0)),
            "paper": ("PK" + play.word("paper key", 18), play.token("paper secret", 0)),
        }
        self._activities = {host: Activities() for host in self._keys}
        self._minute, self._asked = "", 0
        self._router = Router(
            missing=lambda _: tell.error(404, 40410000, "endpoint not found"),
            wrong_method=lambda _: tell.error(403, 40310000, READ_ONLY),
        )
        for host in self._keys:
            for path, handler in self._handlers(partial(self._account, host), host).items():
                self._router.get(path, handler, host=host)

    @cached_property
    def paper(self) -> Play:
        """The life of the paper account; made when somebody asks for it."""
        known = self.play
        truth = build(known.seed, PAPER, known.truth.today, known.persona, known.marker)
        return Play(truth, PAPER, known.persona, known.marker)

    def _account(self, host: str) -> TruthAccount:
        return (self.paper if host == "paper" else self.play).accounts[0]

    def _handlers(
        self, mine: Callable[[], TruthAccount], host: str
    ) -> dict[str, Callable[[Asked], Response]]:
        history = partial(self._history, host)
        return {
            "/v2/account": lambda _: say(tell.account(mine())),
            "/v2/account/activities": history,
            "/v2/account/activities/{type}": history,
            "/v2/account/configurations": lambda _: say(CONFIGURATIONS),
            "/v2/account/portfolio/history": lambda asked: _portfolio_history(asked, mine()),
            "/v2/positions": lambda _: say([tell.position(p) for p in mine().positions]),
            "/v2/positions/{name}": lambda asked: _position(asked, mine()),
            "/v2/orders": lambda asked: orders.listed(asked, mine().transactions),
            "/v2/orders:by_client_order_id": lambda asked: orders.one(asked, mine().transactions),
            "/v2/orders/{id}": lambda asked: orders.one(asked, mine().transactions),
            "/v2/assets": lambda asked: market.assets(asked, mine()),
            "/v2/assets/{name}": lambda asked: market.asset(asked, mine()),
            "/v2/options/contracts": lambda asked: market.contracts(asked, mine()),
            "/v2/options/contracts/{name}": lambda asked: market.contract(asked, mine()),
            "/v2/clock": market.clock,
            "/v2/calendar": market.calendar,
        }

    def answer(self, asked: Asked) -> Response:
        told = (asked.header("apca-api-key-id"), asked.header("apca-api-secret-key"))
        if told != self._keys[asked.host] or self.play.withdrawn():
            return self._headed(tell.error(401, 40110000, "request is not authorized"))
        minute = f"{asked.now:%Y%m%d%H%M}"
        self._asked = self._asked + 1 if minute == self._minute else 1
        self._minute = minute
        # Nobody is refused for it here, so something always remains.
        remaining = max(REQUESTS_A_MINUTE - self._asked, 1)
        return self._headed(self._router.answer(asked), asked, remaining)

    def refusal(self, asked: Asked, status: int) -> Response | None:
        texts = {
            401: (40110000, "request is not authorized"),
            404: (40410000, "not found"),
            422: (42210000, "unprocessable"),
            429: (42910000, "rate limit exceeded"),
            500: (50010000, "internal server error occurred"),
            504: (50410000, "gateway timeout"),
        }
        if status == 403:  # what some edges say of bad keys, without a code (2a)
            return self._headed(say({"message": "forbidden."}, 403))
        if status not in texts:
            return None
        said = tell.error(status, *texts[status])
        return self._headed(said, asked, 0) if status == 429 else self._headed(said)

    def _headed(self, said: Response, asked: Asked | None = None, remaining: int = 0) -> Response:
        """With the headers of every answer, and those of the limit where somebody counted (4)."""
        headers = {**said.headers, "x-request-id": self.play.uuid("request")}
        if asked is not None:
            reset = int(asked.now.timestamp()) // 60 * 60 + 60
            headers |= {
                "x-ratelimit-limit": str(REQUESTS_A_MINUTE),
                "x-ratelimit-remaining": str(remaining),
                "x-ratelimit-reset": str(reset),
            }
        return Response(said.status, headers, said.body, said.url)

    def credentials(self, host: str = "api") -> dict[str, str]:
        key, secret = self._keys[host]
        return {"key_id": key, "secret_key": secret}

    def announce(self) -> list[str]:
        names = {"api": "live", "paper": "paper"}
        return [f"{names[host]} key id {key}, secret {secret}" for host, (key, secret) in self._keys.items()]

    def _history(self, host: str, asked: Asked) -> Response:
        play = self.paper if host == "paper" else self.play
        play.persona = self.play.persona
        return self._activities[host].answer(asked, play.rows(play.accounts[0]))


def _position(asked: Asked, mine: TruthAccount) -> Response:
    for position in mine.positions:
        if market.means(asked.names["name"], position.instrument):
            return say(tell.position(position))
    return tell.error(404, 40410000, "position does not exist")


def _portfolio_history(asked: Asked, mine: TruthAccount) -> Response:
    """The truth knows today's value and no other: the account is told as worth that on each weekday
    of the period, and at this moment for a timeframe within the day."""
    try:
        timeframe = choice(asked, "timeframe", "1D", TIMEFRAMES)
        ended = moment(asked, "date_end") or asked.now.astimezone(tell.NEW_YORK)
        days = _days(asked.param("period") or "1M", ended.date())
    except Refused as refused:
        return refused.response
    stamps = [int(datetime.combine(day, market.OPENS, tell.NEW_YORK).timestamp()) for day in days]
    if timeframe != "1D":
        stamps = [int(asked.now.timestamp())]
    equity = mine.total_value
    return say(
        {
            "timestamp": stamps,
            "equity": [equity for _ in stamps],
            "profit_loss": [0 for _ in stamps],
            "profit_loss_pct": [0 for _ in stamps],
            "base_value": equity,
            "timeframe": timeframe,
            "cashflow": {},
        }
    )


def _days(period: str, end: date) -> list[date]:
    """The weekdays of a period such as 1M, the last one at its end. Raises Refused."""
    found = PERIOD.fullmatch(period)
    if found is None:
        raise Refused(f"invalid period: {period[:40]}")
    count = int(found[1]) * PERIOD_DAYS[found[2]]
    days = (end - timedelta(days=n) for n in range(count - 1, -1, -1))
    return [day for day in days if day.weekday() < 5 and day >= tell.OPENED]


def sandbox(play: Play) -> Sandbox:
    return Alpaca(play)
