"""Interactive Brokers: windows of Flex that walk back, and what each of its error codes means."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.brokerages.ibkr import CARD, reads, refusals
from adapters.kit.card import Call, Read
from adapters.kit.http import address
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    CredentialsRejected,
    Failure,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
OWN = AccountTold("U7654321", "Robin", "U7654321", AccountKind.OTHER, "USD")


def call(cursor: str | None = None, since: date | None = None) -> Call:
    return Call(OWN, since, date(2026, 11, 25), cursor, NOW)


def ok(body: object) -> Response:
    return Response(200, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


# ---- windows of Flex


def feed() -> Read[Any]:
    return CARD.doors[0].transactions[0]


def said(**parts: str) -> Response:
    told = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items())
    return ok(f'<FlexStatementResponse timestamp="x">{told}</FlexStatementResponse>'.encode())


def told_by_flex(*rows: str, account: str = "U7654321", opened: str = "20260801") -> Response:
    information = f'<AccountInformation accountId="{account}" dateOpened="{opened}" />'
    body = f'<FlexStatement accountId="{account}"><Trades />{information}{"".join(rows)}</FlexStatement>'
    return ok(
        f'<FlexQueryResponse><FlexStatements count="1">{body}</FlexStatements></FlexQueryResponse>'.encode()
    )


def fetching(**changed: Any) -> str:
    window = reads.Window(date(2026, 11, 24), 90, date(2021, 11, 26), newest=True)
    return replace(window, **({"reference": "12"} | changed)).cursor


def test_a_statement_is_made_first_and_fetched_then() -> None:
    first = feed().ask(call())
    made = feed().take(said(Status="Success", ReferenceCode="12", Url="https://gdcdyn.example/G"), call())
    second = feed().ask(call(made.cursor))

    assert (first.url, first.query) == (
        "/AccountManagement/FlexWebService/SendRequest", (("v", "3"), ("fd", "20260827"), ("td", "20261124")),
    )  # fmt: skip
    assert made.rows == []
    assert (second.url, second.query) == ("https://gdcdyn.example/G", (("q", "12"), ("v", "3")))


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/G", "http://gdcdyn.interactivebrokers.com/G", "@x/G"]
)
def test_the_token_goes_to_no_other_host_than_the_services_own(url: str) -> None:
    door = CARD.doors[0]
    fetching_there = door.transactions[0].ask(call(fetching(url=url)))
    own = door.transactions[0].ask(call(fetching(url="https://gdcdyn.interactivebrokers.com/G")))

    with pytest.raises(UnreadableReply, match="address"):
        address(fetching_there, door.hosts)
    assert address(own, door.hosts).startswith("https://gdcdyn.interactivebrokers.com/G?q=12")


def test_windows_walk_back_to_the_first_day_of_the_account() -> None:
    newest = feed().take(told_by_flex(), call(fetching()))
    older = feed().ask(call(newest.cursor))
    last = feed().take(
        told_by_flex(), call(replace(reads.Window.of(call(newest.cursor)), reference="9").cursor)
    )

    assert [json.loads(row)["element"] for row in newest.rows] == ["RecentTrades"]
    assert dict(older.query) == {"v": "3", "fd": "20260801", "td": "20260826"}
    assert last.rows == []
    assert last.cursor is None


def test_a_window_has_fewer_days_where_there_are_many_rows() -> None:
    window = reads.Window(date(2026, 11, 24), 90, date(2021, 11, 26))

    assert reads.Window.of(call(window.older(0))).days == 360
    assert reads.Window.of(call(window.older(50_000))).days == 9


def test_no_window_is_longer_than_a_year() -> None:
    days: list[int] = []
    cursor: str | None = fetching()
    while cursor is not None:
        window = reads.Window.of(call(cursor))
        days.append((window.end - window.start).days)
        cursor = feed().take(told_by_flex(opened=""), call(replace(window, reference="1").cursor)).cursor

    assert max(days) == 363
    assert sum(days) + len(days) == 1825


def test_yesterday_is_the_last_day_that_is_asked_for() -> None:
    """Flex tells a day once it is over."""
    assert dict(feed().ask(call()).query)["td"] == "20261124"


def test_statements_of_all_accounts_come_in_one_and_each_is_told_its_own() -> None:
    deposit = '<CashTransaction accountId="{0}" transactionID="{0}" />'
    two = told_by_flex(deposit.format("U1"), account="U1").body + b"\n"
    ours = told_by_flex(deposit.format("U7654321")).body
    inner = ours[ours.index(b"<FlexStatement ") : ours.index(b"</FlexStatements>")]
    both = two.replace(b'count="1"', b'count="2"').replace(b"</FlexStatements>", inner + b"</FlexStatements>")

    cut = feed().take(ok(both), call(fetching())).rows

    assert [row.get("transactionID") for row in map(json.loads, cut)] == [None, "U7654321"]


def test_an_incremental_read_asks_for_one_window() -> None:
    asked = feed().ask(call(since=date(2026, 11, 14)))
    found = feed().take(told_by_flex(), call(fetching(floor=date(2026, 11, 14))))

    assert dict(asked.query)["fd"] == "20261114"
    assert found.cursor is None


def test_a_reference_code_that_is_gone_is_asked_for_anew() -> None:
    again = feed().take(said(Status="Fail", ErrorCode="1017"), call(fetching()))

    assert again.cursor is not None
    assert "SendRequest" in feed().ask(call(again.cursor)).url
    with pytest.raises(UnreadableReply):
        feed().take(said(Status="Fail", ErrorCode="1017"), call(fetching(tries=3)))


def test_not_available_means_not_yet_of_late_and_not_kept_before() -> None:
    with pytest.raises(BrokerageUnavailable):
        feed().take(said(Status="Fail", ErrorCode="1003"), call())
    old = reads.Window(date(2022, 1, 1), 90, date(2021, 11, 26)).cursor
    assert feed().take(said(Status="Fail", ErrorCode="1003"), call(old)).cursor is None


def test_a_query_that_lacks_the_account_is_no_empty_history() -> None:
    with pytest.raises(HistoryUnavailable, match="does not include this account"):
        feed().take(told_by_flex(account="U1"), call(fetching()))


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"<html></html>", b"<FlexQueryResponse>", b"<Error/>"])
def test_what_is_no_flex_is_unreadable(body: bytes) -> None:
    for cursor in (None, fetching()):
        with pytest.raises(UnreadableReply):
            feed().take(ok(body), call(cursor))


# ---- refusals

FLEX_CODES: dict[str, type[Failure]] = {
    **dict.fromkeys("1001 1004 1005 1006 1007 1008 1009 1019 1021".split(), BrokerageUnavailable),
    "1010": HistoryUnavailable, "1014": HistoryUnavailable, "1012": ReauthorizationRequired,
    **dict.fromkeys(("1011", "1013", "1016"), PermissionInsufficient), "1015": CredentialsRejected,
    "1018": BrokerageRateLimited, "1020": UnreadableReply, "9999": UnreadableReply,
}  # fmt: skip


@pytest.mark.parametrize(("code", "kind"), FLEX_CODES.items())
def test_each_error_code_of_flex_comes_with_status_200_and_is_a_failure(
    code: str, kind: type[Failure]
) -> None:
    assert type(refusals.explain(said(Status="Fail", ErrorCode=code, ErrorMessage="x"))) is kind


@pytest.mark.parametrize("status", ["Warn", "Fail"])
@pytest.mark.parametrize(("code", "seconds"), [("1019", 5), ("1018", 10), ("1001", 60), ("1009", 60)])
def test_a_statement_in_progress_is_polled_and_too_many_requests_wait_longer(
    status: str, code: str, seconds: int
) -> None:
    """Whether the status says that it is a warning or a failure."""
    found = refusals.explain(said(Status=status, ErrorCode=code))

    assert found is not None
    assert found.retry_after == timedelta(seconds=seconds)


def test_the_root_element_says_whether_it_is_a_statement_and_no_content_type() -> None:
    for kind in ({}, {"content-type": "text/xml;charset=UTF-8"}, {"content-type": "application/json"}):
        failed = Response(200, kind, said(Status="Fail", ErrorCode="1012").body)
        statement = Response(200, kind, told_by_flex().body)

        assert isinstance(refusals.explain(failed), ReauthorizationRequired)
        assert refusals.explain(statement) is None
        assert feed().take(statement, call(fetching())).rows
    assert refusals.explain(said(Status="Success", ReferenceCode="1")) is None
    assert refusals.explain(ok({"error": "x"})) is None


def test_a_statement_of_a_web_page_is_none() -> None:
    with pytest.raises(UnreadableReply):
        feed().take(ok(b"<html><FlexStatementResponse/></html>"), call(fetching()))
