"""A brokerage written down: its card, its doors, and their reads.

A read is pure: `ask(call)` makes the request, `take(response, call)` cuts the answer into raw rows and
says where it goes on, `parse(row, scene)` turns one raw row into nouns of ours. The only loop is in
`kit/door.py`. Because rows stay raw bytes until `parse`, the raw payload is kept as it came.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Generic, TypeVar

from adapters.kit.signin import Conversation, Moment
from adapters.kit.wire import Request, Response
from domain.accounts import AccountTold
from domain.brokerages import BrokerageFacts, BrokerageStatus, DoorFacts
from domain.errors import Failure
from domain.ports.brokerage import Feed, Grant, Notes
from domain.ports.notices import Notice
from domain.ports.statements import Statement
from domain.positions import Balance, Position
from domain.transactions import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """What one call of a read is for. `account` is None for the list of accounts.

    `since`: rows from that day on are wanted (None: all there are). `until` is today in the market's
    zone. `cursor` None asks for the first page.
    """

    account: AccountTold | None
    since: date | None
    until: date
    cursor: str | None
    now: datetime

    @property
    def routed(self) -> AccountTold:
        if self.account is None:
            raise AssertionError("this read needs an account")
        return self.account


@dataclass(frozen=True, slots=True)
class Rows:
    """One answer, cut into raw rows. `cursor` None: nothing follows. `as_of`: the brokerage's time.
    `complete` False: the brokerage itself says that rows are lacking (206); looked at in lists only."""

    rows: list[bytes]
    cursor: str | None = None
    as_of: datetime | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """What a parser may look at besides its row: the account, looked-up references, and where to note
    what it does not know.

    A row of history that comes again byte for byte is not parsed again (see `kit/recall.py`): what it is
    parsed to must follow from the row, the account and its references, and never from `now`.
    """

    account: AccountTold | None
    references: Mapping[str, Any]
    notes: Notes
    now: datetime


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """One read of a door. `needs(row)` names references ("instrument:…") to look up before `parse`.

    `empty_statuses`: statuses with which this read truthfully says "nothing" (E*TRADE's 204), unless the
    door's `explain` knows better. `numbered`: pages of a list of what is held now are asked for by their
    number, so that they shift; a list of several is read until two readings agree.
    """

    name: str
    ask: Callable[[Call], Request]
    take: Callable[[Response, Call], Rows]
    parse: Callable[[bytes, Scene], Iterable[T]]
    needs: Callable[[bytes], Iterable[str]] | None = None
    empty_statuses: frozenset[int] = frozenset()
    overlap_days: int = 10
    removes: bool = True
    numbered: bool = False

    @property
    def feed(self) -> Feed:
        return Feed(self.name, self.overlap_days, self.removes)


@dataclass(frozen=True, slots=True)
class Reference:
    """How to look up what rows only name: `ask(keys)` for at most `batch` keys, `take` gives key -> value.

    `lasting`: the answer does not change (an instrument, not a quote) and may be kept by the process.
    Keys that the brokerage does not know are left out by `take`, or it says so by one of `unknown_statuses`;
    the parser decides what that means.
    What is not `required` (a nickname) may fail without failing the read: its keys are left out then,
    and the failure is counted in the notes as a word. `leads(value)` names keys of references further
    down the door's list: what one look-up only names again (a coin's pair, then the pair's quote).
    """

    scheme: str
    ask: Callable[[tuple[str, ...], Call], Request]
    take: Callable[[Response, tuple[str, ...]], Mapping[str, Any]]
    batch: int = 15
    lasting: bool = True
    required: bool = True
    leads: Callable[[Any], Iterable[str]] | None = None
    unknown_statuses: frozenset[int] = frozenset()


class Counted(Enum):
    """Whose calls a brokerage counts together, by its own word. APP: all users of the door share one
    budget. UNTOLD: each credential has its own, and a 429 of one is obeyed by all."""

    CREDENTIAL = "credential"
    APP = "app"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in `per` seconds, for one group of endpoints. A 429 that all have to obey holds back
    the other groups of the same `crowd` as well (where an address is shut out, and no endpoint)."""

    calls: int
    per: float = 60.0
    counted: Counted = Counted.UNTOLD
    crowd: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How a grant is renewed: one request, and the new grant from its answer.

    `ahead`: how long before `expires_at` it is due.
    """

    ask: Callable[[Grant, Moment], Request]
    take: Callable[[Grant, Response, Moment], Grant]
    ahead: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SignedNotices:
    """How notices of a door are proved and read. All raise Forged where it was not the brokerage.

    `key_name(headers)`: which key it was signed with. `ask_key(name, operator)` asks for that key with what
    the operator configured, `take_key(response)` reads it. `check` proves headers and body with it, `read`
    says what it means; both are told when it is.
    """

    key_name: Callable[[Mapping[str, str]], str]
    ask_key: Callable[[str, Mapping[str, str]], Request]
    take_key: Callable[[Response], Any]
    check: Callable[[Mapping[str, str], bytes, Any, datetime], None]
    read: Callable[[bytes, datetime], Notice]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: hosts, signing in, authorising, reads, limits.

    `hosts` maps a host's name to its base URL; configuration may replace each. `authorise` adds what
    proves who we are. `explain` turns the door's own error bodies into a failure, or None to go by
    the status. `open`: unofficial doors, and those to a program that all users would share, stay closed
    unless the operator opens them. `gateways`: names of hosts that are programs which somebody has to run.
    """

    facts: DoorFacts
    hosts: dict[str, str]
    sign_in: Conversation
    authorise: Callable[[Request, Grant, Moment], Request]
    accounts: Read[AccountTold]
    balances: tuple[Read[Balance], ...]
    positions: tuple[Read[Position], ...]
    transactions: tuple[Read[Transaction], ...]
    references: tuple[Reference, ...] = ()
    renewal: Renewal | None = None
    revoke: Callable[[Grant, Moment], Request] | None = None
    explain: Callable[[Response], Failure | None] | None = None
    rates: dict[str, Rate] = field(default_factory=lambda: {"default": Rate(120)})
    open: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    notices: SignedNotices | None = None
    gateways: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileFormat:
    """Statements of a brokerage in files. `facts` has the kind FILE_IMPORT, and an id ("csv", "ofx",
    "flex") that no other door of the brokerage has.

    `fits(content)` looks at the head of a file and says whether it is of this format and (where the format
    shows it) of this brokerage; it never raises. `read(content, today)` is pure, and raises
    StatementUnreadable with the reason and the line.
    """

    facts: DoorFacts
    fits: Callable[[bytes], bool]
    read: Callable[[bytes, date], Statement]


@dataclass(frozen=True, slots=True)
class Card:
    """A brokerage. `id` is the folder's name. `doors` are what one connects through, `files` what can be
    imported. Doors that share the name of a feed tell the very same rows under it; else names differ:
    a stored row is known by its feed."""

    id: str
    title: str
    status: BrokerageStatus
    homepage: str
    doors: tuple[Door, ...]
    successor: str | None = None
    files: tuple[FileFormat, ...] = ()

    @property
    def facts(self) -> BrokerageFacts:
        doors = (*(door.facts for door in self.doors), *(way.facts for way in self.files))
        return BrokerageFacts(self.id, self.title, self.status, self.homepage, doors, self.successor)
