"""tastytrade's accounts, balances, positions, symbols, pages and errors, on rows written by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.brokerages.tastytrade import CARD, parse, reads
from adapters.kit.card import Call, Rows, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    UnreadableReply,
)
from domain.instruments import InstrumentKind, Right
from domain.ports.brokerage import Notes
from domain.positions import Flag
from domain.transactions import TransactionType

T, K = TransactionType, InstrumentKind
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("5WT00001", "Individual", "5WT00001", AccountKind.MARGIN)
OCC = "AAL   270115C00017000"


def scene() -> Scene:
    return Scene(ACCOUNT, {}, Notes(), NOW)


def call(since: date | None = None, cursor: str | None = None) -> Call:
    return Call(ACCOUNT, since, NOW.date(), cursor, NOW)


def answer(body: Any, status: int = 200) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else msgspec.json.encode(body))


# ---- accounts and balances


def account(stage: Any = None, **more: Any) -> AccountTold:
    row = {"account-number": "5WT00001", "nickname": "Mine", "account-type-name": "Individual",
           "margin-or-cash": "Margin", "is-closed": False} | more  # fmt: skip
    item = msgspec.json.encode({"account": row, "authority-level": "owner"})
    (told,) = parse.account(item, stage or scene())
    return told


@pytest.mark.parametrize(
    ("type_", "leverage", "kind"),
    [
        ("Individual", "Margin", AccountKind.MARGIN), ("Individual", "Cash", AccountKind.CASH),
        ("Joint", "Margin", AccountKind.JOINT), ("Roth IRA", "Cash", AccountKind.IRA_ROTH),
        ("Traditional IRA", "IRA Margin", AccountKind.IRA_TRADITIONAL), ("SEP IRA",
        "Cash", AccountKind.IRA_OTHER),
    ],
)  # fmt: skip
def test_every_type_of_account_is_known(type_: str, leverage: str, kind: AccountKind) -> None:
    stage = scene()
    told = account(stage, **{"account-type-name": type_, "margin-or-cash": leverage})

    assert (told.kind, told.key, told.name, told.currency, told.open) == (
        kind,
        "5WT00001",
        "Mine",
        "USD",
        True,
    )
    assert not stage.notes.words
    assert not stage.notes.fields


def test_an_unknown_type_of_account_is_counted_and_a_closed_one_is_kept() -> None:
    stage = scene()
    told = account(stage, **{"account-type-name": "Entity", "is-closed": True, "novelty": 1})

    assert (told.kind, told.open) == (AccountKind.MARGIN, False)
    assert stage.notes.words == {"account-type-name.Entity": 1}
    assert stage.notes.fields == {"account.novelty": 1}


def test_cash_and_total_carry_a_minus_for_they_have_no_effect() -> None:
    row = b'{"cash-balance":"-10230.55","net-liquidating-value":"51344.1","equity-buying-power":"0.0"}'
    (told,) = parse.balance(row, scene())

    figures = (told.cash, told.total_value, told.buying_power)
    assert figures == tuple(map(Decimal, ("-10230.55", "51344.1", "0")))
    assert (told.settled_cash, told.currency) == (None, "USD")


# ---- positions


def held(stage: Any = None, **more: Any) -> Any:
    row = {"symbol": "AAPL", "instrument-type": "Equity", "quantity": 10, "quantity-direction": "Long",
           "close-price": "185.25", "average-open-price": "178.5", "multiplier": 1} | more  # fmt: skip
    return list(parse.position(msgspec.json.encode(row), stage or scene()))


@pytest.mark.parametrize("quantity", [10, "10", "10.0"])
@pytest.mark.parametrize("multiplier", [1, "1.0"])
def test_quantities_and_multipliers_come_as_numbers_and_as_texts(quantity: Any, multiplier: Any) -> None:
    (told,) = held(quantity=quantity, multiplier=multiplier)

    assert (told.quantity, told.cost_basis) == (10, 1785)


def test_the_direction_is_the_sign_and_the_effect_of_closing_is_not() -> None:
    option = {"symbol": OCC, "instrument-type": "Equity Option", "quantity": 2, "multiplier": 100}
    (told,) = held(**option, **{"quantity-direction": "Short", "cost-effect": "Credit", "mark-price": "3.4",
                                "average-open-price": "3.5"})  # fmt: skip

    figures = (told.quantity, told.average_cost, told.cost_basis, told.price, told.market_value)
    assert figures == tuple(map(Decimal, ("-2", "3.5", "-700", "3.4", "-680")))
    assert told.unrealized_gain == 20
    assert (told.instrument.kind, told.instrument.symbol) == (K.OPTION, OCC)


def test_marks_are_asked_for_and_without_them_the_close_is_the_price() -> None:
    assert ("include-marks", "true") in reads.ask_positions(call()).query
    assert held(**{"mark-price": "186.1"})[0].market_value == 1861
    assert held()[0].market_value == Decimal("1852.5")


def test_the_mark_of_a_unit_is_the_price_and_that_of_the_whole_is_not_believed() -> None:
    assert held(**{"mark-price": "186.1", "mark": "1861.0"})[0].price == Decimal("186.1")


def test_the_average_price_is_of_a_unit_and_not_of_a_contract() -> None:
    option = {"symbol": OCC, "instrument-type": "Equity Option", "multiplier": 100}

    assert held(**option, **{"average-open-price": "3.5"})[0].cost_basis == 3500


def test_a_quantity_of_zero_is_held_no_more() -> None:
    assert held(quantity=0, **{"quantity-direction": "Zero"}) == []


def test_an_option_that_expired_is_held_until_it_is_removed_overnight() -> None:
    lingers = {"symbol": "AAPL  200117C00300000", "instrument-type": "Equity Option", "multiplier": 100}
    assert held(**lingers, **{"mark-price": "0.0"})[0].market_value == 0


@pytest.mark.parametrize(
    ("quantity", "direction"), [(10, "Zero"), (0, "Long"), (-1, "Short"), (1, "Sideways")]
)
def test_a_quantity_that_contradicts_its_direction_is_unreadable(quantity: int, direction: str) -> None:
    with pytest.raises(UnreadableReply):
        held(quantity=quantity, **{"quantity-direction": direction})


def test_the_value_of_a_future_is_its_notional() -> None:
    future = {"symbol": "/ESZ9", "instrument-type": "Future", "multiplier": "50.0", "mark-price": "5000.25"}
    (told,) = held(quantity="1", **future)

    assert (told.instrument.kind, told.market_value) == (K.FUTURE, Decimal("250012.5"))


def test_a_cost_of_zero_is_unknown() -> None:
    assert held(**{"average-open-price": "0.0"})[0].flags == (Flag.COST_UNKNOWN,)


# ---- instruments


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Equity", K.EQUITY), ("Equity Offering", K.EQUITY), ("Cryptocurrency", K.CRYPTO),
        ("Future", K.FUTURE),
        ("Future Option", K.FUTURE_OPTION), ("Bond", K.BOND), ("Fixed Income Security", K.BOND),
        ("Index", K.INDEX), ("Mutual Fund", K.MUTUAL_FUND), ("Currency Pair", K.OTHER),
        ("Event Contract", K.OTHER), ("Liquidity Pool", K.OTHER), ("Warrant", K.OTHER), ("Unknown", K.OTHER),
    ],
)  # fmt: skip
def test_every_type_of_instrument_is_known(type_: str, kind: InstrumentKind) -> None:
    stage = scene()

    assert held(stage, **{"instrument-type": type_})[0].instrument.kind is kind
    assert not stage.notes.words


@pytest.mark.parametrize(
    ("type_", "symbol", "shown"),
    [
        ("Cryptocurrency", "BTC/USD", "BTC"), ("Equity", "BRK/B", "BRK.B"), ("Future", "/ESZ9", "/ESZ9"),
        ("Equity Option", "AAPL  191004P00275000", "AAPL  191004P00275000"),
        ("Equity Option", "AAPL191004P00275000", "AAPL  191004P00275000"),
    ],
)  # fmt: skip
def test_each_dialect_of_symbols_is_turned_into_ours(type_: str, symbol: str, shown: str) -> None:
    assert held(symbol=symbol, **{"instrument-type": type_})[0].instrument.symbol == shown


def test_an_option_on_a_future_tells_its_terms_in_a_form_of_its_own() -> None:
    (told,) = held(
        symbol="./ESZ9 EW4U9 190927P2975", multiplier="50.0", **{"instrument-type": "Future Option"}
    )

    terms = told.instrument.option
    assert terms is not None
    assert (terms.underlying, terms.expiration, terms.right) == ("/ESZ9", date(2019, 9, 27), Right.PUT)
    assert (terms.strike, terms.multiplier) == (2975, 50)


def test_symbols_without_terms_and_types_that_are_new_are_counted() -> None:
    stage = scene()
    held(stage, **{"instrument-type": "Equity Option"})
    held(stage, **{"instrument-type": "Novelty"})

    assert stage.notes.words == {"symbol.option_without_terms": 1, "instrument-type.Novelty": 1}


# ---- pages


def page(number: int, pages: int, rows: int, total: int | None = None) -> Response:
    pagination = {
        "page-offset": number,
        "total-pages": pages,
        "total-items": rows if total is None else total,
    }
    return answer({"data": {"items": [{}] * rows}, "pagination": pagination})


def test_pages_are_counted_from_zero_newest_first_until_the_last() -> None:
    query = dict(reads.ask_transactions(call(since=date(2026, 5, 1), cursor="1|1100")).query)

    assert query == {"per-page": "500", "page-offset": "1", "sort": "Desc", "start-date": "2026-05-01"}
    assert reads.take_transactions(page(0, 3, 500, 1100), call()).cursor == "1|1100"
    assert reads.take_transactions(page(2, 3, 100, 1100), call(cursor="2|1100")).cursor is None
    assert reads.take_transactions(page(0, 0, 0), call()) == Rows([])


def test_rows_that_went_meanwhile_pull_others_onto_a_page_that_was_read() -> None:
    assert reads.take_transactions(page(2, 3, 99, 1099), call(cursor="2|1100")).cursor == "1|1099"
    assert reads.take_transactions(page(1, 3, 500, 1099), call(cursor="1|1099")).cursor == "2|1099"


@pytest.mark.parametrize(
    "wrong", [page(1, 3, 500, 1100), page(0, 3, 0, 1100), page(0, 1, 501), answer({"data": {"items": []}}),
              answer({"pagination": {}}), answer({"data": {"items": []}, "pagination": {"page-offset": "0"}})]
)  # fmt: skip
def test_a_page_that_is_another_or_half_is_unreadable(wrong: Response) -> None:
    with pytest.raises(UnreadableReply):
        reads.take_transactions(wrong, call())


def test_both_doors_tell_the_same_rows_under_the_same_name() -> None:
    assert [door.facts.id for door in CARD.doors] == ["personal", "partner"]
    assert {read.name for door in CARD.doors for read in door.transactions} == {"transactions"}
