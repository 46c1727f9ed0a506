"""Laws 4 and 5: however often and in whatever way a user connects, accounts and rows are the same ones."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import house
import pytest
from doors import CONNECTABLE
from house import House, Woken
from postgres import Postgres
from sqlalchemy import select, update
from told import Shown, changes, connection, shown, truth, turn, turn_account

from adapters.sandbox.truth import Truth, TruthAccount, TruthTransaction
from adapters.sql.tables import accounts, sync_runs
from brokerlink.usecases.connecting import SessionView
from brokerlink.usecases.disconnect import Disconnect
from domain.connections import ConnectionState, SessionState
from domain.syncs import RunState

# The laws are the engine's, whatever the database: four brokerages show them on the other one as well.
ON_BOTH = ("alpaca", "etrade", "robinhood", "schwab")
PLACES = [("sqlite", name) for name in CONNECTABLE] + [("postgresql", name) for name in ON_BOTH]


@pytest.fixture(params=PLACES, ids="-".join)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A new database's address, and a brokerage."""
    engine, brokerage = request.param
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/brokerlink.db", brokerage
        return
    server: Postgres = request.getfixturevalue("postgresql")
    address = server.create()
    yield address, brokerage
    server.drop(address)


@pytest.fixture
def made(place: tuple[str, str]) -> Iterator[House]:
    database, brokerage = place
    built = house.build(database, brokerage, rows=30)
    yield built
    built.store.close()


def only(made: House) -> str:
    (brokerage,) = made.stage.faulty
    return brokerage


async def synced_first(made: House, user: str = "user-1") -> str:
    view = await made.connected(only(made), user)
    assert view.connection is not None
    run = await made.run()
    assert run is not None
    assert run.state is RunState.SUCCEEDED
    return view.connection.id


def ids(made: House, user: str = "user-1") -> set[str]:
    mine = select(accounts.c.id).where(accounts.c.user_id == user)
    return made.store.read_now(lambda uow: set(uow.sql.execute(mine).scalars()))


def linked(view: SessionView) -> set[str]:
    return {account.id for account in view.accounts}


async def unchanged_after(made: House, view: SessionView, before: Shown) -> None:
    """The sync that connecting has queued finds nothing new."""
    assert view.session.state is SessionState.SUCCEEDED
    assert linked(view) == ids(made)
    run = await made.run()
    assert run is not None
    assert (run.state, changes(run)) == (RunState.SUCCEEDED, (0, 0, 0))
    assert shown(made) == before


# ---- connecting again


async def test_reconnecting_lands_on_the_same_connection_accounts_and_rows(made: House) -> None:
    known = await synced_first(made)
    before, mine = shown(made), ids(made)

    view = await made.connected(only(made), reconnect_connection_id=known)

    assert view.connection is not None
    assert view.connection.id == known
    await unchanged_after(made, view, before)
    assert ids(made) == mine


async def test_connecting_in_the_plain_way_again_lands_on_them_as_well(made: House) -> None:
    known = await synced_first(made)
    before, mine = shown(made), ids(made)

    view = await made.connected(only(made))

    assert view.connection is not None
    assert view.connection.id == known
    await unchanged_after(made, view, before)
    assert ids(made) == mine


async def test_connecting_after_a_disconnect_is_a_new_connection_to_the_same_accounts(made: House) -> None:
    known = await synced_first(made)
    before, mine = shown(made), ids(made)
    disconnect = Disconnect(made.store, made.catalogue, made.engine.grants, made.clock, Woken())
    await disconnect(connection_id=known)
    assert shown(made) == before, "what was known stays"

    view = await made.connected(only(made))

    assert view.connection is not None
    assert view.connection.id != known
    assert connection(made, known).state is ConnectionState.DISCONNECTED
    await unchanged_after(made, view, before)
    assert ids(made) == mine


async def test_another_user_of_the_same_accounts_has_accounts_of_their_own(made: House) -> None:
    await synced_first(made)
    before = shown(made)

    other = await synced_first(made, "user-2")

    assert connection(made, other).user_id == "user-2"
    assert not ids(made) & ids(made, "user-2")
    assert shown(made) == before
    assert shown(made, "user-2").sizes == before.sizes


def strangers(told: Truth) -> Truth:
    """The same person's figures under other account numbers."""

    def other(account: TruthAccount) -> TruthAccount:
        number = account.number[:-2] + f"{(int(account.number[-2:]) + 37) % 100:02d}"
        return replace(account, number=number, key=account.key[::-1], hash=account.hash[::-1])

    return replace(told, accounts=tuple(other(account) for account in told.accounts))


async def test_reconnecting_with_the_login_of_somebody_else_is_refused(made: House) -> None:
    known = await synced_first(made)
    before, mine = shown(made), ids(made)
    turn(made, only(made), strangers)

    view = await made.connected(only(made), reconnect_connection_id=known)

    assert view.session.state is SessionState.FAILED
    assert view.session.failure is not None
    assert view.session.failure.reason == "IDENTITY_MISMATCH"
    assert (ids(made), shown(made)) == (mine, before)


async def test_a_sync_that_suddenly_meets_other_accounts_stores_nothing_of_them(made: House) -> None:
    known = await synced_first(made)
    before, mine = shown(made), ids(made)
    turn(made, only(made), strangers)

    run = await made.synced(known)

    assert run.state is RunState.FAILED
    assert connection(made, known).reason == "IDENTITY_MISMATCH"
    assert connection(made, known).state is ConnectionState.ACTION_REQUIRED
    assert (ids(made), shown(made)) == (mine, before)


# ---- rows


async def test_identical_twins_stay_two(made: House) -> None:
    await synced_first(made)

    told = truth(made, only(made))
    assert twins(told) > 0, "the truth has no twins to lose"
    assert shown(made).sizes[2] == rows_of(told)


def rows_of(told: Truth) -> int:
    return sum(len(account.transactions) for account in told.accounts)


def twins(told: Truth) -> int:
    """How many trades are equal to another in all but their ids."""
    many = 0
    for account in told.accounts:
        names = Counter(
            (row.type, row.trade_date, row.instrument, row.quantity, row.price)
            for row in account.transactions
            if row.trade
        )
        many += sum(count - 1 for count in names.values())
    return many


async def test_an_incremental_sync_finds_nothing_new_where_nothing_is(made: House) -> None:
    known = await synced_first(made)
    before = shown(made)

    for force in (False, True, False):
        run = await made.synced(known, force=force)

        assert (run.state, changes(run)) == (RunState.SUCCEEDED, (0, 0, 0))
        assert shown(made) == before


def newest_pending(account: TruthAccount) -> TruthTransaction | None:
    return next((row for row in account.transactions if not row.posted), None)


@pytest.fixture
def pending(made: House) -> tuple[int, TruthTransaction]:
    """The place of an account that has a pending row, and that row."""
    for place, account in enumerate(truth(made, only(made)).accounts):
        row = newest_pending(account)
        if row is not None:
            return place, row
    pytest.skip(f"{only(made)} tells no pending rows")


async def test_a_pending_row_that_posts_keeps_its_id(
    made: House, pending: tuple[int, TruthTransaction]
) -> None:
    known = await synced_first(made)
    before = shown(made).transactions
    place, row = pending

    def posts(account: TruthAccount) -> TruthAccount:
        done = replace(row, status="POSTED")
        return replace(account, transactions=tuple(done if r is row else r for r in account.transactions))

    turn_account(made, only(made), posts, place)
    run = await made.synced(known)

    after = shown(made).transactions
    assert after.keys() == before.keys()
    assert changes(run)[0] == changes(run)[2] == 0
    assert changes(run)[1] >= 1


async def test_a_pending_row_that_posts_under_another_id_keeps_its_own(
    made: House, pending: tuple[int, TruthTransaction]
) -> None:
    known = await synced_first(made)
    before = shown(made).transactions
    place, row = pending

    def posts(account: TruthAccount) -> TruthAccount:
        done = replace(row, status="POSTED", number=row.number + 9000, uuid=row.uuid[::-1], order=0)
        return replace(account, transactions=tuple(done if r is row else r for r in account.transactions))

    turn_account(made, only(made), posts, place)
    run = await made.synced(known)

    assert shown(made).transactions.keys() == before.keys()
    assert changes(run)[0] == changes(run)[2] == 0
    assert changes(await made.synced(known)) == (0, 0, 0)


async def test_a_pending_row_that_vanishes_becomes_a_tombstone(
    made: House, pending: tuple[int, TruthTransaction]
) -> None:
    if only(made) in {"etoro", "robinhood"}:
        pytest.skip(f"{only(made)}'s pending rows stand in lists that say what became of each: none vanishes")
    known = await synced_first(made)
    before = shown(made).transactions
    place, row = pending

    def vanishes(account: TruthAccount) -> TruthAccount:
        return replace(account, transactions=tuple(r for r in account.transactions if r is not row))

    turn_account(made, only(made), vanishes, place)
    run = await made.synced(known)

    after = shown(made).transactions
    assert changes(run)[2] == 1
    assert after.keys() == before.keys()
    gone = [key for key in after if after[key][1] == "removed" != before[key][1]]
    assert len(gone) == 1


# ---- while new rows come in


# In the middle of the history: accounts, balances and positions come first.
CALLS_BEFORE_THE_KILL = {"alpaca": 5, "etrade": 12, "robinhood": 45, "schwab": 12}


class Killed(BaseException):
    """As `kill -9`: nothing may catch it and tidy up."""


@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed in the middle"])
async def test_growing_loses_nothing_and_doubles_nothing(place: tuple[str, str], killed: bool) -> None:
    database, brokerage = place
    calls = 0

    def dies(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls == strike:
            raise Killed

    strike = 0
    made = house.build(database, brokerage, persona="growing", rows=320, before=dies)
    grown = made.stage.faulty[brokerage].sandbox.play
    began_with = rows_of(grown.truth)
    await made.connected(brokerage)
    if killed:
        strike = calls + CALLS_BEFORE_THE_KILL.get(brokerage, 6)
        with pytest.raises(Killed):
            await made.run()
        made.store.write_now(lambda uow: uow.sql.execute(update(sync_runs).values(lease_until=0)))

    await made.run()
    known = made.store.read_now(lambda uow: uow.connections.of_user("user-1", "", 1))[0].id
    told = grown.truth_now()
    for _ in range(25):
        await made.synced(known)
        if told == grown.truth_now():
            break
        told = grown.truth_now()

    assert rows_of(told) > began_with
    assert shown(made).sizes[2] == rows_of(told)
    assert {row[1] for row in shown(made).transactions.values()} <= {"posted", "pending"}
    assert changes(await made.synced(known, force=True)) == (0, 0, 0)
    made.store.close()
