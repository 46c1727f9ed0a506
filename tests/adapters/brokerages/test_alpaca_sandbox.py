"""Alpaca's sandbox offers what real clients use, and refuses what Alpaca refuses, in its words."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import conformance
import msgspec
import pytest

from adapters.brokerages.alpaca.sandbox import PAPER
from adapters.brokerages.alpaca.sandbox import Alpaca as AlpacaSandbox
from adapters.kit.door import CardDoor
from adapters.kit.wire import Response
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # a Wednesday, ten o'clock in New York
ACTIVITIES = "/v2/account/activities"


@dataclass
class Alpaca:
    """A sandbox, asked in memory at a time of our own."""

    seed: int = 7
    persona: str = "plain"
    faults: tuple[str, ...] = ()
    rows: int | None = None
    now: datetime = NOW
    host: str = "api"

    def __post_init__(self) -> None:
        self.box = create("alpaca", self.seed, self.persona, NOW.date(), rows=self.rows)
        self.stage = Stage([Faulty(self.box, faults=[parse_fault(fault) for fault in self.faults])])
        assert isinstance(self.box, AlpacaSandbox)
        self.given = self.box.credentials(self.host)

    @property
    def keys(self) -> dict[str, str]:
        return {"APCA-API-KEY-ID": self.given["key_id"], "APCA-API-SECRET-KEY": self.given["secret_key"]}

    def ask(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Response:
        url = f"{conformance.BASE}/alpaca{'/paper' if self.host == 'paper' else ''}{path}"
        return self.stage.hear(
            method, url, self.keys if headers is None else headers, b"", self.now, conformance.BASE
        ).response

    def get(self, path: str) -> Any:
        told = self.ask(path)
        assert told.status == 200, told.body
        return msgspec.json.decode(told.body)

    def refused(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        told = self.ask(path, method, headers)
        return told.status, msgspec.json.decode(told.body)

    def pages(self, path: str, token: str, key: str) -> list[Any]:
        """All rows, page after page: each is asked for with a member of the last row."""
        found: list[Any] = []
        more = ""
        while page := self.get(f"{path}{more}"):
            found += page
            more = f"&{token}={quote(page[-1][key], safe='')}"
        return found


@pytest.fixture
def alpaca() -> Alpaca:
    return Alpaca()


# What is refused.


def test_wrong_keys_are_refused_with_alpacas_body(alpaca: Alpaca) -> None:
    wrong = {**alpaca.keys, "APCA-API-SECRET-KEY": "wrong"}

    assert alpaca.refused("/v2/account", headers=wrong) == (
        401,
        {"code": 40110000, "message": "request is not authorized"},
    )
    assert alpaca.refused("/v2/nothing", headers={}) == alpaca.refused("/v2/account", headers=wrong)


def test_every_answer_has_a_request_id_of_its_own(alpaca: Alpaca) -> None:
    told = [alpaca.ask("/v2/account"), alpaca.ask("/v2/nothing"), alpaca.ask("/v2/account", headers={})]

    assert len({answer.headers["x-request-id"] for answer in told}) == 3


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("?page_size=101", "page_size must be between 1 and 100"),
        ("?page_size=0", "page_size must be between 1 and 100"),
        ("?page_size=many", "page_size must be between 1 and 100"),
        ("?date=2026-05-15&after=2026-05-01", "date can not be specified with after or until"),
        ("?date=2026-05-15&until=2026-05-01", "date can not be specified with after or until"),
        ("?date=yesterday", "invalid date: yesterday"),
        ("?after=yesterday", "invalid after: yesterday"),
        ("?after=0001-01-01T00:00:00Z", "invalid after: 0001-01-01T00:00:00Z"),
        ("?direction=up", "invalid direction: up"),
        ("?category=all", "invalid category: all"),
        ("?category=trade_activity&activity_types=FILL", "category can not be specified with activity types"),
        ("/FILL?category=trade_activity", "category can not be specified with activity types"),
        ("/FILL?activity_types=DIV", "activity_types can not be specified with a type in the path"),
    ],
)
def test_a_question_about_activities_that_makes_no_sense_is_refused(
    alpaca: Alpaca, question: str, message: str
) -> None:
    assert alpaca.refused(f"{ACTIVITIES}{question}") == (422, {"code": 42210000, "message": message})


@pytest.mark.parametrize("word", ["CORR", "SEG", "SSO", "SSP", "DTCS", "FFFFF", "fill"])
@pytest.mark.parametrize("form", ["?activity_types=", "?activity_types=DIV,", "/"])
def test_some_types_are_told_but_refused_as_filters(alpaca: Alpaca, word: str, form: str) -> None:
    assert alpaca.refused(f"{ACTIVITIES}{form}{word}") == (
        422,
        {"code": 40010001, "message": f"invalid activity type: {word}"},
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v2/orders?limit=501", "limit must be between 1 and 500"),
        ("/v2/orders?status=filled", "invalid status: filled"),
        ("/v2/orders?until=soon", "invalid until: soon"),
        ("/v2/orders?side=up", "invalid side: up"),
        ("/v2/orders?nested=maybe", "invalid nested: maybe"),
        ("/v2/assets?asset_class=shares", "invalid asset_class: shares"),
        ("/v2/options/contracts?strike_price_gte=NaN", "invalid strike_price_gte: NaN"),
        ("/v2/options/contracts?type=both", "invalid type: both"),
        ("/v2/options/contracts?limit=10001", "limit must be between 1 and 10000"),
        ("/v2/calendar?start=soon", "invalid start: soon"),
        ("/v2/account/portfolio/history?period=1Y", "invalid period: 1Y"),
        ("/v2/account/portfolio/history?timeframe=2D", "invalid timeframe: 2D"),
    ],
)
def test_other_questions_that_make_no_sense_are_refused(alpaca: Alpaca, path: str, message: str) -> None:
    assert alpaca.refused(path) == (422, {"code": 42210000, "message": message})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v2/positions/NONE", "position does not exist"),
        ("/v2/orders/4b5c6d7e", "order not found for 4b5c6d7e"),
        ("/v2/orders:by_client_order_id?client_order_id=none", "order not found for none"),
        ("/v2/assets/NONE", "asset not found for NONE"),
        ("/v2/options/contracts/NONE", "option contract not found for NONE"),
        ("/v2/nothing", "endpoint not found"),
        ("/v1/account", "endpoint not found"),
    ],
)
def test_what_is_not_there_is_told_with_404(alpaca: Alpaca, path: str, message: str) -> None:
    assert alpaca.refused(path) == (404, {"code": 40410000, "message": message})


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v2/orders"), ("DELETE", "/v2/orders/x"), ("PATCH", "/v2/account/configurations")],
)
def test_it_takes_no_orders_and_says_so(alpaca: Alpaca, method: str, path: str) -> None:
    status, told = alpaca.refused(path, method)

    assert (status, told["code"]) == (403, 40310000)
    assert "takes no orders" in told["message"]


@pytest.mark.parametrize("status", [401, 404, 429, 500, 504])
def test_an_error_is_a_code_that_begins_with_its_status_and_a_message(status: int) -> None:
    told_status, told = Alpaca(faults=(f"{status}@*",)).refused("/v2/account")

    assert (told_status, sorted(told)) == (status, ["code", "message"])
    assert (len(str(told["code"])), str(told["code"])[:3]) == (8, str(status))


def test_some_edges_say_403_without_a_code_to_bad_keys() -> None:
    assert Alpaca(faults=("403@*",)).refused("/v2/account") == (403, {"message": "forbidden."})


def test_too_many_requests_are_told_with_the_headers_of_the_limit() -> None:
    alpaca = Alpaca(faults=("429@2",))

    first, second = alpaca.ask("/v2/account"), alpaca.ask("/v2/account")

    reset = str(int(NOW.timestamp()) + 60)
    assert {name: first.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")} == {
        "limit": "200",
        "remaining": "199",
        "reset": reset,
    }
    assert second.status == 429
    assert msgspec.json.decode(second.body) == {"code": 42910000, "message": "rate limit exceeded"}
    assert (second.headers["x-ratelimit-remaining"], second.headers["x-ratelimit-reset"]) == ("0", reset)
    assert second.headers["retry-after"]


# What is offered.


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_of_activities_follow_the_id_of_the_last_row(alpaca: Alpaca, direction: str) -> None:
    ids = [
        r["id"] for r in alpaca.pages(f"{ACTIVITIES}?direction={direction}&page_size=7", "page_token", "id")
    ]

    assert ids == sorted(ids, reverse=direction == "desc")
    assert len(ids) == len(set(ids)) == len(alpaca.box.play.accounts[0].transactions)


def test_the_head_of_a_growing_account_moves_and_what_is_behind_the_token_does_not() -> None:
    alpaca = Alpaca(persona="growing")

    first = alpaca.get(f"{ACTIVITIES}?page_size=20")
    second = alpaca.get(f"{ACTIVITIES}?page_size=20&page_token={first[-1]['id']}")
    again = alpaca.get(f"{ACTIVITIES}?page_size=60")

    assert again[0]["id"] > first[0]["id"]
    assert second == [row for row in again if row["id"] < first[-1]["id"]][:20]


def test_twenty_thousand_rows_are_told_once_and_paged_through_quickly() -> None:
    alpaca = Alpaca(persona="large")

    rows = alpaca.pages(f"{ACTIVITIES}?page_size=100", "page_token", "id")

    assert len({row["id"] for row in rows}) == 20_000


def test_a_day_has_no_limit_but_the_one_that_is_asked_for(alpaca: Alpaca) -> None:
    newest = alpaca.get(f"{ACTIVITIES}?activity_types=FILL")[0]
    day = datetime.fromisoformat(newest["transaction_time"]).astimezone().date()

    assert newest in alpaca.get(f"{ACTIVITIES}?date={day}&page_size=500")
    assert len(alpaca.get(f"{ACTIVITIES}?date={day}&page_size=1")) == 1


def test_all_but_fills_is_written_in_the_night_after_its_day(alpaca: Alpaca) -> None:
    fee = alpaca.get(f"{ACTIVITIES}?activity_types=FEE")[0]
    fill = next(row for row in alpaca.get(f"{ACTIVITIES}/FILL") if row["transaction_time"] > fee["date"])
    noon = datetime.fromisoformat(f"{fee['date']}T17:00:00Z")

    that_day = Alpaca(now=noon).get(f"{ACTIVITIES}?activity_types=FEE,FILL")
    next_day = Alpaca(now=noon + timedelta(days=1)).get(f"{ACTIVITIES}?activity_types=FEE")

    assert fee not in that_day
    assert fill in that_day
    assert fee in next_day


def test_ids_begin_with_the_new_york_time_of_what_they_name(alpaca: Alpaca) -> None:
    rows = alpaca.pages(f"{ACTIVITIES}?page_size=100", "page_token", "id")

    for row in rows:
        digits = f"{row['date'].replace('-', '')}000000000" if "date" in row else new_york(row)
        assert row["id"].startswith(f"{digits}::")


def new_york(fill: Any) -> str:
    at = datetime.fromisoformat(fill["transaction_time"]).astimezone(ZoneInfo("America/New_York"))
    return f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d}"


def test_only_fills_have_a_time_and_only_the_others_a_date(alpaca: Alpaca) -> None:
    for row in alpaca.pages(f"{ACTIVITIES}?page_size=100", "page_token", "id"):
        assert ("transaction_time" in row, "date" in row) == (
            (True, False) if "side" in row else (False, True)
        )


def test_a_crypto_fee_changes_the_coins_and_not_the_cash(alpaca: Alpaca) -> None:
    fees = alpaca.get(f"{ACTIVITIES}/CFEE")

    assert fees
    for row in fees:
        assert (row["net_amount"], row["symbol"].endswith("USD"), "/" in row["symbol"]) == ("0", True, False)
        assert Decimal(row["qty"]) < 0


def test_an_order_that_is_no_bracket_has_an_empty_class(alpaca: Alpaca) -> None:
    assert {order["order_class"] for order in alpaca.get("/v2/orders?status=all")} == {""}


def test_filters_tell_the_types_that_were_asked_for(alpaca: Alpaca) -> None:
    def words(question: str) -> set[str]:
        return {row["activity_type"] for row in alpaca.get(f"{ACTIVITIES}{question}")}

    assert words("?activity_types=FILL,DIV") == {"FILL", "DIV"}
    assert words("?activity_types=FILL&activity_types=DIV") == {"FILL", "DIV"}
    assert words("?activity_types=TRANS") == {"CSD", "CSW"}
    assert words("/FILL") == words("?category=trade_activity") == {"FILL"}
    assert "FILL" not in words("?category=non_trade_activity")


def test_executions_of_one_order_are_partial_fills_up_to_the_last(alpaca: Alpaca) -> None:
    orders: dict[str, list[Any]] = {}
    for row in alpaca.pages(f"{ACTIVITIES}/FILL?direction=asc", "page_token", "id"):
        orders.setdefault(row["order_id"], []).append(row)

    assert max(len(fills) for fills in orders.values()) > 1
    for fills in orders.values():
        done = Decimal(0)
        for fill in sorted(fills, key=lambda row: Decimal(row["cum_qty"])):
            done += Decimal(fill["qty"])
            assert Decimal(fill["cum_qty"]) == done
        assert [f["type"] for f in fills if Decimal(f["leaves_qty"]) == 0] == ["fill"]
        order = alpaca.get(f"/v2/orders/{fills[0]['order_id']}")
        assert Decimal(order["filled_qty"]) == done


def test_orders_are_paged_by_the_time_the_last_was_submitted(alpaca: Alpaca) -> None:
    everything = alpaca.get("/v2/orders?status=all&limit=500")

    newest = alpaca.pages("/v2/orders?status=closed&limit=7", "until", "submitted_at")
    oldest = alpaca.pages("/v2/orders?status=all&limit=7&direction=asc", "after", "submitted_at")

    assert newest == everything == oldest[::-1]
    assert len({order["id"] for order in everything}) == len(everything)
    assert alpaca.get("/v2/orders") == []


def test_orders_are_found_by_their_ids_and_by_what_they_trade(alpaca: Alpaca) -> None:
    order = alpaca.get("/v2/orders?status=all&nested=true&symbols=BTCUSD&side=buy")[0]

    assert order["symbol"] == "BTC/USD"
    assert alpaca.get(f"/v2/orders/{order['id']}?nested=true") == order
    by_client = f"/v2/orders:by_client_order_id?client_order_id={order['client_order_id']}"
    assert alpaca.get(by_client) == order


def test_a_coin_is_found_with_and_without_the_slash(alpaca: Alpaca) -> None:
    assert alpaca.get("/v2/positions/BTC%2FUSD") == alpaca.get("/v2/positions/BTCUSD")
    coin = alpaca.get("/v2/assets/BTCUSD")

    assert coin == alpaca.get("/v2/assets/BTC%2FUSD") == alpaca.get(f"/v2/assets/{coin['id']}")
    assert (coin["symbol"], coin["class"], coin["exchange"]) == ("BTC/USD", "crypto", "CRYPTO")


def test_what_an_asset_is_stands_under_class_and_not_asset_class(alpaca: Alpaca) -> None:
    assets, held = alpaca.get("/v2/assets"), alpaca.get("/v2/positions")

    assert all("class" in row and "asset_class" not in row for row in assets)
    assert all("asset_class" in row and "class" not in row for row in held)


def test_assets_are_shares_unless_another_class_is_asked_for(alpaca: Alpaca) -> None:
    assert {row["class"] for row in alpaca.get("/v2/assets")} == {"us_equity"}
    assert {row["class"] for row in alpaca.get("/v2/assets?asset_class=crypto")} == {"crypto"}
    assert alpaca.get("/v2/assets?status=inactive") == []


def test_contracts_are_listed_by_their_terms_and_paged(alpaca: Alpaca) -> None:
    def symbols(question: str) -> list[str]:
        told = alpaca.get(f"/v2/options/contracts?{question}")
        return [row["symbol"] for row in told["option_contracts"]]

    whole = alpaca.get("/v2/options/contracts?status=inactive")["option_contracts"]
    page = alpaca.get("/v2/options/contracts?status=inactive&limit=1")
    rest = alpaca.get(f"/v2/options/contracts?status=inactive&page_token={page['next_page_token']}")
    one = whole[0]

    assert page["option_contracts"] + rest["option_contracts"] == whole
    assert rest["next_page_token"] is None
    terms = f"status=inactive&underlying_symbols={one['underlying_symbol']}&type={one['type']}"
    bounds = f"&expiration_date={one['expiration_date']}&strike_price_lte={one['strike_price']}"
    assert symbols(terms + bounds) == [one["symbol"]]
    assert alpaca.get(f"/v2/options/contracts/{one['symbol']}") == one
    assert set(symbols("")).isdisjoint(row["symbol"] for row in whole)


@pytest.mark.parametrize(
    ("now", "is_open", "opens", "closes"),
    [
        ("2026-11-25T15:00:00Z", True, "2026-11-26T09:30:00-05:00", "2026-11-25T16:00:00-05:00"),
        ("2026-11-25T13:00:00Z", False, "2026-11-25T09:30:00-05:00", "2026-11-25T16:00:00-05:00"),
        ("2026-11-27T21:00:00Z", False, "2026-11-30T09:30:00-05:00", "2026-11-30T16:00:00-05:00"),
        ("2026-11-28T15:00:00Z", False, "2026-11-30T09:30:00-05:00", "2026-11-30T16:00:00-05:00"),
    ],
)
def test_the_clock_knows_weekdays_and_hours(now: str, is_open: bool, opens: str, closes: str) -> None:
    told = Alpaca(now=datetime.fromisoformat(now)).get("/v2/clock")

    assert (told["is_open"], told["next_open"], told["next_close"]) == (is_open, opens, closes)


def test_the_calendar_has_the_weekdays_that_are_asked_for(alpaca: Alpaca) -> None:
    told = alpaca.get("/v2/calendar?start=2026-11-20&end=2026-11-24")

    assert [row["date"] for row in told] == ["2026-11-20", "2026-11-23", "2026-11-24"]
    assert (told[0]["open"], told[0]["close"]) == ("09:30", "16:00")
    assert alpaca.get("/v2/calendar?start=2026-11-24&end=2026-11-20") == []


def test_the_configurations_know_nothing_of_what_was_removed_in_2026(alpaca: Alpaca) -> None:
    told = alpaca.get("/v2/account/configurations")

    assert told["trade_confirm_email"] == "all"
    assert not {"dtbp_check", "pdt_check"} & told.keys()


def test_the_portfolio_history_has_a_point_for_each_weekday(alpaca: Alpaca) -> None:
    told = alpaca.get("/v2/account/portfolio/history?period=1W&timeframe=1D&date_end=2026-11-25")

    days = [datetime.fromtimestamp(stamp, UTC).date() for stamp in told["timestamp"]]
    assert days == [date(2026, 11, 19) + timedelta(days=n) for n in (0, 1, 4, 5, 6)]
    assert len(told["equity"]) == len(told["profit_loss"]) == len(told["profit_loss_pct"]) == len(days)
    assert Decimal(str(told["equity"][-1])) == Decimal(str(told["base_value"]))


# Paper.


async def test_a_paper_key_reads_the_paper_account_and_no_other() -> None:
    door, sandbox = conformance.played("alpaca")
    assert isinstance(sandbox, AlpacaSandbox)

    told = await conformance.read_all(door, await told_in(door, sandbox.credentials("paper")))

    life: Any = SimpleNamespace(play=sandbox.paper, profile=PAPER)
    assert conformance.differences(told, conformance.expected(life)) == []
    assert told[0]["number"].startswith("PA")


async def told_in(door: CardDoor, given: dict[str, str]) -> Grant:
    grant = await door.begin(given, "")
    assert isinstance(grant, Grant)
    return grant


@pytest.mark.parametrize("seed", range(3))
def test_paper_has_no_dividends_and_no_rows_of_fees(seed: int) -> None:
    def words(alpaca: Alpaca) -> set[str]:
        return {
            row["activity_type"] for row in alpaca.pages(f"{ACTIVITIES}?page_size=100", "page_token", "id")
        }

    live, paper = words(Alpaca(seed)), words(Alpaca(seed, host="paper"))

    assert {"DIV", "FEE"} <= live
    assert "FILL" in paper
    assert not {word for word in paper if word.startswith("DIV") or word in {"FEE", "CFEE", "PTC", "CSD"}}


def test_keys_of_one_host_are_none_on_the_other() -> None:
    live, paper = Alpaca(), Alpaca(host="paper")

    assert live.keys["APCA-API-KEY-ID"].startswith("AK")
    assert paper.keys["APCA-API-KEY-ID"].startswith("PK")
    assert live.refused("/v2/account", headers=paper.keys)[0] == 401
    assert paper.refused("/v2/account", headers=live.keys)[0] == 401


def test_orders_of_a_paper_account_are_filled_in_parts_now_and_then() -> None:
    fills = Alpaca(host="paper").pages(f"{ACTIVITIES}/FILL?page_size=100", "page_token", "id")

    assert {row["type"] for row in fills} == {"fill", "partial_fill"}
