"""What a holding cost: a total is no price per share, and an unknown cost is no cost of nothing."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import conformance
import pytest
from doors import DOORS
from suffered import first, held, home
from told import truth, turn_account

from adapters.sandbox.truth import TruthAccount, TruthPosition
from domain.positions import Flag
from domain.reconciliation import checked

Change = Callable[[TruthPosition], TruthPosition]


def retold(symbol: str, change: Change) -> Callable[[TruthAccount], TruthAccount]:
    """The account with one position told otherwise."""

    def changed(account: TruthAccount) -> TruthAccount:
        told = (change(p) if p.instrument.symbol == symbol else p for p in account.positions)
        return replace(account, positions=tuple(told))

    return changed


def a_share(account: TruthAccount) -> TruthPosition:
    """A long holding of more than a few shares."""
    return next(p for p in account.positions if p.instrument.kind == "equity" and p.quantity > 5)


# What was told in another unit than it is read in; 100 is the multiplier that does not belong there.
SLIPS: dict[str, tuple[Change, Flag]] = {
    "a total where each is meant": (lambda p: replace(p, average_cost=p.cost_basis), Flag.SUSPECT_COST),
    "one of many as the total": (lambda p: replace(p, cost_basis=p.average_cost), Flag.SUSPECT_COST),
    "a price in pence": (lambda p: replace(p, price=p.price * 100), Flag.SUSPECT_PRICE),
    "a value of one": (lambda p: replace(p, market_value=p.price), Flag.SUSPECT_PRICE),
}


@pytest.mark.parametrize("slip", SLIPS)
async def test_7_a_figure_in_another_unit_is_flagged_and_not_shown_as_fact(slip: str, tmp_path: Path) -> None:
    """Naive: multiplies or divides by the number of shares once too often, and shows a loss of 99 %."""
    change, flag = SLIPS[slip]
    with home(tmp_path, "etrade") as made:
        account = truth(made, "etrade").accounts[0]
        symbol = a_share(account).instrument.symbol
        turn_account(made, "etrade", retold(symbol, change))

        await first(made)

        flags = {name: set(row["flags"].split(",")) - {""} for name, row in held(made).items()}
        assert flags.pop(symbol) == {flag.value}
        # What is told in one unit is under no suspicion.
        assert set().union(*flags.values()) == set()


@pytest.mark.parametrize("name", DOORS)
async def test_7_no_healthy_position_of_any_brokerage_is_under_suspicion(name: str) -> None:
    """Naive: one rule for all brokerages, wrong for those that tell totals, contracts or bonds otherwise."""
    door, sandbox = conformance.played(name)
    grant = await conformance.signed_in(door, sandbox, name)
    doubted = {Flag.SUSPECT_COST, Flag.SUSPECT_PRICE}

    accounts = (await door.accounts(grant)).rows
    told = [row for account in accounts for row in (await door.positions(grant, account)).rows]

    assert told
    assert [row.instrument.symbol for row in told if doubted & set(checked(row).flags)] == []


@pytest.mark.parametrize("brokerage", ["etrade", "ibkr", "schwab", "tastytrade", "tradier", "webull"])
async def test_8_a_cost_of_zero_after_a_transfer_is_unknown(brokerage: str, tmp_path: Path) -> None:
    """Naive: shows a cost of nothing, and all of the value as gain."""

    def moved_here(position: TruthPosition) -> TruthPosition:
        nothing = Decimal(0)
        return replace(
            position, average_cost=nothing, cost_basis=nothing, unrealized_gain=position.market_value
        )

    with home(tmp_path, brokerage) as made:
        symbol = a_share(truth(made, brokerage).accounts[0]).instrument.symbol
        turn_account(made, brokerage, retold(symbol, moved_here))

        await first(made)

        row = held(made)[symbol]
        assert (row["average_cost"], row["cost_basis"], row["unrealized_gain"]) == (None, None, None)
        assert "cost_unknown" in row["flags"].split(",")
        assert row["market_value"] is not None
