"""A door whose reads of some datasets meet a wrong answer, whatever addresses the brokerage has for them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from house import House

from adapters.sandbox.faults import Fault, Faulty
from domain.accounts import AccountTold
from domain.brokerages import BrokerageFacts, Dataset
from domain.budgets import Turn
from domain.challenges import Answer
from domain.ports.brokerage import Asked, Brokerages, Grant, Listing, OpenDoor, Page, Recall
from domain.positions import Balance, Position


@dataclass
class Aim:
    """From the `first` call of these datasets' reads on (looked-up references are calls too) the sandbox
    answers with this mutation. Nothing else is hit: no sign-in, no renewal, no other dataset.

    `heard` counts the calls of each dataset since the last aiming, `hits` those answered wrongly."""

    faulty: Faulty
    mutation: str = ""
    datasets: frozenset[Dataset] = frozenset()
    first: int = 1
    heard: Counter[Dataset] = field(default_factory=Counter)
    hits: Counter[Dataset] = field(default_factory=Counter)

    def at(self, mutation: str, *datasets: Dataset, first: int = 1) -> None:
        self.heard.clear()
        self.hits.clear()
        self.mutation, self.datasets, self.first = mutation, frozenset(datasets), first

    def lift(self) -> None:
        self.heard.clear()
        self.datasets = frozenset()

    @contextmanager
    def reading(self, dataset: Dataset) -> Iterator[None]:
        requests, mishaps = self.faulty.requests, self.faulty.mishaps.total()
        if dataset in self.datasets:
            self.faulty.set_faults([Fault(self.mutation, first=max(1, self.first - self.heard[dataset]))])
        try:
            yield
        finally:
            self.faulty.set_faults([])
            self.heard[dataset] += self.faulty.requests - requests
            self.hits[dataset] += self.faulty.mishaps.total() - mishaps


class AimedDoor:
    """The port `OpenDoor`: the real door, with the aim told what is being read."""

    def __init__(self, door: OpenDoor, aim: Aim) -> None:
        self._door, self._aim = door, aim
        self.brokerage, self.facts = door.brokerage, door.facts
        self.feeds, self.renewable = door.feeds, door.renewable

    async def begin(
        self, fields: dict[str, str], redirect_uri: str, former: Grant | None = None
    ) -> Asked | Grant:
        return await self._door.begin(fields, redirect_uri, former)

    async def hear(self, state: bytes, answer: Answer) -> Asked | Grant:
        return await self._door.hear(state, answer)

    async def renew(self, grant: Grant) -> Grant:
        return await self._door.renew(grant)

    async def revoke(self, grant: Grant) -> bool:
        return await self._door.revoke(grant)

    async def accounts(self, grant: Grant) -> Listing[AccountTold]:
        with self._aim.reading(Dataset.ACCOUNTS):
            return await self._door.accounts(grant)

    async def balances(self, grant: Grant, account: AccountTold) -> Listing[Balance]:
        with self._aim.reading(Dataset.BALANCES):
            return await self._door.balances(grant, account)

    async def positions(self, grant: Grant, account: AccountTold) -> Listing[Position]:
        with self._aim.reading(Dataset.POSITIONS):
            return await self._door.positions(grant, account)

    async def history(
        self,
        grant: Grant,
        account: AccountTold,
        feed: str,
        since: date | None,
        cursor: str | None,
        recall: Recall | None = None,
    ) -> Page:
        with self._aim.reading(Dataset.TRANSACTIONS):
            return await self._door.history(grant, account, feed, since, cursor, recall)


@dataclass
class AimedBrokerages:
    """The port `Brokerages`: the catalogue, whose doors are aimed at."""

    catalogue: Brokerages
    aim: Aim

    def all(self) -> tuple[BrokerageFacts, ...]:
        return self.catalogue.all()

    def facts(self, brokerage_id: str) -> BrokerageFacts:
        return self.catalogue.facts(brokerage_id)

    def closed(self, brokerage_id: str, door_id: str) -> str | None:
        return self.catalogue.closed(brokerage_id, door_id)

    def door(self, brokerage_id: str, door_id: str | None = None, turn: Turn = Turn.PERSON) -> AimedDoor:
        return AimedDoor(self.catalogue.door(brokerage_id, door_id, turn), self.aim)


def aimed(made: House, brokerage: str) -> Aim:
    """The aim at one brokerage of a house, whose syncs go through aimed doors from now on."""
    sights = Aim(made.stage.faulty[brokerage])
    made.engine = replace(made.engine, brokerages=AimedBrokerages(made.catalogue, sights))
    return sights
