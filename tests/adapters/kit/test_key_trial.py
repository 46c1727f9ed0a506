"""Keys that are tried once: what is sent, what is kept, and what each answer means."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.kit import oauth
from adapters.kit.key_trial import KeyTrial, Trying
from adapters.kit.signin import Done, Given, Moment, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeUnsupported,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    PermissionInsufficient,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Grant

MOMENT = Moment(datetime(2026, 11, 25, 15, 0, tzinfo=UTC), "0" * 32)
GIVEN = Given({"token": "hush", "not_for_this": "x"}, "")


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(oauth.bearer(grant.values["token"]))


TRIAL = KeyTrial(("token",), get("/me", group="auth"), authorise)


def test_one_read_is_sent_with_the_keys_and_only_they_are_kept() -> None:
    sent = TRIAL.begin(GIVEN, MOMENT)
    assert isinstance(sent, Send)
    done = TRIAL.hear(Trying({"token": "hush"}), Response(200, {}, b"{}"), MOMENT)
    assert isinstance(done, Done)

    assert (sent.request.method, sent.request.target) == ("GET", "/me")
    assert dict(sent.request.headers)["Authorization"] == "Bearer hush"
    assert sent.state == Trying({"token": "hush"})
    assert done.grant == Grant({"token": "hush"})
    assert "hush" not in repr(sent.state)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, CredentialsRejected),
        (403, PermissionInsufficient),
        (429, BrokerageRateLimited),
        (500, BrokerageUnavailable),
        (204, BrokerageUnavailable),
    ],
)
def test_another_answer_than_200_is_told_by_its_reason(status: int, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        TRIAL.hear(Trying({"token": "hush"}), Response(status), MOMENT)


def test_other_statuses_may_mean_wrong_keys_as_well() -> None:
    with pytest.raises(CredentialsRejected):
        replace(TRIAL, refused=frozenset({401, 403})).hear(Trying({}), Response(403), MOMENT)


def test_the_brokerage_s_own_words_go_before_the_status() -> None:
    speaking = replace(TRIAL, explain=lambda _: ReauthorizationRequired("Closed."))

    with pytest.raises(ReauthorizationRequired, match="Closed"):
        speaking.hear(Trying({}), Response(500), MOMENT)


def test_an_answer_of_200_may_still_say_no() -> None:
    def look(response: Response) -> None:
        raise PermissionInsufficient

    with pytest.raises(PermissionInsufficient):
        replace(TRIAL, look=look).hear(Trying({}), Response(200), MOMENT)


def test_keys_may_be_kept_in_another_way_than_they_were_typed() -> None:
    sent = replace(TRIAL, keep=lambda given: {"token": given["token"].upper()}).begin(GIVEN, MOMENT)

    assert isinstance(sent, Send)
    assert sent.state == Trying({"token": "HUSH"})
    assert dict(sent.request.headers)["Authorization"] == "Bearer HUSH"


def test_keys_that_cannot_be_any_are_refused_before_something_is_sent() -> None:
    def keep(given: dict[str, str]) -> dict[str, str]:
        raise FieldInvalid("credentials[token]", "This is no token.")

    with pytest.raises(FieldInvalid):
        replace(TRIAL, keep=keep).begin(GIVEN, MOMENT)


def test_nobody_is_asked_so_an_answer_has_no_place() -> None:
    with pytest.raises(ChallengeUnsupported):
        TRIAL.hear(Trying({}), Answer(code="1"), MOMENT)
