"""One customer of a brokerage through two doors of it: the same accounts, the same rows, nothing twice."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import house
import pytest
from house import House
from sqlalchemy import select
from told import Shown, changes, shown, truth, turn_account

from adapters.sandbox.truth import TruthAccount
from adapters.sql.tables import accounts, transactions
from domain.syncs import RunState

PAIRS = (
    ("fidelity", "fdx", "plaid"),
    ("fidelity", "plaid", "fdx"),
    ("merrill", "direct", "fdx"),
    ("merrill", "direct", "plaid"),
)


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[House, str, str, str]]:
    brokerage, first, second = request.param
    made = house.build(tmp_path, brokerage, rows=60)
    yield made, brokerage, first, second
    made.store.close()


async def connected(made: House, brokerage: str, door: str) -> tuple[str, set[str], tuple[int, ...]]:
    """The connection, the accounts it leads to, and what its first sync changed in transactions."""
    view = await made.connected(brokerage, door_id=door)
    assert view.connection is not None
    run = await made.run()
    assert run is not None
    assert run.state is RunState.SUCCEEDED
    rows = [result for result in run.results if result.dataset.value == "transactions"]
    moved = tuple(sum(getattr(r, name) for r in rows) for name in ("added", "modified", "removed"))
    return view.connection.id, {account.id for account in view.accounts}, moved


def ids(made: House) -> set[str]:
    return made.store.read_now(lambda uow: set(uow.sql.execute(select(accounts.c.id)).scalars()))


def living(made: House) -> dict[str, str]:
    """Key of each row that is not removed -> its status."""
    t = transactions.c
    rows = select(t.account_id, t.key, t.status).where(t.status != "removed")
    return made.store.read_now(
        lambda uow: {f"{account}/{key}": status for account, key, status in uow.sql.execute(rows)}
    )


def quantities(told: Shown) -> dict[object, object]:
    return {key: figures[0] for key, figures in told.positions.items()}


def rows_of(made: House, brokerage: str) -> int:
    return sum(len(account.transactions) for account in truth(made, brokerage).accounts)


async def test_both_doors_lead_to_the_same_accounts_and_rows(pair: tuple[House, str, str, str]) -> None:
    made, brokerage, first, second = pair
    one, mine, _ = await connected(made, brokerage, first)
    rows, before = living(made), shown(made)
    assert len(rows) == rows_of(made, brokerage)

    other, theirs, moved = await connected(made, brokerage, second)

    assert one != other
    assert mine == theirs == ids(made)
    assert living(made) == rows
    assert moved == (0, 0, 0)
    assert quantities(shown(made)) == quantities(before)
    for connection in (one, other, one):
        run = await made.synced(connection, force=True)
        assert [r for r in run.results if r.dataset.value == "transactions" and (r.added or r.removed)] == []
        assert living(made) == rows


async def test_a_pending_row_that_posts_stays_one_row(pair: tuple[House, str, str, str]) -> None:
    made, brokerage, first, second = pair
    connections = [(await connected(made, brokerage, door))[0] for door in (first, second)]
    before = living(made)
    assert "pending" in before.values()

    def posts(account: TruthAccount) -> TruthAccount:
        done = [row if row.posted else replace(row, status="POSTED") for row in account.transactions]
        return replace(account, transactions=tuple(done))

    for place in range(len(truth(made, brokerage).accounts)):
        turn_account(made, brokerage, posts, place)
    # The door that came second hears of it first.
    for connection in reversed(connections):
        await made.synced(connection, force=True)

    after = living(made)
    assert after.keys() == before.keys()
    assert set(after.values()) == {"posted"}
    for connection in connections:
        assert changes(await made.synced(connection, force=True))[::2] == (0, 0)


async def test_accounts_that_a_provider_cannot_tell_just_now_stay_as_they_were(tmp_path: Path) -> None:
    """206: what came is used, the run is partial, and what is lacking comes back with its rows."""
    made = house.build(tmp_path, "fidelity", rows=40)
    connection, mine, _ = await connected(made, "fidelity", "fdx")
    rows, before = living(made), shown(made)
    sandbox: Any = made.stage.faulty["fidelity"].sandbox
    sandbox.fdx.failing = frozenset({sandbox.play.accounts[0].number})

    partial = await made.synced(connection)
    after = shown(made)
    sandbox.fdx.failing = frozenset()
    whole = await made.synced(connection)

    assert partial.state is RunState.PARTIALLY_SUCCEEDED
    assert (living(made), ids(made)) == (rows, mine)
    assert quantities(after) == quantities(before)
    assert (whole.state, changes(whole)) == (RunState.SUCCEEDED, (0, 0, 0))
    made.store.close()


async def test_a_first_list_that_lacks_accounts_is_partial(tmp_path: Path) -> None:
    made = house.build(tmp_path, "fidelity", rows=40)
    sandbox: Any = made.stage.faulty["fidelity"].sandbox
    sandbox.fdx.failing = frozenset({sandbox.play.accounts[0].number})
    view = await made.connected("fidelity")

    run = await made.run()

    assert len(view.accounts) == 1
    assert run is not None
    assert run.state is RunState.PARTIALLY_SUCCEEDED
    (result,) = [r for r in run.results if r.dataset.value == "accounts"]
    assert result.failure is not None
    assert result.failure.reason == "BROKERAGE_UNAVAILABLE"
    made.store.close()
