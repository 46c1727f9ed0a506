"""Signing in as a conversation: Send a request, Ask a person, or Done. State in, state out.

A brokerage's `signin.py` is two pure functions, `begin` and `hear`, written as one `match` over small
frozen dataclasses. The person may answer in ten minutes and reach another process: so the state
between two moves is a value that is stored (sealed), never an object that waits.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

import msgspec

from adapters.kit.wire import Request, Response
from domain.challenges import Answer, Challenge
from domain.errors import ChallengeExpired
from domain.ports.brokerage import Grant


@dataclass(frozen=True, slots=True)
class Moment:
    """Time and chance for one move, so that a conversation stays a pure function.

    `nonce` is 32 fresh random hex characters; `urls` are the door's host addresses by name.
    """

    now: datetime
    nonce: str
    urls: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller gave at Connect, completed by what the operator configured. `former`: the values of
    the grant that is to be mended; empty at a first sign-in."""

    fields: dict[str, str] = field(repr=False)
    redirect_uri: str
    former: dict[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this as it is, and hear the response in this state: what must be signed is signed already."""

    request: Request
    state: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """Put this to the person, and hear the answer in this state."""

    challenge: Challenge
    state: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    grant: Grant = field(repr=False)


Move = Send | Ask | Done
Heard = Response | Answer


class SignIn(Protocol):
    """A sign-in conversation. Both functions raise a domain Failure where it ends badly."""

    def begin(self, given: Given, moment: Moment) -> Move: ...

    def hear(self, state: Any, heard: Heard, moment: Moment) -> Move: ...


@dataclass(frozen=True, slots=True)
class Conversation:
    """A SignIn from two functions and the dataclasses that are its states."""

    begin: Any
    hear: Any
    states: tuple[type, ...] = ()

    def pack(self, state: object) -> bytes:
        """A state as bytes to be sealed. States hold text, numbers, booleans and mappings of text."""
        values = {f.name: getattr(state, f.name) for f in fields(state)}  # type: ignore[arg-type]
        return msgspec.json.encode({"state": type(state).__name__, "values": values})

    def unpack(self, packed: bytes) -> object:
        """Raises ChallengeExpired for a state that another version of the program left."""
        told = msgspec.json.decode(packed)
        kind = {s.__name__: s for s in self.states}.get(told["state"])
        try:
            if kind is not None:
                return msgspec.convert(told["values"], kind)
        except msgspec.ValidationError:
            pass
        raise ChallengeExpired("This sign-in was begun by another version of the service. Begin again.")
