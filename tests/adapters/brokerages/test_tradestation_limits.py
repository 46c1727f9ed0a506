"""How often TradeStation may be asked, and what its refusals mean: words, statuses, the gateway in front."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
import pytest

from adapters.brokerages.tradestation import OAUTH, history, reads, signin
from adapters.kit.card import Call, Counted, Rate
from adapters.kit.code_grant import Exchanging
from adapters.kit.replies import failure_of
from adapters.kit.signin import Moment
from adapters.kit.wire import Response
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
MOMENT = Moment(NOW, "5e" * 16, {"signin": "https://signin.tradestation.com"})
ACCOUNT = AccountTold("11000001", "TradeStation", "11000001", AccountKind.MARGIN)
CALL = Call(ACCOUNT, None, NOW.date(), None, NOW)
BASE = "http://127.0.0.1:9"
GATEWAY = {"content-type": "text/html; charset=utf-8"}


def answer(body: object, status: int = 200, **headers: str) -> Response:
    return Response(status, headers, msgspec.json.encode(body))


def failure(response: Response) -> Failure | None:
    """As the door finds it."""
    return reads.explain(response) or failure_of(response, NOW)


# ---- how often


@pytest.mark.parametrize(
    ("request_", "group"),
    [
        (OAUTH.accounts.ask(CALL), "accounts"), (OAUTH.balances[0].ask(CALL), "balances"),
        (OAUTH.positions[0].ask(CALL), "positions"), (history.ask(CALL), "orders"),
    ],
    ids=["accounts", "balances", "positions", "orders"],
)  # fmt: skip
def test_each_kind_of_read_has_250_requests_in_five_minutes(request_: object, group: str) -> None:
    assert getattr(request_, "group") == group  # noqa: B009 - of a request
    assert OAUTH.rates[group] == Rate(250, 300, Counted.CREDENTIAL)


def test_market_data_have_thirty_requests_a_minute() -> None:
    asked = reads.ask_symbols(("symbol:XMPL",), CALL)

    assert asked.group not in OAUTH.rates or asked.group == "default"
    assert OAUTH.rates["default"] == Rate(30, 60, Counted.CREDENTIAL)


def test_at_most_fifty_symbols_are_looked_up_at_once() -> None:
    (symbols,) = OAUTH.references

    assert symbols.batch == 50


def test_a_quota_that_is_used_up_is_so_until_its_interval_ends() -> None:
    found = failure(answer({"Error": "TooManyRequests", "Message": "Request quota exceeded"}, 429))

    assert isinstance(found, BrokerageRateLimited)
    assert found.retry_after == timedelta(minutes=5)


def test_a_wait_that_is_told_goes_before_the_interval() -> None:
    found = failure(answer({"Error": "TooManyRequests"}, 429, **{"retry-after": "7"}))

    assert found is not None
    assert found.retry_after == timedelta(seconds=7)


def test_a_quota_that_is_used_up_may_be_told_with_status_200() -> None:
    error = {"AccountID": "11000001", "Error": "TooManyRequests", "Message": "Request quota exceeded"}
    with pytest.raises(BrokerageRateLimited) as caught:
        reads.take_positions(answer({"Positions": [], "Errors": [error]}), CALL)

    assert caught.value.retry_after == timedelta(minutes=5)


# ---- what refusals mean


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (400, "BadRequest", UnreadableReply), (401, "Unauthorized", ReauthorizationRequired),
        (403, "Forbidden", PermissionInsufficient), (404, "NotFound", UnreadableReply),
        (429, "TooManyRequests", BrokerageRateLimited), (500, "InternalServerError", BrokerageUnavailable),
        (501, "NotImplemented", BrokerageUnavailable), (503, "ServiceUnavailable", BrokerageUnavailable),
        (504, "GatewayTimeout", BrokerageUnavailable),
    ],
)  # fmt: skip
def test_each_word_of_an_error_means_what_its_status_says(
    status: int, word: str, kind: type[Failure]
) -> None:
    assert type(failure(answer({"Error": word, "Message": "no"}, status))) is kind


@pytest.mark.parametrize("status", [403, 404, 502])
def test_a_page_of_the_gateway_in_front_is_an_outage(status: int) -> None:
    assert isinstance(failure(Response(status, GATEWAY, b"<html>")), BrokerageUnavailable)


@pytest.mark.parametrize("status", [403, 404, 502])
def test_the_gateway_in_front_refuses_neither_codes_nor_renewals(status: int) -> None:
    page, exchanging = Response(status, GATEWAY, b"<html>"), Exchanging("key", "secret")
    grant = Grant({"refresh_token": "r", "signed_in_at": NOW.isoformat()}, NOW)

    with pytest.raises(BrokerageUnavailable):
        signin.hear(exchanging, page, MOMENT)
    with pytest.raises(BrokerageUnavailable):
        signin.take_renewal(grant, page, MOMENT)


def test_a_disconnect_revokes_nothing_for_that_would_end_the_tokens_of_all_users() -> None:
    assert OAUTH.revoke is None


def test_orders_that_are_gone_take_no_row_with_them() -> None:
    """After 90 days, and when a paper account is reset."""
    (read,) = OAUTH.transactions

    assert not read.removes


# ---- the sandbox


PLAYED = create("tradestation", 7, "plain", NOW.date())


def test_the_sandbox_tells_of_quotas_in_tradestation_s_words() -> None:
    stage = Stage([Faulty(PLAYED, faults=[parse_fault("429@*")])])
    told = stage.hear("GET", f"{BASE}/tradestation/v3/brokerage/accounts", {}, b"", NOW, BASE).response

    assert (told.status, told.json) == (
        429,
        {"Error": "TooManyRequests", "Message": "Request quota exceeded"},
    )


def test_to_revoke_one_token_is_to_revoke_all_of_the_key() -> None:
    played = create("tradestation", 3, "plain", NOW.date())
    known, stage = played.credentials(), Stage([played])
    played.play.issue(other := "v1.another-user-s", "refresh", NOW, scope="x", client=known["client_id"])
    form = urlencode(
        {n: known[n] for n in ("client_id", "client_secret")} | {"token": known["refresh_token"]}
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    url = f"{BASE}/tradestation/signin/oauth/revoke"
    told = stage.hear("POST", url, headers, form.encode(), NOW, BASE).response

    assert (told.status, told.body) == (200, b"")
    assert played.play.grant(other, "refresh", NOW) is None


def test_every_figure_is_a_text_and_times_are_whole_seconds() -> None:
    PLAYED.play.issue(token := "figures", "access", NOW, 1200, scope="ReadAccount")
    number, stage = PLAYED.play.accounts[0].number, Stage([PLAYED])
    for what, name in (("balances", "Balances"), ("positions", "Positions"), ("orders", "Orders")):
        url = f"{BASE}/tradestation/v3/brokerage/accounts/{number}/{what}"
        told = stage.hear("GET", url, {"authorization": f"Bearer {token}"}, b"", NOW, BASE).response.json
        figures = [value for row in told[name] for value in row.values()]

        assert figures
        assert {type(figure) for figure in figures} <= {str, dict, list}
        assert all(row["OpenedDateTime"].endswith("Z") and "." not in row["OpenedDateTime"]
                   for row in told.get("Orders", ()))  # fmt: skip


def test_no_more_than_25_accounts_are_told_at_once() -> None:
    PLAYED.play.issue(token := "many", "access", NOW, 1200, scope="ReadAccount")
    url = f"{BASE}/tradestation/v3/brokerage/accounts/{','.join(map(str, range(26)))}/balances"
    told = Stage([PLAYED]).hear("GET", url, {"authorization": f"Bearer {token}"}, b"", NOW, BASE).response

    assert told.status == 400
