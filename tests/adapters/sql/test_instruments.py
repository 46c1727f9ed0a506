"""Instruments that several brokerages tell, each in its own words, and tickers that change hands."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from adapters.sql.engine import SqlStorage
from adapters.sql.tables import instruments
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.instruments import Instrument, InstrumentKind

TODAY = date(2026, 6, 1)
AT_ALPACA = Instrument(InstrumentKind.EQUITY, "XETF", identifiers=(("alpaca:asset", "a-1"),))
AT_SCHWAB = Instrument(InstrumentKind.ETF, "XETF", name="EXAMPLE ETF", identifiers=(("cusip", "9X0010106"),))


def resolved(store: SqlStorage, *told: Instrument, on: date = TODAY) -> list[str]:
    found = store.write_now(lambda uow: uow.instruments.resolve(told, on))
    return [found[instrument] for instrument in told]


@pytest.mark.parametrize("order", [(AT_ALPACA, AT_SCHWAB), (AT_SCHWAB, AT_ALPACA)])
def test_two_brokerages_words_for_one_symbol_are_one_instrument(
    store: SqlStorage, order: tuple[Instrument, Instrument]
) -> None:
    (first,), (second,) = resolved(store, order[0]), resolved(store, order[1])

    row = store.read_now(lambda uow: uow.sql.execute(select(instruments.c.kind, instruments.c.name)).one())
    assert first == second
    assert tuple(row) == ("etf", "EXAMPLE ETF")


@pytest.mark.parametrize("order", [(AT_ALPACA, AT_SCHWAB), (AT_SCHWAB, AT_ALPACA)])
def test_told_to_two_writers_at_once_they_are_one(
    store: SqlStorage, order: tuple[Instrument, Instrument]
) -> None:
    told = threading.Event()

    def slowly(uow: SqlUnitOfWork) -> str:
        found = uow.instruments.resolve([order[0]], TODAY)
        told.set()
        time.sleep(0.3)  # the other one meets it before this one is stored
        return found[order[0]]

    with ThreadPoolExecutor() as threads:
        first = threads.submit(store.write_now, slowly)
        told.wait(10)
        (second,) = resolved(store, order[1])

    assert first.result() == second
    assert resolved(store, *order) == [second, second]


def test_told_at_once_they_are_one_as_well(store: SqlStorage) -> None:
    first, second = resolved(store, AT_ALPACA, AT_SCHWAB)

    assert first == second


def test_a_ticker_that_now_belongs_to_another_cusip_is_another_instrument(store: SqlStorage) -> None:
    other = Instrument(InstrumentKind.ETF, "XETF", name="ANOTHER", identifiers=(("cusip", "9X0020105"),))
    (before,) = resolved(store, AT_SCHWAB)

    (after,) = resolved(store, other, on=date(2026, 7, 1))
    (again,) = resolved(store, AT_SCHWAB, on=date(2026, 8, 1))

    assert after != before
    # The old one is still known by what is its own.
    assert again == before


def test_a_symbol_alone_means_who_bears_it_now(store: SqlStorage) -> None:
    bare = Instrument(InstrumentKind.EQUITY, "XETF")
    other = Instrument(InstrumentKind.ETF, "XETF", identifiers=(("cusip", "9X0020105"),))
    resolved(store, AT_SCHWAB)
    (heir,) = resolved(store, other, on=date(2026, 7, 1))

    (meant,) = resolved(store, bare, on=date(2026, 8, 1))

    assert meant == heir


def test_a_coin_and_a_stock_may_share_a_symbol(store: SqlStorage) -> None:
    coin, stock = Instrument(InstrumentKind.CRYPTO, "XBT"), Instrument(InstrumentKind.EQUITY, "XBT")

    first, second = resolved(store, coin, stock)

    assert first != second
