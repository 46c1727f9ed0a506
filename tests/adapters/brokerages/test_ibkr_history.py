"""Interactive Brokers: trades and cash of Flex become transactions, code by code and quirk by quirk."""

from datetime import UTC, date, datetime

import pytest
from flex_rows import CASH, OPTION, STOCK, TRADE, D, one, read

from adapters.brokerages.ibkr import history
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.transactions import TransactionType as T

# ---- trades


def test_a_purchase_is_told_with_its_costs_apart() -> None:
    told = one("Trade", TRADE)

    assert (told.type, told.quantity, told.price) == (T.BUY, D(50), D("131.2"))
    assert (told.gross, told.fees, told.taxes, told.net) == (D(-6560), D(1), D(0), D(-6561))
    assert (told.trade_date, told.settlement_date) == (date(2026, 10, 6), date(2026, 10, 7))
    assert told.executed_at == datetime(2026, 10, 6, 14, 15, 2, tzinfo=UTC)
    assert told.source_key == "exec:00012abc.00000001.01.01"
    assert told.instrument is not None
    assert dict(told.instrument.identifiers) == {
        "ibkr:conid": "900000001", "isin": "US0000000001", "cusip": "000000000",
    }  # fmt: skip
    assert told.raw == b"raw"


SELLS = {"quantity": "-50", "tradeMoney": "-6560", "proceeds": "6560", "netCash": "6559", "buySell": "SELL"}
TYPES = [
    (STOCK, {}, T.BUY),
    (STOCK, {"openCloseIndicator": "C"}, T.BUY_TO_COVER),
    (STOCK, {"openCloseIndicator": "C;O"}, T.BUY),
    (STOCK, {"openCloseIndicator": "-"}, T.BUY),
    (STOCK, {"notes": "R;P"}, T.DIVIDEND_REINVESTMENT),
    (STOCK, SELLS | {"openCloseIndicator": "C"}, T.SELL),
    (STOCK, SELLS, T.SELL_SHORT),
    (OPTION, {}, T.BUY_TO_OPEN),
    (OPTION, {"openCloseIndicator": "C"}, T.BUY_TO_CLOSE),
    (OPTION, {"openCloseIndicator": "C;O"}, T.BUY),
    (OPTION, SELLS, T.SELL_TO_OPEN),
    (OPTION, SELLS | {"openCloseIndicator": "C"}, T.SELL_TO_CLOSE),
    (OPTION, {"transactionType": "BookTrade", "notes": ""}, T.BUY_TO_OPEN),
    (OPTION, {"transactionType": "BookTrade", "notes": "Ep"}, T.OPTION_EXPIRATION),
    (OPTION, {"transactionType": "BookTrade", "notes": "C;A"}, T.OPTION_ASSIGNMENT),
    (OPTION, {"transactionType": "BookTrade", "notes": "Ex"}, T.OPTION_EXERCISE),
    (OPTION, {"transactionType": "BookTrade", "notes": "AEx"}, T.OPTION_EXERCISE),
    (OPTION, {"transactionType": "BookTrade", "notes": "MEx"}, T.OPTION_EXERCISE),
    (STOCK, {"transactionType": "BookTrade", "notes": "A"}, T.BUY),
    *[(STOCK, {"transactionType": word}, T.BUY) for word in ("TradeCorrect", "FracShare", "DvpTrade")],
    (STOCK, {"transactionType": "TradeCancel"}, T.ADJUSTMENT),
    (STOCK, {"transactionType": "FracShareCancel"}, T.ADJUSTMENT),
    (STOCK, {"buySell": "BUY (Ca.)"}, T.ADJUSTMENT),
    (STOCK, {"buySell": "SELL (Ca.)"}, T.ADJUSTMENT),
]


@pytest.mark.parametrize(("instrument", "changed", "kind"), TYPES)
def test_every_kind_of_trade_has_its_type(
    instrument: dict[str, str], changed: dict[str, str], kind: T
) -> None:
    assert one("Trade", TRADE | instrument, **changed).type is kind


def test_a_cancelled_trade_comes_to_nothing_with_its_cancellation() -> None:
    bought = one("Trade", TRADE)
    undone = one(
        "Trade", TRADE, transactionType="TradeCancel", buySell="BUY (Ca.)", quantity="-50", proceeds="6560",
        ibCommission="1", netCash="6561", transactionID="2", ibExecID="",
    )  # fmt: skip

    assert bought.quantity is not None
    assert bought.net is not None
    assert undone.quantity == -bought.quantity
    assert undone.net == -bought.net
    assert undone.fees == D(-1)
    assert one("Trade", TRADE, transactionType="TradeCancel").source_key != bought.source_key


def test_an_option_that_expired_has_no_price_and_keeps_its_terms() -> None:
    told = one(
        "Trade", TRADE | OPTION, transactionType="BookTrade", notes="Ep", quantity="2", tradePrice="0",
        tradeMoney="0", proceeds="-0", ibCommission="0", netCash="0", ibExecID="",
    )  # fmt: skip

    assert (told.quantity, told.price, told.gross, told.net) == (D(2), None, D(0), D(0))
    assert told.source_key == "flex:18000000001"
    assert told.instrument is not None
    assert told.instrument.symbol == "ACME  261016P00125000"
    assert told.instrument.option is not None
    assert told.instrument.option.multiplier == D(100)


@pytest.mark.parametrize("word", ["STK", "OPT", "FUT", "FOP", "WAR", "IOPT", "BILL", "BOND", "CFD", "FXCFD",
                                  "CRYPTO", "CMDTY", "FUND", "FSFOP", "FSOPT", "IND"])  # fmt: skip
def test_every_asset_category_is_known(word: str) -> None:
    told = one(
        "Trade", TRADE | (OPTION if word in {"OPT", "FOP", "FSOPT", "FSFOP"} else {}), assetCategory=word
    )

    assert told.instrument is not None


def test_an_etf_says_so_in_its_sub_category() -> None:
    told = one("Trade", TRADE, subCategory="ETF")

    assert told.instrument is not None
    assert told.instrument.kind is InstrumentKind.ETF


def test_an_option_on_a_future_is_built_from_its_parts() -> None:
    told = one("Trade", TRADE | OPTION, assetCategory="FOP", symbol="EW1X6 P6000", multiplier="50")

    assert told.instrument is not None
    assert told.instrument.kind is InstrumentKind.FUTURE_OPTION
    assert told.instrument.option is not None
    assert told.instrument.option.strike == D(125)


def test_the_value_of_a_future_is_not_paid() -> None:
    future = {"assetCategory": "FUT", "symbol": "ESZ6", "multiplier": "50", "proceeds": "-300000"}
    told = one("Trade", TRADE, netCash="-2.25", ibCommission="-2.25", **future)

    assert (told.gross, told.fees, told.net) == (D(0), D("2.25"), D("-2.25"))
    bare = one("Trade", TRADE, netCash="", ibCommission="-2.25", **future)
    assert (bare.gross, bare.fees, bare.net) == (None, D("2.25"), None)


# ---- what the owner of a query ticked


@pytest.mark.parametrize("instrument", [{}, {"multiplier": "100"}, {"multiplier": "0"}])
def test_without_money_in_the_query_it_is_worked_out(instrument: dict[str, str]) -> None:
    told = one("Trade", TRADE | instrument, netCash="", proceeds="", tradeMoney="", taxes="-2")
    units = 100 if instrument.get("multiplier") == "100" else 1

    assert told.gross == D(-6560) * units
    assert (told.fees, told.taxes) == (D(1), D(2))
    assert told.net == D(-6560) * units - 3


@pytest.mark.parametrize(("changed", "gross"), [({}, -6560), (SELLS, 6560)])
def test_without_proceeds_and_a_price_the_money_of_the_trade_is_the_gross(
    changed: dict[str, str], gross: int
) -> None:
    told = one("Trade", TRADE | changed | {"proceeds": "", "tradePrice": ""})

    assert (told.price, told.gross) == (None, D(gross))


def test_without_the_size_of_a_contract_its_money_stays_unknown() -> None:
    told = one("Trade", TRADE | OPTION, multiplier="", netCash="", proceeds="", tradeMoney="")

    assert (told.quantity, told.fees, told.gross, told.net) == (D(50), D(1), None, None)


def test_without_a_settlement_date_there_is_none() -> None:
    assert one("Trade", TRADE, settleDateTarget="").settlement_date is None


def test_without_taxes_they_are_unknown_and_the_net_is_as_told() -> None:
    told = one("Trade", TRADE, taxes="")

    assert (told.fees, told.taxes, told.net) == (D(1), None, D(-6561))


def test_without_a_commission_the_net_stays_unknown() -> None:
    told = one("Trade", TRADE, ibCommission="", netCash="")

    assert (told.gross, told.fees, told.net) == (D(-6560), None, None)


def test_a_bond_is_face_value_in_percent() -> None:
    bond = {"assetCategory": "BOND", "quantity": "5000", "tradePrice": "98.5", "proceeds": ""}
    told = one("Trade", TRADE, tradeMoney="", netCash="", **bond)

    assert (told.quantity, told.price, told.gross) == (D(5000), D("98.5"), D(-4925))


def test_the_day_of_a_trade_is_its_trade_date_though_it_was_made_the_evening_before() -> None:
    told = one("Trade", TRADE, tradeDate="20261007", dateTime="20261006;203000")

    assert told.trade_date == date(2026, 10, 7)
    assert told.executed_at == datetime(2026, 10, 7, 0, 30, tzinfo=UTC)
    assert one("Trade", TRADE, tradeDate="").trade_date == date(2026, 10, 6)


def test_a_time_beside_the_date_is_read() -> None:
    told = one("Trade", TRADE, dateTime="", tradeTime="162000")

    assert told.executed_at == datetime(2026, 10, 6, 20, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    ["20261006;101502", "2026-10-06;101502", "10/06/2026;10:15:02", "20261006,101502", "20261006 10:15:02",
     "2026-10-06T10:15:02", "2026-10-06, 10:15:02", "20261006;101502 EDT"],
)  # fmt: skip
def test_every_spelling_of_a_time_is_one_instant(told: str) -> None:
    assert one("Trade", TRADE, dateTime=told).executed_at == datetime(2026, 10, 6, 14, 15, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "told", ["31/12/2026", "06.10.2026", "20261332", "yesterday", "2026", "00000000;101502"]
)
def test_a_date_in_another_spelling_is_refused_with_the_remedy(told: str) -> None:
    with pytest.raises(UnreadableReply, match="date"):
        read("Trade", TRADE, tradeDate=told)


def test_figures_have_commas_and_signs_of_their_own() -> None:
    spelt = {"proceeds": "-1,234,567.80", "taxes": "-0", "netCash": "N/A", "ibCommission": "--"}
    told = one("Trade", TRADE, tradeMoney="", **spelt)

    assert (told.gross, told.fees, told.taxes, told.net) == (D("-1234567.80"), None, D(0), None)
    with pytest.raises(UnreadableReply, match="quantity"):
        read("Trade", TRADE, quantity="1,2")
    with pytest.raises(UnreadableReply, match="quantity is missing"):
        read("Trade", TRADE, quantity="")


# ---- currencies


FX = TRADE | {
    "assetCategory": "CASH", "symbol": "EUR.USD", "description": "EUR.USD",
    "conid": "12087792", "quantity": "1000",
    "tradePrice": "1.08", "tradeMoney": "1080", "proceeds": "-1080", "ibCommission": "-2", "netCash": "-1082",
    "cusip": "", "isin": "", "securityID": "",
}  # fmt: skip


def test_a_conversion_is_a_leg_for_each_currency() -> None:
    (dollars, euros), notes = read("Trade", FX)

    assert {dollars.type, euros.type} == {T.FX_CONVERSION}
    assert (dollars.currency, dollars.gross, dollars.fees, dollars.net) == ("USD", D(-1080), D(2), D(-1082))
    assert (euros.currency, euros.gross, euros.fees, euros.net) == ("EUR", D(1000), None, D(1000))
    assert euros.source_key == f"{dollars.source_key}:EUR"
    assert dollars.instrument is None
    assert euros.quantity is None
    assert not notes.words


def test_a_commission_in_another_currency_is_a_row_of_its_own() -> None:
    (fee, told), _ = read("Trade", TRADE, currency="EUR", ibCommission="-1.5", netCash="-6561.4")

    assert (fee.type, fee.currency, fee.net) == (T.FEE, "USD", D("-1.5"))
    assert (told.currency, told.fees, told.net) == ("EUR", None, D(-6560))
    assert fee.source_key == f"{told.source_key}:fee"


def test_conversions_without_an_id_have_no_key_of_their_own() -> None:
    legs, _ = read("Trade", FX, ibExecID="", transactionID="")

    assert [leg.source_key for leg in legs] == [None, None]


def test_a_conversion_that_was_cancelled_is_undone_in_both_currencies() -> None:
    legs, _ = read("Trade", FX, transactionType="TradeCancel", quantity="-1000", proceeds="1080")

    assert [(leg.type, leg.currency, leg.gross) for leg in legs] == [
        (T.ADJUSTMENT, "USD", D(1080)), (T.ADJUSTMENT, "EUR", D(-1000)),
    ]  # fmt: skip


@pytest.mark.parametrize("commission", ["0", ""])
def test_no_commission_in_another_currency_is_no_row(commission: str) -> None:
    assert one("Trade", TRADE, currency="EUR", ibCommission=commission).currency == "EUR"


def test_a_conversion_of_what_is_no_pair_is_counted_and_has_one_leg() -> None:
    (leg,), notes = read("Trade", FX, symbol="GOLD")

    assert (leg.currency, leg.net) == ("USD", D(-1082))
    assert notes.words == {"pair.GOLD": 1}


def test_a_dividend_in_euros_is_told_in_euros() -> None:
    assert one("CashTransaction", CASH, currency="EUR").currency == "EUR"


# ---- cash


CASH_TYPES = [
    ("Deposits/Withdrawals", "1000", T.DEPOSIT),
    ("Deposits/Withdrawals", "-1000", T.WITHDRAWAL),
    ("Deposits & Withdrawals", "1000", T.DEPOSIT),
    ("Deposits & Withdrawals", "-5", T.WITHDRAWAL),
    ("Dividends", "37.5", T.DIVIDEND),
    ("Payment In Lieu Of Dividends", "37.5", T.SUBSTITUTE_DIVIDEND),
    ("Withholding Tax", "-5.63", T.TAX),
    ("Broker Interest Paid", "-3", T.MARGIN_INTEREST),
    ("Broker Interest Received", "3", T.INTEREST),
    ("Bond Interest Paid", "-3", T.INTEREST),
    ("Bond Interest Received", "3", T.INTEREST),
    ("Other Fees", "-1", T.FEE),
    ("Commission Adjustments", "0.5", T.FEE),
    ("Advisor Fees", "-9", T.FEE),
]


@pytest.mark.parametrize(("word", "amount", "kind"), CASH_TYPES)
def test_every_type_of_cash_has_its_type(word: str, amount: str, kind: T) -> None:
    told = one("CashTransaction", CASH, type=word, amount=amount)

    assert (told.type, told.gross, told.net, told.source_type) == (kind, D(amount), D(amount), word)
    assert (told.fees, told.taxes, told.quantity) == (None, None, None)


def test_all_types_of_the_sheet_are_tried() -> None:
    assert {word for word, _, _ in CASH_TYPES} == history.CASH.keys()


def test_a_return_of_capital_says_so_in_its_description() -> None:
    told = one("CashTransaction", CASH, description="RHDGF(ANN741081064) CASH DIVIDEND (Return of Capital)")

    assert told.type is T.RETURN_OF_CAPITAL


def test_a_row_has_the_key_of_its_transaction_and_a_fill_that_of_its_execution() -> None:
    assert one("CashTransaction", CASH).source_key == "flex:18000000030"
    assert one("Trade", TRADE, ibExecID="").source_key == "flex:18000000001"
    assert one("Trade", TRADE).source_key == "exec:00012abc.00000001.01.01"


def test_cash_with_nothing_but_a_report_date_is_dated_by_it() -> None:
    told = one("CashTransaction", CASH, dateTime="", settleDate="")

    assert (told.trade_date, told.executed_at, told.settlement_date) == (date(2026, 10, 15), None, None)


def test_unknown_words_are_counted_and_never_dropped() -> None:
    (told,), notes = read("CashTransaction", CASH, type="Cosmic Rays", newAttribute="1")

    assert told.type is T.OTHER
    assert notes.words == {"CashTransaction.Cosmic Rays": 1}
    assert notes.fields == {"CashTransaction.newAttribute": 1}


def test_unknown_words_of_trades_are_counted() -> None:
    changed = {"transactionType": "Teleport", "assetCategory": "XYZ", "buySell": "LEND"}
    _, notes = read("Trade", TRADE, **changed)

    assert set(notes.words) == {"transactionType.Teleport", "assetCategory.XYZ", "buySell.LEND"}
