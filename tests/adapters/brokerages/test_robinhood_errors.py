"""Robinhood's limits and errors at both doors: how much is asked, how long to wait, what bodies mean."""

import json
from datetime import date, timedelta

import conformance
import pytest
from robinhood_table import NOW, signed_in

from adapters.brokerages.robinhood import CARD, PRIVATE, conversation, signin
from adapters.brokerages.robinhood.crypto import CRYPTO
from adapters.kit.card import Call, Counted, Door, Rate
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BudgetSpent,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

PRIVATE_GRANT = Grant({"access_token": "a"})
CRYPTO_GRANT = Grant({"api_key": "rh-api-x", "private_key": "xQnTJVeQLmw1/Mg2YimEViSpw/SdJcgNXZ5kQkAXNPU="})
ACCOUNT = AccountTold("5TST0001", "x", "5TST0001", AccountKind.MARGIN, routing={"rhs": "900000001"})
THROTTLED = b'{"detail":"Request was throttled. Expected available in 17 seconds."}'
LACKING = b"Request missing required headers. Required headers: x-api-key, x-signature, x-timestamp."


def answering(door: Door, response: Response, *, limited: bool = False) -> CardDoor:
    wire = MemoryWire(lambda _request, _url: response)
    return CardDoor(CARD, door, wire, clock=lambda: NOW, limited=limited)


# ---- the private door


def test_no_limit_of_the_app_is_published_and_ours_is_a_guess() -> None:
    assert PRIVATE.rates["default"] == Rate(600)
    assert "Not published" in PRIVATE.facts.limits


async def test_a_throttle_without_a_header_says_in_words_how_long_it_lasts() -> None:
    door = answering(PRIVATE, Response(429, {}, THROTTLED), limited=True)

    with pytest.raises(BrokerageRateLimited) as told:
        await door.accounts(PRIVATE_GRANT)
    with pytest.raises(BudgetSpent) as held_back:
        await door.accounts(PRIVATE_GRANT)

    assert told.value.retry_after == timedelta(seconds=17)
    assert held_back.value.retry_after is not None
    assert held_back.value.retry_after >= timedelta(seconds=17)


async def test_a_throttle_with_a_header_is_as_long_as_the_header_says() -> None:
    door = answering(PRIVATE, Response(429, {"retry-after": "40"}, THROTTLED))

    with pytest.raises(BrokerageRateLimited) as told:
        await door.accounts(PRIVATE_GRANT)

    assert told.value.retry_after == timedelta(seconds=40)


def test_a_sign_in_that_is_throttled_says_for_how_long() -> None:
    state = conversation.LoggingIn(conversation.Who("name", "secret", "device", "request"))

    with pytest.raises(BrokerageRateLimited) as told:
        signin.hear(state, Response(429, {}, THROTTLED), Moment(NOW, "0" * 32))

    assert told.value.retry_after == timedelta(seconds=17)


@pytest.mark.parametrize("detail", ["Invalid token.", "Incorrect authentication credentials."])
async def test_a_dead_token_has_two_wordings(detail: str) -> None:
    door = answering(PRIVATE, Response(401, {}, json.dumps({"detail": detail}).encode()))

    with pytest.raises(ReauthorizationRequired):
        await door.accounts(PRIVATE_GRANT)


def test_without_its_flags_the_list_of_accounts_would_lack_iras() -> None:
    asked = PRIVATE.accounts.ask(Call(None, None, date(2026, 6, 1), None, NOW))

    assert dict(asked.query) == dict.fromkeys(
        ("default_to_all_accounts", "include_managed", "include_multiple_individual"), "true"
    )


def test_every_path_ends_in_a_slash_for_no_redirect_is_followed() -> None:
    call = Call(ACCOUNT, None, date(2026, 6, 1), None, NOW)
    lists = (PRIVATE.balances, PRIVATE.positions, PRIVATE.transactions)

    asked = [PRIVATE.accounts.ask(call).url, *(read.ask(call).url for reads in lists for read in reads)]
    asked += [one.ask((f"{one.scheme}:x",), call).url for one in PRIVATE.references]

    assert [url for url in asked if not url.endswith("/")] == []


def test_at_most_twenty_instruments_are_looked_up_at_once() -> None:
    many = {one.scheme: one.batch for one in PRIVATE.references}

    assert {many[scheme] for scheme in ("instrument", "quote", "option", "mark")} == {15}


async def test_an_instrument_that_is_listed_no_more_is_counted_and_hides_no_other_split() -> None:
    door, sandbox = conformance.played("robinhood", 1)
    grant = await signed_in(door, sandbox)
    accounts = (await door.accounts(grant)).rows
    pages = [await door.history(grant, account, "splits", None, None) for account in accounts]
    account, whole = next((a, page) for a, page in zip(accounts, pages, strict=True) if page.transactions)
    (split,) = whole.transactions
    assert split.instrument is not None
    own = dict(split.instrument.identifiers)["robinhood:instrument"]
    gone: list[str] = []

    def answer(request: Request, url: str) -> Response:
        path = request.url
        if path.endswith("/splits/") and own not in path:
            gone.append(path)
            return Response(404, {}, b'{"detail":"Not found."}')
        return stage.hear(
            request.method, url, dict(request.headers), request.body, NOW, conformance.BASE
        ).response

    stage = Stage([sandbox])
    hosts = conformance.hosts("robinhood")
    again = CardDoor(CARD, PRIVATE, MemoryWire(answer), hosts=hosts, clock=lambda: NOW, limited=False)
    page = await again.history(grant, account, "splits", None, None)

    assert page.transactions == whole.transactions
    assert page.notes.words == {"splits.unlisted": len(gone)}
    assert gone


def test_a_throttle_of_the_sandbox_is_told_in_its_own_words() -> None:
    _, sandbox = conformance.played("robinhood")
    stage = Stage([Faulty(sandbox, faults=[parse_fault("429@*")])])

    told = stage.hear("GET", f"{conformance.BASE}/robinhood/positions/", {}, b"", NOW, conformance.BASE)

    seconds = dict(told.headers)["retry-after"]
    assert f"Expected available in {seconds} seconds." in told.body.decode()


# ---- the door `crypto`


def test_the_limit_of_coins_is_100_calls_a_minute_for_each_user() -> None:
    assert CRYPTO.rates["default"] == Rate(100, 60.0, Counted.CREDENTIAL)


def said(kind: str, status: int) -> Response:
    error = {"type": kind, "errors": [{"detail": "x", "attr": None}]}
    return Response(status, {}, json.dumps(error).encode())


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (Response(400, {"content-type": "text/plain"}, LACKING), UnreadableReply),
        (said("validation_error", 400), UnreadableReply),
        (said("client_error", 401), ReauthorizationRequired),
        (said("client_error", 403), PermissionInsufficient),
        (said("client_error", 429), BrokerageRateLimited),
    ],
)
async def test_errors_of_coins_go_by_their_status_whether_text_or_json(
    response: Response, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        await answering(CRYPTO, response).accounts(CRYPTO_GRANT)
