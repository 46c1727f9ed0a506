"""Interactive Brokers: rows of Flex become transactions, code by code and quirk by quirk."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.ibkr import fields, history, statement
from domain.errors import StatementUnreadable, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import Transaction
from domain.transactions import TransactionType as T

D = Decimal
STOCK = {
    "accountId": "U7654321", "currency": "USD", "assetCategory": "STK", "symbol": "ACME",
    "description": "ACME CORP",
    "conid": "900000001", "securityID": "US0000000001", "securityIDType": "ISIN", "cusip": "000000000",
    "isin": "US0000000001", "multiplier": "1",
}  # fmt: skip
OPTION = STOCK | {
    "assetCategory": "OPT", "symbol": "ACME  261016P00125000", "conid": "900000003", "securityID": "",
    "securityIDType": "", "cusip": "", "isin": "", "multiplier": "100", "strike": "125", "expiry": "20261016",
    "putCall": "P", "underlyingSymbol": "ACME",
}  # fmt: skip
TRADE = STOCK | {
    "tradeID": "5500000001", "dateTime": "20261006;101502", "tradeDate": "20261006",
    "settleDateTarget": "20261007", "transactionType": "ExchTrade", "quantity": "50", "tradePrice": "131.2",
    "tradeMoney": "6560", "proceeds": "-6560", "taxes": "0",
    "ibCommission": "-1", "ibCommissionCurrency": "USD",
    "netCash": "-6561", "openCloseIndicator": "O", "notes": "P",
    "transactionID": "18000000001", "buySell": "BUY",
    "ibExecID": "00012abc.00000001.01.01", "levelOfDetail": "EXECUTION",
}  # fmt: skip
CASH = STOCK | {
    "dateTime": "20261015;202000", "settleDate": "20261016", "amount": "37.5", "type": "Dividends",
    "description": "ACME(US0000000001) CASH DIVIDEND USD 0.25 PER SHARE (Ordinary Dividend)",
    "transactionID": "18000000030", "reportDate": "20261015", "levelOfDetail": "DETAIL",
}  # fmt: skip
TRANSFER = STOCK | {
    "date": "20261020", "type": "ACATS", "direction": "IN", "quantity": "10", "transferPrice": "0",
    "positionAmount": "512.3", "cashTransfer": "0", "transactionID": "18000000040",
}  # fmt: skip
ACTION = STOCK | {
    "dateTime": "20261009;202500", "reportDate": "20261012", "proceeds": "0", "quantity": "40", "type": "FS",
    "actionID": "130000001", "transactionID": "18000000015",
}  # fmt: skip


def read(element: str, row: dict[str, str], **changed: str) -> tuple[list[Transaction], Notes]:
    notes = Notes()
    told = {"element": element, **row, **changed}
    return list(history.transactions(told, b"raw", notes)), notes


def one(element: str, row: dict[str, str], **changed: str) -> Transaction:
    (found,), notes = read(element, row, **changed)
    assert not notes.fields
    assert not notes.words
    return found


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


# ---- what the owner of a query ticked


@pytest.mark.parametrize("instrument", [{}, {"multiplier": "100"}, {"multiplier": "0"}])
def test_without_money_in_the_query_it_is_worked_out(instrument: dict[str, str]) -> None:
    told = one("Trade", TRADE | instrument, netCash="", proceeds="", tradeMoney="", taxes="-2")
    units = 100 if instrument.get("multiplier") == "100" else 1

    assert told.gross == D(-6560) * units
    assert (told.fees, told.taxes) == (D(1), D(2))
    assert told.net == D(-6560) * units - 3


def test_without_a_settlement_date_there_is_none() -> None:
    assert one("Trade", TRADE, settleDateTarget="").settlement_date is None


def test_without_a_commission_the_net_stays_unknown() -> None:
    told = one("Trade", TRADE, ibCommission="", netCash="")

    assert (told.gross, told.fees, told.net) == (D(-6560), None, None)


def test_a_bond_is_face_value_in_percent() -> None:
    bond = {"assetCategory": "BOND", "quantity": "5000", "tradePrice": "98.5", "proceeds": ""}
    told = one("Trade", TRADE, tradeMoney="", netCash="", **bond)

    assert (told.quantity, told.price, told.gross) == (D(5000), D("98.5"), D(-4925))


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
    assert dollars.source_key != euros.source_key
    assert dollars.instrument is None
    assert euros.quantity is None
    assert not notes.words


def test_a_commission_in_another_currency_is_a_row_of_its_own() -> None:
    (fee, told), _ = read("Trade", TRADE, currency="EUR", ibCommission="-1.5", netCash="-6561.4")

    assert (fee.type, fee.currency, fee.net) == (T.FEE, "USD", D("-1.5"))
    assert (told.currency, told.fees, told.net) == ("EUR", None, D(-6560))
    assert fee.source_key == f"{told.source_key}:fee"


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


# ---- transfers, corporate actions, taxes, ends of options


@pytest.mark.parametrize("word", sorted(history.TRANSFERS))
def test_every_transfer_goes_the_way_it_says(word: str) -> None:
    came = one("Transfer", TRANSFER, type=word)
    went = one("Transfer", TRANSFER, type=word, direction="OUT")

    assert (came.type, came.quantity, came.price, came.net) == (T.TRANSFER_IN, D(10), D("51.23"), D(0))
    assert (went.type, went.quantity) == (T.TRANSFER_OUT, D(-10))


def test_a_transfer_of_cash_moves_no_securities() -> None:
    cash = {
        "assetCategory": "CASH",
        "symbol": "--",
        "conid": "",
        "quantity": "0",
        "cashTransfer": "-70",
        "direction": "OUT",
    }
    told = one("Transfer", TRANSFER, **cash)

    assert (told.type, told.instrument, told.quantity, told.net) == (T.TRANSFER_OUT, None, None, D(-70))


def test_a_transfer_whose_cash_the_query_does_not_tell_has_unknown_cash() -> None:
    told = one("Transfer", TRANSFER, cashTransfer="")

    assert (told.quantity, told.gross, told.net) == (D(10), None, None)


def test_a_transfer_without_direction_is_unreadable() -> None:
    with pytest.raises(UnreadableReply, match="direction"):
        read("Transfer", TRANSFER, direction="SIDEWAYS")


@pytest.mark.parametrize(("word", "kind"), sorted(history.ACTIONS.items()))
def test_every_corporate_action_is_known(word: str, kind: T) -> None:
    told = one("CorporateAction", ACTION, type=word)

    assert (told.type, told.quantity, told.net, told.trade_date) == (kind, D(40), D(0), date(2026, 10, 9))


def test_a_transaction_tax_is_a_tax() -> None:
    told = one(
        "TransactionTax", STOCK | {"date": "20261006", "taxAmount": "-1.2", "taxDescription": "French FTT"}
    )

    assert (told.type, told.net, told.description, told.source_key) == (T.TAX, D("-1.2"), "French FTT", None)


EAE = OPTION | {
    "date": "20261016", "transactionType": "Expiration", "quantity": "2", "tradePrice": "0.0000",
    "proceeds": "0.00", "commisionsAndTax": "-0.50", "tradeID": "5500000009",
}  # fmt: skip


@pytest.mark.parametrize(("word", "kind"), sorted(history.EVENTS.items()))
def test_every_option_event_stands_for_itself_where_trades_lack_it(word: str, kind: T) -> None:
    told = one("OptionEAE", EAE, transactionType=word)

    assert (told.type, told.quantity, told.price, told.source_key) == (kind, D(2), None, "trade:5500000009")
    assert (told.gross, told.fees, told.net) == (D(0), D("0.50"), D("-0.50"))


def test_the_net_of_an_option_event_without_its_costs_is_unknown() -> None:
    told = one("OptionEAE", EAE, proceeds="-150.00", commisionsAndTax="")

    assert (told.gross, told.fees, told.net) == (D(-150), None, None)


def xml(*rows: tuple[str, dict[str, str]], account: str = "U7654321") -> bytes:
    told = "".join(
        f"<{name} {' '.join(f'{key}={json.dumps(value)}' for key, value in row.items())}/>\n"
        for name, row in rows
    )
    return (
        '<FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1">\n'
        f'<FlexStatement accountId="{account}" fromDate="20261001" toDate="20261031">\n{told}'
        "</FlexStatement></FlexStatements></FlexQueryResponse>"
    ).encode()


def counted(*rows: tuple[str, dict[str, str]]) -> tuple[list[dict[str, Any]], list[Any]]:
    (found,) = statement.document(xml(*rows))  # type: ignore[misc]  # no error answer
    told, skipped = history.counted(found)
    return [row for row, _ in told], skipped


def test_the_end_of_an_option_that_is_told_twice_is_taken_once() -> None:
    booked = (
        TRADE
        | OPTION
        | {"transactionType": "BookTrade", "notes": "", "tradeID": "5500000009", "ibExecID": ""}
    )
    told, skipped = counted(("Trade", booked), ("OptionEAE", EAE))

    (row,) = told
    assert one("Trade", {k: v for k, v in row.items() if k != "element"}).type is T.OPTION_EXPIRATION
    assert [(s.line, s.reason) for s in skipped] == [(4, "the trades tell this end of an option as well")]


def test_sums_beside_executions_are_not_counted() -> None:
    summed = TRADE | {"levelOfDetail": "SYMBOL_SUMMARY"}
    told, skipped = counted(
        ("Order", TRADE | {"levelOfDetail": "ORDER"}), ("Trade", TRADE), ("SymbolSummary", summed),
        ("AssetSummary", summed), ("Lot", TRADE | {"levelOfDetail": "CLOSED_LOT"}),
        ("CashTransaction", CASH), ("CashTransaction", CASH | {"levelOfDetail": "SUMMARY"}),
    )  # fmt: skip

    assert [row["element"] for row in told] == ["Trade", "CashTransaction"]
    assert [s.line for s in skipped] == [3, 5, 6, 7, 9]


def test_cash_that_is_only_summed_up_is_told_by_its_sums() -> None:
    told, _ = counted(("CashTransaction", CASH | {"levelOfDetail": "SUMMARY"}))

    assert len(told) == 1


@pytest.mark.parametrize(
    ("element", "level"), [("Order", "ORDER"), ("Trade", "ORDER"), ("Trade", "SYMBOL_SUMMARY")]
)
def test_a_query_that_sums_trades_up_is_refused(element: str, level: str) -> None:
    with pytest.raises(StatementUnreadable, match="Line 3: The Flex query sums trades up: tick Execution"):
        counted((element, TRADE | {"levelOfDetail": level}))


def test_elements_that_nobody_knows_are_counted() -> None:
    (found,) = statement.document(xml(("Novelty", {"a": "1"}), ("OpenPosition", STOCK)))  # type: ignore[misc]

    assert history.strangers(found) == {"Novelty"}
    assert not fields.OTHER_ELEMENTS & history.READERS.keys()
