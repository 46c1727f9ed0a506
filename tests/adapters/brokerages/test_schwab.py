"""Schwab's parser, reads and sign-in, on rows written by hand after the fact sheet."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.brokerages.schwab import CARD, parse, reads, signin
from adapters.kit.card import Call, Scene
from adapters.kit.signin import Ask, Done, Given, Moment, Send
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    ConsentRevoked,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.instruments import Instrument, InstrumentKind
from domain.ports.brokerage import Grant, Notes
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
    assert (found.cost_basis, found.unrealized_gain) == (D(10125), D(415))
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


# Signing in.


MOMENT = Moment(NOW, "nonce", {"api": "https://api.schwabapi.com"})
GIVEN = {"app_key": "KEY-of-the-app", "app_secret": "SECRET-of-the-app"}
BACK = "https://127.0.0.1:8182"
TOKENS = {"expires_in": 1800, "token_type": "Bearer", "access_token": "I0.a@", "refresh_token": "r1@"}


def redirected() -> signin.AtSchwab:
    move = signin.begin(Given(GIVEN, BACK), MOMENT)
    assert isinstance(move, Ask)
    assert isinstance(move.state, signin.AtSchwab)
    return move.state


def came_back(query: str) -> Answer:
    return Answer(callback_url=f"{BACK}?{query}")


def test_the_person_is_sent_to_schwab_with_key_callback_and_state() -> None:
    move = signin.begin(Given(GIVEN, BACK), MOMENT)

    assert isinstance(move, Ask)
    assert move.challenge.kind is ChallengeKind.REDIRECT
    address = urlsplit(move.challenge.authorize_url or "")
    assert address.path == "/v1/oauth/authorize"
    assert parse_qs(address.query) == {
        "response_type": ["code"],
        "client_id": ["KEY-of-the-app"],
        "redirect_uri": [BACK],
        "state": ["nonce"],
    }
    assert "SECRET" not in (move.challenge.authorize_url or "")


def test_the_operators_callback_serves_when_connect_names_none() -> None:
    move = signin.begin(Given(GIVEN | {"callback_url": BACK}, ""), MOMENT)

    assert isinstance(move, Ask)
    assert "redirect_uri=https%3A%2F%2F127.0.0.1%3A8182" in (move.challenge.authorize_url or "")


@pytest.mark.parametrize("callback", ["", "http://127.0.0.1:8182", "https://localhost/back", "nonsense"])
def test_a_callback_that_schwab_never_registers_is_refused_before_anything_is_sent(callback: str) -> None:
    with pytest.raises(FieldInvalid):
        signin.begin(Given(GIVEN, callback), MOMENT)


def test_without_an_app_key_the_operator_must_act() -> None:
    with pytest.raises(OperatorSettingMissing):
        signin.begin(Given({"app_key": "KEY"}, BACK), MOMENT)


def test_the_code_is_decoded_once_and_sent_form_encoded_with_basic_authentication() -> None:
    move = signin.hear(redirected(), came_back("code=C0.abc%40&session=1&state=nonce"), MOMENT)

    assert isinstance(move, Send)
    assert move.request.body == (
        b"grant_type=authorization_code&code=C0.abc%40&redirect_uri=https%3A%2F%2F127.0.0.1%3A8182"
    )
    basic = base64.b64encode(b"KEY-of-the-app:SECRET-of-the-app").decode()
    assert ("Authorization", f"Basic {basic}") in move.request.headers


@pytest.mark.parametrize(
    ("told", "failure"),
    [
        (came_back("code=C0.abc%40&state=another"), ChallengeWrong),
        (came_back("session=1&state=nonce"), ChallengeWrong),
        (came_back("error=access_denied&state=nonce"), ConsentRevoked),
        (Answer(code="C0.abc@"), ChallengeWrong),
    ],
)
def test_an_address_that_is_not_the_answer_is_told_apart(told: Answer, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        signin.hear(redirected(), told, MOMENT)


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (answer({"error": "invalid_grant"}, 400), ChallengeExpired),
        (answer({"error": "invalid_client"}, 401), CredentialsRejected),
        (answer({"error": "invalid_client"}, 400), CredentialsRejected),
        (Response(503), BrokerageUnavailable),
        (answer({"expires_in": 1800, "access_token": "I0.a@"}), UnreadableReply),
        (answer(TOKENS | {"expires_in": 0}), UnreadableReply),
        (Response(200, {}, b"<html>"), UnreadableReply),
    ],
)
def test_a_refused_exchange_says_who_must_act(response: Response, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        signin.hear(signin.Exchanging("KEY", "SECRET"), response, MOMENT)


def granted() -> Grant:
    move = signin.hear(signin.Exchanging("KEY", "SECRET"), answer(TOKENS), MOMENT)
    assert isinstance(move, Done)
    return move.grant


def test_a_grant_lasts_half_an_hour_and_can_be_renewed_for_seven_days() -> None:
    grant = granted()

    assert grant.expires_at == NOW + timedelta(minutes=30)
    assert grant.renewable_until == NOW + timedelta(days=7)
    assert "I0.a@" not in repr(grant)


def test_a_renewal_keeps_the_rotated_token_and_the_end_of_the_login() -> None:
    later = Moment(NOW + timedelta(days=3), "other", MOMENT.urls)

    renewed = signin.take_renewal(granted(), answer(TOKENS | {"refresh_token": "r2@"}), later)
    kept = signin.take_renewal(granted(), answer({"expires_in": 1800, "access_token": "I0.b@"}), later)

    assert signin.ask_renewal(granted(), later).body == b"grant_type=refresh_token&refresh_token=r1%40"
    assert renewed.values["refresh_token"] == "r2@"
    assert renewed.renewable_until == NOW + timedelta(days=7)
    assert renewed.expires_at == later.now + timedelta(minutes=30)
    assert kept.values["refresh_token"] == "r1@"


@pytest.mark.parametrize("status", [400, 401])
def test_every_refusal_of_a_renewal_means_to_sign_in_again(status: int) -> None:
    broken = b'{"error":"unsupported_token_type","error_description":"400: \\"{\\"x\\":1}\\""}'

    with pytest.raises(ReauthorizationRequired):
        signin.take_renewal(granted(), Response(status, {}, broken), MOMENT)


def test_a_renewal_that_fails_for_now_is_tried_again_later() -> None:
    with pytest.raises(BrokerageUnavailable):
        signin.take_renewal(granted(), Response(502), MOMENT)


def test_a_state_of_the_sign_in_survives_being_stored() -> None:
    talk = CARD.doors[0].sign_in

    assert talk.unpack(talk.pack(redirected())) == redirected()
    assert "SECRET" not in repr(redirected())
