"""Ally's parser and sign-in on rows written by hand: each quirk of the sheet, and its signing vector."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.ally import CARD, LEGACY, envelope, parse, signin
from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Call, Counted, Scene
from adapters.kit.http import TIMEOUTS
from adapters.kit.key_trial import Trying
from adapters.kit.limits import Limits
from adapters.kit.replies import failure_of
from adapters.kit.signin import Done, Given, Moment, Send
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.asked import to_json
from domain.accounts import AccountKind, AccountTold
from domain.budgets import Turn
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    CredentialsRejected,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant, Notes
from domain.positions import Position
from domain.transactions import TransactionType

T = TransactionType
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = {
    "consumer_key": "demoKey", "consumer_secret": "demo/Secret=", "oauth_token": "tok+en/1=",
    "oauth_token_secret": "sec+ret/2=",
}  # fmt: skip
CALL = Call(None, None, date(2026, 11, 20), None, NOW)


def answered(told: Mapping[str, object], error: str = "Success") -> Response:
    return Response(200, {}, to_json({"response": {"@id": "1", "elapsedtime": "0", **told, "error": error}}))


def scene(**references: Any) -> Scene:
    return Scene(None, references, Notes(), NOW)


# ---- signing, section 2


def authorisation(request: Request) -> str:
    return dict(request.headers)["Authorization"]


def test_the_signing_vector_of_the_sheet() -> None:
    moment = Moment(
        datetime.fromtimestamp(1774267200, UTC), "a1b2c3d4e5f60718", {"api": "https://devapi.invest.ally.com"}
    )
    request = get("/v1/accounts/12345678/history.json", ("range", "all"), ("transactions", "all"))

    signed = authorisation(signin.authorise(request, Grant(KEYS), moment))

    assert 'oauth_signature="Gq67rEAVJXmrANLD%2BAGGGmk9y4k%3D"' in signed
    assert 'oauth_version="1.0"' in signed


MOMENT = Moment(NOW, "0" * 32, {"api": "https://devapi.invest.ally.com"})


def begun() -> Send:
    move = signin.TRIAL.begin(Given(KEYS, ""), MOMENT)
    assert isinstance(move, Send)
    return move


def test_one_read_of_the_accounts_tells_whether_the_keys_work() -> None:
    move = begun()
    assert move.request.url == "/v1/accounts.json"

    accounts = answered({"accounts": {"accountsummary": {"account": "1"}}})
    heard = signin.TRIAL.hear(Trying(KEYS), accounts, MOMENT)

    assert isinstance(heard, Done)
    assert heard.grant.values == KEYS
    assert heard.grant.expires_at is None


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (Response(401), CredentialsRejected),
        (Response(403), PermissionInsufficient),
        (Response(404), UnreadableReply),
        (Response(410), UnreadableReply),
        (answered({}, "not allowed"), UnreadableReply),
        (Response(200, {}, b"<html>"), UnreadableReply),
    ],
)
def test_keys_that_do_not_work_say_that_the_api_is_probably_closed(
    response: Response, failure: type[Exception]
) -> None:
    with pytest.raises(failure) as refused:
        signin.TRIAL.hear(Trying(KEYS), response, MOMENT)
    if response.status != 200:
        assert "probably closed" in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<html>"),
        ("text/plain", b"Invalid consumer key"),
        ("application/json", b'{"response":{"type":"Error","name":"x","description":"x","error":"x"}}'),
    ],
)
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, ReauthorizationRequired),
        (403, PermissionInsufficient),
        (404, UnreadableReply),
        (410, UnreadableReply),
    ],
)
def test_a_refusal_in_whatever_form_says_that_the_api_is_probably_closed(
    status: int, failure: type[Exception], kind: str, body: bytes
) -> None:
    explained = signin.explain(Response(status, {"content-type": kind}, body))

    assert isinstance(explained, failure)
    assert "probably closed" in str(explained)


def test_180_calls_a_minute_are_counted_for_each_set_of_keys() -> None:
    rate = LEGACY.rates["default"]

    assert (rate.calls, rate.per, rate.counted) == (180, 60, Counted.CREDENTIAL)


async def test_the_time_in_the_headers_is_not_trusted() -> None:
    budget = Limits("ally/legacy", LEGACY.rates, InProcessBudgets(lambda: NOW))
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-expire": str(NOW.timestamp() + 3600)}

    await budget.learn("default", "keys", Response(200, headers), NOW)
    await budget.place("default", "keys", Turn.PERSON)

    assert signin.explain(Response(200, headers)) is None


def test_an_answer_may_take_many_seconds() -> None:
    """A second was too short for some."""
    assert TIMEOUTS.read is not None
    assert TIMEOUTS.read >= 10


def test_the_host_is_the_one_since_2022() -> None:
    assert LEGACY.hosts == {"api": "https://devapi.invest.ally.com"}


@pytest.mark.parametrize("status", [500, 503])
def test_a_night_in_which_it_is_down_is_an_outage_and_no_end(status: int) -> None:
    told = Response(status, {}, b"")

    assert isinstance(signin.explain(told) or failure_of(told, NOW), BrokerageUnavailable)
    with pytest.raises(BrokerageUnavailable):
        signin.TRIAL.hear(Trying(KEYS), told, MOMENT)


def test_what_is_not_told_any_more_is_not_gone() -> None:
    """How far back "all" reaches is told nowhere, and nothing can be asked for by day or by page."""
    (read,) = LEGACY.transactions
    call = Call(AccountTold("1", "A", "1", AccountKind.CASH), date(2026, 11, 1), NOW.date(), None, NOW)

    assert not read.feed.removes
    assert read.ask(call).target == "/v1/accounts/1/history.json?range=all&transactions=all"


def test_after_429_a_whole_minute_is_waited_whatever_the_headers_say() -> None:
    told = signin.explain(Response(429, {"x-ratelimit-expire": "1"}))

    assert isinstance(told, BrokerageRateLimited)
    assert told.retry_after is not None
    assert told.retry_after.total_seconds() == 60
    with pytest.raises(BrokerageRateLimited):
        signin.TRIAL.hear(Trying(KEYS), Response(429), MOMENT)
    assert signin.explain(Response(500)) is None
    assert failure_of(Response(500), NOW) is not None


def test_the_door_is_closed_unless_the_operator_opens_it() -> None:
    assert not LEGACY.open
    assert [way.facts.id for way in CARD.files] == ["ofx"]


# ---- the envelope, section 3


def test_an_error_with_status_200_is_a_failure() -> None:
    with pytest.raises(UnreadableReply):
        envelope.balance(answered({"accountbalance": {}}, "Account is closed"), CALL)


@pytest.mark.parametrize("one", [{"qty": "1"}, [{"qty": "1"}]])
def test_a_list_of_one_is_the_element(one: object) -> None:
    accounts = envelope.accounts(answered({"accounts": {"accountsummary": one}}), CALL).rows
    holdings = envelope.holdings(answered({"accountholdings": {"holding": one}}), CALL).rows
    history = envelope.history(answered({"transactions": {"transaction": one}}), CALL).rows

    assert accounts == holdings == [b'{"qty":"1"}']
    assert history == [b'{"own":true,"row":{"qty":"1"}}']


@pytest.mark.parametrize("identifier", [{"@id": "1"}, {"id": "1"}, {}])
def test_the_id_of_an_answer_has_two_names_and_is_not_looked_at(identifier: dict[str, str]) -> None:
    body = {"response": {**identifier, "accountbalance": {"account": "1"}, "error": "Success"}}

    assert envelope.balance(Response(200, {}, to_json(body)), CALL).rows == [b'{"account":"1"}']


@pytest.mark.parametrize("empty", [{}, "", None, []])
def test_no_account_at_all_is_no_answer(empty: object) -> None:
    with pytest.raises(UnreadableReply):
        envelope.accounts(answered({"accounts": {"accountsummary": empty}}), CALL)


@pytest.mark.parametrize("empty", [{"holding": {}}, {"holding": ""}, {"holding": None}, {"holding": []}, {}])
def test_no_holding_is_no_holdings_only_where_they_are_worth_nothing(empty: dict[str, object]) -> None:
    assert (
        envelope.holdings(answered({"accountholdings": {**empty, "totalsecurities": "0.00"}}), CALL).rows
        == []
    )
    for worth in ({"totalsecurities": "8000.00"}, {}):
        with pytest.raises(UnreadableReply):
            envelope.holdings(answered({"accountholdings": {**empty, **worth}}), CALL)


@pytest.mark.parametrize("empty", [{}, "", None])
def test_a_history_without_rows_is_empty_and_a_transaction_without_any_is_no_answer(empty: object) -> None:
    assert envelope.history(answered({"transactions": empty}), CALL).rows == []
    with pytest.raises(UnreadableReply):
        envelope.history(answered({"transactions": {"transaction": empty}}), CALL)


# ---- accounts and balances


def test_an_account_is_a_number_and_nothing_else() -> None:
    (told,) = parse.account(b'{"account":"12345678","accountbalance":{},"accountholdings":{}}', scene())

    assert (told.key, told.name, told.kind) == ("12345678", "Ally Invest 5678", AccountKind.OTHER)


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        ({"ira": "true"}, AccountKind.IRA_OTHER),
        ({"ira": "false", "margintrading": "true"}, AccountKind.MARGIN),
        ({"margintrading": "false"}, AccountKind.CASH),
    ],
)
def test_the_profile_may_say_more(profile: dict[str, str], kind: AccountKind) -> None:
    references = {"profile:12345678": {"nickname": "Mine", **profile}}
    (told,) = parse.account(b'{"account":"12345678"}', scene(**references))

    assert (told.name, told.kind) == ("Mine", kind)


def test_cash_is_the_total_of_money() -> None:
    money = {"cash": "1", "mmf": "2", "total": "2340.55", "marginbalance": "-5000"}
    row = {"account": "1", "accountvalue": "10340.55", "buyingpower": {"stock": "4681.10"}, "money": money}

    (told,) = parse.balance(to_json(row), scene())
    (bare,) = parse.balance(to_json({**row, "money": {**money, "total": ""}, "buyingpower": {}}), scene())

    assert (told.cash, told.buying_power, told.total_value) == (
        Decimal("2340.55"), Decimal("4681.10"), Decimal("10340.55"),
    )  # fmt: skip
    assert (bare.cash, bare.buying_power) == (Decimal(-4997), None)  # what was borrowed is no cash


# ---- holdings

STOCK = {"cusip": "000000001", "desc": "EXAMPLE INC", "factor": "0", "sectyp": "CS", "sym": "XMPL"}
OPTION = {
    "cfi": "OC", "cusip": "", "desc": "XMPL Jun 19 2026 110.00 Call", "matdt": "2026-06-19T00:00:00-04:00",
    "mmy": "202606", "mult": "100", "putcall": "1", "sectyp": "OPT", "strkpx": "110", "sym": "XMPL",
}  # fmt: skip


def holding(**more: object) -> Position:
    row = {
        "accounttype": "2", "costbasis": "3900.00", "gainloss": "100.00", "instrument": STOCK,
        "marketvalue": "4000.00", "price": "100.00", "purchaseprice": "97.50", "qty": "40",
        "quote": {"lastprice": "101.00"}, "underlying": {},
    }  # fmt: skip
    (told,) = parse.position(to_json({**row, **more}), scene())
    return told


def test_a_holding_of_the_sheet() -> None:
    told = holding()

    assert (told.quantity, told.average_cost, told.cost_basis) == (
        Decimal(40), Decimal("97.50"), Decimal("3900.00"),
    )  # fmt: skip
    assert (told.price, told.market_value, told.unrealized_gain) == (
        Decimal("100.00"), Decimal("4000.00"), Decimal("100.00"),
    )  # fmt: skip
    assert told.instrument.identifiers == (("cusip", "000000001"),)


def test_numbers_come_as_texts_and_as_numbers() -> None:
    assert holding(qty=40, price=Decimal("100.00")) == holding()


def test_without_a_price_it_is_the_last_one() -> None:
    assert holding(price="").price == Decimal("101.00")


@pytest.mark.parametrize("quantity", ["40", "-40"])
def test_a_short_is_told_by_the_account_it_lies_in(quantity: str) -> None:
    told = holding(accounttype="5", qty=quantity)

    assert (told.quantity, told.cost_basis, told.market_value) == (
        Decimal(-40), Decimal("-3900.00"), Decimal("-4000.00"),
    )  # fmt: skip


@pytest.mark.parametrize(("word", "symbol"), [("1", "XMPL  260619C00110000"), ("0", "XMPL  260619P00110000")])
def test_putcall_zero_is_a_put(word: str, symbol: str) -> None:
    assert holding(instrument={**OPTION, "putcall": word}).instrument.symbol == symbol


@pytest.mark.parametrize("told", ["2026-06-19T00:00:00-04:00", "2026-06-19T23:30:00-05:00", "2026-06-19"])
def test_an_expiry_is_the_day_in_front_of_its_time(told: str) -> None:
    assert holding(instrument={**OPTION, "matdt": told}).instrument.symbol == "XMPL  260619C00110000"


@pytest.mark.parametrize(("told", "multiplier"), [("10", 10), ("100", 100), ("", 100)])
def test_an_option_says_for_how_many_it_is(told: str, multiplier: int) -> None:
    option = holding(instrument={**OPTION, "mult": told}).instrument.option

    assert option is not None
    assert option.multiplier == multiplier


@pytest.mark.parametrize(("word", "kind"), [("CS", "equity"), ("MF", "mutual_fund")])
def test_the_kinds_of_securities_that_are_known(word: str, kind: str) -> None:
    assert holding(instrument={**STOCK, "sectyp": word}).instrument.kind.value == kind


def test_an_option_that_is_neither_is_unreadable() -> None:
    with pytest.raises(UnreadableReply, match="putcall"):
        holding(instrument={**OPTION, "putcall": "2"})


def test_a_kind_of_security_that_nobody_knows_is_counted() -> None:
    seen = scene()
    row = {
        "accounttype": "2",
        "instrument": {**STOCK, "sectyp": "WAR"},
        "qty": "1",
        "costbasis": "",
        "news": "1",
    }

    (told,) = parse.position(to_json(row), seen)

    assert told.instrument.kind.value == "other"
    assert dict(seen.notes.words) == {"sectyp.WAR": 1}
    assert dict(seen.notes.fields) == {"holding.news": 1}
