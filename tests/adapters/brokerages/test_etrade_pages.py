"""E*TRADE: how pages of positions and years of history follow each other, and what an empty answer says."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from adapters.brokerages.etrade import API, signin
from adapters.brokerages.etrade.pages import History, Portfolio, ask_balance, take_accounts
from adapters.kit.card import Call, Rows
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response
from adapters.sandbox.oauth1 import signature
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.ports.brokerage import Grant

NOW = datetime(2026, 3, 23, 16, 0, tzinfo=UTC)  # noon in New York
ACCOUNT = AccountTold("7", "Brokerage", "7", AccountKind.MARGIN, routing={"accountIdKey": "AbC_dEf-123"})


def call(cursor: str | None = None, since: date | None = None) -> Call:
    return Call(ACCOUNT, since, date(2026, 3, 23), cursor, NOW)


def portfolio(positions: object, **more: object) -> Response:
    told = {"PortfolioResponse": {"AccountPortfolio": [{"Position": positions, **more}]}}
    return Response(200, {}, json.dumps(told).encode())


def test_positions_go_on_where_the_answer_says() -> None:
    read = Portfolio()

    first = read.take(portfolio([{"positionId": 1}], nextPageNo="2", next="…", totalPages=2), call())
    second = read.take(portfolio({"positionId": 2}, totalPages=2), call("2"))

    assert (len(first.rows), first.cursor) == (1, "2")
    assert dict(read.ask(call("2")).query)["pageNumber"] == "2"
    assert (second.rows, second.cursor) == ([b'{"positionId": 2}'], None)


@pytest.mark.parametrize("more", [{"next": "https://api.etrade.com/more"}, {"totalPages": 2}])
def test_positions_that_go_on_nobody_knows_where_are_unreadable(more: dict[str, Any]) -> None:
    with pytest.raises(UnreadableReply):
        Portfolio().take(portfolio([{"positionId": 1}], **more), call())


def test_204_says_that_nothing_is_held_and_an_answer_that_lacks_the_list_does_not() -> None:
    assert Portfolio().take(Response(204), call()) == Rows([])
    for body in (
        b"{}",
        b"null",
        b'{"PortfolioResponse":{}}',
        b'{"PortfolioResponse":{"AccountPortfolio":{}}}',
    ):
        with pytest.raises(UnreadableReply):
            Portfolio().take(Response(200, {}, body), call())


def worth(**live: object) -> Response:
    told = {"BalanceResponse": {"Computed": {"RealTimeValues": live}}}
    return Response(200, {}, json.dumps(told).encode())


def test_an_empty_answer_makes_us_ask_the_balance_whether_anything_is_held() -> None:
    read = Portfolio()

    empty = read.take(Response(200, {}, b" "), call())
    asked = read.ask(call(empty.cursor))

    assert (empty.rows, asked) == ([], ask_balance(call()))
    assert read.take(
        worth(totalAccountValue=10, netMv=0, netMvLong="0", netMvShort=0), call(empty.cursor)
    ) == (Rows([]))


@pytest.mark.parametrize(
    "answer",
    [
        worth(netMv=5000),
        worth(netMv=0, netMvLong=5000, netMvShort=-5000),
        worth(totalAccountValue=10),
        Response(200, {}, b'{"BalanceResponse":{"Computed":{"netCash":5}}}'),
        Response(200, {}, b'{"BalanceResponse":{}}'),
        Response(200, {}, b""),
        Response(200, {}, b"{}"),
    ],
)
def test_an_empty_answer_is_no_empty_account_unless_the_balance_says_so(answer: Response) -> None:
    empty = Portfolio().take(Response(200, {}, b""), call()).cursor

    with pytest.raises(UnreadableReply):
        Portfolio().take(answer, call(empty))


def test_an_empty_second_page_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        Portfolio().take(Response(200, {}, b""), call("2"))


def test_a_list_of_one_may_come_as_the_thing_itself() -> None:
    told = b'{"AccountListResponse":{"Accounts":{"Account":{"accountId":"7"}}}}'
    position = b'{"PortfolioResponse":{"AccountPortfolio":{"Position":{"positionId":1}}}}'
    row = b'{"TransactionListResponse":{"Transaction":{"transactionId":"9"}}}'

    assert take_accounts(Response(200, {}, told), call()).rows == [b'{"accountId":"7"}']
    assert Portfolio().take(Response(200, {}, position), call()).rows == [b'{"positionId":1}']
    assert History().take(Response(200, {}, row), call()).rows == [b'{"transactionId":"9"}']


def test_a_balance_is_asked_for_with_both_parameters_that_are_required() -> None:
    assert query(ask_balance(call())) == {"instType": "BROKERAGE", "realTimeNAV": "true"}


def test_a_list_without_any_account_is_unreadable() -> None:
    for response in (Response(204), Response(200), Response(200, {}, b'{"AccountListResponse":{}}')):
        with pytest.raises(UnreadableReply):
            take_accounts(response, call())


def page(*ids: str, **more: object) -> Response:
    told = {"Transaction": [{"transactionId": each} for each in ids], "moreTransactions": False, **more}
    return Response(200, {}, json.dumps({"TransactionListResponse": told}).encode())


def query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.target).query))


def test_history_is_read_newest_first_a_year_at_a_time_for_two_years() -> None:
    read = History()
    newest = query(read.ask(call()))
    older = read.take(Response(204), call()).cursor
    assert older is not None

    oldest = query(read.ask(call(older)))

    assert (newest["startDate"], newest["endDate"]) == ("03242025", "03232026")
    assert newest["sortOrder"] == "DESC"
    assert (oldest["startDate"], oldest["endDate"]) == ("03242024", "03232025")
    assert read.take(Response(204), call(older)).cursor is None


def test_both_dates_fifty_rows_and_never_two_kinds_of_markers_are_asked_for() -> None:
    read = History()
    more = read.take(page("9", marker="9_1", pageMarkers="eNp1"), call()).cursor

    assert set(query(read.ask(call()))) == {"startDate", "endDate", "sortOrder", "count"}
    assert set(query(read.ask(call(more)))) == {"startDate", "endDate", "sortOrder", "count", "marker"}
    assert query(read.ask(call()))["count"] == "50"


def test_a_marker_is_encoded_once_and_signed_as_it_is_sent() -> None:
    more = History().take(page("9", marker="2605 9+/=_17"), call()).cursor
    asked = History().ask(call(more))
    grant = Grant(dict.fromkeys(("consumer_key", "consumer_secret", "token", "token_secret"), "x"))

    header = dict(signin.authorise(asked, grant, Moment(NOW, "n", API.hosts)).headers)["Authorization"]

    assert asked.target.endswith("&marker=2605%209%2B%2F%3D_17")
    told = dict(part.split("=", 1) for part in header[6:].split(", "))
    pairs = [(n, unquote(v.strip('"'))) for n, v in told.items() if n not in {"realm", "oauth_signature"}]
    url = f"https://api.etrade.com{asked.url}"
    wanted = signature("GET", url, [*pairs, *query(asked).items()], "x", "x")
    assert unquote(told["oauth_signature"].strip('"')) == wanted


def test_the_last_ten_days_are_read_again_as_pending_rows_may_change_their_ids() -> None:
    (feed,) = API.transactions

    assert (feed.overlap_days, feed.removes) == (10, True)


def test_the_years_stay_where_they_are_when_another_process_goes_on_tomorrow() -> None:
    older = History().take(Response(204), call()).cursor

    tomorrow = query(History().ask(replace(call(older), until=date(2026, 3, 24))))

    assert (tomorrow["startDate"], tomorrow["endDate"]) == ("03242024", "03232025")


def test_an_incremental_read_asks_for_its_window_only() -> None:
    recent = call(since=date(2026, 3, 13))

    assert query(History().ask(recent))["startDate"] == "03132026"
    assert History().take(Response(204), recent).cursor is None
    assert query(History().ask(call(since=date(2020, 1, 1))))["startDate"] == "03242025"


def test_pages_follow_the_marker_whatever_more_transactions_says() -> None:
    read = History()
    first = read.take(page("9", "8", marker="8_1"), call())

    second = read.take(page("8", "7", marker="7_1"), call(first.cursor))
    third = read.take(page("6", marker="6_1"), call(second.cursor))
    last = read.take(page("6", marker="6_1"), call(third.cursor))

    assert query(read.ask(call(first.cursor)))["marker"] == "8_1"
    assert [len(cut.rows) for cut in (first, second, third, last)] == [2, 1, 1, 0]
    assert last.cursor is not None
    assert "marker" not in query(read.ask(call(last.cursor)))  # the year before


def test_the_marker_may_only_be_inside_the_address_of_the_next_page() -> None:
    cut = History().take(page("9", next="https://api.etrade.com/v1/x.json?marker=9_1&count=50"), call())

    assert query(History().ask(call(cut.cursor)))["marker"] == "9_1"


def test_a_marker_that_brings_new_rows_and_itself_goes_round_in_circles() -> None:
    first = History().take(page("9", marker="9_1"), call())

    with pytest.raises(UnreadableReply):
        History().take(page("5", marker="9_1"), call(first.cursor))


def test_rows_that_are_counted_and_cannot_be_reached_are_no_end() -> None:
    with pytest.raises(UnreadableReply):
        History().take(page("9", "8", totalCount=74), call())


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"TransactionListResponse":{"marker":"9_1"}}'])
def test_only_204_says_that_nothing_happened_and_no_empty_answer(body: bytes) -> None:
    with pytest.raises(UnreadableReply):
        History().take(Response(200, {}, body), call())
