"""10: what was sold is gone; what only has no price is not."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from suffered import again, first, held, home
from told import truth, turn_account

from adapters.sandbox.truth import TruthAccount
from domain.syncs import RunState


@pytest.mark.parametrize("brokerage", ["alpaca", "etrade", "schwab", "sofi"])
async def test_10_what_was_sold_disappears_with_the_next_snapshot(brokerage: str, tmp_path: Path) -> None:
    """Naive: updates what is told and never looks for what is not."""

    def sold(account: TruthAccount) -> TruthAccount:
        gone, *rest = account.positions
        more = account.cash + gone.market_value
        return replace(account, positions=tuple(rest), cash=more, settled_cash=more)

    with home(tmp_path, brokerage) as made:
        known = await first(made)
        before = set(held(made))
        turn_account(made, brokerage, sold)

        run = await again(made, known)

        assert run.state is RunState.SUCCEEDED
        assert set(held(made)) == {p.instrument.symbol for p in truth(made, brokerage).accounts[0].positions}
        assert len(before - set(held(made))) == 1


async def test_10_what_has_no_price_is_held_all_the_same(tmp_path: Path) -> None:
    """Naive: goes through what has a price, and closes what was suspended from trading."""

    def suspended(account: TruthAccount) -> TruthAccount:
        one, *rest = account.positions
        nothing = Decimal(0)
        stopped = replace(one, price=nothing, market_value=nothing, unrealized_gain=-one.cost_basis)
        lost = one.market_value
        return replace(account, positions=(stopped, *rest), total_value=account.total_value - lost)

    with home(tmp_path, "etrade") as made:
        known = await first(made)
        before = {symbol: row["quantity"] for symbol, row in held(made).items()}
        turn_account(made, "etrade", suspended)

        run = await again(made, known)

        assert run.state is RunState.SUCCEEDED
        assert {symbol: row["quantity"] for symbol, row in held(made).items()} == before
