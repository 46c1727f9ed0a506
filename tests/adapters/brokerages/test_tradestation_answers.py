"""TradeStation's answers: such as fail with status 200, and the walk through orders."""

from datetime import date
from typing import Any

import pytest
from tradestation_rows import BALANCE, ORDER, POSITION, answer, call

from adapters.brokerages.tradestation import history, reads
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

# ---- answers that fail with status 200


ERROR = {"AccountID": "11000001", "Error": "Forbidden", "Message": "Invalid Account ID."}


@pytest.mark.parametrize(
    ("word", "failure"),
    [
        ("Forbidden", PermissionInsufficient), ("Unauthorized", ReauthorizationRequired),
        ("TooManyRequests", BrokerageRateLimited), ("ServiceUnavailable", BrokerageUnavailable),
        ("GatewayTimeout", BrokerageUnavailable), ("InternalServerError", BrokerageUnavailable),
        ("BadRequest", UnreadableReply), ("NotFound", UnreadableReply), ("Novelty", UnreadableReply),
    ],
)  # fmt: skip
def test_an_error_beside_an_empty_list_is_never_an_empty_list(word: str, failure: type[Exception]) -> None:
    for account in ("11000001", "11000001C"):
        error = ERROR | {"Error": word, "AccountID": account}
        with pytest.raises(failure):
            reads.take_positions(answer({"Positions": [], "Errors": [error]}), call())


def test_an_error_of_the_account_costs_its_rows_even_if_there_are_some() -> None:
    with pytest.raises(PermissionInsufficient):
        reads.take_positions(answer({"Positions": [POSITION], "Errors": [ERROR]}), call())


def test_an_error_that_names_a_suffix_more_is_another_account_s() -> None:
    other = ERROR | {"AccountID": "11000001C", "Message": "Request not supported for account type."}
    taken = reads.take_positions(answer({"Positions": [POSITION], "Errors": [other]}), call())

    assert len(taken.rows) == 1


def test_errors_may_be_missing() -> None:
    assert reads.take_positions(answer({"Positions": []}), call()).rows == []


@pytest.mark.parametrize(
    "body",
    [{"Errors": []}, {"Balances": []}, {"Balances": [BALANCE, BALANCE]}, {"Balances": [{"AccountID": "2"}]}],
)
def test_a_balance_is_the_account_s_and_one(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableReply):
        reads.take_balances(answer(body), call())


def test_a_list_of_accounts_without_one_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_accounts(answer({"Accounts": []}), call())


def test_symbols_are_asked_for_with_their_blank_encoded() -> None:
    request = reads.ask_symbols(("symbol:XMPL 260619C110", "symbol:BRK.B"), call())

    assert request.target == "/v3/marketdata/symbols/XMPL%20260619C110,BRK.B"


# ---- the walk through orders


def page(*closed: str, token: str | None = None) -> dict[str, Any]:
    orders = [ORDER | {"ClosedDateTime": f"{day}T16:00:00Z"} for day in closed]
    return {"Orders": orders, "Errors": []} | ({"NextToken": token} if token else {})


def walked(*pages: dict[str, Any] | int, since: date | None = None) -> list[tuple[str, str, int]]:
    """What is asked for, and how many rows are taken."""
    asked: list[tuple[str, str, int]] = []
    cursor = None
    for body in pages:
        assert cursor is not None or not asked, "it ended before"
        made = call(since, cursor)
        request = history.ask(made)
        query = dict(request.query)
        response = answer(b"", body) if isinstance(body, int) else answer(body)
        taken = history.take(response, made)
        name = request.url.rsplit("/", 1)[1]
        asked.append(
            (f"{name} {query.get('since', '')}".strip(), query.get("nextToken", ""), len(taken.rows))
        )
        cursor = taken.cursor
    assert cursor is None
    return asked


def test_open_orders_come_first_and_then_ninety_days_of_what_is_over() -> None:
    over = "historicalorders 2026-08-28"

    pages = page("2026-11-25", token="a"), page("2026-11-25"), page("2026-11-20", token="b"), page()

    assert walked(*pages) == [
        ("orders", "", 1), ("orders", "a", 1), (over, "", 1), (over, "b", 0),
    ]  # fmt: skip


def test_an_incremental_read_ends_with_the_page_that_is_older_than_it_wants() -> None:
    """Whatever `since` means there, the whole is asked for: an order opened long ago may be filled today."""
    read = walked(page(), page("2026-11-24", "2026-11-18", token="b"), since=date(2026, 11, 19))

    assert read == [("orders", "", 0), ("historicalorders 2026-08-28", "", 2)]


def test_with_a_token_that_has_died_the_walk_starts_anew() -> None:
    over = "historicalorders 2026-08-28"

    assert walked(page(), page("2026-11-20", token="b"), 400, page(), page("2026-11-20")) == [
        ("orders", "", 0), (over, "", 1), (over, "b", 0), ("orders", "", 0), (over, "", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("cursor", [None, "historicalorders|2026-08-28|0|", "orders|2026-08-28|3|x"])
def test_a_refusal_that_is_no_token_s_or_comes_again_and_again_is_one(cursor: str | None) -> None:
    with pytest.raises(UnreadableReply):
        history.take(answer(b"", 400), call(cursor=cursor))


def test_the_same_page_does_not_come_again() -> None:
    with pytest.raises(UnreadableReply):
        history.take(answer(page("2026-11-20", token="b")), call(cursor="orders|2026-08-28|0|b"))
