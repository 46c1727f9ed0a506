"""Every failure has a status, a reason and its details; nothing else may be told."""

import inspect
from datetime import timedelta

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from brokerlink.rpc import errors
from domain import errors as domain
from domain.errors import Actor, Failure, FieldInvalid, NotFound

FAMILIES = {Failure, domain.UserMustAct, domain.CallerMustAct, domain.OperatorMustAct, domain.NobodyYet}


def kinds(module: object) -> list[type[Failure]]:
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Failure)]
    return [kind for kind in found if kind not in FAMILIES]


KINDS = sorted({*kinds(domain), *kinds(errors)}, key=lambda kind: kind.__name__)
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def made(kind: type[Failure]) -> Failure:
    if kind is errors.FieldsInvalid:
        return errors.FieldsInvalid([("a.b", "is wrong"), ("c", "too")])
    if kind is errors.ScopeMissing:
        return errors.ScopeMissing("sync:write")
    if issubclass(kind, FieldInvalid):
        return kind("user_id", "is wrong")
    if issubclass(kind, NotFound):
        return kind("sync_run")
    return kind()


def unpacked(status: Status, kind: type[Message]) -> Message | None:
    for packed in status.details:
        if packed.Is(kind.DESCRIPTOR):
            return kind.FromString(packed.value)
    return None


@EACH
def test_every_failure_has_a_row_of_its_own(kind: type[Failure]) -> None:
    assert kind in errors.STATUSES


@EACH
def test_every_failure_says_reason_actor_and_whether_to_try_again(kind: type[Failure]) -> None:
    failure = made(kind)

    status = errors.status(failure, "schwab")

    info = unpacked(status, details.ErrorInfo)
    assert isinstance(info, details.ErrorInfo)
    assert (info.domain, info.reason) == ("brokerlink", errors.reason(failure))
    assert info.metadata["actor"] == failure.actor.value
    assert info.metadata["brokerage"] == "schwab"
    assert status.message == failure.message
    retry = unpacked(status, details.RetryInfo)
    assert info.metadata["retryable"] == ("false" if retry is None else "true")


@EACH
def test_a_person_who_must_act_gets_a_sentence_to_show(kind: type[Failure]) -> None:
    failure = made(kind)

    sentence = unpacked(errors.status(failure), details.LocalizedMessage)

    assert (sentence is not None) is (failure.actor is Actor.USER)


@EACH
def test_what_passes_by_itself_says_when_to_try_again(kind: type[Failure]) -> None:
    passes = issubclass(kind, domain.NobodyYet | domain.Busy | errors.Stopping)

    retry = unpacked(errors.status(made(kind)), details.RetryInfo)

    assert (retry is not None) is passes


def test_a_brokerage_that_names_a_time_is_believed() -> None:
    failure = domain.BrokerageRateLimited(retry_after=timedelta(seconds=90))

    retry = unpacked(errors.status(failure), details.RetryInfo)

    assert isinstance(retry, details.RetryInfo)
    assert retry.retry_delay.ToTimedelta() == timedelta(seconds=90)


def test_all_wrong_fields_are_named() -> None:
    status = errors.status(made(errors.FieldsInvalid))

    bad = unpacked(status, details.BadRequest)

    assert isinstance(bad, details.BadRequest)
    assert [(one.field, one.description) for one in bad.field_violations] == [
        ("a.b", "is wrong"),
        ("c", "too"),
    ]


def test_what_is_not_found_is_named_by_its_noun() -> None:
    failure = NotFound("sync_run")

    assert errors.reason(failure) == "SYNC_RUN_NOT_FOUND"
    assert errors.code(failure) is grpc.StatusCode.NOT_FOUND


def test_nobody_but_a_caller_without_a_token_is_unauthenticated() -> None:
    """A brokerage that refuses a user's credentials says nothing about the caller."""
    found = [kind for kind, code in errors.STATUSES.items() if code is grpc.StatusCode.UNAUTHENTICATED]

    assert found == [errors.CallerTokenInvalid]


def test_a_brokerage_that_nobody_knows_is_not_repeated() -> None:
    """The call leaves the id out; see calls.Call.ended_by."""
    status = errors.status(domain.BrokerageUnknown())

    info = unpacked(status, details.ErrorInfo)

    assert isinstance(info, details.ErrorInfo)
    assert "brokerage" not in info.metadata
