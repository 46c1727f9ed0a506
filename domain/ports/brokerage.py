"""The port to a brokerage: signing in as a conversation, reading page by page."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from domain.accounts import AccountTold
from domain.brokerages import BrokerageFacts, DoorFacts
from domain.budgets import Turn
from domain.challenges import Answer, Challenge
from domain.positions import Balance, Position
from domain.transactions import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Grant:
    """What authorises our calls: keys or tokens. It lives in the vault and in the calling process only.

    `handle`: what the brokerage calls it in notices, where it sends any. It is told at sign-in only.

    `expires_at`: when it must be renewed. `renewable_until`: after that only the user can help.
    """

    values: dict[str, str] = field(repr=False)
    expires_at: datetime | None = None
    renewable_until: datetime | None = None
    handle: str = field(default="", repr=False, compare=False)


@dataclass(slots=True)
class Notes:
    """What a read met that we do not know: counted and reported, never dropped in silence."""

    fields: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Notes") -> None:
        self.fields.update(other.fields)
        self.words.update(other.words)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One whole read. `complete` only if every page came and was understood.

    `as_of` is the brokerage's own time, where it tells one.
    """

    rows: tuple[T, ...]
    complete: bool = True
    as_of: datetime | None = None
    notes: Notes = field(default_factory=Notes)


@dataclass(frozen=True, slots=True)
class Recall:
    """What is stored of a feed, so that rows which come as they came before are not parsed again.

    A row's mark is a digest of its bytes under `key`, which is a secret: nobody who reads the store can try
    out what a row holds besides what is shown of it. `known(marks)` tells at least those that are stored.
    """

    key: bytes = field(repr=False)
    known: Callable[[Sequence[bytes]], Awaitable[Set[bytes]]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of history. `cursor` says where it goes on; None: this was the last page.

    `marks` are those of the rows that the transactions were parsed from, in the same order; None where a row
    has to be parsed each time. Empty: that holds for all of them. `known` are the marks of further rows,
    which are stored as they came and were not parsed.
    """

    transactions: tuple[Transaction, ...]
    cursor: str | None
    notes: Notes = field(default_factory=Notes)
    marks: tuple[bytes | None, ...] = ()
    known: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """One stream of history of a door. Some brokerages tell trades, dividends and transfers apart.

    `overlap_days`: how far back an incremental read starts again, because rows come late or change.
    `removes`: a complete read of a window proves that a stored row which it lacks is gone.
    """

    name: str
    overlap_days: int = 10
    removes: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """The conversation waits for a person. `state` is opaque and must be sealed: it may hold secrets."""

    challenge: Challenge
    state: bytes = field(repr=False)


class OpenDoor(Protocol):
    """One door of one brokerage. All methods raise a domain Failure, and nothing else, when it fails."""

    brokerage: BrokerageFacts
    facts: DoorFacts
    feeds: tuple[Feed, ...]
    renewable: bool

    async def begin(
        self, fields: dict[str, str], redirect_uri: str, former: Grant | None = None
    ) -> Asked | Grant:
        """Start to sign in with what the caller gave. `former`: the grant of the connection that is to be
        reconnected, where there is one; some brokerages mend it instead of giving another."""

    async def hear(self, state: bytes, answer: Answer) -> Asked | Grant:
        """Go on after a person answered."""

    async def renew(self, grant: Grant) -> Grant:
        """A new grant for one that ends. Raises ReauthorizationRequired when only the user can help."""

    async def revoke(self, grant: Grant) -> bool:
        """Tell the brokerage that we do not need it any more. False where it has no way to."""

    async def accounts(self, grant: Grant) -> Listing[AccountTold]: ...

    async def balances(self, grant: Grant, account: AccountTold) -> Listing[Balance]: ...

    async def positions(self, grant: Grant, account: AccountTold) -> Listing[Position]: ...

    async def history(
        self,
        grant: Grant,
        account: AccountTold,
        feed: str,
        since: date | None,
        cursor: str | None,
        recall: Recall | None = None,
    ) -> Page:
        """One page of a feed, newest first; `since` None means as far back as it goes. Without `recall` all
        of its rows are parsed."""


class Brokerages(Protocol):
    """The catalogue, and its doors."""

    def all(self) -> tuple[BrokerageFacts, ...]: ...

    def facts(self, brokerage_id: str) -> BrokerageFacts:
        """Raises BrokerageUnknown."""

    def closed(self, brokerage_id: str, door_id: str) -> str | None:
        """Why the operator's configuration keeps this door closed; None if it is open."""

    def door(self, brokerage_id: str, door_id: str | None = None, turn: Turn = Turn.PERSON) -> OpenDoor:
        """The named door, or the first open one; its calls take this turn in the brokerage's budgets.
        Raises BrokerageUnknown, BrokerageRetired, DoorClosed."""
