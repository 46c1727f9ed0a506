"""The port to the store: one unit of work, one repository for each noun.

A unit of work is a plain function that gets the repositories: `await storage.write(deed)` runs it in
one transaction and may run it again after a conflict, so it must have no effect of its own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from domain.accounts import Account
from domain.brokerages import Dataset
from domain.connections import Connection, ConnectSession
from domain.events import Event
from domain.freshness import Freshness
from domain.instruments import Instrument
from domain.matching import PendingRow
from domain.ports.runs import Duties, ProgressLog, Runs
from domain.ports.vault import DataKey
from domain.positions import Balance, Position
from domain.quick import quickly_made
from domain.reconciliation import Reconciliation
from domain.stitching import ToldElsewhere
from domain.syncs import FeedState
from domain.transactions import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value with the key it needs. `version` is part of its label."""

    key: DataKey
    value: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Link:
    """Connection to account. `routing` is sealed: it holds account numbers and path ids."""

    connection_id: str
    account_id: str
    routing: bytes
    missing_since: datetime | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Keyed:
    """A transaction with its key in the account, its instrument's id, and the mark of its raw row (see
    `Recall`)."""

    key: str
    transaction: Transaction
    instrument_id: str | None
    mark: bytes | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a stored transaction without reading it."""

    key: str
    hash: bytes
    status: str
    version: int
    instrument_id: str | None
    feed: str = ""
    mark: bytes | None = None


class Marked(NamedTuple):
    """A stored transaction that a raw row with this mark was parsed to, and to nothing else."""

    mark: bytes
    key: str
    trade_date: date


@dataclass(frozen=True, slots=True)
class Changes:
    """What writing rows did."""

    added: int = 0
    modified: int = 0
    removed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """A mutating request that was seen before. `response` None: it is still being done."""

    method: str
    digest: bytes
    response: bytes | None
    started_at: datetime


class DataKeys(Protocol):
    def of(self, scope: str) -> DataKey | None: ...

    def add(self, key: DataKey) -> None: ...

    def wrapped_under(self) -> dict[str, int]:
        """How many data keys each key-encryption key wraps."""

    def not_under(self, kek_id: str, limit: int) -> list[DataKey]:
        """Data keys that another key-encryption key wraps."""

    def rewrapped(self, key: DataKey) -> None:
        """The same data key in another wrapping."""

    def root(self) -> bytes | None:
        """The sealed root secret, if there is one yet."""

    def put_root(self, value: bytes) -> None:
        """Only the first one counts."""

    def drop(self, scope: str) -> None:
        """Forget the key: what it sealed can never be opened again."""


class Connections(Protocol):
    def get(self, connection_id: str) -> Connection | None: ...

    def of_user(self, user_id: str, after: str, limit: int) -> list[Connection]:
        """By id, those after the id `after`."""

    def with_accounts(self, user_id: str, brokerage_id: str, account_ids: Sequence[str]) -> list[Connection]:
        """Live connections of the user to this brokerage that are linked to any of these accounts."""

    def add(self, connection: Connection) -> None: ...

    def save(self, connection: Connection) -> Connection:
        """Write with the next version. Raises EtagMismatch if somebody else changed it."""

    def due(self, brokerage_id: str, now: datetime, limit: int) -> list[Connection]:
        """Those that are due: the one that waits longest of each user before anybody's second."""

    def postpone(self, connection_id: str, until: datetime) -> None:
        """Not due before then, whatever else changes meanwhile."""


class Credentials(Protocol):
    def get(self, connection_id: str) -> Sealed | None: ...

    def put(self, connection_id: str, value: Sealed, now: datetime) -> None: ...

    def drop(self, connection_id: str) -> None: ...

    def lease_renewal(self, connection_id: str, owner: str, duration: timedelta) -> bool:
        """Take the right to renew, by the database's clock. False while somebody else has it."""

    def end_renewal(self, connection_id: str, owner: str) -> None: ...

    def refuse(self, connection_id: str, version: int) -> None:
        """Note that the brokerage will not renew this version any more."""

    def refused(self, connection_id: str) -> bool:
        """Whether that was noted of the version that is stored."""


class Sessions(Protocol):
    def get(self, session_id: str) -> ConnectSession | None: ...

    def add(self, session: ConnectSession) -> None: ...

    def save(self, session: ConnectSession) -> ConnectSession:
        """Write with the next version. Raises Busy if somebody else moved it meanwhile."""

    def state(self, session_id: str) -> Sealed | None:
        """The sealed state of the conversation."""

    def put_state(self, session_id: str, value: Sealed | None) -> None: ...

    def expire(self, now: datetime) -> int:
        """End what nobody answered in time, and forget its state."""


class Accounts(Protocol):
    def get(self, account_id: str) -> Account | None: ...

    def get_many(self, account_ids: Sequence[str]) -> dict[str, Account]: ...

    def of_user(self, user_id: str, brokerage_id: str | None, after: str, limit: int) -> list[Account]: ...

    def put(self, account: Account) -> bool:
        """Insert, or update what changed. True if it is new."""

    def link(self, link: Link, now: datetime) -> bool:
        """Link, or refresh the routing. True if the link is new."""

    def hold(self, account_id: str) -> None:
        """Keep other writers of this account's rows out until the transaction ends."""

    def links(self, connection_id: str) -> list[Link]: ...

    def links_of_accounts(self, account_ids: Sequence[str]) -> dict[str, list[str]]:
        """account id -> ids of the live connections it is linked to."""

    def mark_missing(self, connection_id: str, account_ids: Sequence[str], now: datetime) -> None: ...

    def unlink(self, connection_id: str) -> None: ...


class Instruments(Protocol):
    def resolve(self, told: Iterable[Instrument], on: date, *, held: bool = False) -> dict[Instrument, str]:
        """The id of each instrument; new ones are made, new identifiers are added. `held`: they are told of
        what is held now, so that a symbol which one of them is told by for the first time is its own."""

    def known(self, told: Iterable[Instrument]) -> dict[Instrument, str]:
        """The ids of those that are stored under every name that is told; others are left out."""


class Holdings(Protocol):
    def count(self, account_id: str) -> int: ...

    def balances(self, account_id: str) -> list[Balance]: ...

    def replace_balances(self, account_id: str, balances: Sequence[Balance]) -> Changes: ...

    def replace_positions(
        self,
        account_id: str,
        positions: Sequence[Position],
        ids: Mapping[Instrument, str],
        raws: Sequence[bytes],
    ) -> Changes:
        """Mirror a complete snapshot: what is not in it is removed; what did not change is not written."""

    def reconciled(self, account_id: str, outcome: Reconciliation) -> None: ...

    def bump(self, account_id: str) -> int:
        """The account's next version, so that readers see balances and positions of one moment."""


class Transactions(Protocol):
    def stored(self, account_id: str, keys: Sequence[str]) -> dict[str, Stored]:
        """Which of these keys are known: told key -> what is stored, under another key if aliased."""

    def apply(
        self,
        account_id: str,
        feed: str,
        rows: Sequence[Keyed],
        stored: Mapping[str, Stored],
        seal: Callable[[str, bytes], bytes],
        now: datetime,
    ) -> Changes:
        """Insert new rows, write changed ones as new versions, leave equal ones alone.

        `stored` is what `stored` told for these keys; `seal(key, raw)` is asked only for what is written.
        """

    def unchanged(self, account_id: str, rows: Sequence[Keyed]) -> bool:
        """Whether all of these are stored, under these very keys, as they are told and marked."""

    def marked(
        self, account_id: str, feed: str, since: date | None, after: Marked | None, limit: int
    ) -> list[Marked]:
        """Marked rows of a feed with a trade date from `since` on, newest first, going on after one."""

    def pending(self, account_id: str, feed: str) -> list[PendingRow]: ...

    def alias(self, account_id: str, aliases: Mapping[str, str], feed: str = "") -> None:
        """From now on these keys (told key -> stored key) are one. `feed`: which one told the first."""

    def told_elsewhere(
        self, account_id: str, own: Collection[str], first: date, last: date
    ) -> list[ToldElsewhere]:
        """Living rows (pending ones too) of other feeds than one's own, traded between these days, that no
        own row is yet."""

    def posted_since(self, account_id: str, feed: str, since: date | None) -> set[str]:
        """Keys of posted rows of that feed with a trade date from `since` on."""

    def remove(self, account_id: str, keys: Sequence[str], reason: str, now: datetime) -> int:
        """Tombstones: the rows stay, typed REMOVED with a reason."""

    def newest(self, account_id: str, feed: str) -> date | None:
        """The trade date of the newest posted row of a feed."""

    def oldest(self, account_id: str) -> date | None: ...


class Handles(Protocol):
    """Which connection a brokerage's notice is about, by the key of the handle that it names."""

    def put(self, key: str, connection_id: str) -> None: ...

    def find(self, key: str) -> str | None: ...

    def drop(self, connection_id: str) -> None: ...


class Feeds(Protocol):
    def get(self, account_id: str, feed: str) -> FeedState: ...

    def put(self, state: FeedState) -> None: ...

    def others(self, account_id: str, own: Collection[str]) -> bool:
        """Whether the account's history has been told by any other feed than one's own."""


class FreshnessRows(Protocol):
    def of_account(self, account_id: str) -> list[Freshness]: ...

    def of_accounts(self, account_ids: Sequence[str]) -> dict[str, list[Freshness]]: ...

    def put(self, freshness: Freshness) -> None: ...

    def mark_stale(self, account_id: str, dataset: Dataset, reason: str, now: datetime) -> None:
        """Note the first failure after a good read; later ones do not move `stale_since`."""


class Events(Protocol):
    def add(self, event: Event) -> None:
        """Append to the user's log, in the transaction that makes the change."""

    def count(self, user_id: str) -> int: ...


class Requests(Protocol):
    def begin(
        self, caller: str, request_id: str, method: str, digest: bytes, now: datetime
    ) -> Answered | None:
        """None if the request is new (it is noted now), else what is known of it."""

    def finish(self, caller: str, request_id: str, response: bytes) -> None: ...

    def forget(self, caller: str, request_id: str) -> None: ...

    def prune(self, before: datetime) -> int: ...


class UnitOfWork(Protocol):
    """All repositories, in one transaction."""

    @property
    def data_keys(self) -> DataKeys: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def handles(self) -> Handles: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def instruments(self) -> Instruments: ...
    @property
    def holdings(self) -> Holdings: ...
    @property
    def transactions(self) -> Transactions: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def freshness(self) -> FreshnessRows: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def progress(self) -> ProgressLog: ...
    @property
    def events(self) -> Events: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def duties(self) -> Duties: ...


class Storage(Protocol):
    async def read(self, deed: Callable[[UnitOfWork], T]) -> T:
        """Run a deed that only reads, on one consistent view."""

    async def write(self, deed: Callable[[UnitOfWork], T]) -> T:
        """Run a deed in one transaction; all of it or nothing."""
