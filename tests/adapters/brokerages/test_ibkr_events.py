"""Interactive Brokers: transfers, corporate actions, taxes and ends of options in Flex; each counted once."""

from datetime import date

import pytest
from flex_rows import ACTION, CASH, EAE, OPTION, STOCK, TRADE, TRANSFER, D, counted, one, read, xml

from adapters.brokerages.ibkr import fields, history, statement
from domain.errors import StatementUnreadable, UnreadableReply
from domain.transactions import TransactionType as T


@pytest.mark.parametrize("word", "INTERNAL INTERCOMPANY ACATS ACAT ATON FOP OTC".split())
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


@pytest.mark.parametrize(
    ("told", "price"),
    [
        ({"transferPrice": "50"}, "50"),
        ({"positionAmount": "-512.3"}, "51.23"),
        ({"positionAmount": ""}, None),
    ],
)
def test_the_price_of_what_is_transferred_is_told_or_that_of_its_value(
    told: dict[str, str], price: str | None
) -> None:
    assert one("Transfer", TRANSFER | told).price == (None if price is None else D(price))


def test_a_transfer_without_direction_is_unreadable() -> None:
    with pytest.raises(UnreadableReply, match="direction"):
        read("Transfer", TRANSFER, direction="SIDEWAYS")


@pytest.mark.parametrize(
    ("word", "kind"),
    [("FS", T.SPLIT), ("RS", T.SPLIT), ("SD", T.STOCK_DIVIDEND), ("HI", T.STOCK_DIVIDEND),
     ("CD", T.DIVIDEND), ("SO", T.SPINOFF), ("IC", T.SYMBOL_CHANGE), ("TC", T.MERGER), ("TO", T.MERGER),
     ("RI", T.MERGER), ("DW", T.MERGER), ("BM", T.MERGER), ("BC", T.MERGER), ("CH", T.MERGER)],
)  # fmt: skip
def test_every_corporate_action_is_known(word: str, kind: T) -> None:
    told = one("CorporateAction", ACTION, type=word)

    assert (told.type, told.quantity, told.net, told.trade_date) == (kind, D(40), D(0), date(2026, 10, 9))


@pytest.mark.parametrize("word", "CA CC CI CO CP CS CT DI ED FA FI GV HD OR PI PV SR TI TM".split())
def test_corporate_actions_whose_letters_nobody_explains_are_other_and_known(word: str) -> None:
    told = one("CorporateAction", ACTION, type=word)  # nothing in the notes

    assert (told.type, told.source_type) == (T.OTHER, word)


def test_a_corporate_action_of_letters_that_are_new_is_kept_and_counted() -> None:
    (told,), notes = read("CorporateAction", ACTION, type="ZZ")

    assert told.type is T.OTHER
    assert notes.words == {"CorporateAction.ZZ": 1}


def test_a_transaction_tax_is_a_tax() -> None:
    told = one(
        "TransactionTax", STOCK | {"date": "20261006", "taxAmount": "-1.2", "taxDescription": "French FTT"}
    )

    assert (told.type, told.net, told.description, told.source_key) == (T.TAX, D("-1.2"), "French FTT", None)


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Assignment", T.OPTION_ASSIGNMENT), ("Exercise", T.OPTION_EXERCISE), ("Buy", T.BUY), ("Sell", T.SELL),
     ("Expiration", T.OPTION_EXPIRATION), ("Cash Settlement", T.OPTION_EXERCISE)],
)  # fmt: skip
def test_every_option_event_stands_for_itself_where_trades_lack_it(word: str, kind: T) -> None:
    told = one("OptionEAE", EAE, transactionType=word)

    assert (told.type, told.quantity, told.price, told.source_key) == (kind, D(2), None, "trade:5500000009")
    assert (told.gross, told.fees, told.net) == (D(0), D("0.50"), D("-0.50"))


def test_the_costs_of_an_option_s_end_are_misspelt_on_the_wire() -> None:
    told = one("OptionEAE", EAE, commisionsAndTax="-1.25")
    _, notes = read("OptionEAE", EAE, commissionsAndTax="-1.25")

    assert told.fees == D("1.25")
    assert notes.fields == {"OptionEAE.commissionsAndTax": 1}


def test_the_net_of_an_option_event_without_its_costs_is_unknown() -> None:
    told = one("OptionEAE", EAE, proceeds="-150.00", commisionsAndTax="")

    assert (told.gross, told.fees, told.net) == (D(-150), None, None)


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


def test_a_trade_that_tells_no_level_of_detail_is_one() -> None:
    told, skipped = counted(("Trade", TRADE | {"levelOfDetail": ""}))

    assert (len(told), skipped) == (1, [])


def test_cash_that_is_only_summed_up_is_told_by_its_sums() -> None:
    told, _ = counted(("CashTransaction", CASH | {"levelOfDetail": "SUMMARY"}))

    assert len(told) == 1


@pytest.mark.parametrize(
    ("element", "level"),
    [("Order", "ORDER"), ("Trade", "ORDER"), ("Trade", "SYMBOL_SUMMARY"), ("Trade", "NOVELTY")],
)
def test_a_query_that_sums_trades_up_is_refused(element: str, level: str) -> None:
    with pytest.raises(StatementUnreadable, match="Line 3: The Flex query sums trades up: tick Execution"):
        counted((element, TRADE | {"levelOfDetail": level}))


def test_elements_that_nobody_knows_are_counted() -> None:
    (found,) = statement.document(xml(("Novelty", {"a": "1"}), ("OpenPosition", STOCK)))  # type: ignore[misc]

    assert history.strangers(found) == {"Novelty"}
    assert not fields.OTHER_ELEMENTS & history.READERS.keys()
