"""Everything that can go wrong, sorted by who must act.

    Failure
    ├── UserMustAct             the person who owns the account
    │   ├── CredentialsRejected         CREDENTIALS_REJECTED
    │   ├── ChallengeWrong              CHALLENGE_WRONG
    │   ├── ChallengeExpired            CHALLENGE_EXPIRED
    │   ├── ReauthorizationRequired     REAUTHORIZATION_REQUIRED
    │   ├── ConsentRevoked              CONSENT_REVOKED
    │   ├── IdentityMismatch            IDENTITY_MISMATCH
    │   ├── AccountLocked               ACCOUNT_LOCKED_AT_BROKERAGE
    │   └── PermissionInsufficient      PERMISSION_INSUFFICIENT
    ├── CallerMustAct           the service that called us
    │   ├── FieldInvalid                FIELD_INVALID
    │   ├── NotFound                    <NOUN>_NOT_FOUND
    │   ├── RequestIdReused             REQUEST_ID_REUSED
    │   ├── BrokerageUnknown            BROKERAGE_UNKNOWN
    │   ├── BrokerageRetired            BROKERAGE_RETIRED
    │   ├── CapabilityUnsupported       CAPABILITY_UNSUPPORTED
    │   ├── StatementUnreadable         STATEMENT_UNREADABLE
    │   ├── ConnectionPaused            CONNECTION_PAUSED
    │   ├── ConnectionDisconnected      CONNECTION_DISCONNECTED
    │   ├── SessionOver                 CONNECT_SESSION_OVER
    │   ├── EtagMismatch                ETAG_MISMATCH
    │   └── Busy                        BUSY
    ├── OperatorMustAct         whoever runs brokerlink
    │   ├── DoorClosed                  DOOR_CLOSED
    │   ├── OperatorSettingMissing      OPERATOR_SETTING_MISSING
    │   ├── ChallengeUnsupported        CHALLENGE_UNSUPPORTED
    │   ├── UnreadableReply             BROKERAGE_RESPONSE_UNREADABLE
    │   ├── HistoryUnavailable          HISTORY_UNAVAILABLE
    │   ├── ConnectionQuarantined       CONNECTION_QUARANTINED
    │   └── DecryptionFailed            DECRYPTION_FAILED
    └── NobodyYet               it may pass by itself; we try again
        ├── BrokerageUnavailable        BROKERAGE_UNAVAILABLE
        │   ├── BrokerageUnreachable        BROKERAGE_UNREACHABLE
        │   └── BrokerageNotTrusted         BROKERAGE_CERTIFICATE_INVALID
        ├── BrokerageMaintenance        BROKERAGE_MAINTENANCE
        ├── GatewayOffline              GATEWAY_OFFLINE
        ├── BrokerageRateLimited        BROKERAGE_RATE_LIMITED
        │   └── BudgetSpent                 the same, before anything was sent
        ├── CircuitOpen                 CIRCUIT_OPEN
        ├── SnapshotHeldBack            SNAPSHOT_HELD_BACK
        ├── StorageUnavailable          STORAGE_UNAVAILABLE
        └── Overloaded                  QUOTA_EXCEEDED

A failure's text is a plain sentence of ours. It never holds what a brokerage or a caller sent: those
may carry secrets or another person's data. `rpc/errors.py` maps each to a gRPC status.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar


class Actor(Enum):
    """Who must act so that it goes on."""

    USER = "user"
    CALLER = "caller"
    OPERATOR = "operator"
    BROKERAGE = "brokerage"
    NOBODY = "nobody"


class Failure(Exception):
    """Any failure we foresee. `reason` is stable and part of the contract."""

    reason: ClassVar[str] = "FAILED"
    actor: ClassVar[Actor] = Actor.NOBODY
    says: ClassVar[str] = "It did not work."

    def __init__(self, message: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(message or self.says)
        self.message = message or self.says
        self.retry_after = retry_after
        self.field: str | None = None
        self.status: int | None = None


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """A failure as it is stored and shown: no exception, no secret."""

    reason: str
    actor: Actor
    message: str
    retry_at: datetime | None = None
    dataset: str | None = None

    @classmethod
    def of(
        cls, failure: Failure, *, dataset: str | None = None, retry_at: datetime | None = None
    ) -> "FailureRecord":
        return cls(failure.reason, failure.actor, failure.message, retry_at, dataset)


class UserMustAct(Failure):
    actor = Actor.USER


class CredentialsRejected(UserMustAct):
    reason = "CREDENTIALS_REJECTED"
    says = "The brokerage does not accept these credentials."


class ChallengeWrong(UserMustAct):
    reason = "CHALLENGE_WRONG"
    says = "The brokerage does not accept this answer."


class ChallengeExpired(UserMustAct):
    reason = "CHALLENGE_EXPIRED"
    says = "The time to answer is over. Start again."


class ReauthorizationRequired(UserMustAct):
    reason = "REAUTHORIZATION_REQUIRED"
    says = "The brokerage asks the user to sign in again."


class ConsentRevoked(UserMustAct):
    reason = "CONSENT_REVOKED"
    says = "The user has withdrawn the consent at the brokerage."


class IdentityMismatch(UserMustAct):
    reason = "IDENTITY_MISMATCH"
    says = "These credentials belong to other accounts than the connection."


class AccountLocked(UserMustAct):
    reason = "ACCOUNT_LOCKED_AT_BROKERAGE"
    says = "The brokerage has locked this login."


class PermissionInsufficient(UserMustAct):
    reason = "PERMISSION_INSUFFICIENT"
    says = "The brokerage does not allow this read with the permission given."


class CallerMustAct(Failure):
    actor = Actor.CALLER


class FieldInvalid(CallerMustAct):
    """`field` is the path of the request's field, as in BadRequest."""

    reason = "FIELD_INVALID"
    says = "A field of the request is not valid."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotFound(CallerMustAct):
    """The same words for what is another's and what never was."""

    reason = "NOT_FOUND"

    def __init__(self, noun: str) -> None:
        super().__init__(f"There is no such {noun.replace('_', ' ')}.")
        self.noun = noun


class RequestIdReused(CallerMustAct):
    reason = "REQUEST_ID_REUSED"
    says = "This request_id was used for another request."


class BrokerageUnknown(CallerMustAct):
    reason = "BROKERAGE_UNKNOWN"
    says = "No brokerage has this id."


class BrokerageRetired(CallerMustAct):
    """`successor` is the id of the brokerage that took its accounts over, where one did."""

    reason = "BROKERAGE_RETIRED"
    says = "This brokerage does not exist any more."

    def __init__(self, message: str = "", successor: str | None = None) -> None:
        super().__init__(message)
        self.successor = successor


class CapabilityUnsupported(CallerMustAct):
    reason = "CAPABILITY_UNSUPPORTED"
    says = "This door cannot do that."


class StatementUnreadable(CallerMustAct):
    """`line` is where in the file it shows, from 1; 0 where no line can be named."""

    reason = "STATEMENT_UNREADABLE"
    says = "This file is no statement that we can read."

    def __init__(self, message: str = "", line: int = 0) -> None:
        super().__init__(f"Line {line}: {message}" if message and line else message)
        self.line = line


class ConnectionPaused(CallerMustAct):
    reason = "CONNECTION_PAUSED"
    says = "The connection is paused. Resume it first."


class ConnectionDisconnected(CallerMustAct):
    reason = "CONNECTION_DISCONNECTED"
    says = "The connection was disconnected. Connect again."


class SessionOver(CallerMustAct):
    reason = "CONNECT_SESSION_OVER"
    says = "This connect session has ended. Start a new one."


class EtagMismatch(CallerMustAct):
    reason = "ETAG_MISMATCH"
    says = "Somebody else changed it meanwhile. Read it again."


class Busy(CallerMustAct):
    reason = "BUSY"
    says = "The same thing is being done right now."


class OperatorMustAct(Failure):
    actor = Actor.OPERATOR


class DoorClosed(OperatorMustAct):
    reason = "DOOR_CLOSED"
    says = "The operator has not opened this way into the brokerage."


class OperatorSettingMissing(OperatorMustAct):
    reason = "OPERATOR_SETTING_MISSING"
    says = "The operator has not configured this brokerage."


class ChallengeUnsupported(OperatorMustAct):
    reason = "CHALLENGE_UNSUPPORTED"
    says = "The brokerage asks for something that we do not know."


class UnreadableReply(OperatorMustAct):
    """*They* changed something: not the format that the fact sheet tells."""

    reason = "BROKERAGE_RESPONSE_UNREADABLE"
    says = "The brokerage's answer could not be read."


class HistoryUnavailable(OperatorMustAct):
    reason = "HISTORY_UNAVAILABLE"
    says = "The brokerage does not give this part of the history."


class ConnectionQuarantined(OperatorMustAct):
    reason = "CONNECTION_QUARANTINED"
    says = "An operator has to look at this connection first."


class DecryptionFailed(OperatorMustAct):
    reason = "DECRYPTION_FAILED"
    says = "A stored secret cannot be opened with the keys at hand."


class NobodyYet(Failure):
    actor = Actor.BROKERAGE


class BrokerageUnavailable(NobodyYet):
    reason = "BROKERAGE_UNAVAILABLE"
    says = "The brokerage does not answer as it should."


class BrokerageUnreachable(BrokerageUnavailable):
    """No connection came about: nothing was sent. The message says where it broke off."""

    reason = "BROKERAGE_UNREACHABLE"
    says = "No connection to the brokerage comes about."


class BrokerageNotTrusted(BrokerageUnavailable):
    """Whoever answers cannot prove to be the brokerage: nothing was sent, and nobody may wave it through."""

    reason = "BROKERAGE_CERTIFICATE_INVALID"
    says = "The brokerage's certificate is not valid; nothing was sent."


class BrokerageMaintenance(NobodyYet):
    reason = "BROKERAGE_MAINTENANCE"
    says = "The brokerage is down for maintenance."


class GatewayOffline(NobodyYet):
    """The gateway program that the user runs for us. One user's silence says nothing of the brokerage: it
    opens no breaker."""

    reason = "GATEWAY_OFFLINE"
    actor = Actor.USER
    says = "The gateway program of the brokerage does not answer. Start it, and sign in to it."


class BrokerageRateLimited(NobodyYet):
    reason = "BROKERAGE_RATE_LIMITED"
    says = "The brokerage asks us to slow down."


class BudgetSpent(BrokerageRateLimited):
    """Nothing was sent: it would have been more than the brokerage allows."""


class CircuitOpen(NobodyYet):
    reason = "CIRCUIT_OPEN"
    says = "The brokerage failed too often just now; we wait before the next try."


class SnapshotHeldBack(NobodyYet):
    reason = "SNAPSHOT_HELD_BACK"
    says = (
        "Everything vanished at once without cash coming in; the former positions stay until it is confirmed."
    )


class StorageUnavailable(NobodyYet):
    reason = "STORAGE_UNAVAILABLE"
    actor = Actor.OPERATOR
    says = "The database does not answer. What was not acknowledged was not changed."


class Overloaded(NobodyYet):
    reason = "QUOTA_EXCEEDED"
    actor = Actor.NOBODY
    says = "Too much at once. Try again shortly."
