"""What is the same stays the same: accounts that bear one name (2), fills that are equal (4)."""

from dataclasses import replace
from pathlib import Path

import house
import pytest
from house import House
from sqlalchemy import select
from suffered import ROWS, again, first, history, home
from told import connection, shown, truth, turn, turn_account

from adapters.sandbox.truth import Truth, TruthAccount
from adapters.sql.tables import accounts, transaction_versions
from domain.connections import ConnectionState
from domain.syncs import RunState


def known(made: House) -> dict[str, str]:
    """Names of accounts by id."""
    found = select(accounts.c.id, accounts.c.name)
    return made.store.read_now(lambda uow: {row[0]: row[1] for row in uow.sql.execute(found)})


@pytest.mark.parametrize("brokerage", ["etrade", "schwab", "sofi"])
async def test_2_names_say_nothing_about_which_account_it_is(brokerage: str, tmp_path: Path) -> None:
    """Naive: finds the account by its name, and has the rows of one in the other from then on."""

    def swapped(truth: Truth) -> Truth:
        one, other = truth.accounts[:2]
        return replace(truth, accounts=(replace(other, name=one.name), replace(one, name=other.name)))

    def alike(truth: Truth) -> Truth:
        return replace(truth, accounts=tuple(replace(account, name="Same") for account in truth.accounts))

    made = house.build(tmp_path, brokerage, rows=ROWS)
    try:
        connection_id = await first(made)
        before, ids = shown(made), set(known(made))
        for change in (swapped, alike):
            turn(made, brokerage, change)

            run = await again(made, connection_id, force=True)
            anew = await made.connected(brokerage)
            await made.run()

            assert run.state is RunState.SUCCEEDED
            assert {account.id for account in anew.accounts} == set(known(made)) == ids
            assert shown(made) == before
            assert sum(r.added + r.removed for r in run.results) == 0
    finally:
        made.store.close()


# Tradier gives its rows no ids.
@pytest.mark.parametrize("brokerage", ["ally", "etrade", "schwab", "tradier"])
async def test_4_two_fills_that_are_equal_in_everything_stay_two(brokerage: str, tmp_path: Path) -> None:
    """Naive: keeps a set of what it has seen, and the second fill of a hundred shares is a duplicate."""

    def doubled(account: TruthAccount) -> TruthAccount:
        rows = list(account.transactions)
        place = next(n for n, row in enumerate(rows) if row.type == "BUY" and row.posted)
        rows.insert(place, replace(rows[place], number=9_999_999, uuid="9" * 8 + rows[place].uuid[8:]))
        return replace(account, transactions=tuple(rows))

    with home(tmp_path, brokerage) as made:
        turn_account(made, brokerage, doubled)
        told = len(truth(made, brokerage).accounts[0].transactions)

        connection_id = await first(made)
        whole = len(history(made))
        run = await again(made, connection_id, force=True)

        assert run.state is RunState.SUCCEEDED
        assert whole == told == ROWS + 1
        assert sum(r.added + r.modified + r.removed for r in run.results) == 0


async def test_6_what_a_brokerage_corrects_or_takes_back_is_not_added_again(tmp_path: Path) -> None:
    """Naive: adds the corrected row beside the wrong one, and keeps for ever what was cancelled."""

    def mended(account: TruthAccount) -> TruthAccount:
        rows = list(account.transactions)
        places = [n for n, row in enumerate(rows) if row.posted and row.net]
        wrong, gone = places[0], places[2]
        net, gross = (figure and figure + 1 for figure in (rows[wrong].net, rows[wrong].gross))
        rows[wrong] = replace(rows[wrong], net=net, gross=gross)
        del rows[gone]
        return replace(account, transactions=tuple(rows))

    with home(tmp_path, "sofi") as made:
        connection_id = await first(made)
        rows = len(history(made))
        turn_account(made, "sofi", mended)

        await again(made, connection_id, force=True)

        former = made.store.read_now(lambda uow: len(uow.sql.execute(select(transaction_versions)).all()))
        assert len(history(made)) == rows - 1
        assert former == 2
        assert connection(made, connection_id).state is ConnectionState.ACTIVE
