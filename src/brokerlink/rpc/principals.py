"""Who calls: the principal of a call, and where it comes from.

A principal comes from a verified token or a client certificate, never from other metadata. For now there
is no verifier: on this machine, without authentication, everybody is `local`.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import grpc.aio

from domain.errors import NotFound

LOCAL = "local"
READ, WRITE = ":read", ":write"


@dataclass(frozen=True, slots=True)
class Principal:
    """A service (`user_id` None), or a user through a service, who sees that user only."""

    name: str
    user_id: str | None = None
    scopes: frozenset[str] = frozenset()
    # What requests, streams and page tokens of this principal are kept under: one short word.
    key: str = field(init=False)

    def __post_init__(self) -> None:
        whole = f"{self.name}\x1f{'' if self.user_id is None else self.user_id}\x1f{self.user_id is None}"
        object.__setattr__(self, "key", sha256(whole.encode()).hexdigest()[:32])

    def allows(self, scope: str) -> bool:
        """Whether the principal holds a scope; "x:write" includes "x:read"."""
        return scope in self.scopes or (
            scope.endswith(READ) and scope.removesuffix(READ) + WRITE in self.scopes
        )

    def check_user(self, user_id: str) -> None:
        """Raises NotFound for another user, in the words that it has for one that never existed."""
        if self.user_id is not None and self.user_id != user_id:
            raise NotFound("user")


class Authenticator(Protocol):
    """The one place where a verifier of tokens or certificates plugs in."""

    async def __call__(self, context: "grpc.aio.ServicerContext[object, object]") -> Principal:
        """Who makes this call. Raises CallerTokenInvalid."""


class Trusting:
    """Everybody is `local` and may do everything: for a server that only this machine can reach."""

    def __init__(self, scopes: Iterable[str]) -> None:
        self._local = Principal(LOCAL, None, frozenset(scopes))

    async def __call__(self, context: "grpc.aio.ServicerContext[object, object]") -> Principal:
        return self._local


_current: ContextVar[Principal] = ContextVar("principal")


def caller() -> Principal:
    """The principal of the call that is being answered."""
    return _current.get()


def enter(principal: Principal) -> None:
    """Every call is answered in a task of its own: what is set here ends with it."""
    _current.set(principal)
