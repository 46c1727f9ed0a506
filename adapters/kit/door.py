"""A door, opened: the one loop that asks, authorises, limits, sends, takes and parses."""

import copy
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import localcontext
from typing import Any, TypeVar

from adapters.kit.aside import aside
from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Call, Card, Door, Read, Reference, Scene
from adapters.kit.clocks import Clocks
from adapters.kit.http import Wire
from adapters.kit.lasting import Lasting
from adapters.kit.limits import Limits
from adapters.kit.recall import Marker
from adapters.kit.rows import market_day
from adapters.kit.sending import Sender
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.units import in_currency
from adapters.kit.wire import Request, Response
from domain.accounts import AccountTold
from domain.brokerages import BrokerageFacts, DoorFacts
from domain.budgets import Turn
from domain.challenges import Answer
from domain.errors import (
    BrokerageUnavailable,
    Failure,
    FieldInvalid,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.money import EXACTLY
from domain.ports.brokerage import Asked, Feed, Grant, Listing, Notes, Page, Recall
from domain.ports.budgets import Budgets
from domain.positions import Balance, Position, by_currency
from domain.transactions import Transaction

T = TypeVar("T")
ATTEMPTS = 3
MAX_PAGES = 10_000
MAX_MOVES = 20
READINGS = 4


def system_clock() -> datetime:
    return datetime.now(UTC)


class CardDoor:
    """The port `OpenDoor`, for a door that is written on a card."""

    def __init__(  # noqa: PLR0913 - each may be replaced by a test or a setting, all have defaults
        self,
        card: Card,
        door: Door,
        wire: Wire,
        *,
        hosts: dict[str, str] | None = None,
        operator: dict[str, str] | None = None,
        redirect_uri: str = "",
        clock: Callable[[], datetime] = system_clock,
        budgets: Budgets | None = None,
        breaks: bool = True,
        limited: bool = True,
    ) -> None:
        self._door = door
        self._operator = operator or {}
        self._redirect_uri = redirect_uri
        self._clock = clock
        named = f"{card.id}/{door.facts.id}"
        limits = Limits(named, door.rates, budgets or InProcessBudgets(clock), off=not limited, breaks=breaks)
        self._sender = Sender(door, wire, {**door.hosts, **(hosts or {})}, limits, Clocks(named), clock)
        # Lasting references (instruments) are public facts: one memory for all users of the door.
        self._lasting = Lasting()
        self.brokerage: BrokerageFacts = card.facts
        self.facts: DoorFacts = door.facts
        self.feeds: tuple[Feed, ...] = tuple(read.feed for read in door.transactions)
        self.renewable = door.renewal is not None
        self.renew_ahead = door.renewal.ahead if door.renewal else timedelta(0)
        self._history = {read.name: read for read in door.transactions}

    def for_turn(self, turn: Turn) -> "CardDoor":
        """The same door for one run, whose calls take this turn."""
        turned = copy.copy(self)
        turned._sender = self._sender.for_turn(turn)  # noqa: SLF001 - ours
        return turned

    # ---- signing in

    async def begin(
        self, fields: dict[str, str], redirect_uri: str, former: Grant | None = None
    ) -> Asked | Grant:
        before = former.values if former else {}
        given = Given({**self._operator, **fields}, redirect_uri or self._redirect_uri, before)
        for declared in self.facts.fields:
            if declared.required and not given.fields.get(declared.key):
                told = f"{declared.label} is required: give it, or let the operator configure it."
                raise FieldInvalid(f"credentials[{declared.key}]", told)
        return await self._converse(self._door.sign_in.begin(given, self._sender.moment()))

    async def hear(self, state: bytes, answer: Answer) -> Asked | Grant:
        talk = self._door.sign_in
        return await self._converse(talk.hear(talk.unpack(state), answer, self._sender.moment()))

    async def _converse(self, move: Move) -> Asked | Grant:
        talk = self._door.sign_in
        for _ in range(MAX_MOVES):
            match move:
                case Done(grant):
                    return grant
                case Ask(challenge, state):
                    return Asked(challenge, talk.pack(state))
                case Send(request, state):
                    heard: Heard = await self._sender.send(request, "sign-in")
                    move = talk.hear(state, heard, self._sender.moment())
        raise UnreadableReply("the sign-in goes round in circles")

    async def renew(self, grant: Grant) -> Grant:
        renewal = self._door.renewal
        if renewal is None:
            raise ReauthorizationRequired
        signed: list[Moment] = []

        def ask(moment: Moment) -> Request:
            signed.append(moment)
            return renewal.ask(grant, moment)

        response = await self._sender.signed(ask, "renewal")
        # The nonce that it was asked with may be needed to read the answer (IBKR's half of a key).
        return renewal.take(grant, response, replace(signed[-1], now=self._clock()))

    async def revoke(self, grant: Grant) -> bool:
        if self._door.revoke is None:
            return False
        response = await self._sender.send(self._door.revoke(grant, self._sender.moment()), "revocation")
        return response.status < 300

    # ---- reading

    async def accounts(self, grant: Grant) -> Listing[AccountTold]:
        return await self._listing(grant, None, (self._door.accounts,))

    async def balances(self, grant: Grant, account: AccountTold) -> Listing[Balance]:
        listing = await self._listing(grant, account, self._door.balances)
        with localcontext(EXACTLY):
            return replace(listing, rows=by_currency(listing.rows))

    async def positions(self, grant: Grant, account: AccountTold) -> Listing[Position]:
        return await self._listing(grant, account, self._door.positions)

    async def history(
        self,
        grant: Grant,
        account: AccountTold,
        feed: str,
        since: date | None,
        cursor: str | None,
        recall: Recall | None = None,
    ) -> Page:
        read = self._history[feed]
        call = self._call(account, since, cursor)
        rows, cut = await self._ask(grant, read, call)
        notes = Notes()
        if recall is None:
            parsed = await self._parse(grant, read, call, rows, notes)
            return Page(tuple(parsed), cut.cursor, notes)
        marker = Marker(recall.key, f"{self.brokerage.id}/{self.facts.id}", feed, account)
        marks = [marker(row) for row in rows]
        stored = await recall.known(marks)
        new = [(row, mark) for row, mark in zip(rows, marks, strict=True) if mark not in stored]
        known = tuple(mark for mark in marks if mark in stored) if len(new) < len(rows) else ()
        told = await self._parse_marked(grant, read, call, new, notes)
        transactions, kept = tuple(noun for noun, _ in told), tuple(mark for _, mark in told)
        return Page(transactions, cut.cursor, notes, kept, known)

    async def _listing(
        self, grant: Grant, account: AccountTold | None, reads: Sequence[Read[T]]
    ) -> Listing[T]:
        parts = [await self._steady(grant, account, read) for read in reads]
        notes = Notes()
        for part in parts:
            notes.add(part.notes)
        as_of = next((part.as_of for part in reversed(parts) if part.as_of is not None), None)
        rows = tuple(row for part in parts for row in part.rows)
        return Listing(rows, all(part.complete for part in parts), as_of, notes)

    async def _steady(self, grant: Grant, account: AccountTold | None, read: Read[T]) -> Listing[T]:
        """What two readings in a row agree upon, where what is bought and sold meanwhile moves rows from page
        to page: one would come twice, and another not at all."""
        before: list[object] | None = None
        for _ in range(READINGS):
            listing, pages = await self._through(grant, account, read)
            told = [getattr(row, "instrument", row) for row in listing.rows]
            if not read.numbered or pages < 2 or told == before:
                return listing
            before = told
        raise BrokerageUnavailable("The list changes while it is read.")

    async def _through(
        self, grant: Grant, account: AccountTold | None, read: Read[T]
    ) -> tuple[Listing[T], int]:
        """All pages of a read, and how many of them had rows."""
        notes, found, pages = Notes(), list[T](), 0
        as_of: datetime | None = None
        complete = True
        # A row that comes twice, byte for byte, was repeated (pages shift while one reads).
        told: set[bytes] = set()
        async for call, cut in self._pages(grant, read, account):
            new = [row for row in dict.fromkeys(cut.rows) if row not in told]
            told.update(new)
            found.extend(await self._parse(grant, read, call, new, notes))
            as_of, complete = cut.as_of or as_of, complete and cut.complete
            pages += bool(cut.rows)
        return Listing(tuple(found), complete, as_of, notes), pages

    async def _pages(
        self, grant: Grant, read: Read[T], account: AccountTold | None
    ) -> AsyncIterator[tuple[Call, Any]]:
        cursor: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            call = self._call(account, None, cursor)
            _, cut = await self._ask(grant, read, call)
            yield call, cut
            cursor = cut.cursor
            if cursor is None:
                return
            if cursor in seen:
                raise UnreadableReply("the pages of the answer go round in circles")
            seen.add(cursor)
        raise UnreadableReply("the answer has no last page")

    async def _ask(self, grant: Grant, read: Read[T], call: Call) -> tuple[list[bytes], Any]:
        response = await self._sender.authorised(grant, read.ask(call))
        if response.status in read.empty_statuses and self._sender.explained(response) is None:
            cut = read.take(Response(response.status, response.headers, b"", response.url), call)
        else:
            self._sender.check(response)
            cut = await aside(len(response.body), read.take, response, call)
        return cut.rows, cut

    async def _parse(
        self, grant: Grant, read: Read[T], call: Call, rows: Iterable[bytes], notes: Notes
    ) -> list[T]:
        kept = list(rows)
        references = await self._look_up(grant, _needs(read, kept), call, notes)
        scene = Scene(call.account, references, notes, call.now)

        def parsed() -> list[T]:
            with localcontext(EXACTLY):
                return [in_currency(noun) for row in kept for noun in read.parse(row, scene)]

        return await aside(sum(map(len, kept)), parsed)

    async def _parse_marked(
        self, grant: Grant, read: Read[Transaction], call: Call, rows: list[tuple[bytes, bytes]], notes: Notes
    ) -> list[tuple[Transaction, bytes | None]]:
        """Rows with their marks; without one where a row has to be parsed again when it comes again: it says
        something that we do not know, has no id, is several, or names what was not found or may change."""
        needs = _needs(read, [row for row, _ in rows])
        references = await self._look_up(grant, needs, call, notes)
        lasting = {one.scheme for one in self._door.references if one.lasting and one.leads is None}
        noted = Notes()
        scene = Scene(call.account, references, noted, call.now)
        told: list[tuple[Transaction, bytes | None]] = []

        def parse() -> None:
            with localcontext(EXACTLY):
                for n, (row, mark) in enumerate(rows):
                    nouns = [in_currency(noun) for noun in read.parse(row, scene)]
                    settled = len(nouns) == 1 and nouns[0].source_key is not None
                    if settled and needs:
                        settled = all(k in references and k.partition(":")[0] in lasting for k in needs[n])
                    if noted.fields or noted.words:
                        settled = False
                        notes.add(noted)
                        noted.fields.clear()
                        noted.words.clear()
                    told.extend((noun, mark if settled else None) for noun in nouns)

        await aside(sum(len(row) for row, _ in rows), parse)
        return told

    async def _look_up(
        self, grant: Grant, needs: Sequence[Sequence[str]], call: Call, notes: Notes
    ) -> dict[str, Any]:
        """`needs` are the keys that each row names."""
        wanted = dict.fromkeys(key for keys in needs for key in keys)
        if not wanted:
            return {}
        found: dict[str, Any] = {}
        for reference in self._door.references:
            prefix = reference.scheme + ":"
            named = [k for k in wanted if k.startswith(prefix)]
            found.update(self._lasting.known(named, call.now))
            keys = tuple(k for k in named if k not in found)
            for start in range(0, len(keys), reference.batch):
                try:
                    got = await self._look_up_batch(
                        grant, reference, keys[start : start + reference.batch], call
                    )
                except Failure as failure:
                    if reference.required:
                        raise
                    # What refuses one batch refuses the next: no further calls for this page.
                    notes.words[f"{reference.scheme}.{failure.reason}"] += 1
                    break
                found.update(got)
                if reference.lasting:
                    self._lasting.remember(got, call.now)
            if reference.leads is not None:
                known = [found[k] for k in named if k in found]
                wanted.update(dict.fromkeys(k for value in known for k in reference.leads(value)))
        return found

    async def _look_up_batch(
        self, grant: Grant, reference: Reference, keys: tuple[str, ...], call: Call
    ) -> dict[str, Any]:
        response = await self._sender.authorised(grant, reference.ask(keys, call))
        if response.status in reference.unknown_statuses and self._sender.explained(response) is None:
            return {}
        self._sender.check(response)
        return dict(reference.take(response, keys))

    def _call(self, account: AccountTold | None, since: date | None, cursor: str | None) -> Call:
        now = self._clock()
        return Call(account, since, market_day(now), cursor, now)


def _needs(read: Read[Any], rows: list[bytes]) -> list[tuple[str, ...]]:
    """The keys that each row names; empty where no row of this read names any."""
    needs = read.needs
    return [] if needs is None else [tuple(needs(row)) for row in rows]
