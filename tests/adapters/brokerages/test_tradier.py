"""Tradier: its shapes of lists, its rows without ids, and two ways to sign in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.brokerages.tradier import CARD, parse, reads, signin
from adapters.kit.card import Call, Scene
from adapters.kit.key_trial import Trying
from adapters.kit.signin import Ask, Done, Given, Moment, Send
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.challenges import Answer
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeExpired,
    CredentialsRejected,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import TransactionType

T = TransactionType
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("6YA00001", "Tradier", "6YA00001", AccountKind.MARGIN)
MOMENT = Moment(NOW, "5e" * 16, {"api": "https://api.tradier.com"})


def scene(**references: Any) -> Scene:
    return Scene(ACCOUNT, references, Notes(), NOW)


def call(since: date | None = None, cursor: str | None = None) -> Call:
    return Call(ACCOUNT, since, NOW.date(), cursor, NOW)


def answer(body: bytes | str, status: int = 200) -> Response:
    return Response(status, {}, body.encode() if isinstance(body, str) else body)


def event(kind: str = "trade", amount: str = "-1012.52", **detail: Any) -> bytes:
    row = {"amount": msgspec.Raw(amount.encode()), "date": "2026-11-03T00:00:00Z", "type": kind, kind: detail}
    return msgspec.json.encode(row)


def told(raw: bytes) -> Any:
    (row,) = parse.event(raw, scene())
    return row


# ---- lists


@pytest.mark.parametrize(
    ("body", "many"),
    [
        ('{"positions":{"position":[{"a":1},{"a":2}]}}', 2),
        ('{"positions":{"position":{"a":1}}}', 1),
        ('{"positions":"null"}', 0),
        ('{"positions":null}', 0),
    ],
)
def test_a_list_of_one_is_an_object_and_none_is_the_word_null(body: str, many: int) -> None:
    assert len(reads.listed(answer(body), "positions", "position")) == many


@pytest.mark.parametrize(
    "body",
    ["{}", '{"position":[]}', '{"positions":{}}', '{"positions":{"position":"none"}}', '{"positions":[]}'],
)
def test_what_is_no_list_at_all_is_unreadable(body: str) -> None:
    with pytest.raises(UnreadableReply):
        reads.listed(answer(body), "positions", "position")


def test_a_profile_without_accounts_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_accounts(answer('{"profile":"null"}'), call())


# ---- accounts, balances, positions


@pytest.mark.parametrize(
    ("class_", "type_", "kind"),
    [
        ("individual", "margin", AccountKind.MARGIN), ("individual", "pdt", AccountKind.MARGIN),
        ("individual", "cash", AccountKind.CASH), ("entity", "cash", AccountKind.CASH),
        ("corporate", "margin", AccountKind.MARGIN), ("joint_survivor", "margin", AccountKind.JOINT),
        ("traditional_ira", "cash", AccountKind.IRA_TRADITIONAL),
        ("roth_ira", "margin", AccountKind.IRA_ROTH),
        ("rollover_ira", "cash", AccountKind.IRA_OTHER), ("sep_ira", "cash", AccountKind.IRA_OTHER),
    ],
)  # fmt: skip
def test_every_class_and_type_of_account_is_known(class_: str, type_: str, kind: AccountKind) -> None:
    stage = scene()
    row = {"account_number": "VA1", "classification": class_, "type": type_, "status": "active"}
    (account,) = parse.account(msgspec.json.encode(row), stage)

    assert (account.kind, account.open, account.currency) == (kind, True, "USD")
    assert not stage.notes.words


@pytest.mark.parametrize(
    ("status", "is_open", "counted"),
    [("active", True, 0), ("New", True, 0), ("Approved", True, 0), ("closed", False, 0), ("Closed", False, 0),
     ("frozen", True, 1)],
)  # fmt: skip
def test_an_account_that_is_closed_is_still_listed_in_old_and_new_words(
    status: str, is_open: bool, counted: int
) -> None:
    stage = scene()
    row = {"account_number": "VA1", "classification": "individual", "type": "cash", "status": status}
    (account,) = parse.account(msgspec.json.encode(row), stage)

    assert (account.open, stage.notes.words.total()) == (is_open, counted)


def test_figures_with_very_long_tails_are_exact() -> None:
    row = b'{"total_equity":17798.360000000000000000000000,"total_cash":1234567.100000000000000000000000}'
    (balance,) = parse.balance(row, scene())

    assert (balance.total_value, balance.cash) == (Decimal("17798.36"), Decimal("1234567.1"))
    assert told(event("dividend", "10.00", quantity=msgspec.Raw(b"0E-8"))).quantity is None


@pytest.mark.parametrize(
    ("part", "power"),
    [
        ('"margin":{"stock_buying_power":12727.720000000000000000}', "12727.72"),
        ('"pdt":{"stock_buying_power":400}', "400"),
        ('"cash":{"cash_available":4343.38}', "4343.38"),
        ('"x":{}', None),
        ('"margin":{"stock_buying_power":"NaN"}', None),
    ],
)
def test_buying_power_stands_in_the_part_named_for_the_type_and_equity_of_zero_is_no_total(
    part: str, power: str | None
) -> None:
    row = f'{{"total_equity":17798.360000000000000000000000,"equity":0,"total_cash":14343.86,{part}}}'
    (balance,) = parse.balance(row.encode(), scene())

    assert (balance.cash, balance.total_value) == (Decimal("14343.86"), Decimal("17798.36"))
    assert balance.buying_power == (None if power is None else Decimal(power))


def test_positions_have_no_price_and_an_option_s_cost_is_already_times_its_size() -> None:
    row = b'{"cost_basis":-870.00,"id":1,"quantity":-2.00000000,"symbol":"SPY260720C00274000"}'
    quotes = {"quote:SPY260720C00274000": {"type": "option", "last": None, "prevclose": Decimal("3.1")}}
    (held,) = parse.position(row, scene(**quotes))

    assert held.instrument.symbol == "SPY   260720C00274000"
    figures = (held.quantity, held.average_cost, held.cost_basis, held.price, held.market_value)
    assert figures == tuple(map(Decimal, ("-2", "4.35", "-870", "3.1", "-620")))
    assert held.unrealized_gain == Decimal(250)


def test_without_a_quote_price_and_value_are_unknown() -> None:
    (held,) = parse.position(b'{"cost_basis":10,"id":1,"quantity":1,"symbol":"X"}', scene())

    assert (held.price, held.market_value, held.unrealized_gain) == (None, None, None)


def test_the_word_nan_in_a_position_or_its_quote_is_unknown_and_spoils_no_other() -> None:
    quote = {"type": "stock", "last": "NaN", "prevclose": Decimal("3.1")}
    row = b'{"cost_basis":"NaN","id":1,"quantity":2,"symbol":"X"}'
    (held,) = parse.position(row, scene(**{"quote:X": quote}))

    assert (held.price, held.cost_basis, held.unrealized_gain) == (Decimal("3.1"), None, None)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("stock", "equity"),
        ("etf", "etf"),
        ("index", "index"),
        ("mutual_fund", "mutual_fund"),
        ("new", "other"),
    ],
)
def test_the_quote_says_what_is_held_and_class_shares_are_written_with_a_slash(type_: str, kind: str) -> None:
    stage = scene(**{"quote:BRK/B": {"type": type_, "last": 1}})
    (held,) = parse.position(b'{"cost_basis":10,"id":1,"quantity":1,"symbol":"BRK/B"}', stage)

    assert (held.instrument.symbol, held.instrument.kind) == ("BRK.B", InstrumentKind(kind))
    assert bool(stage.notes.words) is (kind == "other")


def test_one_quote_is_an_object_and_unmatched_symbols_are_left_out() -> None:
    keys = ("quote:A", "quote:B")

    assert reads.take_quotes(answer('{"quotes":{"quote":{"symbol":"A","last":1}}}'), keys).keys() == {
        "quote:A"
    }
    assert reads.take_quotes(answer('{"quotes":{"unmatched_symbols":{"symbol":"A"}}}'), keys) == {}


# ---- history


def test_a_purchase_and_a_sale() -> None:
    detail: dict[str, Any] = {
        "commission": 0.0,
        "price": Decimal("101.25"),
        "symbol": "XMPL",
        "trade_type": "equity",
    }
    bought = told(event(amount="-1012.52", quantity=10, **detail))
    sold = told(event(amount="404.97", quantity=-4, **detail))

    assert (bought.type, bought.quantity, bought.gross, bought.fees, bought.net) == (
        T.BUY, 10, Decimal("-1012.5"), Decimal("0.02"), Decimal("-1012.52"),
    )  # fmt: skip
    assert (sold.type, sold.quantity, sold.gross, sold.fees, sold.net) == (
        T.SELL, -4, 405, Decimal("0.03"), Decimal("404.97"),
    )  # fmt: skip
    assert (bought.trade_date, bought.executed_at, bought.source_key) == (date(2026, 11, 3), None, None)


def test_an_option_s_trade_counts_a_hundred_for_each_contract() -> None:
    row = told(event(amount="-3000.00", quantity=100, price=Decimal("0.3"), symbol="GE260622C00014000"))

    assert (row.gross, row.fees, row.instrument.kind) == (-3000, 0, InstrumentKind.OPTION)


@pytest.mark.parametrize("word", ["Equity", "equity", "EQUITY", ""])
def test_the_case_of_a_trade_s_type_does_not_matter(word: str) -> None:
    row = told(event(quantity=10, price=Decimal("101.25"), symbol="XMPL", trade_type=word))

    assert (row.type, row.gross) == (T.BUY, Decimal("-1012.5"))


@pytest.mark.parametrize("key", ["trade", "TRADE"])
def test_the_case_of_an_event_s_type_does_not_matter(key: str) -> None:
    detail = '{"quantity":1,"price":10,"symbol":"X"}'
    raw = f'{{"amount":-10,"date":"2026-11-03T00:00:00Z","type":"TRADE","{key}":{detail}}}'
    stage = scene()

    (row,) = parse.event(raw.encode(), stage)

    assert (row.type, row.gross, row.source_type) == (T.BUY, Decimal(-10), "trade")
    assert not stage.notes.fields


def test_a_date_is_a_calendar_day_dressed_as_midnight_in_utc() -> None:
    row = told(event("dividend", "10"))  # told as 2026-11-03T00:00:00Z, which is the 2nd in New York

    assert (row.trade_date, row.executed_at) == (date(2026, 11, 3), None)


def test_a_flat_event_is_no_trade() -> None:
    """One client's schema has the figures beside the type; no recorded answer does."""
    flat = b'{"amount":-10,"date":"2026-11-03T00:00:00Z","type":"trade","symbol":"X","quantity":1,"price":10}'

    with pytest.raises(UnreadableReply, match="no symbol"):
        told(flat)


@pytest.mark.parametrize("kind", ["dividend", "option", "transfer", "tax"])
def test_only_a_trade_names_what_was_traded(kind: str) -> None:
    assert told(event(kind, "10", description="XMPL CASH DIV", quantity=0)).instrument is None


@pytest.mark.parametrize("kind", ["dividend", "interest", "tax", "fee", "ach"])
def test_the_shares_that_earned_a_dividend_do_not_move(kind: str) -> None:
    assert told(event(kind, "10", description="XMPL CASH DIV", quantity=40)).quantity is None
    assert told(event("dividend", "0", description="XMPL STOCK DIV", quantity=4)).quantity == 4


def test_a_journal_that_takes_a_fee_is_a_fee() -> None:
    assert told(event("journal", "-0.05", description="Transfer fee")).type is T.FEE
    assert told(event("journal", "0.05", description="FEE REVERSAL")).type is T.FEE
    assert told(event("journal", "-50", description="COFFEE HOLDING CO")).type is T.TRANSFER_OUT


def test_what_is_filled_at_night_is_found_by_reading_some_days_again() -> None:
    (read,) = CARD.doors[0].transactions
    asked = dict(read.ask(call(since=date(2026, 11, 15))).query)

    assert read.feed.overlap_days == 10
    assert (asked["start"], asked["end"]) == ("2026-11-15", "2026-11-25")


def test_where_quantity_and_price_do_not_explain_the_amount_fees_are_unknown() -> None:
    row = told(event(amount="-900", quantity=10, price=Decimal("101.25"), symbol="XMPL"))

    assert (row.gross, row.fees, row.net) == (-900, None, -900)


@pytest.mark.parametrize(("amount", "fees"), [("2999.00", "1.00"), ("300.00", None), ("-1.00", None)])
def test_a_sale_of_which_a_tenth_came_in_was_not_of_a_hundred_each(amount: str, fees: str | None) -> None:
    """An adjusted contract may be for ten: that is no fee of nine tenths."""
    row = told(event(amount=amount, quantity=-100, price=Decimal("0.3"), symbol="GE1260622C00014000"))

    assert (row.fees, row.net) == (None if fees is None else Decimal(fees), Decimal(amount))
    assert row.gross == (Decimal(amount) if fees is None else 3000)


@pytest.mark.parametrize(
    ("kind", "amount", "detail", "type_"),
    [
        ("ach", "5", {}, T.DEPOSIT), ("ach", "-5", {}, T.WITHDRAWAL), ("wire", "5", {}, T.DEPOSIT),
        ("check", "-5", {}, T.WITHDRAWAL), ("dividend", "10", {}, T.DIVIDEND),
        ("interest", "1", {}, T.INTEREST), ("interest", "-1", {}, T.MARGIN_INTEREST),
        ("fee", "-1", {}, T.FEE), ("tax", "-1", {}, T.TAX),
        ("journal", "-0.05", {"description": "TRANSFER FEE"}, T.FEE),
        ("journal", "-3000", {"description": "6YA-00005 TO 6YA-00102"}, T.TRANSFER_OUT),
        ("transfer", "30", {}, T.TRANSFER_IN), ("transfer", "0", {"quantity": -3}, T.TRANSFER_OUT),
        ("adjustment", "1", {}, T.ADJUSTMENT), ("novelty", "1", {}, T.OTHER),
        ("option", "0", {"option_type": "expired", "quantity": -1}, T.OPTION_EXPIRATION),
        ("option", "0", {"option_type": "OPTEXP"}, T.OPTION_EXPIRATION),
        ("option", "0", {"option_type": "assignment"}, T.OPTION_ASSIGNMENT),
        ("option", "0", {"option_type": "exercise"}, T.OPTION_EXERCISE),
        ("option", "0", {"option_type": "EXPIRED"}, T.OPTION_EXPIRATION),
        ("option", "0", {"option_type": "Assignment"}, T.OPTION_ASSIGNMENT),
        ("option", "0", {"option_type": "new"}, T.OTHER),
    ],
)  # fmt: skip
def test_every_word_of_history_is_known_in_any_case_and_a_new_one_is_other(
    kind: str, amount: str, detail: dict[str, Any], type_: TransactionType
) -> None:
    stage = scene()
    (row,) = parse.event(event(kind, amount, **detail), stage)

    assert (row.type, row.net, row.instrument) == (type_, Decimal(amount), None)
    assert bool(stage.notes.words) is (type_ is T.OTHER)


def test_a_figure_that_is_the_word_nan_is_unknown() -> None:
    row = told(event("dividend", "10", quantity="NaN", description="XMPL DIV"))

    assert row.quantity is None


OPENED = replace(ACCOUNT, routing={"opened": "2025-11-25"})


def walked(*many: int, since: date | None = None) -> list[tuple[str, str, str, int]]:
    """What is asked for, and how many rows are taken, when answers hold so many rows."""
    asked, cursor = [], None
    for rows in many:
        made = Call(OPENED, since, NOW.date(), cursor, NOW)
        query = dict(reads.ask_history(made).query)
        body = '{"history":{"event":[' + ",".join(["{}"] * rows) + "]}}" if rows else '{"history":"null"}'
        taken = reads.take_history(answer(body), made)
        asked.append((query["start"], query["end"], query["page"], len(taken.rows)))
        cursor = taken.cursor
    assert cursor is None
    return asked


def test_history_is_walked_back_by_windows_that_fit_into_one_answer() -> None:
    """A row has no id: on a page that has shifted it would look like one more equal row."""
    assert walked(60, 100, 20, 0, 0, 0, 0) == [
        ("2026-10-25", "2026-11-25", "1", 60),
        ("2026-09-23", "2026-10-24", "1", 0),  # too many for one answer: asked again, by fewer days
        ("2026-10-10", "2026-10-24", "1", 20),
        ("2026-09-10", "2026-10-09", "1", 0),
        ("2026-07-12", "2026-09-09", "1", 0),
        ("2026-03-14", "2026-07-11", "1", 0),
        ("2025-11-25", "2026-03-13", "1", 0),  # the account was opened then
    ]


@pytest.mark.parametrize("many", [25, 50, 75])
def test_a_server_that_gives_fewer_than_it_is_asked_for_loses_no_row(many: int) -> None:
    """Pages of 25 are usual, and what the most is stands nowhere."""
    day = date(2026, 11, 24)

    assert walked(many, many, many, 3, 0, since=day) == [
        ("2026-11-24", "2026-11-25", "1", 0),
        ("2026-11-25", "2026-11-25", "1", many),
        ("2026-11-25", "2026-11-25", "2", many),
        ("2026-11-25", "2026-11-25", "3", 3),
        ("2026-11-24", "2026-11-24", "1", 0),
    ]


def test_only_a_day_that_does_not_fit_is_read_by_pages() -> None:
    day = date(2026, 11, 25)

    assert walked(100, 100, 3, since=day) == [
        ("2026-11-25", "2026-11-25", "1", 100),
        ("2026-11-25", "2026-11-25", "2", 100),
        ("2026-11-25", "2026-11-25", "3", 3),
    ]


def test_an_incremental_read_ends_where_it_was_told_to() -> None:
    assert walked(3, since=date(2026, 11, 20)) == [("2026-11-20", "2026-11-25", "1", 3)]


# ---- signing in


PROFILE = '{"profile":{"id":"1","account":{"account_number":"VA1","type":"cash","status":"active"}}}'


def test_a_token_is_tried_once() -> None:
    sent = signin.TRIAL.begin(Given({"token": "secret-token"}, ""), MOMENT)
    assert isinstance(sent, Send)
    done = signin.TRIAL.hear(Trying({"token": "secret-token"}), answer(PROFILE), MOMENT)

    assert ("Authorization", "Bearer secret-token") in sent.request.headers
    assert isinstance(done, Done)
    assert (done.grant.values, done.grant.expires_at) == ({"token": "secret-token"}, None)


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (401, "", CredentialsRejected),
        (200, '{"errors":{"error":"Account not found"}}', UnreadableReply),
        (200, '{"fault":{"faultstring":"Datastore Error"}}', BrokerageUnavailable),
        (401, '{"fault":{"faultstring":"Datastore Error"}}', BrokerageUnavailable),
        (200, "{}", UnreadableReply),
        (400, "Quota Violation", BrokerageRateLimited),
    ],
)
def test_an_error_with_status_200_is_no_sign_in_and_a_datastore_error_no_bad_token(
    status: int, body: str, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        signin.TRIAL.hear(Trying({"token": "secret-token"}), answer(body, status), MOMENT)


def asked() -> Ask:
    given = Given({"client_id": "id", "client_secret": "secret"}, "")
    move = signin.LOGIN.begin(given, MOMENT)
    assert isinstance(move, Ask)
    return move


def test_the_browser_is_sent_with_scopes_between_commas_and_without_a_callback() -> None:
    url = asked().challenge.authorize_url or ""

    assert url.startswith(
        "https://api.tradier.com/v1/oauth/authorize?client_id=id&scope=read%2Cmarket&state="
    )
    assert "redirect_uri" not in url


def exchanged(body: str, status: int = 200) -> Any:
    state: Any = asked().state
    sent = signin.LOGIN.hear(state, Answer(callback_url=f"https://x/?code=c&state={state.state}"), MOMENT)
    assert isinstance(sent, Send)
    assert sent.request.url == "/v1/oauth/accesstoken"
    return signin.LOGIN.hear(sent.state, answer(body, status), MOMENT)  # type: ignore[arg-type]


def test_only_a_refresh_token_makes_a_grant_last() -> None:
    without = exchanged('{"access_token":"a","expires_in":86399}').grant
    renewed = exchanged('{"access_token":"a","expires_in":86399,"refresh_token":"r"}').grant

    assert without.renewable_until == without.expires_at == NOW + timedelta(seconds=86399)
    assert renewed.renewable_until is None
    with pytest.raises(ReauthorizationRequired):
        signin.LOGIN.ask_renewal(without, MOMENT)
    assert signin.LOGIN.ask_renewal(renewed, MOMENT).url == "/v1/oauth/refreshtoken"


@pytest.mark.parametrize(("status", "failure"), [(400, ChallengeExpired), (401, CredentialsRejected)])
def test_a_code_or_a_secret_that_is_not_taken_is_told_apart(status: int, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        exchanged("{}", status)
