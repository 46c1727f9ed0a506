"""Moomoo: its sandbox's truth comes out of its parser, and what its sheet warns of is held."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import conformance
import pytest

from adapters.brokerages.moomoo import parse, reads
from adapters.kit.card import Scene
from adapters.kit.signin import Moment
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Grant, Notes
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # a Wednesday
T = TransactionType
ACCOUNT = AccountTold(
    "281756455988247915",
    "moomoo US Margin",
    "1001200100000001",
    AccountKind.MARGIN,
    routing={"account": "281756455988247915", "market": "2"},
)
HONG_KONG = replace(ACCOUNT, currency="HKD", routing={"account": ACCOUNT.key, "market": "1"})
MOMENT = Moment(NOW, "0" * 32, {"api": "tcp://127.0.0.1:11111"})


def scene(account: AccountTold | None = ACCOUNT, references: dict[str, Any] | None = None) -> Scene:
    return Scene(account, references or {}, Notes(), NOW)


def raw(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode()


def account(where: Scene | None = None, **fields: Any) -> list[AccountTold]:
    """The sheet's own example, with other fields."""
    row = {
        "trdEnv": 1, "accID": "281756455988247915", "trdMarketAuthList": [2], "accType": 2,
        "cardNum": "1001200100000001", "securityFirm": 2, "uniCardNum": "1001100100000001", "accStatus": 0,
        "accRole": 1,
    }  # fmt: skip
    return list(parse.account(raw({**row, **fields}), where or scene(None)))


def funds(where: Scene | None = None, **fields: Any) -> list[Balance]:
    row = {
        "power": 2000.5, "totalAssets": 5000.25, "cash": 1000.1, "marketVal": 4000.15, "frozenCash": 0.0,
        "debtCash": 0.0, "avlWithdrawalCash": 900.0, "currency": 2,
    }  # fmt: skip
    return list(parse.balances(raw({**row, **fields}), where or scene()))


def positions(where: Scene | None = None, **fields: Any) -> list[Position]:
    row = {
        "positionID": "1", "positionSide": 0, "code": "XMPL", "name": "EXAMPLE CORP", "qty": 10.0,
        "canSellQty": 10.0, "price": 12.5, "costPrice": 9.0, "val": 125.0, "plVal": 25.0, "secMarket": 2,
        "trdMarket": 2, "currency": 2, "dilutedCostPrice": 8.0, "averageCostPrice": 10.0,
        "unrealizedPL": 25.0,
    }  # fmt: skip
    told = {name: value for name, value in {**row, **fields}.items() if value is not None}
    return list(parse.position(raw(told), where or scene()))


ORDER = {"orderIDEx": "FT1", "currency": 2, "fillQty": Decimal(4)}


def fill(where: Scene | None = None, **fields: Any) -> Transaction:
    row = {
        "trdSide": 1, "fillID": "77", "fillIDEx": "X77", "orderID": "1", "orderIDEx": "FT1", "code": "XMPL",
        "name": "EXAMPLE CORP", "qty": 2.0, "price": 12.5, "createTime": "2026-11-24 20:15:00.250",
        "secMarket": 2, "createTimestamp": 1795569300.25, "status": 0, "trdMarket": 2,
    }  # fmt: skip
    told = {name: value for name, value in {**row, **fields}.items() if value is not None}
    usual = scene(references={"order:FT1": ORDER, "fee:FT1": Decimal("1.00")})
    (found,) = parse.fill(raw(told), where or usual)
    return found


def flows(where: Scene | None = None, **fields: Any) -> list[Transaction]:
    row = {
        "clearingDate": "2026-11-20", "settlementDate": "2026-11-23", "currency": 2,
        "cashFlowType": "Dividends",
        "cashFlowDirection": 1, "cashFlowAmount": 12.34, "cashFlowRemark": "XMPL 0.24 USD PER SHARE",
        "cashFlowID": "9007199254740993", "createTime": "2026-11-23 02:00:00",
    }  # fmt: skip
    told = {name: value for name, value in {**row, **fields}.items() if value is not None}
    return list(parse.flow(raw(told), where or scene()))


@pytest.mark.parametrize("seed", range(6))
async def test_the_truth_comes_out_as_it_is(seed: int) -> None:
    door, sandbox = conformance.played("moomoo", seed=seed)
    grant = await door.begin({}, "")
    assert isinstance(grant, Grant)

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []
    assert {one["currency"] for one in told} == {"USD", "HKD"}


# ---- accounts


def test_an_account_number_of_18_digits_stays_exact_as_text_and_as_number() -> None:
    assert account()[0].key == account(accID=281756455988247915)[0].key == "281756455988247915"


def test_paper_accounts_are_left_out_and_disabled_ones_are_closed() -> None:
    assert account(trdEnv=0) == []
    assert not account(accStatus=1)[0].open


@pytest.mark.parametrize(
    ("firm", "currency"),
    [(1, "HKD"), (2, "USD"), (3, "SGD"), (4, "AUD"), (5, "CAD"), (6, "MYR"), (7, "JPY")],
)
def test_the_home_currency_is_that_of_the_firm(firm: int, currency: str) -> None:
    assert account(securityFirm=firm)[0].currency == currency


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (1, AccountKind.CASH),
        (2, AccountKind.MARGIN),
        (3, AccountKind.OTHER),
        (4, AccountKind.RETIREMENT),
        (5, AccountKind.RETIREMENT),
        (6, AccountKind.OTHER),
    ],
)
def test_every_account_type_has_a_kind(told: int, kind: AccountKind) -> None:
    assert account(accType=told)[0].kind is kind


def test_the_number_is_that_of_the_card_or_of_the_universal_account() -> None:
    assert account()[0].number == "1001200100000001"
    assert account(cardNum="")[0].number == "1001100100000001"
    assert account(cardNum="", uniCardNum="")[0].number == "281756455988247915"


# ---- funds


def test_cash_is_told_for_each_currency_and_totals_for_the_one_asked_for() -> None:
    lines = [{"currency": 1, "cash": 780.0}, {"currency": 2, "cash": -20.5}, {"currency": 4, "cash": 0.0}]

    told = funds(cashInfoList=lines)

    assert told == [
        Balance("USD", Decimal("-20.500"), Decimal("2000.500"), None, Decimal("5000.250")),
        Balance("HKD", Decimal("780.000")),
    ]


def test_without_lines_of_cash_the_sum_is_the_cash() -> None:
    assert [(b.currency, b.cash) for b in funds(cashInfoList=[])] == [("USD", Decimal("1000.1"))]


def test_cash_of_the_home_currency_that_is_not_told_is_unknown() -> None:
    assert funds(cashInfoList=[{"currency": 1, "cash": 5.0}])[0].cash is None


def test_a_currency_that_nobody_knows_is_counted_and_not_dropped() -> None:
    here = scene()

    told = funds(here, cashInfoList=[{"currency": 2, "cash": 1.0}, {"currency": 42, "cash": 3.0}])

    assert told[1].currency == "XXX"
    assert here.notes.words == {"currency.42": 1}


# ---- positions


def test_words_that_are_known_are_not_counted_and_others_are() -> None:
    here = scene()
    account(where=here, accType=2), positions(here), fill(here)
    assert not here.notes.words

    account(where=here, accType=9), fill(here, trdSide=7)
    assert here.notes.words == {"accType.9": 1, "trdSide.7": 1}


@pytest.mark.parametrize("quantity", [5.0, -5.0])
def test_the_side_says_what_is_short_whatever_the_sign_of_the_quantity(quantity: float) -> None:
    (short,) = positions(positionSide=1, qty=quantity, val=62.5)

    assert (short.quantity, short.market_value, short.cost_basis) == (
        Decimal(-5),
        Decimal("-62.5"),
        Decimal(-50),
    )


@pytest.mark.parametrize(("quantity", "signed"), [(5.0, 5), (-5.0, -5)])
def test_a_side_that_is_unknown_is_counted_and_the_sign_of_the_quantity_stands(
    quantity: float, signed: int
) -> None:
    here = scene()

    (told,) = positions(here, positionSide=-1, qty=quantity)

    assert told.quantity == signed
    assert here.notes.words == {"positionSide.-1": 1}


def test_a_gain_is_the_unrealised_one_and_no_percentage() -> None:
    assert positions(plVal=99.0, plRatio=8.8, averagePlRatio=8.8)[0].unrealized_gain == 25
    assert positions(unrealizedPL=None, plVal=24.0)[0].unrealized_gain == 24


def test_what_is_not_set_is_unknown_and_not_0() -> None:
    (told,) = positions(averageCostPrice=None, dilutedCostPrice=None, costPrice=None, unrealizedPL=None,
                        plVal=None)  # fmt: skip

    assert (told.average_cost, told.cost_basis, told.unrealized_gain) == (None, None, None)


def test_what_was_closed_today_is_listed_with_0_and_is_no_position() -> None:
    assert positions(qty=0.0) == []


def test_the_average_cost_goes_before_the_diluted_one_which_may_be_negative() -> None:
    assert positions()[0].average_cost == 10
    assert positions(averageCostPrice=None)[0].average_cost == 8
    assert positions(averageCostPrice=None, dilutedCostPrice=None)[0].average_cost == 9
    assert positions(averageCostPrice=None, dilutedCostPrice=-3.0)[0].flags == (Flag.SUSPECT_COST,)


def test_the_noise_of_doubles_is_rounded_away() -> None:
    (told,) = positions(val=14423.290000000001, qty=0.30000000000000004)

    assert (told.market_value, told.quantity) == (Decimal("14423.29"), Decimal("0.3"))


def test_the_value_of_a_future_is_told_as_0_and_means_unknown() -> None:
    (told,) = positions(trdMarket=5, secMarket=1, val=0.0, code="HSI2612")

    assert (told.instrument.kind, told.market_value, told.cost_basis) == (InstrumentKind.FUTURE, None, None)


def test_the_line_above_the_legs_of_a_combination_is_no_position() -> None:
    assert positions(positionType=1) == []
    assert len(positions(positionType=2)) == 1


def test_a_us_option_has_a_strike_without_leading_zeros_and_a_hundred_shares() -> None:
    (told,) = positions(code="AAPL261218C220000", qty=2.0, averageCostPrice=3.5)

    assert told.instrument.symbol == "AAPL  261218C00220000"
    assert told.cost_basis == 700


def test_what_a_contract_in_hong_kong_is_made_of_is_unknown() -> None:
    (told,) = positions(code="TCH210429C350000", secMarket=1, trdMarket=1, currency=1)

    assert told.instrument.symbol == "TCH   210429C00350000"
    assert told.instrument.option is not None
    assert (told.instrument.option.multiplier, told.cost_basis, told.currency) == (None, None, "HKD")


@pytest.mark.parametrize(
    ("market", "code", "symbol"),
    [(1, "00700", "00700.HK"), (2, "AAPL", "AAPL"), (31, "600519", "600519.SH"), (32, "000001", "000001.SZ"),
     (41, "D05", "D05.SG"), (51, "7203", "7203.JP"), (61, "BHP", "BHP.AU"), (71, "1155", "1155.MY"),
     (81, "RY", "RY.CA")],
)  # fmt: skip
def test_codes_have_no_market_and_symbols_do_but_for_the_us(market: int, code: str, symbol: str) -> None:
    told = positions(code=code, secMarket=market)[0].instrument

    assert (told.kind, told.symbol) == (InstrumentKind.EQUITY, symbol)


@pytest.mark.parametrize(
    ("fields", "kind", "symbol"),
    [({"secMarket": 101, "code": "BTC"}, InstrumentKind.CRYPTO, "BTC"),
     ({"secMarket": 101, "code": "BTCUSD"}, InstrumentKind.CRYPTO, "BTC"),
     ({"trdMarket": 123, "code": "XMPFX"}, InstrumentKind.MUTUAL_FUND, "XMPFX"),
     ({"trdMarket": 113, "secMarket": 1, "code": "HK0000369188"}, InstrumentKind.MUTUAL_FUND,
      "HK0000369188.HK"),
     ({"secMarket": 91, "code": "USDHKD"}, InstrumentKind.OTHER, "USDHKD.FX"),
     ({"secMarket": 111, "code": "RAIN"}, InstrumentKind.OTHER, "RAIN.EVENT")],
)  # fmt: skip
def test_coins_funds_and_others_are_told_by_their_market(
    fields: dict[str, Any], kind: InstrumentKind, symbol: str
) -> None:
    told = positions(**fields)[0].instrument

    assert (told.kind, told.symbol) == (kind, symbol)


def test_a_fraction_of_a_coin_keeps_its_8_places() -> None:
    assert positions(secMarket=101, code="BTC", qty=0.00012345)[0].quantity == Decimal("0.00012345")


# ---- fills


@pytest.mark.parametrize(
    ("side", "kind", "quantity"),
    [(1, T.BUY, 2), (2, T.SELL, -2), (3, T.SELL_SHORT, -2), (4, T.BUY_TO_COVER, 2)],
)
def test_sides_1_and_4_buy_and_2_and_3_sell(side: int, kind: TransactionType, quantity: int) -> None:
    told = fill(trdSide=side)

    assert (told.type, told.quantity, told.gross) == (kind, Decimal(quantity), -quantity * Decimal("12.5"))


def test_a_fill_carries_its_share_of_the_fee_of_its_order() -> None:
    told = fill(trdSide=2)

    assert (told.gross, told.fees, told.net) == (Decimal("25.000"), Decimal("0.5"), Decimal("24.5"))


def test_a_fee_that_is_not_told_yet_is_unknown_and_not_0() -> None:
    told = fill(scene(references={"order:FT1": ORDER}))

    assert (told.gross, told.fees, told.net) == (Decimal(-25), None, None)


def test_the_currency_of_a_fill_is_that_of_its_order_else_of_its_market() -> None:
    assert (
        fill(scene(references={"order:FT1": {**ORDER, "currency": 3}}), secMarket=1, trdMarket=1).currency
        == "CNH"
    )
    assert fill(scene(), secMarket=1, trdMarket=1).currency == "HKD"


def test_the_day_of_a_trade_is_on_the_market_s_calendar_and_the_instant_beside_it() -> None:
    told = fill()

    assert told.trade_date == date(2026, 11, 24)
    assert told.executed_at == datetime(2026, 11, 25, 1, 15, 0, 250_000, tzinfo=UTC)


def test_a_timestamp_goes_before_the_local_time_whose_zone_may_be_another() -> None:
    told = fill(createTime="2026-11-24 20:15:00", createTimestamp=1795569301.5)

    assert (told.executed_at, told.trade_date) == (
        datetime(2026, 11, 25, 1, 15, 1, 500_000, tzinfo=UTC), date(2026, 11, 24),
    )  # fmt: skip


def test_without_a_timestamp_the_local_time_of_the_market_is_the_instant() -> None:
    assert fill(createTimestamp=None).executed_at == datetime(2026, 11, 25, 1, 15, 0, 250_000, tzinfo=UTC)
    hong_kong = fill(createTimestamp=None, secMarket=1, createTime="2026-11-24 09:30:00")
    assert hong_kong.executed_at == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def test_a_fill_that_was_cancelled_is_a_tombstone() -> None:
    assert fill(status=1).status is TransactionStatus.REMOVED
    assert fill(status=1).removed_reason == "CANCELLED_BY_BROKERAGE"


def test_a_fill_that_was_changed_keeps_its_key() -> None:
    changed, before = fill(status=2, price=13.0), fill()

    assert (changed.status, changed.source_key) == (TransactionStatus.POSTED, before.source_key)
    assert changed.price == 13


def test_a_fill_tells_no_day_of_settlement() -> None:
    assert fill().settlement_date is None


def test_a_payout_of_an_event_contract_is_nothing_we_have_a_word_for() -> None:
    assert fill(status=3).type is T.OTHER


def test_the_id_is_the_server_s_and_else_that_of_the_fill() -> None:
    assert fill().source_key == "fill:X77"
    assert fill(fillIDEx=None).source_key == "fill:77"


def test_a_fill_of_an_option_counts_a_hundred_shares() -> None:
    assert fill(code="XMPL261218P10500", trdSide=2).gross == 2500


# ---- cash flow


@pytest.mark.parametrize(
    ("word", "amount", "kind"),
    [("Dividends", 1.0, T.DIVIDEND), ("Dividend Withholding Tax", -1.0, T.TAX), ("Interest", 1.0, T.INTEREST),
     ("Interest", -1.0, T.MARGIN_INTEREST), ("Securities Lending", 1.0, T.INTEREST),
      ("Deposit", 1.0, T.DEPOSIT),
     ("Withdrawal", -1.0, T.WITHDRAWAL), ("Transfer", 1.0, T.TRANSFER_IN), ("Transfer", -1.0, T.TRANSFER_OUT),
     ("Currency Exchange", -1.0, T.FX_CONVERSION), ("ADR Fee", -1.0, T.FEE),
      ("Fund Subscription", -1.0, T.BUY),
     ("Fund Redemption", 1.0, T.SELL), ("Cash Adjustment", 1.0, T.ADJUSTMENT), ("股息", 1.0, T.DIVIDEND),
     ("股息税", -1.0, T.TAX), ("利息", 1.0, T.INTEREST), ("存入资金", 1.0, T.DEPOSIT),
     ("提取资金", -1.0, T.WITHDRAWAL),
     ("货币兑换", -1.0, T.FX_CONVERSION), ("基金赎回", 1.0, T.SELL), ("代收费用", -1.0, T.FEE)],
)  # fmt: skip
def test_the_type_of_cash_is_told_in_words_of_two_languages(
    word: str, amount: float, kind: TransactionType
) -> None:
    (told,) = flows(cashFlowType=word, cashFlowAmount=amount, cashFlowRemark="")

    assert told.type is kind
    assert told.gross == told.net == Decimal(str(amount))
    assert (told.fees, told.taxes, told.quantity) == (None, None, None)


def test_others_are_told_by_their_remark() -> None:
    assert flows(cashFlowType="Others", cashFlowRemark="XMPL dividend")[0].type is T.DIVIDEND


def test_a_word_that_nobody_knows_is_counted_and_kept() -> None:
    here = scene()

    (told,) = flows(here, cashFlowType="Lottery", cashFlowRemark="")

    assert (told.type, told.source_type) == (T.OTHER, "Lottery")
    assert here.notes.words == {"cashFlowType.Lottery": 1}


@pytest.mark.parametrize(
    "word", ["Stock Trading", "Commission", "Platform Fee", "股票成交", "SEC Fee", "Cryptocurrency Purchase"]
)
def test_the_cash_legs_and_costs_of_trades_are_told_by_fills_already(word: str) -> None:
    assert flows(cashFlowType=word) == []


def test_a_remark_that_speaks_of_trading_hides_no_cash() -> None:
    here = scene()

    (told,) = flows(here, cashFlowType="Promotion", cashFlowRemark="Voucher: buy stocks, get 5 USD")

    assert (told.type, here.notes.words) == (T.OTHER, {"cashFlowType.Promotion": 1})


def test_a_fee_beyond_28_digits_is_read_outside_the_exact_context_too() -> None:
    told = b'{"retType":0,"s2c":{"orderFeeList":[{"orderIDEx":"o","feeAmount":1e+26}]}}'

    assert reads.take_fees(Response(200, {}, told), ("fee:o",)) == {"fee:o": Decimal("1e26")}


@pytest.mark.parametrize(("amount", "direction"), [(12.5, 1), (-12.5, 2), (-12.5, 1)])
def test_cash_is_signed_by_its_amount_and_not_by_its_direction(amount: float, direction: int) -> None:
    (told,) = flows(cashFlowAmount=amount, cashFlowDirection=direction)

    assert told.net == Decimal(str(amount))


def test_cash_keeps_its_id_its_days_and_its_currency() -> None:
    (told,) = flows(currency=1)

    assert told.source_key == "cash:9007199254740993"  # more than a double holds
    assert (told.trade_date, told.settlement_date) == (date(2026, 11, 20), date(2026, 11, 23))
    assert told.currency == "HKD"


def test_fields_that_nobody_knows_are_counted() -> None:
    here = scene()

    flows(here, field99="00")

    assert here.notes.fields == {"flow.field99": 1}
