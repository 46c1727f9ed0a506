"""14: pence are no pounds. Neither are cents of the rand, nor agorot of the shekel."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import filed
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suffered import first, held, history, home
from told import truth, turn_account

from adapters.kit.units import in_currency
from adapters.sandbox.reply import Reply
from adapters.sandbox.stage import Stage
from adapters.sandbox.truth import TruthAccount, TruthPosition
from domain.instruments import Instrument, InstrumentKind
from domain.money import MINOR_UNITS
from domain.positions import Position

ONE, HUNDRED = Decimal(1), Decimal(100)


def british(totals: Decimal = ONE) -> Callable[[TruthAccount], TruthAccount]:
    """The account of somebody in London, with the totals of positions divided by that."""

    def position(one: TruthPosition) -> TruthPosition:
        return replace(
            one,
            cost_basis=one.cost_basis / totals,
            market_value=one.market_value / totals,
            unrealized_gain=one.unrealized_gain / totals,
        )

    def changed(account: TruthAccount) -> TruthAccount:
        positions = tuple(position(one) for one in account.positions if one.instrument.option is None)
        return replace(account, currency="GBP", positions=positions)

    return changed


def positions_in(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the sandbox names that unit where it tells positions, and nowhere else."""
    hear = Stage.hear

    def told(stage: Stage, method: str, url: str, *rest: Any) -> Reply:
        reply = hear(stage, method, url, *rest)
        if "/positions" not in url:
            return reply
        return replace(reply, body=reply.body.replace(b'"currency":"GBP"', f'"currency":"{unit}"'.encode()))

    monkeypatch.setattr(Stage, "hear", told)


@pytest.mark.parametrize("unit", MINOR_UNITS)
async def test_14_what_is_told_in_pence_is_shown_in_pounds(
    unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naive: takes GBX for a currency, or for GBP, and shows a hundred times what is there."""
    with home(tmp_path, "ibkr") as made:
        turn_account(made, "ibkr", british())
        positions_in(unit, monkeypatch)

        await first(made)

        told = truth(made, "ibkr").accounts[0].positions
        assert len(told) == len(held(made))
        for one in told:
            row = held(made)[one.instrument.symbol]
            assert (row["price"], row["market_value"]) == (one.price / HUNDRED, one.market_value / HUNDRED)
            assert (row["currency"], row["flags"]) == (MINOR_UNITS[unit], "")


async def test_14_totals_that_are_in_pounds_already_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naive: divides all figures of the row by 100, or none."""
    with home(tmp_path, "ibkr") as made:
        turn_account(made, "ibkr", british(HUNDRED))
        positions_in("GBX", monkeypatch)

        await first(made)

        for one in truth(made, "ibkr").accounts[0].positions:
            row = held(made)[one.instrument.symbol]
            assert (row["price"], row["market_value"]) == (one.price / HUNDRED, one.market_value)
            assert (row["average_cost"], row["currency"]) == (one.average_cost / HUNDRED, "GBP")


async def test_14_a_fill_in_pence_costs_pounds(tmp_path: Path) -> None:
    """Naive: a purchase of a hundred times the money, and cash far below nothing."""

    def in_pence(account: TruthAccount) -> TruthAccount:
        return replace(account, transactions=tuple(replace(r, currency="GBX") for r in account.transactions))

    with home(tmp_path, "etrade") as made:
        turn_account(made, "etrade", in_pence)

        await first(made)

        told = truth(made, "etrade").accounts[0].transactions
        shown = history(made)
        assert {row["currency"] for row in shown} == {"GBP"}
        assert sum(row["net"] for row in shown) * HUNDRED == sum(row.net or 0 for row in told)


FIGURES = st.decimals("0.01", 100_000, places=2)


@given(FIGURES, FIGURES, st.booleans(), st.sampled_from(sorted(MINOR_UNITS)))
def test_14_price_times_quantity_is_the_value_afterwards(
    price: Decimal, quantity: Decimal, pounds: bool, unit: str
) -> None:
    """Naive: is off by exactly 100 in one of the two cases."""
    value = quantity * price
    told = Position(
        Instrument(InstrumentKind.EQUITY, "VOD", currency=unit),
        quantity,
        unit,
        price=price,
        market_value=value / HUNDRED if pounds else value,
    )

    shown = in_currency(told)

    assert shown.price is not None
    assert shown.quantity * shown.price == shown.market_value == value / HUNDRED
    assert (shown.currency, shown.instrument.currency) == (MINOR_UNITS[unit], MINOR_UNITS[unit])


def test_14_a_file_in_pence_is_read_in_pounds() -> None:
    """Naive: has the rule in one reader and not in the other."""
    file = filed.named("vanguard", "account-1.qfx")
    (plain,), (pence,) = (
        filed.read("vanguard", content).accounts
        for content in (file.content, file.content.replace(b"<CURDEF>USD", b"<CURDEF>GBX"))
    )

    assert pence.positions
    assert plain.positions
    assert [one.market_value for one in plain.positions] == [
        one.market_value and one.market_value * HUNDRED for one in pence.positions
    ]
    assert {one.currency for one in pence.positions} == {"GBP"}
    assert {one.currency for one in pence.transactions} == {"GBP"}
