"""Law 6 at the door: a wrong answer leads to a failure, or to exactly what the right one would have told.

Every door, every read, every mutation of the sandboxes' catalogue that is about the answer's words (those
about the transport are the wire's business, which all doors share). What the engine makes of it is shown
elsewhere.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import conformance
import doors
import house
import pytest
import stamina

from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.mutations import MUTATIONS, Mutation
from domain.errors import Failure
from domain.ports.brokerage import Grant, Listing, Page

TRANSPORT = {"truncated", "gzip-bomb", "broken-gzip", "drip", "reset", "reset-after", "hang"}
WRONG = [one for one in MUTATIONS.values() if not one.sound and one.name not in TRANSPORT]
# Where a brokerage's own way to say "nothing" is null: taken at its word here, and held back by the engine.
NULL_IS_NOTHING = {"tradier", "tradier/oauth"}
NULLED = {"null-members", "null-row", "text-row"}
Read = Callable[[CardDoor], Awaitable[Listing[Any] | Page]]


class Mutating:
    """A wire on which the answer to one of the calls of a read is wrong."""

    def __init__(self, answer: Callable[[Request, str], Response]) -> None:
        self._answer = answer
        self.mutation: Mutation | None = None
        self.at = 0
        self.calls = 0

    def aim(self, mutation: Mutation | None, at: int = 0) -> None:
        self.mutation, self.at, self.calls = mutation, at, 0

    def __call__(self, request: Request, url: str) -> Response:
        response = self._answer(request, url)
        self.calls += 1
        if self.mutation is None or self.calls - 1 != self.at:
            return response
        reply = self.mutation.change(response, datetime.now(UTC))
        return Response(reply.status, dict(reply.headers), reply.body, response.url)


def reads(door: CardDoor, grant: Grant, account: Any) -> dict[str, Read]:
    found: dict[str, Read] = {
        "accounts": lambda d: d.accounts(grant),
        "balances": lambda d: d.balances(grant, account),
        "positions": lambda d: d.positions(grant, account),
    }
    for feed in door.feeds:
        found[feed.name] = lambda d, name=feed.name: conformance.first_page(d, grant, account, name)  # type: ignore[misc]
    return found


def told(outcome: Listing[Any] | Page) -> tuple[Any, ...]:
    """The nouns of a read, without the bytes they came in."""
    rows = outcome.rows if isinstance(outcome, Listing) else outcome.transactions
    return tuple(replace(row, raw=b"") if hasattr(row, "raw") else row for row in rows)


@pytest.mark.parametrize("name", doors.DOORS)
async def test_a_wrong_answer_is_a_failure_or_changes_nothing(name: str, tmp_path: Path) -> None:
    card, facing = doors.found(name)
    made = house.build(tmp_path, card.id, rows=24)
    view = await made.connected(card.id, door_id=facing.facts.id)
    assert view.connection is not None
    grant = (await made.engine.grants.open(view.connection)).grant
    mutating = Mutating(made.catalogue.wire._answer)  # type: ignore[attr-defined]  # the wire in memory
    now = datetime.now(UTC)

    def door() -> CardDoor:
        # Fresh each time: a remembered look-up would hide the next.
        wire, hosts = MemoryWire(mutating), conformance.hosts(card.id)
        return CardDoor(card, facing, wire, hosts=hosts, breaks=False, limited=False, clock=lambda: now)

    account = (await door().accounts(grant)).rows[0]
    refused, wrong = 0, []
    with stamina.set_testing(True, attempts=1):
        for what, read in reads(door(), grant, account).items():
            mutating.aim(None)
            right = told(await read(door()))
            last = mutating.calls - 1
            for mutation in WRONG:
                for at in {0, last}:
                    mutating.aim(mutation, at)
                    try:
                        outcome = told(await read(door()))
                    except Failure:
                        refused += 1
                        continue
                    if name in NULL_IS_NOTHING and mutation.name in NULLED:
                        continue
                    # A look-up that fails may cost a name or a price, never a row.
                    if outcome != right if at == 0 else len(outcome) != len(right):
                        wrong.append((what, mutation.name, at))
    made.store.close()

    assert wrong == []
    assert refused > len(WRONG) * 2, "hardly anything was refused: was anything hit?"
