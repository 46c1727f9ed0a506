"""The one table: what a failure of ours is to a caller. Status, reason, retry delay, fields, who must act.

Every failed call carries an ErrorInfo (domain "brokerlink"; metadata: actor, retryable, and the brokerage
where there is one); a RetryInfo where waiting helps; a BadRequest where fields are wrong; a
LocalizedMessage where a person must act.
"""

from collections.abc import Sequence
from datetime import timedelta

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from domain import errors as domain
from domain.errors import Actor, CallerMustAct, Failure, FieldInvalid, NotFound

DOMAIN = "brokerlink"
LOCALE = "en"
INTERNAL = "INTERNAL"
# Where a failure names no time of its own.
WAIT_FOR_OTHERS = timedelta(seconds=1)
WAIT_FOR_A_BROKERAGE = timedelta(seconds=30)


class FieldsInvalid(FieldInvalid):
    """Several fields at once, as the rules of the contract found them: (path, what is wrong)."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self.fields = tuple(fields)
        path, message = self.fields[0]
        super().__init__(path, f"{path}: {message}" if path else message)


class RequestUnreadable(CallerMustAct):
    reason = "REQUEST_UNREADABLE"
    says = "The request is no message of the contract."


class RequestTooLarge(CallerMustAct):
    reason = "REQUEST_TOO_LARGE"
    says = "The request is larger than this method takes."


class CallerTokenInvalid(CallerMustAct):
    reason = "CALLER_TOKEN_INVALID"
    says = "The caller has not shown who it is."


class ScopeMissing(CallerMustAct):
    reason = "SCOPE_MISSING"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This call needs the scope {scope}." if scope else "Nobody may make this call.")


class TooSlow(Failure):
    """The time for the call ran out here. Whether it had an effect is not known."""

    reason = "DEADLINE_EXCEEDED"
    says = "The call took longer than it may."


class Stopping(Failure):
    reason = "SERVER_STOPPING"
    says = "This server is being stopped. Go on with another one."


_CODE = grpc.StatusCode
STATUSES: dict[type[Failure], grpc.StatusCode] = {
    # The person who owns the account. The caller's own identity is not in question: never UNAUTHENTICATED.
    domain.CredentialsRejected: _CODE.FAILED_PRECONDITION,
    domain.ChallengeWrong: _CODE.INVALID_ARGUMENT,
    domain.ChallengeExpired: _CODE.FAILED_PRECONDITION,
    domain.ReauthorizationRequired: _CODE.FAILED_PRECONDITION,
    domain.ConsentRevoked: _CODE.FAILED_PRECONDITION,
    domain.IdentityMismatch: _CODE.FAILED_PRECONDITION,
    domain.AccountLocked: _CODE.FAILED_PRECONDITION,
    domain.PermissionInsufficient: _CODE.FAILED_PRECONDITION,
    # The service that called us.
    domain.FieldInvalid: _CODE.INVALID_ARGUMENT,
    domain.NotFound: _CODE.NOT_FOUND,
    domain.RequestIdReused: _CODE.INVALID_ARGUMENT,
    domain.BrokerageUnknown: _CODE.NOT_FOUND,
    domain.BrokerageRetired: _CODE.FAILED_PRECONDITION,
    domain.CapabilityUnsupported: _CODE.FAILED_PRECONDITION,
    domain.StatementUnreadable: _CODE.INVALID_ARGUMENT,
    domain.ConnectionPaused: _CODE.FAILED_PRECONDITION,
    domain.ConnectionDisconnected: _CODE.FAILED_PRECONDITION,
    domain.SessionOver: _CODE.FAILED_PRECONDITION,
    domain.EtagMismatch: _CODE.ABORTED,
    domain.Busy: _CODE.ABORTED,
    FieldsInvalid: _CODE.INVALID_ARGUMENT,
    RequestUnreadable: _CODE.INVALID_ARGUMENT,
    RequestTooLarge: _CODE.RESOURCE_EXHAUSTED,
    CallerTokenInvalid: _CODE.UNAUTHENTICATED,
    ScopeMissing: _CODE.PERMISSION_DENIED,
    # Whoever runs brokerlink.
    domain.DoorClosed: _CODE.FAILED_PRECONDITION,
    domain.OperatorSettingMissing: _CODE.FAILED_PRECONDITION,
    domain.ChallengeUnsupported: _CODE.FAILED_PRECONDITION,
    domain.UnreadableReply: _CODE.INTERNAL,
    domain.HistoryUnavailable: _CODE.FAILED_PRECONDITION,
    domain.ConnectionQuarantined: _CODE.FAILED_PRECONDITION,
    domain.DecryptionFailed: _CODE.INTERNAL,
    # Nobody yet: it may pass by itself.
    domain.BrokerageUnavailable: _CODE.UNAVAILABLE,
    domain.BrokerageUnreachable: _CODE.UNAVAILABLE,
    domain.BrokerageNotTrusted: _CODE.UNAVAILABLE,
    domain.BrokerageMaintenance: _CODE.UNAVAILABLE,
    domain.GatewayOffline: _CODE.UNAVAILABLE,
    domain.BrokerageRateLimited: _CODE.RESOURCE_EXHAUSTED,
    domain.BudgetSpent: _CODE.RESOURCE_EXHAUSTED,
    domain.CircuitOpen: _CODE.UNAVAILABLE,
    domain.SnapshotHeldBack: _CODE.UNAVAILABLE,
    domain.StorageUnavailable: _CODE.UNAVAILABLE,
    domain.Overloaded: _CODE.RESOURCE_EXHAUSTED,
    TooSlow: _CODE.DEADLINE_EXCEEDED,
    Stopping: _CODE.UNAVAILABLE,
}
# What waiting helps against, besides everything that a brokerage has to do.
_PASSES: dict[type[Failure], timedelta] = {
    domain.NobodyYet: WAIT_FOR_A_BROKERAGE,
    domain.Busy: WAIT_FOR_OTHERS,
    domain.Overloaded: WAIT_FOR_OTHERS,
    domain.StorageUnavailable: WAIT_FOR_OTHERS,
    Stopping: WAIT_FOR_OTHERS,
}


def status(failure: Failure, brokerage_id: str = "") -> Status:
    """A failure with all its details. `brokerage_id` is the one that the request was about."""
    wait = retry_after(failure)
    info = details.ErrorInfo(
        reason=reason(failure),
        domain=DOMAIN,
        metadata={"actor": failure.actor.value, "retryable": "false" if wait is None else "true"},
    )
    if brokerage_id:
        info.metadata["brokerage"] = brokerage_id
    if isinstance(failure, domain.BrokerageRetired) and failure.successor:
        info.metadata["successor"] = failure.successor
    told: list[Message] = [info]
    if wait is not None:
        retry = details.RetryInfo()
        retry.retry_delay.FromTimedelta(wait)
        told.append(retry)
    violations = _violations(failure)
    if violations:
        told.append(details.BadRequest(field_violations=violations))
    if failure.actor is Actor.USER:
        told.append(details.LocalizedMessage(locale=LOCALE, message=failure.message))
    return _packed(code(failure), failure.message, told)


def internal(correlation_id: str) -> Status:
    """Everything that nobody foresaw: a plain sentence, and the id under which the log knows it."""
    info = details.ErrorInfo(
        reason=INTERNAL,
        domain=DOMAIN,
        metadata={
            "actor": Actor.OPERATOR.value,
            "retryable": "false",
            "correlation_id": correlation_id,
        },
    )
    sentence = f"Something went wrong inside. The log of the server knows it as {correlation_id}."
    return _packed(_CODE.INTERNAL, sentence, [info])


def code(failure: Failure) -> grpc.StatusCode:
    return next(STATUSES[kind] for kind in type(failure).__mro__ if kind in STATUSES)


def reason(failure: Failure) -> str:
    """The stable reason; NotFound has one for each noun."""
    return f"{failure.noun.upper()}_NOT_FOUND" if isinstance(failure, NotFound) else failure.reason


def retry_after(failure: Failure) -> timedelta | None:
    """How long to wait before the next try; None where waiting does not help."""
    usual = next((_PASSES[kind] for kind in type(failure).__mro__ if kind in _PASSES), None)
    return None if usual is None else failure.retry_after or usual


def _violations(failure: Failure) -> list[details.BadRequest.FieldViolation]:
    match failure:
        case FieldsInvalid():
            fields: Sequence[tuple[str, str]] = failure.fields
        case domain.RequestIdReused():
            fields = [("request_id", failure.message)]
        case _ if failure.field is not None:
            fields = [(failure.field, failure.message)]
        case _:
            fields = []
    return [details.BadRequest.FieldViolation(field=path, description=text) for path, text in fields]


def _packed(code: grpc.StatusCode, message: str, told: Sequence[Message]) -> Status:
    packed = Status(code=code.value[0], message=message)
    for detail in told:
        packed.details.add().Pack(detail)
    return packed
