"""E*TRADE's sandbox: how one signs in to it, and whom its gate refuses."""

from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import parse_qsl, unquote, urlsplit

import clickable
import pytest
from etrade_client import BASE, NOW, World, access, tokens

from adapters.brokerages.etrade.gate import CALLBACK
from adapters.sandbox.oauth1 import encoded, signature
from domain.challenges import Answer, ChallengeKind
from domain.errors import ChallengeWrong, CredentialsRejected, ReauthorizationRequired
from domain.ports.brokerage import Grant

# --- signing in


async def test_a_wrong_code_may_be_followed_by_the_right_one() -> None:
    world = World()
    asked = await world.begin()

    with pytest.raises(ChallengeWrong):
        await world.door.hear(asked.state, Answer(code="WRONG"))

    assert isinstance(await world.door.hear(asked.state, Answer(code=world.known["verifier"])), Grant)


async def test_wrong_keys_are_refused() -> None:
    for field in ("consumer_key", "consumer_secret"):
        with pytest.raises(CredentialsRejected):
            await World().begin(**{field: "something-else"})


async def test_only_the_registered_address_is_sent_back_to() -> None:
    world = World()
    code_asked = await world.begin("https://app.example/back")
    asked = await world.begin(CALLBACK)

    page = world.send("GET", str(asked.challenge.authorize_url))
    grant = await world.door.hear(asked.state, Answer(callback_url=page.headers["location"]))

    assert code_asked.challenge.kind is ChallengeKind.VERIFIER_CODE
    assert asked.challenge.kind is ChallengeKind.REDIRECT
    assert page.status == 302
    assert isinstance(grant, Grant)


async def test_a_person_may_click_and_may_decline() -> None:
    world = World(interactive=True)
    asked = await world.begin(CALLBACK)
    address = str(asked.challenge.authorize_url)

    page = world.send("GET", address)
    (form,) = clickable.forms(page.body)
    accepted = world.send(form.method, form.url)
    declined = world.send("GET", address + "&answer=decline")

    assert page.status == 200
    assert world.known["verifier"] not in page.text
    assert f"oauth_verifier={world.known['verifier']}" in accepted.headers["location"]
    assert f"{escape(address)}&amp;answer=decline" in page.text
    assert dict(parse_qsl(urlsplit(declined.headers["location"]).query))["oauth_problem"] == "user_refused"


def test_the_page_shows_the_code_that_was_announced() -> None:
    world = World()
    token, _ = tokens(world.call("/oauth/request_token", callback="oob"))

    page = world.send(
        "GET", f"{BASE}/authorize/e/t/etws/authorize?key={world.known['consumer_key']}&token={encoded(token)}"
    )

    assert f'value="{world.known["verifier"]}"' in page.text
    assert any(world.known["verifier"] in line for line in world.sandbox.announce())
    assert world.send("GET", f"{BASE}/authorize/e/t/etws/authorize?key=x&token=y").status == 400


async def test_a_token_sleeps_after_two_hours_is_woken_and_dies_at_midnight() -> None:
    world = World()
    grant = await world.sign_in()

    world.now += timedelta(hours=2, minutes=1)
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    renewed = await world.door.renew(grant)
    assert len((await world.door.accounts(renewed)).rows) == 2

    world.now = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(renewed)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(renewed)


async def test_a_revoked_token_opens_nothing() -> None:
    world = World()
    grant = await world.sign_in()

    assert await world.door.revoke(grant) is True
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)


async def test_a_consent_that_is_withdrawn_ends_reading_and_renewing() -> None:
    world = World(persona="revoked")
    grant = await world.sign_in()
    account = (await world.door.accounts(grant)).rows[0]
    await world.door.balances(grant, account)

    with pytest.raises(ReauthorizationRequired):
        await world.door.positions(grant, account)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(grant)


# --- what the gate refuses


def test_the_signature_is_right_byte_by_byte() -> None:
    """Made-up vectors, cross-checked against another implementation."""
    first = [
        ("oauth_consumer_key", "demoKey"),
        ("oauth_nonce", "a1b2c3d4e5f60718"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1774267200"),
    ]
    then = [*first, ("oauth_token", "tok+en/1=")]
    asked = [*then, ("startDate", "01022026"), ("endDate", "03312026"), ("count", "50")]
    api, apisb = "https://api.etrade.com", "https://apisb.etrade.com"
    listed = f"{apisb}/v1/accounts/AbC_dEf-123/transactions.json"

    def signed(url: str, pairs: list[tuple[str, str]], token_secret: str = "sec+ret/2=") -> str:
        return signature("get", url, pairs, "demo/Secret=", token_secret)

    request_token = signed(f"{api}/oauth/request_token", [*first, ("oauth_callback", "oob")], "")
    assert request_token == "hp2HBrHVFusYn8z8n+9td+KY/Do="
    access_token = signed(f"{api}/oauth/access_token", [*then, ("oauth_verifier", "X1Y2Z")])
    assert access_token == "TjOVXDkA/RZBFZJfhZ1yjRDDkyc="
    assert signed(listed, asked) == "QZBep46tsO/g7jkbbhF0GWVhs0Q="
    assert signed(listed, [*asked, ("oauth_version", "1.0")]) == "k9IN87EA7KnpR3WfZ3ZrPgb8i/U="
    assert signed(listed.replace("apisb.etrade.com", "APISB.etrade.com:443"), asked) == signed(listed, asked)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"consumer_key": "unknown"}, "consumer_key_unknown"),
        ({"signature": "AAAA"}, "signature_invalid"),
        ({"signature_method": "PLAINTEXT"}, "signature_method_rejected"),
        ({"version": "2.0"}, "version_rejected"),
        ({"timestamp": str(int(NOW.timestamp()) - 301)}, "timestamp_refused"),
        ({"timestamp": str(int(NOW.timestamp()) + 301)}, "timestamp_refused"),
        ({"timestamp": "noon"}, "timestamp_refused"),
        ({"nonce": ""}, "parameter_absent"),
        ({"token": ""}, "parameter_absent"),
        ({"token": "other"}, "token_rejected"),
    ],
)
def test_a_call_that_is_not_signed_as_it_must_be_is_refused(changed: dict[str, str], problem: str) -> None:
    world = World()

    answer = world.call("/v1/accounts/list.json", access(world), **changed)

    assert (answer.status, answer.text.partition("&")[0]) == (401, f"oauth_problem={problem}")


def test_a_nonce_works_once_and_a_clock_may_be_five_minutes_off() -> None:
    world = World()
    token = access(world)
    old = str(int(NOW.timestamp()) - 299)

    answers = [world.call("/v1/accounts/list.json", token, nonce="same", timestamp=old) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 401]
    assert "nonce_used" in answers[1].text


def test_a_call_without_a_header_is_refused_and_so_is_a_changed_query() -> None:
    world = World()
    token = access(world)
    headers = world.signed("GET", f"{BASE}/v1/accounts/list.json?a=1", token)

    assert "parameter_absent" in world.send("GET", f"{BASE}/v1/accounts/list.json").text
    assert "signature_invalid" in world.send("GET", f"{BASE}/v1/accounts/list.json?a=2", headers).text


def test_tokens_work_once_or_for_what_they_are() -> None:
    world = World()
    request = tokens(world.call("/oauth/request_token", callback="oob"))
    verifier = world.known["verifier"]

    assert "token_rejected" in world.call("/v1/accounts/list.json", request).text
    assert "verifier_invalid" in world.call("/oauth/access_token", request, verifier="NOPE5").text
    assert world.call("/oauth/access_token", request, verifier=verifier).status == 200
    assert "token_used" in world.call("/oauth/access_token", request, verifier=verifier).text
    late = tokens(world.call("/oauth/request_token", callback="oob"))
    world.now += timedelta(minutes=5)
    assert "token_expired" in world.call("/oauth/access_token", late, verifier=verifier).text
    assert "callback_rejected" in world.call("/oauth/request_token", callback="https://x.example").text


def test_tokens_hold_the_signs_that_break_when_decoded_twice() -> None:
    world = World()

    raw = world.call("/oauth/request_token", callback="oob").text
    token, secret = access(world)

    assert {"+", "/", "="} <= set(token) & set(secret)
    assert unquote(raw.partition("&")[0].partition("=")[2]) != raw.partition("&")[0].partition("=")[2]


def test_a_client_that_believes_to_speak_to_etrade_signs_its_name() -> None:
    world = World()
    token = access(world)
    here, real = "http://api.etrade.com/v1/accounts/list.json", "https://api.etrade.com/v1/accounts/list.json"
    told = {
        "oauth_consumer_key": world.known["consumer_key"],
        "oauth_nonce": "n",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(NOW.timestamp())),
        "oauth_token": token[0],
    }
    told["oauth_signature"] = signature(
        "GET", real, list(told.items()), world.known["consumer_secret"], token[1]
    )
    header = ", ".join(f'{name}="{encoded(value)}"' for name, value in told.items())

    assert world.send("GET", here, {"Authorization": f"OAuth {header}"}).status == 200
