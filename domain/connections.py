"""Connections and the sessions that make them: their states, and the moves between them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from domain.challenges import Challenge
from domain.errors import (
    Actor,
    ConnectionDisconnected,
    ConnectionPaused,
    ConnectionQuarantined,
    FailureRecord,
)


class ConnectionState(Enum):
    PENDING = "pending"  # made, never synced yet
    ACTIVE = "active"
    DEGRADED = "degraded"  # some datasets fail
    ACTION_REQUIRED = "action_required"  # the user must act
    WAITING = "waiting"  # we try again later
    PAUSED = "paused"
    DISCONNECTED = "disconnected"
    QUARANTINED = "quarantined"  # an operator must act


@dataclass(frozen=True, slots=True)
class Connection:
    """A user's authorised link through one door.

    `reason`, `actor`, `message` say why the state is what it is; empty when all is well.
    `failures` counts failed runs in a row. `version` rises with every change (the etag).
    """

    id: str
    user_id: str
    brokerage_id: str
    door_id: str
    state: ConnectionState
    since: datetime
    created_at: datetime
    reason: str = ""
    actor: Actor = Actor.NOBODY
    message: str = ""
    next_retry_at: datetime | None = None
    expires_at: datetime | None = None
    renewable_until: datetime | None = None
    failures: int = 0
    next_sync_at: datetime | None = None
    last_run_id: str | None = None
    last_success_at: datetime | None = None
    version: int = 1

    @property
    def live(self) -> bool:
        return self.state is not ConnectionState.DISCONNECTED

    def waits_for_an_operator(self, run_id: str) -> bool:
        """Whether this run was put aside, and nobody has acted since."""
        quarantined = self.state is ConnectionState.QUARANTINED
        return quarantined and self.reason == ConnectionQuarantined.reason and self.last_run_id == run_id

    def check_may_sync(self) -> None:
        """Raises the failure that tells why no sync may start. ACTION_REQUIRED may: the user may have
        acted at the brokerage, and a forced sync is how one finds out."""
        match self.state:
            case ConnectionState.PAUSED:
                raise ConnectionPaused
            case ConnectionState.DISCONNECTED:
                raise ConnectionDisconnected
            case ConnectionState.QUARANTINED:
                raise ConnectionQuarantined

    def moved(self, state: ConnectionState, now: datetime, why: FailureRecord | None = None) -> "Connection":
        """The connection in another state; `since` only changes when the state or its reason does."""
        reason = why.reason if why else ""
        same = state is self.state and reason == self.reason
        return replace(
            self,
            state=state,
            since=self.since if same else now,
            reason=reason,
            actor=why.actor if why else Actor.NOBODY,
            message=why.message if why else "",
            next_retry_at=why.retry_at if why else None,
        )


class SessionState(Enum):
    IN_PROGRESS = "in_progress"
    NEEDS_INPUT = "needs_input"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ConnectSession:
    """One attempt of a user to connect, reconnect or widen access. It outlives the process.

    `version` guards against two answers at once.
    """

    id: str
    user_id: str
    brokerage_id: str
    door_id: str
    state: SessionState
    redirect_uri: str
    created_at: datetime
    expires_at: datetime
    reconnect_connection_id: str | None = None
    challenge: Challenge | None = None
    failure: FailureRecord | None = None
    connection_id: str | None = None
    version: int = 1

    @property
    def over(self) -> bool:
        return self.state not in {SessionState.IN_PROGRESS, SessionState.NEEDS_INPUT}
