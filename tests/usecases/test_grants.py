"""Grants that end: renewed once over all processes, kept before they are used, and given up for good."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import house
import pytest
import pytest_asyncio
from aim import aimed
from house import House
from played import PlayedBrokerages, PlayedDoor
from sqlalchemy import func, select
from told import connection, shown

from adapters.sql.engine import SqlStorage
from adapters.sql.tables import events
from adapters.sql.unit_of_work import SqlUnitOfWork
from brokerlink.usecases.grants import Grants, Held
from domain.brokerages import Dataset
from domain.challenges import Answer
from domain.connections import ConnectionState
from domain.errors import (
    BrokerageUnavailable,
    EtagMismatch,
    Failure,
    ReauthorizationRequired,
    StorageUnavailable,
)
from domain.events import EventType
from domain.ports.brokerage import Asked, Grant
from domain.syncs import RunState

T = TypeVar("T")
DATA = [Dataset.ACCOUNTS, Dataset.BALANCES, Dataset.POSITIONS, Dataset.TRANSACTIONS]


@dataclass
class RotatingDoor(PlayedDoor):
    """Each renewal makes the refresh token before it worthless, as rotating ones are. `refusals` are what
    the next renewals meet instead; `slow` is how long one takes."""

    renewable: bool = True
    valid: int = 0
    renewals: int = 0
    refusals: list[Failure] = field(default_factory=list)
    slow: float = 0.0
    lives: timedelta | None = timedelta(hours=1)

    def grant(self) -> Grant:
        expires = None if self.lives is None else datetime.now(UTC) + self.lives
        return Grant({"refresh": str(self.valid)}, expires)

    async def begin(
        self, fields: dict[str, str], redirect_uri: str, former: Grant | None = None
    ) -> Asked | Grant:
        return self.grant()

    async def hear(self, state: bytes, answer: Answer) -> Asked | Grant:
        return self.grant()

    async def renew(self, grant: Grant) -> Grant:
        self.renewals += 1
        await asyncio.sleep(self.slow)
        if self.refusals:
            raise self.refusals.pop(0)
        if grant.values["refresh"] != str(self.valid):
            raise ReauthorizationRequired
        self.valid += 1
        return self.grant()

    async def works(self, grant: Grant) -> str:
        """A call that needs the newest token."""
        if grant.values["refresh"] != str(self.valid):
            raise ReauthorizationRequired
        return grant.values["refresh"]


@dataclass
class Patchy:
    """The port `Storage`: the real one, whose next writes fail in this way."""

    store: SqlStorage
    failures: list[Failure] = field(default_factory=list)

    async def read(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        return await self.store.read(deed)

    async def write(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        if self.failures:
            raise self.failures.pop(0)
        return await self.store.write(deed)


@dataclass
class Owner:
    made: House
    door: RotatingDoor
    connection_id: str

    @property
    def grants(self) -> Grants:
        return self.made.engine.grants

    async def held(self) -> Held:
        """As another process opens it."""
        return await self.grants.open(connection(self.made, self.connection_id))


@pytest_asyncio.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Owner]:
    made = house.build(tmp_path)
    door = RotatingDoor()
    made.connecting = replace(made.connecting, brokerages=PlayedBrokerages(door))
    made.engine = replace(made.engine, brokerages=PlayedBrokerages(door))
    view = await made.connect("user-1", "played", credentials={"key": "k", "secret": "s"})
    assert view.connection is not None
    yield Owner(made, door, view.connection.id)
    made.store.close()


async def test_a_grant_that_lasts_is_used_as_it_is(owner: Owner) -> None:
    assert await owner.grants.use(await owner.held(), owner.door, owner.door.works) == "0"
    assert owner.door.renewals == 0


async def test_a_grant_about_to_end_is_renewed_ahead_and_kept(owner: Owner) -> None:
    held = await owner.held()
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.lives = timedelta(hours=3)

    assert await owner.grants.use(held, owner.door, owner.door.works) == "1"

    assert (await owner.held()).grant.values == {"refresh": "1"}
    assert connection(owner.made, owner.connection_id).expires_at == (await owner.held()).grant.expires_at
    await owner.grants.use(held, owner.door, owner.door.works)
    assert owner.door.renewals == 1


async def test_a_grant_that_is_refused_is_renewed_once_and_used_again(owner: Owner) -> None:
    refused = [ReauthorizationRequired()]

    async def refuses_once(grant: Grant) -> str:
        if refused:
            raise refused.pop()
        return await owner.door.works(grant)

    assert await owner.grants.use(await owner.held(), owner.door, refuses_once) == "1"
    assert owner.door.renewals == 1


async def test_of_many_processes_one_renews_and_all_go_on_with_what_it_kept(owner: Owner) -> None:
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.lives, owner.door.slow = timedelta(hours=3), 0.2
    processes = [await owner.held() for _ in range(8)]

    told = await asyncio.gather(*(owner.grants.use(held, owner.door, owner.door.works) for held in processes))

    assert owner.door.renewals == 1
    assert set(told) == {"1"}


async def test_a_renewal_that_meets_an_outage_keeps_the_old_grant_and_lets_others_try(owner: Owner) -> None:
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.refusals = [BrokerageUnavailable()]
    with pytest.raises(BrokerageUnavailable):
        await owner.grants.use(await owner.held(), owner.door, owner.door.works)

    owner.door.lives = timedelta(hours=3)
    assert await owner.grants.use(await owner.held(), owner.door, owner.door.works) == "1"


async def test_a_renewal_whose_reply_was_lost_ends_at_the_user_and_in_no_loop(owner: Owner) -> None:
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.valid += 1  # it was heard, and rotated

    with pytest.raises(ReauthorizationRequired):
        await owner.grants.use(await owner.held(), owner.door, owner.door.works)

    assert owner.door.renewals == 1


async def test_after_a_definite_refusal_nobody_asks_again_until_the_user_has_signed_in(owner: Owner) -> None:
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.valid += 1  # ours is worth nothing any more
    opened = [await owner.held() for _ in range(5)]
    uses = (owner.grants.use(held, owner.door, owner.door.works) for held in opened)

    told = await asyncio.gather(*uses, return_exceptions=True)

    assert [type(each) for each in told] == [ReauthorizationRequired] * 5
    assert owner.door.renewals == 1
    with pytest.raises(ReauthorizationRequired):
        await owner.held()
    found = connection(owner.made, owner.connection_id)
    fresh = owner.door.grant()
    await owner.made.store.write(
        lambda uow: owner.made.safe.put_grant(uow, found, fresh, owner.made.clock.now())
    )
    assert (await owner.held()).grant.values == {"refresh": "1"}


async def test_one_who_stood_still_past_the_lease_takes_what_another_has_kept(owner: Owner) -> None:
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.lives = timedelta(hours=3)
    stale = await owner.held()
    honest = owner.door.renew

    async def stands_still(grant: Grant) -> Grant:
        owner.door.renew = honest  # type: ignore[method-assign]
        over = "UPDATE credentials SET renewal_until = 0"
        await owner.made.store.write(lambda uow: uow.sql.exec_driver_sql(over).rowcount)
        await owner.grants.use(await owner.held(), owner.door, owner.door.works)
        return await honest(grant)

    owner.door.renew = stands_still  # type: ignore[method-assign]  # this door only

    assert await owner.grants.use(stale, owner.door, owner.door.works) == "1"

    assert (await owner.held()).grant.values == {"refresh": "1"}


@pytest.mark.parametrize("failure", [EtagMismatch(), StorageUnavailable()], ids=["a race", "an outage"])
async def test_a_new_grant_is_never_lost_to_what_happens_in_the_store(owner: Owner, failure: Failure) -> None:
    patchy = Patchy(owner.made.store)
    grants = replace(owner.grants, storage=patchy)
    held = await owner.held()
    honest = owner.door.renew

    async def renews(grant: Grant) -> Grant:
        found = await honest(grant)
        patchy.failures = [failure, failure]
        return found

    owner.door.renew = renews  # type: ignore[method-assign]  # this door only
    owner.made.clock.ahead = timedelta(minutes=59)
    owner.door.lives = timedelta(hours=3)

    assert await grants.use(held, owner.door, owner.door.works) == "1"
    assert (await owner.held()).grant.values == {"refresh": "1"}


async def test_what_was_disconnected_meanwhile_stays_forgotten(owner: Owner) -> None:
    held = await owner.held()
    owner.made.clock.ahead = timedelta(minutes=59)
    found = connection(owner.made, owner.connection_id)
    gone = found.moved(ConnectionState.DISCONNECTED, owner.made.clock.now())

    async def renews(grant: Grant) -> Grant:
        await owner.made.store.write(lambda uow: uow.connections.save(gone))
        return owner.door.grant()

    owner.door.renew = renews  # type: ignore[method-assign]  # this door only

    with pytest.raises(Failure):
        await owner.grants.use(held, owner.door, owner.door.works)

    stored = await owner.made.store.read(lambda uow: uow.credentials.get(owner.connection_id))
    assert stored is not None
    assert stored.version == held.version


# ---- whole syncs


def told_events(made: House) -> int:
    moved = EventType.CONNECTION_STATE_CHANGED.value
    many = select(func.count()).select_from(events).where(events.c.type == moved)
    return made.store.read_now(lambda uow: uow.sql.execute(many).scalar_one())


@pytest.mark.parametrize("brokerage", ["schwab", "robinhood"])
async def test_consent_that_was_revoked_is_told_once_after_one_renewal(
    tmp_path: Path, brokerage: str
) -> None:
    made = house.build(tmp_path, brokerage, rows=20)
    view = await made.connected(brokerage)
    assert view.connection is not None
    await made.run()
    made.stage.faulty[brokerage].sandbox.play.revoked = True
    before, calls = told_events(made), len(made.calls)

    run = await made.synced(view.connection.id)

    assert run.state is RunState.FAILED
    assert connection(made, view.connection.id).state is ConnectionState.ACTION_REQUIRED
    assert told_events(made) == before + 1
    assert len(made.calls) - calls == 2, "the list of accounts and one renewal"
    made.store.close()


@pytest.mark.parametrize("dataset", DATA, ids=lambda dataset: dataset.value)
async def test_a_401_in_the_middle_of_a_sync_costs_one_renewal_and_is_told_once(
    tmp_path: Path, dataset: Dataset
) -> None:
    made = house.build(tmp_path, "schwab", rows=20)
    view = await made.connected("schwab")
    assert view.connection is not None
    await made.run()
    sights, events_before, figures = aimed(made, "schwab"), told_events(made), shown(made)
    sights.at("401", dataset)

    run = await made.synced(view.connection.id)

    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.reason == "REAUTHORIZATION_REQUIRED"
    assert sights.hits[dataset] == 2, "before the renewal and after it"
    assert told_events(made) == events_before + 1
    assert shown(made) == figures
    assert [url for url in made.calls if url.endswith("/oauth/token")].count(
        made.base + "/schwab/v1/oauth/token"
    ) == 2, "to sign in, and to renew once"
    made.store.close()
