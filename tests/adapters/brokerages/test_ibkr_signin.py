"""Interactive Brokers: signing in by OAuth and by a gateway, renewing, ending; each wrong way is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tws import NOW, World

from adapters.brokerages.ibkr import CARD, signin
from adapters.kit.card import Door
from adapters.kit.signin import Ask, Done, Given, Move, Send
from adapters.kit.wire import Request, Response
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    CredentialsRejected,
    Failure,
    FieldInvalid,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Asked, Grant

# ---- signing in


async def test_keys_become_a_session_of_a_day_and_are_renewed_without_a_person() -> None:
    world = World()
    grant = await world.sign_in()

    assert world.paths == [
        "/v1/api/oauth/live_session_token",
        "/ndcdyn/AccountManagement/FlexWebService/SendRequest",
    ]
    assert grant.expires_at == NOW + timedelta(hours=24)
    world.now += timedelta(hours=25)
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    renewed = await world.door.renew(grant)
    assert renewed.values["session_token"] != grant.values["session_token"]
    assert len((await world.door.accounts(renewed)).rows) == 2


@pytest.mark.parametrize(("field", "value"), [("consumer_key", "AAAAAAAAA"), ("access_token", "a1b2c3d4")])
async def test_wrong_keys_are_refused_and_new_ones_may_need_a_day(field: str, value: str) -> None:
    with pytest.raises(CredentialsRejected, match="about a day"):
        await World().begin(**{field: value})


async def test_keys_that_were_mixed_up_are_refused() -> None:
    world = World()
    swapped = {"private_signature": world.given["private_encryption"]}
    with pytest.raises(CredentialsRejected):
        await world.begin(**swapped)
    with pytest.raises((CredentialsRejected, FieldInvalid)):
        await world.begin(private_encryption=world.given["private_signature"])


async def test_public_keys_that_were_uploaded_with_other_line_ends_are_refused_with_403() -> None:
    world = World()
    asking = signin.Requesting(world.given, "5")

    with pytest.raises(CredentialsRejected, match="line ends"):
        signin.hear(asking, Response(403), world.fresh())


async def test_a_session_token_that_ibkr_has_not_computed_as_well_is_not_used() -> None:
    world = World()
    asking = signin.Requesting(world.given, "5")
    lie = {
        "diffie_hellman_response": "5", "live_session_token_signature": "91d872087cbe2b340d168477fe3d96c9",
        "live_session_token_expiration": 1795655302000,
    }  # fmt: skip

    with pytest.raises(UnreadableReply, match="another session token"):
        signin.hear(asking, Response(200, {}, json.dumps(lie).encode()), world.fresh())


@pytest.mark.parametrize(("key", "realm"), [("TESTCONS", "test_realm"), ("DEMOCONSU", "limited_poa")])
def test_the_key_that_all_may_try_has_a_realm_of_its_own(key: str, realm: str) -> None:
    world = World()

    move = signin.begin(Given(world.given | {"consumer_key": key}, ""), world.fresh())

    assert isinstance(move, Send)
    assert dict(move.request.headers)["Authorization"].startswith(f'OAuth realm="{realm}", ')


@pytest.mark.parametrize("door", CARD.doors, ids=lambda door: door.facts.id)
def test_each_request_says_that_it_takes_anything(door: Door) -> None:
    assert ("Accept", "*/*") in door.headers


@pytest.mark.parametrize("change", [lambda pem: pem.replace("\n", "\r\n"), lambda pem: pem.replace("\n", " "),
                                    lambda pem: pem.replace("\n", "\\n")])  # fmt: skip
async def test_line_ends_of_keys_may_get_lost_on_the_way(change: Any) -> None:
    world = World()
    keys = {name: change(world.given[name]) for name in ("private_signature", "private_encryption")}

    assert isinstance(await world.begin(**keys), Grant)


@pytest.mark.parametrize(
    ("code", "failure"),
    [("1012", CredentialsRejected), ("1015", CredentialsRejected), ("1013", PermissionInsufficient),
     ("1014", HistoryUnavailable), ("1019", None), ("1018", None), ("1001", None)],
)  # fmt: skip
async def test_a_flex_token_is_tried_at_once_and_trouble_of_the_moment_passes(
    code: str, failure: type[Failure] | None
) -> None:
    world = World()
    world.box.flex.trouble = [code]

    if failure is None:
        assert isinstance(await world.begin(), Grant)
    else:
        with pytest.raises(failure):
            await world.begin()


async def test_a_wrong_flex_token_or_query_is_refused_at_once() -> None:
    with pytest.raises(CredentialsRejected):
        await World().begin(flex_token="000000000")
    with pytest.raises(HistoryUnavailable):
        await World("ibkr/gateway").begin(flex_query_id="1")


async def test_a_session_that_was_ended_opens_nothing() -> None:
    world = World()
    grant = await world.sign_in()

    assert await world.door.revoke(grant) is True
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)


async def test_a_consent_that_is_withdrawn_ends_reading_and_renewing() -> None:
    world = World(persona="revoked")
    grant = await world.sign_in()
    account = (await world.door.accounts(grant)).rows[0]

    with pytest.raises(ReauthorizationRequired):
        await world.door.balances(grant, account)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(grant)


@pytest.mark.parametrize(("authenticated", "move"), [(True, Send), (False, Ask)])
def test_of_a_sign_of_life_only_the_login_is_read(authenticated: bool, move: type[Move]) -> None:
    """Its other fields are misspelt, in milliseconds, or speak of another server that has no bridge."""
    status = {"authenticated": authenticated, "competing": True, "connected": True}
    told = {"session": "0f", "ssoExpires": 523184, "collission": False, "hmds": {"error": "no bridge"}}
    body = json.dumps(told | {"iserver": {"authStatus": status}}).encode()
    given = {"flex_token": "7777777", "flex_query_id": "1"}

    found = signin.hear(signin.Looking(given), Response(200, {}, body), World("ibkr/gateway").moment)

    assert isinstance(found, move)


def test_the_end_of_a_session_token_is_told_in_milliseconds() -> None:
    world = World()
    state = signin.CheckingFlex(world.given, 1_795_655_302_000)
    told = b"<Status>Success</Status><ReferenceCode>1</ReferenceCode>"
    made = Response(200, {}, b"<FlexStatementResponse>" + told + b"</FlexStatementResponse>")

    done = signin.hear(state, made, world.moment)

    assert isinstance(done, Done)
    assert done.grant.expires_at == datetime(2026, 11, 26, 1, 8, 22, tzinfo=UTC)


async def test_a_gateway_nobody_is_logged_in_to_asks_for_it() -> None:
    world = World("ibkr/gateway", "device-approval")
    asked = await world.begin()
    assert isinstance(asked, Asked)
    assert asked.challenge.kind is ChallengeKind.DEVICE_APPROVAL

    again = await world.door.hear(asked.state, Answer(approved=True))
    assert isinstance(again, Asked)
    page = world.send(Request("GET", ""), str(asked.challenge.authorize_url))
    grant = await world.door.hear(again.state, Answer(approved=True))

    assert page.status == 200
    assert isinstance(grant, Grant)
    assert grant.expires_at is None
    assert len((await world.door.accounts(grant)).rows) == 2


async def test_a_gateway_that_logs_out_asks_the_user_again() -> None:
    world = World("ibkr/gateway")
    grant = await world.sign_in()
    world.box.gate.logged_in = False

    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    assert await world.door.revoke(grant) is False


def test_secrets_are_in_no_repr() -> None:
    state = signin.Requesting({"access_token": "marker"}, "exponent-marker")

    assert "marker" not in repr(state)
    assert "marker" not in repr(signin.CheckingFlex({"session_token": "marker"}, 0))
    assert CARD.doors[0].facts.fields[1].secret
