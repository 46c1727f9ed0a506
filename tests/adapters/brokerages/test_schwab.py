"""Schwab's accounts, balances, positions and windows of history, on rows written by hand."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from adapters.brokerages.schwab import OAUTH, parse, reads
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position

D = Decimal
Row = dict[str, Any]
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("70001234", "Trading", "70001234", AccountKind.MARGIN, routing={"hash": "9F2C"})


def scene(**references: object) -> Scene:
    named = {key.replace("_", ":", 1): value for key, value in references.items()}
    return Scene(ACCOUNT, named, Notes(), NOW)


def call(since: date | None = None, cursor: str | None = None, now: datetime = NOW) -> Call:
    return Call(ACCOUNT, since, date(2026, 11, 25), cursor, now)


def answer(value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())


# Positions and balances.


def held(**changes: object) -> Row:
    return {
        "longQuantity": 100.0,
        "shortQuantity": 0.0,
        "averagePrice": 101.25,
        "marketValue": 10540.0,
        "longOpenProfitLoss": 415.0,
        "settledShortQuantity": 0.0,
        "instrument": {"assetType": "EQUITY", "cusip": "000000001", "symbol": "XMPL", "netChange": -0.12},
    } | changes


def position(row: Row, seen: Scene | None = None) -> Position:
    (found,) = parse.position(json.dumps(row).encode(), seen or scene())
    return found


def test_a_price_is_what_the_market_value_says_per_share_and_is_flagged() -> None:
    found = position(held())

    assert (found.quantity, found.price, found.market_value) == (D(100), D("105.4"), D(10540))
    assert (found.average_cost, found.cost_basis, found.unrealized_gain) == (D("101.25"), D(10125), D(415))
    assert found.flags == (Flag.DERIVED_PRICE,)
    assert found.instrument.identifiers == (("cusip", "000000001"),)


def test_a_short_option_is_negative_and_counts_a_hundred_shares() -> None:
    option = {
        "assetType": "OPTION",
        "cusip": "0XMPL.OL60090000",
        "symbol": "XMPL  260320P00090000",
        "putCall": "PUT",
        "type": "VANILLA",
    }
    row = held(
        longQuantity=0.0, shortQuantity=1.0, averagePrice=2.5, marketValue=-108.0, shortOpenProfitLoss=142.0
    )

    found = position(row | {"instrument": option})

    assert (found.quantity, found.price, found.cost_basis) == (D(-1), D("1.08"), D(-250))
    assert (found.market_value, found.unrealized_gain) == (D(-108), D(142))
    assert found.instrument.option is not None
    assert found.instrument.option.multiplier == 100
    assert found.instrument.identifiers == (("schwab:cusip", "0XMPL.OL60090000"),)


def test_the_settled_short_quantity_is_negative_and_not_what_is_held() -> None:
    row = held(longQuantity=0.0, shortQuantity=3.0, settledShortQuantity=-1.0, settledLongQuantity=0.0)

    assert position(row | {"marketValue": -300.0}).quantity == -3


@pytest.mark.parametrize(("symbol", "word"), [("/ESH26", "FUTURE"), ("$SPX", "INDEX")])
def test_what_tells_no_multiplier_has_neither_price_nor_cost(symbol: str, word: str) -> None:
    found = position(held(instrument={"assetType": word, "symbol": symbol}))

    assert found.instrument.symbol == symbol
    assert (found.price, found.cost_basis, found.market_value) == (None, None, D(10540))


def test_a_figure_is_read_to_its_last_digit_and_zero_has_two_spellings() -> None:
    text = json.dumps(held()).replace("10540.0", "10540.123456789012345678").replace('": 0.0', '": 0')

    (found,) = parse.position(text.encode(), scene())

    assert (found.market_value, found.quantity) == (D("10540.123456789012345678"), D(100))


def test_a_share_mostly_comes_without_a_name() -> None:
    assert position(held()).instrument.name is None


def test_an_option_multiplier_that_is_told_wins() -> None:
    option = {"assetType": "OPTION", "symbol": "XMPL7 260320C00090000", "optionMultiplier": 10}

    found = position(held(longQuantity=2.0, averagePrice=3.0, marketValue=80.0, instrument=option))

    assert (found.cost_basis, found.price) == (D(60), D(4))


@pytest.mark.parametrize(
    ("asset_type", "sub_type", "kind"),
    [
        ("EQUITY", "COMMON_STOCK", InstrumentKind.EQUITY),
        ("INDEX", None, InstrumentKind.INDEX),
        ("MUTUAL_FUND", None, InstrumentKind.MUTUAL_FUND),
        ("CASH_EQUIVALENT", "SWEEP_VEHICLE", InstrumentKind.CASH_EQUIVALENT),
        ("CASH_EQUIVALENT", "SAVINGS", InstrumentKind.CASH_EQUIVALENT),
        ("CASH_EQUIVALENT", "MONEY_MARKET_FUND", InstrumentKind.CASH_EQUIVALENT),
        ("FIXED_INCOME", None, InstrumentKind.BOND),
        ("BOND", None, InstrumentKind.BOND),  # these two in the search for instruments
        ("ETF", None, InstrumentKind.ETF),
        ("CURRENCY", None, InstrumentKind.OTHER),
        ("FUTURE", None, InstrumentKind.FUTURE),
        ("FOREX", None, InstrumentKind.OTHER),
        ("PRODUCT", None, InstrumentKind.OTHER),
        ("COLLECTIVE_INVESTMENT", "EXCHANGE_TRADED_FUND", InstrumentKind.ETF),
        ("COLLECTIVE_INVESTMENT", "UNIT_INVESTMENT_TRUST", InstrumentKind.MUTUAL_FUND),
        ("COLLECTIVE_INVESTMENT", "CLOSED_END_FUND", InstrumentKind.EQUITY),
        ("COLLECTIVE_INVESTMENT", "INDEX", InstrumentKind.INDEX),
        ("COLLECTIVE_INVESTMENT", "UNITS", InstrumentKind.EQUITY),
    ],
)
def test_every_asset_type_of_the_sheet_has_a_kind(
    asset_type: str, sub_type: str | None, kind: InstrumentKind
) -> None:
    told = {"assetType": asset_type, "symbol": "XSYM"} | ({"type": sub_type} if sub_type else {})
    seen = scene()

    assert position(held(instrument=told), seen).instrument.kind is kind
    assert not seen.notes.words


def test_an_unknown_asset_type_and_an_unknown_field_are_counted_and_kept() -> None:
    seen = scene()

    found = position(held(instrument={"assetType": "TULIP", "symbol": "XTUL"}, news=1), seen)

    assert found.instrument.kind is InstrumentKind.OTHER
    assert seen.notes.words == {"assetType.TULIP": 1}
    assert seen.notes.fields == {"position.news": 1}


def test_a_bonds_cost_comes_from_its_value_and_gain_because_it_is_priced_in_per_cent() -> None:
    bond = {"assetType": "FIXED_INCOME", "symbol": "912800AA7", "maturityDate": "2030-01-01"}

    found = position(
        held(longQuantity=5000.0, averagePrice=98.5, marketValue=4950.0, longOpenProfitLoss=25.0)
        | {"instrument": bond}
    )

    assert found.cost_basis == D(4925)


def test_a_figure_that_is_false_is_unknown_and_never_zero() -> None:
    found = position(held(averagePrice=False, marketValue=False, longOpenProfitLoss=False))

    assert (found.average_cost, found.cost_basis, found.price, found.market_value) == (None,) * 4
    assert found.flags == ()
    assert position(held(shortQuantity=False)).quantity == 100


@pytest.mark.parametrize(
    "row",
    [
        held(longQuantity=False, shortQuantity=False),
        held(longQuantity=True),
        held(marketValue="many"),
        held(instrument=None),
        {key: value for key, value in held().items() if key != "shortQuantity"},
    ],
)
def test_a_position_that_cannot_be_read_is_refused(row: Row) -> None:
    with pytest.raises(UnreadableReply):
        position(row)


def whole(kind: str = "MARGIN", positions: object = None, **current: object) -> Row:
    account: Row = {"type": kind, "accountNumber": "70001234", "currentBalances": current}
    if positions is not None:
        account["positions"] = positions
    return {"securitiesAccount": account, "aggregatedBalance": {"currentLiquidationValue": 16000.0}}


def balance(row: Row) -> Balance:
    (found,) = parse.balance(json.dumps(row).encode(), scene())
    return found


def test_margin_and_cash_accounts_tell_their_figures_under_different_names() -> None:
    margin = balance(whole(cashBalance=-41.5, buyingPower=8000.0, liquidationValue=16107.0))
    cash = balance(whole("CASH", totalCash=50.0, cashBalance=49.0, cashAvailableForTrading=48.0))

    assert margin == Balance("USD", D("-41.5"), D(8000), None, D(16107))
    assert cash == Balance("USD", D(50), D(48), None, D(16000))
    assert balance(whole("CASH", cashBalance=49.0)).cash == 49
    assert balance(whole("CASH", totalCash=False, cashBalance=49.0)).cash == 49


def test_the_aggregated_balance_serves_where_the_liquidation_value_lacks() -> None:
    assert balance(whole(cashBalance=1.0)).total_value == 16000
    assert balance(whole(cashBalance=1.0, liquidationValue=False)).total_value == 16000


def test_a_balance_without_cash_is_unreadable_and_one_that_is_false_is_unknown() -> None:
    assert balance(whole(cashBalance=False, liquidationValue=False)).cash is None
    with pytest.raises(UnreadableReply):
        balance(whole(buyingPower=1.0))


def test_positions_may_only_be_missing_where_the_balances_say_that_nothing_is_held() -> None:
    nothing = whole(cashBalance=5.0, longMarketValue=0.0, shortOptionMarketValue=0.0)

    assert reads.take_positions(answer(nothing), call()).rows == []
    assert len(reads.take_positions(answer(whole(positions=[held()])), call()).rows) == 1
    wrong: list[Row] = [
        whole(longMarketValue=9.0),
        whole(cashBalance=5.0),
        whole(positions={}),
        {"accounts": []},
    ]
    for row in wrong:
        with pytest.raises(UnreadableReply):
            reads.take_positions(answer(row), call())


def test_an_answer_about_another_account_is_refused() -> None:
    other = whole(positions=[])
    other["securitiesAccount"]["accountNumber"] = "70005678"

    with pytest.raises(UnreadableReply):
        reads.take_account(answer(other), call())


# The list of accounts.


def test_hash_type_and_nickname_are_joined_by_the_account_number() -> None:
    row = json.dumps({"accountNumber": "70001234", "hashValue": "9F2C"}).encode()
    types = reads.take_types(answer([whole("CASH")]), ())
    names = reads.take_nicknames(
        answer([{"accounts": [{"accountNumber": "70001234", "displayAcctId": "...234"}]}]), ()
    )

    (found,) = parse.account(row, Scene(None, {**types, **names}, Notes(), NOW))

    assert (found.key, found.routing, found.kind) == ("70001234", {"hash": "9F2C"}, AccountKind.CASH)
    assert found.name == "...234"
    assert list(parse.account_needs(row)) == ["account:70001234", "preference:70001234"]


def test_the_list_may_come_in_a_wrapper_and_preferences_as_one_object() -> None:
    assert reads.take_types(answer({"accounts": [whole()]}), ()) == {"account:70001234": "MARGIN"}
    named = {"accounts": [{"accountNumber": "70001234", "nickName": "Trading"}]}
    assert reads.take_nicknames(answer(named), ()) == {"preference:70001234": "Trading"}
    wrong: list[object] = [{}, None, [None], {"accounts": {}}]
    for value in wrong:
        with pytest.raises(UnreadableReply):
            reads.take_types(answer(value), ())


def test_another_hash_after_a_new_login_is_another_route_to_the_same_account() -> None:
    told = [json.dumps({"accountNumber": "70001234", "hashValue": h}).encode() for h in ("9F2C", "0A1B")]

    before, after = (next(parse.account(row, scene(account_70001234="MARGIN"))) for row in told)

    assert before.key == after.key == before.number
    assert (before.routing, after.routing) == ({"hash": "9F2C"}, {"hash": "0A1B"})


@pytest.mark.parametrize(("word", "kind"), [("CASH", AccountKind.CASH), ("MARGIN", AccountKind.MARGIN)])
def test_an_ira_is_a_cash_or_margin_account_like_any_other(word: str, kind: AccountKind) -> None:
    row = json.dumps({"accountNumber": "70001234", "hashValue": "9F2C"}).encode()

    assert next(parse.account(row, scene(account_70001234=word))).kind is kind


def test_without_preferences_the_account_still_has_a_name() -> None:
    row = json.dumps({"accountNumber": "70001234", "hashValue": "9F2C"}).encode()

    (found,) = parse.account(row, scene(account_70001234="MARGIN"))

    assert found.name == "Schwab 1234"


# Dividends name a company: who it is.


def test_a_company_is_found_by_its_exact_name_only_if_there_is_one() -> None:
    rows = [
        {"symbol": "XMPL", "assetType": "EQUITY", "description": "Example Corp"},
        {"symbol": "XMPLP", "assetType": "EQUITY", "description": "EXAMPLE CORP PFD"},
    ]
    twice = [*rows, {"symbol": "XMPLB", "assetType": "EQUITY", "description": "EXAMPLE CORP"}]

    found = reads.take_name(answer({"instruments": rows}), ("name:EXAMPLE CORP",))
    unsure = reads.take_name(answer({"instruments": twice}), ("name:EXAMPLE CORP",))

    assert found["name:EXAMPLE CORP"] == Instrument(InstrumentKind.EQUITY, "XMPL", name="Example Corp")
    assert unsure == {"name:EXAMPLE CORP": None}
    assert reads.take_symbols(answer({}), ("symbol:XMPL",)) == {}  # asked again


def test_symbols_with_slashes_and_signs_are_encoded_and_far_fewer_than_500_go_in_one_call() -> None:
    asked = reads.ask_symbols(("symbol:BRK/B", "symbol:$SPX"), call())

    assert asked.url == "/marketdata/v1/instruments"
    assert "symbol=BRK%2FB%2C%24SPX" in asked.target
    assert {one.batch for one in OAUTH.references if one.scheme in {"symbol", "name"}} == {50, 1}


# Windows of history.


def windows(rows: int, since: date | None = None, most: int = 100) -> list[tuple[datetime, datetime]]:
    """Walk through a history in which each window has so many rows."""
    found: list[tuple[datetime, datetime]] = []
    cursor: str | None = None
    while len(found) < most:
        told = call(since, cursor)
        query = dict(reads.ask_transactions(told).query)
        start, end = (datetime.fromisoformat(query[name]) for name in ("startDate", "endDate"))
        found.append((start, end))
        cursor = reads.take_transactions(answer([{}] * rows), told).cursor
        if cursor is None:
            break
    return found


def test_windows_walk_back_ten_years_without_gap_or_overlap_none_longer_than_a_year() -> None:
    found = windows(10)

    assert all(end - start < timedelta(days=365) for start, end in found)
    assert all(newer[0] - older[1] == timedelta(seconds=1) for newer, older in pairwise(found))
    assert found[0][1] >= NOW
    assert found[-1][0].date() == date(2016, 11, 27)


def test_both_ends_of_a_window_have_milliseconds_and_the_types_are_one_list() -> None:
    query = dict(reads.ask_transactions(call(cursor="2026-11-25T00:00:00+00:00/86400")).query)

    assert query["startDate"] == "2026-11-24T00:00:00.000Z"
    assert query["endDate"] == "2026-11-25T00:00:00.000Z"
    assert query["types"].count(",") == 14


def test_an_incremental_read_is_one_window_from_its_first_day() -> None:
    ((start, end),) = windows(10, since=date(2026, 11, 15))

    assert (start, end.date()) == (datetime(2026, 11, 15, tzinfo=UTC), date(2026, 11, 25))


def test_a_full_window_gives_nothing_and_is_asked_again_as_its_newer_half() -> None:
    told = call()
    full = reads.take_transactions(answer([{}] * 3000), told)
    half = dict(reads.ask_transactions(call(cursor=full.cursor)).query)

    assert full.rows == []
    assert half["startDate"] == "2026-05-27T15:00:01.000Z"
    assert half["endDate"] == dict(reads.ask_transactions(told).query)["endDate"]
    assert len(reads.take_transactions(answer([{}] * 2999), told).rows) == 2999


@pytest.mark.parametrize(("rows", "days"), [(10, 20), (999, 20), (1000, 10), (2999, 10)])
def test_a_sparse_window_is_followed_by_one_twice_as_long_and_a_full_one_by_its_like(
    rows: int, days: int
) -> None:
    told = call(cursor="2026-11-20T00:00:00+00:00/864000")

    following = reads.take_transactions(answer([{}] * rows), told).cursor

    query = dict(reads.ask_transactions(call(cursor=following)).query)
    start, end = (datetime.fromisoformat(query[name]) for name in ("startDate", "endDate"))
    assert end - start == timedelta(days=days)


def test_a_cursor_pins_its_window_whatever_the_clock_says_later() -> None:
    cursor = reads.take_transactions(answer([]), call()).cursor

    later = call(cursor=cursor, now=NOW + timedelta(hours=5))

    assert reads.ask_transactions(later).query == reads.ask_transactions(call(cursor=cursor)).query


def test_a_minute_with_more_rows_than_an_answer_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(UnreadableReply):
        windows(3000)


def test_a_refusal_ends_the_history_only_beyond_the_two_years_that_are_known_to_work() -> None:
    old = call(cursor="2024-11-01T00:00:00+00:00/31449600")

    assert reads.take_transactions(Response(400), old).cursor is None
    with pytest.raises(UnreadableReply):
        reads.take_transactions(Response(400), call(cursor="2025-11-01T00:00:00+00:00/31449600"))
