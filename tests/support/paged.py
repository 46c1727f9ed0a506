"""A brokerage whose history is told page by page as a test says, for one account of one user."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from house import House
from played import PlayedBrokerages, PlayedDoor

from domain.accounts import AccountTold
from domain.connections import Connection
from domain.ports.brokerage import Feed, Grant, Listing, Page, Recall
from domain.positions import Balance
from domain.syncs import SyncRun
from domain.transactions import Transaction


class Killed(BaseException):
    """As `kill -9`: nothing may catch it and tidy up."""


@dataclass
class PagedDoor(PlayedDoor):
    """`pages` of the one feed, newest first. `asked` are the windows and cursors that were asked for.
    `dies_at` is the page before which the process is killed; `turns` the cursor that the last page has."""

    feeds: tuple[Feed, ...] = (Feed("all"),)
    pages: Sequence[Sequence[Transaction]] = ()
    asked: list[tuple[date | None, str | None]] = field(default_factory=list)
    dies_at: int | None = None
    turns: str | None = None
    money: Sequence[Balance] = ()

    async def balances(self, grant: Grant, account: AccountTold) -> Listing[Balance]:
        return Listing(tuple(self.money))

    async def history(
        self,
        grant: Grant,
        account: AccountTold,
        feed: str,
        since: date | None,
        cursor: str | None,
        recall: Recall | None = None,
    ) -> Page:
        self.asked.append((since, cursor))
        place = int(cursor or 0)
        if place == self.dies_at:
            self.dies_at = None
            raise Killed
        rows = self.pages[place] if self.pages else ()
        told = tuple(row for row in rows if since is None or row.trade_date >= since)
        return Page(told, str(place + 1) if place + 1 < len(self.pages) else self.turns)


@dataclass
class Teller:
    """A connected user of that brokerage."""

    made: House
    door: PagedDoor
    connection: Connection

    async def tell(self, *pages: Iterable[Transaction], force: bool = False) -> SyncRun:
        """Sync while the brokerage tells these pages."""
        self.door.pages = [list(page) for page in pages]
        return await self.made.synced(self.connection.id, force=force)


async def teller(made: House, door: PagedDoor | None = None) -> Teller:
    """The first sync finds nothing."""
    opened = door or PagedDoor()
    brokerages = PlayedBrokerages(opened)
    made.engine = replace(made.engine, brokerages=brokerages)
    made.connecting = replace(made.connecting, brokerages=brokerages)
    view = await made.connect("user-1", "played", credentials={"key": "k", "secret": "s"})
    assert view.connection is not None
    await made.run()
    opened.asked.clear()
    return Teller(made, opened, view.connection)
