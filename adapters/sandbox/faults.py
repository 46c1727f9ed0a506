"""Personas and faults, put around a sandbox: it answers, and here the answer may go wrong.

NAME@WHEN        429@3   500@2-4   missing-key@/v2/positions   reset@/orders#2   drip@/orders#2-5   nan@*
ID:NAME@WHEN     the same for one of several sandboxes
"""

import random
import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked
from adapters.sandbox.mutations import ALIASES, MUTATIONS, Mutation
from adapters.sandbox.play import PERSONAS, Sandbox
from adapters.sandbox.reply import Reply, ordinary

SLOW = 1.5
LIMITED_EVERY = 5
QUOTA, QUOTA_SECONDS = 20, 1.0
FLAKY = 0.3
FLAKY_WAYS = ("500", "502", "503", "504", "reset")  # none of them heard: asking again is safe
# Enough to sign in and list the accounts; then nothing is what it should be.
GARBAGE_AFTER = 4
GARBAGE_WAYS = (
    "html-200",
    "login-page-200",
    "cut-json",
    "missing-key",
    "null-body",
    "empty-body",
    "empty-object",
    "wrong-type",
    "string-for-number",
    "nan",
    "huge-exponent",
    "null-row",
    "deep-nesting",
    "bad-utf8",
    "plain-text",
    "xml-instead",
)
NOT_HEARD = Response(200, {"content-type": "application/json"}, b'{"results":[{"id":"1"}]}')

_WHEN = re.compile(r"(?P<path>/[^#]*)?(?:#?(?P<first>\d+)(?P<dash>-)?(?P<last>\d+)?)?")


@runtime_checkable
class Refusing(Protocol):
    """A sandbox may bring its brokerage's own words for statuses such as 401, 429 or 503. A header that it
    leaves empty is one that this brokerage does not send."""

    def refusal(self, asked: Asked, status: int) -> Response | None: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """One planned mishap. `path` is a part of a path, or empty for all; numbers count from 1, among
    the requests that contain the path. `last` None: for ever."""

    name: str
    path: str = ""
    first: int = 1
    last: int | None = None
    brokerage: str = ""

    def strikes(self, number: int) -> bool:
        return number >= self.first and (self.last is None or number <= self.last)

    def __str__(self) -> str:
        many = "" if self.last == self.first else "-" if self.last is None else f"-{self.last}"
        when = f"{self.first}{many}"
        if (self.first, self.last) == (1, None):
            when = "" if self.path else "*"
        prefix = f"{self.brokerage}:" if self.brokerage else ""
        return f"{prefix}{self.name}@{self.path}{'#' if self.path and when else ''}{when}"


def parse_fault(text: str) -> Fault:
    """A fault from NAME@WHEN. Raises ValueError with a sentence for a person."""
    head, at, when = text.partition("@")
    brokerage, colon, name = head.rpartition(":")
    name = ALIASES.get(name, name)
    if name not in MUTATIONS:
        raise ValueError(f"there is no fault {name!r}; there are {', '.join(MUTATIONS)}")
    if colon and not brokerage.isidentifier():
        raise ValueError(f"{brokerage!r} in {text!r} is no brokerage")
    if not at or not when:
        raise ValueError(f"{text!r} does not say when: NAME@3, NAME@3-5, NAME@/path, NAME@/path#2 or NAME@*")
    if when == "*":
        return Fault(name, brokerage=brokerage)
    found = _WHEN.fullmatch(when)
    if found is None:
        raise ValueError(f"{when!r} in {text!r} is no request number, range or path")
    first = int(found["first"] or 1)
    last = int(found["last"]) if found["last"] else None
    if found["first"] and not found["dash"]:
        last = first
    if first < 1 or (last is not None and last < first):
        raise ValueError(f"{when!r} in {text!r} is an empty range: requests count from 1")
    return Fault(name, found["path"] or "", first, last, brokerage)


class Faulty:
    """A sandbox that misbehaves as its persona and the planned faults say."""

    def __init__(
        self,
        sandbox: Sandbox,
        persona: str | None = None,
        faults: Iterable[Fault] = (),
        latency: float = 0.0,
    ) -> None:
        self.sandbox = sandbox
        self.latency = latency
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self.mishaps: Counter[str] = Counter()
        self._faults: list[Fault] = []
        self._struck: list[int] = []
        self._recent: deque[datetime] = deque()
        self._failed: set[str] = set()
        self._rng = random.Random(f"{sandbox.id}/{sandbox.play.seed}/faults")
        if persona is not None:
            self.set_persona(persona)
        self.set_faults(faults)

    @property
    def persona(self) -> str:
        return self.sandbox.play.persona

    def set_persona(self, persona: str) -> None:
        """Change it while running. Raises ValueError: `empty` and `large` are other truths."""
        if persona not in PERSONAS:
            raise ValueError(f"there is no persona {persona!r}; there are {', '.join(PERSONAS)}")
        if persona != self.persona and {persona, self.persona} & {"empty", "large"}:
            raise ValueError(f"{self.persona} cannot become {persona}: that is another truth")
        self.sandbox.play.persona = persona

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(self._faults)

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Plan other faults; they count from now on."""
        self._faults = [fault for fault in faults if fault.brokerage in ("", self.sandbox.id)]
        self._struck = [0 for _ in self._faults]

    def reply(self, asked: Asked) -> Reply:
        """The sandbox's answer, or what becomes of it."""
        self.requests += 1
        name = self._planned(asked) or self._by_persona(asked)
        reply = (
            ordinary(self.sandbox.answer(asked)) if name is None else self._mutated(asked, MUTATIONS[name])
        )
        if self.persona == "slow":
            reply = reply.later(SLOW)
        if name is not None:
            self.mishaps[name] += 1
        told = 0 if reply.reset or reply.hang else reply.status
        self.statuses[told] += 1
        self.sandbox.play.note(asked, told, name or "")
        return reply.later(self.latency)

    def _mutated(self, asked: Asked, mutation: Mutation) -> Reply:
        response = self.sandbox.answer(asked) if mutation.heard else NOT_HEARD
        reply = mutation.change(response, asked.now)
        if reply.status >= 400 and isinstance(self.sandbox, Refusing) and "html" not in mutation.name:
            words = self.sandbox.refusal(asked, reply.status)
            if words is not None:
                headers = dict(reply.headers) | words.headers
                told = tuple((name, value) for name, value in headers.items() if value)
                return Reply(reply.status, told, words.body)
        return reply

    def _planned(self, asked: Asked) -> str | None:
        """The first planned fault whose time has come. All that see the request count it."""
        chosen: str | None = None
        for place, fault in enumerate(self._faults):
            if fault.path in asked.path:
                self._struck[place] += 1
                if chosen is None and fault.strikes(self._struck[place]):
                    chosen = fault.name
        return chosen

    def _by_persona(self, asked: Asked) -> str | None:
        match self.persona:
            case "rate-limited" if self.requests % LIMITED_EVERY == 0 or self._over_quota(asked.now):
                return "429"
            case "flaky" if asked.method == "GET":
                return self._flaky(asked)
            case "garbage" if asked.method == "GET" and self.requests > GARBAGE_AFTER:
                return self._rng.choice(GARBAGE_WAYS)
            case _:
                return None

    def _over_quota(self, now: datetime) -> bool:
        while self._recent and now - self._recent[0] > timedelta(seconds=QUOTA_SECONDS):
            self._recent.popleft()
        if len(self._recent) >= QUOTA:
            return True
        self._recent.append(now)
        return False

    def _flaky(self, asked: Asked) -> str | None:
        """A request fails now and then, and is answered when it is asked again."""
        key = f"{asked.host} {asked.path}?{asked.raw_query}"
        if key in self._failed:
            self._failed.discard(key)
            return None
        if self._rng.random() >= FLAKY:
            return None
        self._failed.add(key)
        return self._rng.choice(FLAKY_WAYS)
