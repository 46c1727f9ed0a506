"""Import a statement from a file: its rows join the history that is there, and nothing doubles.

The file is read as a whole before anything is stored, so one that cannot be read changes nothing. Its rows
are stored in steps of one transaction each; imported once more, whatever became of the first time, they
are known by their keys. A row that a live connection has told already stays as that told it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from brokerlink.usecases.safe import Safe
from brokerlink.usecases.stitch import file_feed, find_elsewhere, kept_as_stored, posted_keys
from domain.accounts import Account, AccountTold, masked
from domain.brokerages import Dataset
from domain.errors import FieldInvalid, IdentityMismatch, NotFound
from domain.events import Event, EventType
from domain.freshness import Completeness, Freshness, Span, known_span
from domain.ids import account_id as derived_id
from domain.matching import Occurrences
from domain.ports.clock import Clock
from domain.ports.statements import AccountStatement, Statement, Statements
from domain.ports.storage import Changes, Keyed, Storage, UnitOfWork
from domain.ports.vault import Label
from domain.positions import Position, by_currency
from domain.reconciliation import checked, reconcile, vanished
from domain.stitching import Candidate
from domain.syncs import FeedState
from domain.transactions import Transaction

STEP = 500
COMPARED = 4  # last characters of an account number: what masked ones have in common
NEWER_KEPT = "What is stored of this account's holdings is newer than the file."
LIVE_KEPT = "A connection keeps this account's holdings in sync; those of the file are not taken over."
NOT_BELIEVED = "The file shows no position at all where there were some; those that were stay."
Tell = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`account_id`: whose file it is, where the caller knows. `new_account`: the file may be of an account
    that is not known yet. `dry`: say what would become of it and store nothing."""

    user_id: str
    brokerage_id: str
    account_id: str | None = None
    new_account: bool = False
    dry: bool = False


@dataclass(slots=True)
class Imported:
    """What became of one account's part. `matched` rows had been told by another source already; `unchanged`
    by an earlier file. `holdings_kept`: why the file's balances and positions were not taken over."""

    account: Account
    rows: int
    start: date | None
    end: date | None
    is_new: bool = False
    added: int = 0
    modified: int = 0
    unchanged: int = 0
    matched: int = 0
    holdings_updated: bool = False
    holdings_kept: str = ""


@dataclass(slots=True)
class ImportOutcome:
    statement: Statement
    accounts: list[Imported] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportStatement:
    storage: Storage
    statements: Statements
    safe: Safe
    clock: Clock

    async def __call__(self, wanted: Wanted, content: bytes, tell: Tell) -> ImportOutcome:
        """`tell(rows stored, rows of the file)` is awaited after each step. Raises StatementUnreadable,
        BrokerageUnknown, CapabilityUnsupported, NotFound("account"), FieldInvalid("account_id") where the
        file does not say whose it is, IdentityMismatch where it says that it is another's."""
        now = self.clock.now()
        meant = await self.storage.read(lambda uow: self._meant(uow, wanted))
        # Beside the calls that are being answered: a large file takes seconds.
        statement = await asyncio.to_thread(self.statements.read, wanted.brokerage_id, content, now.date())
        parts = await self.storage.read(lambda uow: self._whose(uow, wanted, meant, statement))
        outcome = ImportOutcome(statement)
        whole, done = sum(len(part.transactions) for _, part in parts), 0
        await tell(done, whole)
        for account, part in parts:
            imported = await self._opened(wanted, account, part)
            outcome.accounts.append(imported)
            if wanted.dry:
                continue
            occurrences = Occurrences()
            keyed = [(occurrences.key(row), row) for row in part.transactions]
            for start in range(0, len(keyed), STEP):
                step = keyed[start : start + STEP]
                await self._step(imported, statement.format, step)
                done += len(step)
                await tell(done, whole)
            await self._finish(imported, statement.format, part)
        return outcome

    # ---- whose it is

    def _meant(self, uow: UnitOfWork, wanted: Wanted) -> Account | None:
        """The account that the caller names. Another user's is like one that never was."""
        if wanted.account_id is None:
            return None
        account = uow.accounts.get(wanted.account_id)
        if account is None or account.user_id != wanted.user_id:
            raise NotFound("account")
        if account.brokerage_id != wanted.brokerage_id:
            raise FieldInvalid("account_id", "This account is at another brokerage.")
        return account

    def _whose(
        self, uow: UnitOfWork, wanted: Wanted, account: Account | None, statement: Statement
    ) -> list[tuple[Account | None, AccountStatement]]:
        if account is None:
            return [(self._named(uow, wanted, part), part) for part in statement.accounts]
        if len(statement.accounts) != 1:
            told = (
                "The file holds several accounts: leave account_id out, they are told apart by their numbers."
            )
            raise FieldInvalid("account_id", told)
        (part,) = statement.accounts
        if not _same_end(account.masked_number, part.account.number):
            raise IdentityMismatch("The file names another account than the one it is meant for.")
        return [(account, part)]

    def _named(self, uow: UnitOfWork, wanted: Wanted, part: AccountStatement) -> Account | None:
        """The account that the file names by its number; None: it is a new one, and may be."""
        if not part.account.key:
            raise FieldInvalid("account_id", "The file does not say whose it is: say which account.")
        identifier = self._id(wanted, part.account)
        account = uow.accounts.get(identifier)
        if account is not None or wanted.new_account:
            return account
        known = uow.accounts.of_user(wanted.user_id, wanted.brokerage_id, "", 1000)
        like = [one for one in known if _same_end(one.masked_number, part.account.number)]
        if like:
            named = ", ".join(one.id for one in like)
            told = (
                f"The number in the file ends like that of {named}: say that this is meant, or new_account."
            )
            raise FieldInvalid("account_id", told)
        return None

    def _id(self, wanted: Wanted, told: AccountTold) -> str:
        return derived_id(self.safe.vault.identity_key, wanted.user_id, wanted.brokerage_id, told.key)

    async def _opened(self, wanted: Wanted, account: Account | None, part: AccountStatement) -> Imported:
        return await self.storage.write(lambda uow: self._open(uow, wanted, account, part))

    def _open(
        self, uow: UnitOfWork, wanted: Wanted, account: Account | None, part: AccountStatement
    ) -> Imported:
        days = [row.trade_date for row in part.transactions]
        start, end = part.start or min(days, default=None), part.end or max(days, default=None)
        if account is not None:
            return Imported(account, len(part.transactions), start, end)
        told = part.account
        made = Account(
            self._id(wanted, told),
            wanted.user_id,
            wanted.brokerage_id,
            told.name,
            masked(told.number),
            told.kind,
            told.currency,
            told.open,
            created_at=self.clock.now(),
        )
        if not wanted.dry:
            uow.accounts.put(made)
        return Imported(made, len(part.transactions), start, end, is_new=True)

    # ---- rows

    async def _step(
        self, imported: Imported, format_id: str, rows: Sequence[tuple[str, Transaction]]
    ) -> None:
        def deed(uow: UnitOfWork) -> tuple[Changes, int]:
            return self._write(uow, imported.account, file_feed(format_id), rows)

        changes, matched = await self.storage.write(deed)
        imported.added += changes.added
        imported.modified += changes.modified
        imported.unchanged += changes.unchanged
        imported.matched += matched

    def _write(
        self, uow: UnitOfWork, account: Account, feed: str, rows: Sequence[tuple[str, Transaction]]
    ) -> tuple[Changes, int]:
        now, own = self.clock.now(), {feed}
        uow.accounts.hold(account.id)
        if not uow.feeds.get(account.id, feed).watermark:
            # From now on other sources look for their rows among these.
            uow.feeds.put(FeedState(account.id, feed, watermark=max(row.trade_date for _, row in rows)))
        ids = uow.instruments.resolve((row.instrument for _, row in rows if row.instrument), now.date())
        stored = uow.transactions.stored(account.id, [key for key, _ in rows])
        unknown = [
            Candidate(key, row, ids[row.instrument] if row.instrument else None)
            for key, row in rows
            if key not in stored
        ]
        stored.update(find_elsewhere(uow, account.id, feed, own, unknown))
        foreign = kept_as_stored(stored, feed, own, posted_keys(rows))
        keyed = [
            Keyed(
                stored[key].key if key in stored else key,
                row,
                ids[row.instrument] if row.instrument else None,
            )
            for key, row in rows
            if key not in foreign
        ]
        data_key = self.safe.key(uow, f"account:{account.id}")

        def seal(key: str, raw: bytes) -> bytes:
            label = Label(account.user_id, account.id, f"transaction:{key}")
            return self.safe.vault.seal(data_key, label, raw)

        by_key = {row.key: row for row in stored.values()}
        changes = uow.transactions.apply(account.id, feed, keyed, by_key, seal, now)
        if changes.added or changes.modified or changes.removed:
            facts: dict[str, str | int] = {"added": changes.added, "modified": changes.modified}
            kind = EventType.TRANSACTIONS_UPDATED
            uow.events.add(Event(account.user_id, kind, now, None, account.id, facts))
        return changes, len(foreign)

    # ---- what the file means for the account as a whole

    async def _finish(self, imported: Imported, format_id: str, part: AccountStatement) -> None:
        def deed(uow: UnitOfWork) -> tuple[bool, str]:
            account, now = imported.account, self.clock.now()
            live = bool(uow.accounts.links_of_accounts([account.id]).get(account.id))
            self._history_known(uow, imported, now, live=live)
            kept = self._holdings(uow, account, part, now, live=live)
            uow.holdings.bump(account.id)
            return kept == "" and part.positions is not None, kept or ""

        imported.holdings_updated, imported.holdings_kept = await self.storage.write(deed)

    def _history_known(self, uow: UnitOfWork, imported: Imported, now: datetime, *, live: bool) -> None:
        """From which day on the history has no gap, and up to which day files have told it."""
        identifier, start, end = imported.account.id, imported.start, imported.end
        known = _of(uow, identifier, Dataset.TRANSACTIONS)
        span = _span(known)
        if start is not None and end is not None:
            span = known_span(span, Span(start, end))
        if live and known is not None:
            uow.freshness.put(replace(known, history_start=span.start if span else None))
            return
        newest = datetime.combine(span.end, time(), UTC) if span else None
        told = Freshness(identifier, Dataset.TRANSACTIONS, Completeness.PARTIAL, newest, now)
        uow.freshness.put(replace(told, history_start=span.start if span else None))

    def _holdings(
        self, uow: UnitOfWork, account: Account, part: AccountStatement, now: datetime, *, live: bool
    ) -> str | None:
        """Take over what the file holds; why not, where not. None: it tells none."""
        if part.balances is None and part.positions is None:
            return None
        if live:
            return LIVE_KEPT
        known = _of(uow, account.id, Dataset.POSITIONS)
        if known is not None and known.as_of and (part.as_of is None or part.as_of < known.as_of):
            return NEWER_KEPT
        before = uow.holdings.balances(account.id)
        positions, balances = part.positions, by_currency(part.balances or ())
        if positions is not None:
            cash, count = before[0].cash if before else None, uow.holdings.count(account.id)
            new_cash = next(iter(balances), None)
            if vanished(count, len(positions), cash, new_cash, already_held_back=False):
                return NOT_BELIEVED
            self._mirror(uow, account, positions, now)
            uow.freshness.put(
                Freshness(account.id, Dataset.POSITIONS, Completeness.COMPLETE, part.as_of, now)
            )
        if balances:
            uow.holdings.replace_balances(account.id, balances)
            uow.freshness.put(Freshness(account.id, Dataset.BALANCES, Completeness.COMPLETE, part.as_of, now))
        if balances and positions is not None:
            uow.holdings.reconciled(account.id, reconcile(balances, positions))
        uow.events.add(Event(account.user_id, EventType.HOLDINGS_UPDATED, now, None, account.id))
        return ""

    def _mirror(self, uow: UnitOfWork, account: Account, told: Sequence[Position], now: datetime) -> None:
        positions = [checked(one) for one in told]
        ids = uow.instruments.resolve((one.instrument for one in positions), now.date())
        key = self.safe.key(uow, f"account:{account.id}")
        label = Label(account.user_id, account.id, "position")
        raws = [self.safe.vault.seal(key, label, one.raw) for one in positions]
        uow.holdings.replace_positions(account.id, positions, ids, raws)


def _of(uow: UnitOfWork, identifier: str, dataset: Dataset) -> Freshness | None:
    return next((row for row in uow.freshness.of_account(identifier) if row.dataset is dataset), None)


def _span(known: Freshness | None) -> Span | None:
    """Of which days the history is known: up to the last read, or to where files end."""
    if known is None or known.history_start is None or known.fetched_at is None:
        return None
    until = (known.as_of or known.fetched_at).date()
    return Span(min(known.history_start, until), until)


def _same_end(masked_number: str, number: str) -> bool:
    """Whether a stored masked number and a told one (whole or masked) may be one account's. A number that is
    not told contradicts nothing."""
    mine, theirs = _end(masked_number), _end(number)
    return not theirs or not mine or mine.endswith(theirs) or theirs.endswith(mine)


def _end(number: str) -> str:
    return "".join(sign for sign in number if sign.isalnum()).upper()[-COMPARED:]
