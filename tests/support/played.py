"""A catalogue of three brokerages that are played in a few lines: what the port needs, and no wire."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from domain.accounts import AccountKind, AccountTold
from domain.brokerages import (
    BrokerageFacts,
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)
from domain.budgets import Turn
from domain.challenges import Answer
from domain.errors import BrokerageRetired, BrokerageUnknown, DoorClosed
from domain.ports.brokerage import Asked, Feed, Grant, Listing, Page, Recall
from domain.positions import Balance, Position

FIELDS = (
    CredentialField("key", "Key", secret=False),
    CredentialField("secret", "Secret"),
    CredentialField("pin", "PIN", required=False),
)
OFFICIAL = DoorFacts(
    "official",
    "API",
    DoorKind.OFFICIAL_API,
    FIELDS,
    (Capability(Dataset.POSITIONS, Support.NATIVE), Capability(Dataset.ORDERS, Support.UNSUPPORTED, "none")),
    sign_in="Keys.",
    access="Anybody.",
    history_days=90,
)
UNOFFICIAL = DoorFacts(
    "app", "App", DoorKind.UNOFFICIAL_API, FIELDS, (), sign_in="A password.", access="Nobody."
)
PLAYED = BrokerageFacts(
    "played", "Played", BrokerageStatus.OFFICIAL, "https://played.example", (OFFICIAL, UNOFFICIAL)
)
OTHER = BrokerageFacts("other", "Other", BrokerageStatus.AGGREGATED, "", (OFFICIAL,))
RETIRED = BrokerageFacts("retired", "Retired", BrokerageStatus.RETIRED, "", (), successor_id="played")

Begin = Callable[[dict[str, str]], Awaitable[Asked | Grant]]
Hear = Callable[[bytes, Answer], Awaitable[Asked | Grant]]


async def _granted(_: dict[str, str]) -> Asked | Grant:
    return Grant({"token": "t"})


async def _heard(_: bytes, __: Answer) -> Asked | Grant:
    return Grant({"token": "t"})


@dataclass
class PlayedDoor:
    """A door that does what a test says; by itself it lets everybody in to one account."""

    brokerage: BrokerageFacts = PLAYED
    facts: DoorFacts = OFFICIAL
    feeds: tuple[Feed, ...] = (Feed("all"),)
    renewable: bool = False
    begins: Begin = _granted
    hears: Hear = _heard
    revokes: Callable[[], Awaitable[bool]] | None = None
    told: list[AccountTold] = field(
        default_factory=lambda: [AccountTold("A-1", "Individual", "123456789", AccountKind.CASH)]
    )
    begun: int = 0
    revoked: int = 0

    async def begin(
        self, fields: dict[str, str], redirect_uri: str, former: Grant | None = None
    ) -> Asked | Grant:
        self.begun += 1
        return await self.begins(fields)

    async def hear(self, state: bytes, answer: Answer) -> Asked | Grant:
        return await self.hears(state, answer)

    async def renew(self, grant: Grant) -> Grant:
        return grant

    async def revoke(self, grant: Grant) -> bool:
        self.revoked += 1
        return True if self.revokes is None else await self.revokes()

    async def accounts(self, grant: Grant) -> Listing[AccountTold]:
        return Listing(tuple(self.told))

    async def balances(self, grant: Grant, account: AccountTold) -> Listing[Balance]:
        return Listing(())

    async def positions(self, grant: Grant, account: AccountTold) -> Listing[Position]:
        return Listing(())

    async def history(
        self,
        grant: Grant,
        account: AccountTold,
        feed: str,
        since: date | None,
        cursor: str | None,
        recall: Recall | None = None,
    ) -> Page:
        await asyncio.sleep(0)
        return Page((), None)


@dataclass
class PlayedBrokerages:
    """The port `Brokerages`."""

    open_door: PlayedDoor = field(default_factory=PlayedDoor)

    def all(self) -> tuple[BrokerageFacts, ...]:
        return (RETIRED, PLAYED, OTHER)

    def facts(self, brokerage_id: str) -> BrokerageFacts:
        for facts in self.all():
            if facts.id == brokerage_id:
                return facts
        raise BrokerageUnknown

    def closed(self, brokerage_id: str, door_id: str) -> str | None:
        return "It is unofficial." if door_id == UNOFFICIAL.id else None

    def door(self, brokerage_id: str, door_id: str | None = None, turn: Turn = Turn.PERSON) -> PlayedDoor:
        facts = self.facts(brokerage_id)
        if facts is RETIRED:
            raise BrokerageRetired
        if door_id == UNOFFICIAL.id:
            raise DoorClosed
        return self.open_door
