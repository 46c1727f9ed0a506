"""What is held stays one thing, whatever it is called (16), and an option is one contract (28)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import house
import pytest
from house import House
from sqlalchemy import select
from suffered import again, first, held, history, home
from told import shown, truth, turn, turn_account

from adapters.sandbox.truth import Truth, TruthAccount, TruthInstrument, TruthOption, TruthPosition
from adapters.sql.tables import instruments
from domain.instruments import CUSIP, ISIN, Instrument, InstrumentKind, OptionTerms, Right, option_instrument

EXPIRES = date.today() + timedelta(days=200)  # noqa: DTZ011 - any day to come


def named(old: str, **more: str) -> Callable[[TruthAccount], TruthAccount]:
    """The account when an instrument is called otherwise, also in all that is told of the past."""

    def told(one: TruthInstrument) -> TruthInstrument:
        return replace(one, **more) if one.symbol == old else one  # type: ignore[arg-type]  # texts

    def changed(account: TruthAccount) -> TruthAccount:
        positions = tuple(replace(p, instrument=told(p.instrument)) for p in account.positions)
        rows = tuple(
            row if row.instrument is None else replace(row, instrument=told(row.instrument))
            for row in account.transactions
        )
        return replace(account, positions=positions, transactions=rows)

    return changed


def resolved(made: House, one: Instrument, *, held: bool = False) -> str:
    day = date(2026, 6, 1)
    return made.store.write_now(lambda uow: uow.instruments.resolve([one], day, held=held))[one]


def column(made: House, what: Any) -> Any:
    """The one value of a column."""
    return made.store.read_now(lambda uow: uow.sql.execute(select(what)).scalar_one())


def owners(made: House) -> dict[str, str]:
    return {symbol: row["instrument_id"] for symbol, row in held(made).items()}


@pytest.mark.parametrize("brokerage", ["alpaca", "schwab"])
async def test_16_after_a_change_of_ticker_it_is_the_same_instrument(brokerage: str, tmp_path: Path) -> None:
    """Naive: knows a holding by its ticker, closes one and opens another without history."""
    with home(tmp_path, brokerage) as made:
        connection = await first(made)
        before, rows = owners(made), len(history(made))
        old = next(p for p in truth(made, brokerage).accounts[0].positions if p.instrument.kind == "equity")
        turn_account(made, brokerage, named(old.instrument.symbol, symbol="XNEW"))

        run = await again(made, connection)

        assert owners(made)["XNEW"] == before[old.instrument.symbol]
        assert owners(made).keys() - before.keys() == {"XNEW"}
        assert sum(r.added + r.removed for r in run.results) == 0
        assert len(history(made)) == rows
        # All of its history is found under the new name as well.
        assert old.instrument.symbol not in {row["symbol"] for row in history(made)}


async def test_16_a_new_ticker_is_noticed_although_instruments_are_remembered(tmp_path: Path) -> None:
    """Naive: looks an instrument up once and calls it so until the next start of the program."""
    with home(tmp_path, "robinhood") as made:
        connection = await first(made)
        asked = []
        for days in (0, 2):
            made.clock.ahead = timedelta(days=days)
            made.calls.clear()
            await again(made, connection)
            asked.append(any("/instruments/?ids=" in call for call in made.calls))

        assert asked == [False, True]


async def test_16_an_identifier_that_changes_makes_no_other_instrument(tmp_path: Path) -> None:
    """Naive: takes the new CUSIP after a reverse split for a new holding."""
    own = ("x:asset", "a-1")
    told = [
        Instrument(InstrumentKind.EQUITY, "XOLD", identifiers=(own, (CUSIP, "9X0010106"))),
        Instrument(InstrumentKind.EQUITY, "XOLD", identifiers=(own, (CUSIP, "9X0010999"))),
        Instrument(InstrumentKind.EQUITY, "XOLD", identifiers=((CUSIP, "9X0010999"),)),
        Instrument(InstrumentKind.EQUITY, "XOLD", identifiers=((CUSIP, "9X0010106"),)),
        Instrument(InstrumentKind.EQUITY, "XOLD"),
    ]
    with home(tmp_path, "alpaca") as made:
        assert len({resolved(made, one) for one in told}) == 1


def test_16_another_way_to_write_a_symbol_is_no_other_symbol(tmp_path: Path) -> None:
    """Naive: renames a holding with every brokerage that is asked."""
    told = [
        Instrument(InstrumentKind.EQUITY, symbol, identifiers=((CUSIP, "9X0010106"),))
        for symbol in ("VOD", "VOD.L", "BRK.B", "BRK/B")
    ]
    with home(tmp_path, "alpaca") as made:
        seen = []
        for one in told:
            resolved(made, one, held=True)
            seen.append(column(made, instruments.c.symbol))

        assert seen == ["VOD", "VOD", "BRK.B", "BRK.B"]


def test_16_a_symbol_of_another_market_is_no_name_for_everybody(tmp_path: Path) -> None:
    """Naive: shows a share under whatever symbol somebody's last sync told."""
    told = [
        Instrument(InstrumentKind.EQUITY, symbol, currency=currency, identifiers=((ISIN, "XX0000000106"),))
        for symbol, currency in (("XACN", "USD"), ("QQ7", "EUR"), ("XNEW", "USD"))
    ]
    with home(tmp_path, "alpaca") as made:
        seen = []
        for one in told:
            resolved(made, one, held=True)
            seen.append(column(made, instruments.c.symbol))

        assert seen == ["XACN", "XACN", "XNEW"]


CONTRACT = TruthInstrument(
    "option",
    TruthOption("XACN", EXPIRES, "call", Decimal("152.5")).occ,
    "",
    "",
    "00000000-0000-4000-8000-000000000001",
    TruthOption("XACN", EXPIRES, "call", Decimal("152.5")),
    Decimal("3.20"),
    990_001,
)
TELLERS = ("ally", "alpaca", "etrade", "schwab", "tastytrade", "tradestation")


def holding(truth: Truth) -> Truth:
    """Two contracts of it, and nothing else."""
    position = TruthPosition(
        CONTRACT, Decimal(2), Decimal("2.50"), Decimal(500), CONTRACT.price, Decimal(640), Decimal(140)
    )
    account = replace(truth.accounts[0], positions=(position,), transactions=())
    return replace(truth, accounts=(account,))


async def test_28_one_contract_is_one_instrument_however_it_is_spelled(tmp_path: Path) -> None:
    """Naive: an instrument for each spelling, quantities in shares here and in contracts there."""
    made = house.build(tmp_path, *TELLERS, rows=5)
    try:
        for brokerage in TELLERS:
            turn(made, brokerage, holding)
            await made.connected(brokerage)
            await made.run()

        told = list(shown(made).positions.items())
        assert len(told) == len(TELLERS)
        assert len({instrument for (_, instrument, _), _ in told}) == 1
        # Quantity in contracts, average cost of one share, cost and value of all of it.
        assert {figures[:3] for _, figures in told} == {(Decimal(2), Decimal("2.50"), Decimal(500))}
        assert {figures[4] for _, figures in told} == {Decimal(640)}
        (row,) = {
            tuple(row[n] for n in ("symbol", "multiplier", "flags")) for row in [held(made)[CONTRACT.symbol]]
        }
        assert row[:2] == (CONTRACT.symbol, Decimal(100))
    finally:
        made.store.close()


def test_28_a_multiplier_is_learnt_when_it_is_told_and_none_is_assumed(tmp_path: Path) -> None:
    """Naive: every contract is of a hundred, whatever was split or merged."""
    untold = OptionTerms("XACN1", EXPIRES, Right.CALL, Decimal(150))
    told = replace(untold, multiplier=Decimal(10))
    with home(tmp_path, "alpaca") as made:
        found = []
        for terms in (untold, told, untold):
            resolved(made, option_instrument(terms))
            found.append(column(made, instruments.c.multiplier))

        assert found == [None, Decimal(10), Decimal(10)]
