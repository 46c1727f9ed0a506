"""The one loop of all doors: what is repeated, looked up, paged and cut off, for a brokerage of six lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import stamina

from adapters.kit.card import Call, Card, Door, Read, Reference, Scene
from adapters.kit.door import MAX_MOVES, READINGS, CardDoor, system_clock
from adapters.kit.http import MemoryWire
from adapters.kit.paging import NextLink, OnePage
from adapters.kit.sending import ATTEMPTS
from adapters.kit.signin import Ask, Conversation, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, decode, get, post_form
from adapters.sandbox.asked import to_json
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import BrokerageStatus, CredentialField, DoorFacts, DoorKind
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    BudgetSpent,
    CircuitOpen,
    ConsentRevoked,
    Failure,
    FieldInvalid,
    GatewayOffline,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.instruments import Instrument, InstrumentKind
from domain.policy import BREAKER_OPENS_AFTER, BREAKER_STAYS_OPEN
from domain.ports.brokerage import Asked, Grant
from domain.positions import Position

HOST = "https://api.small.example"
GRANT = Grant({"token": "t"})
ACCOUNT = AccountTold("A-1", "Individual", "123456789", AccountKind.CASH)
Answers = list[Response | Failure]


@dataclass(frozen=True)
class Begun:
    moves: int = 0


def begin(given: Given, moment: Moment) -> Move:
    return Send(post_form("/token", ("user", given.fields["user"])), Begun())


def hear(state: Begun, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response(status=200):
            return Done(Grant({"token": heard.text}))
        case Response(status=202):
            return Ask(Challenge(ChallengeKind.SMS_CODE, "The code?"), Begun(state.moves + 1))
        case _:
            return Send(get("/again"), state)


def signed(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(("Authorization", f"{grant.values['token']} {moment.nonce}"))


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    row = decode(raw)
    name = scene.references.get(f"name:{row['id']}", {}).get("name", "?")
    yield AccountTold(str(row["id"]), name, str(row["id"]), AccountKind.CASH)


def ask_page(call: Call) -> Request:
    return get(call.cursor or "/accounts")


def ask_positions(call: Call) -> Request:
    return get("/positions")


def no_rows(raw: bytes, scene: Scene) -> Iterator[Position]:
    yield from ()


def ask_by_post(call: Call) -> Request:
    return post_form("/accounts")


def revoke(grant: Grant, moment: Moment) -> Request:
    return post_form("/revoke")


def explain(response: Response) -> Failure:
    return ConsentRevoked()


FACTS = DoorFacts("api", "API", DoorKind.OFFICIAL_API, (CredentialField("user", "User name"),), (), "", "")
DOOR = Door(
    facts=FACTS,
    hosts={"api": HOST},
    sign_in=Conversation(begin, hear, (Begun,)),
    authorise=signed,
    accounts=Read("accounts", ask_page, NextLink().take, account),
    balances=(),
    positions=(Read("positions", ask_positions, OnePage().rows, no_rows),),
    transactions=(),
    headers=(("Accept", "application/json"),),
)


@dataclass
class Time:
    now: datetime = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Small:
    """The door, the requests that reached the brokerage, and the time."""

    door: CardDoor
    heard: list[Request]
    time: Time


def small(answers: Answers | Callable[[Request], Response], door: Door = DOOR, **more: Any) -> Small:
    """A door whose requests get these answers one after the other; the last one again and again."""

    heard: list[Request] = []

    def answer(request: Request, url: str) -> Response:
        heard.append(request)
        if callable(answers):
            return answers(request)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Failure):
            raise found
        return found

    time = Time()
    card = Card("small", "Small", BrokerageStatus.OFFICIAL, "", (door,))
    opened = CardDoor(card, door, MemoryWire(answer), **{"clock": time, **more})
    return Small(opened, heard, time)


def page(*ids: int, after: str | None = None) -> Response:
    body = {"results": [{"id": n} for n in ids], "next": after}
    return Response(200, {"content-type": "application/json"}, to_json(body))


@pytest.fixture
def at_once() -> Iterator[None]:
    """Repetitions do not wait."""
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


# ---- what is repeated


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("first", [Response(500), Response(503), BrokerageUnavailable()])
async def test_a_read_is_repeated_after_what_may_pass_and_signed_anew(first: Response | Failure) -> None:
    told = small([first, first, page(1)])

    listing = await told.door.accounts(GRANT)

    assert [row.key for row in listing.rows] == ["1"]
    signatures = {dict(request.headers)["Authorization"] for request in told.heard}
    assert len(signatures) == len(told.heard) == ATTEMPTS


async def test_a_429_is_not_repeated_while_its_pause_lasts() -> None:
    told = small([Response(429), page(1)])

    with pytest.raises(BrokerageRateLimited) as first:
        await told.door.accounts(GRANT)
    with pytest.raises(BudgetSpent):
        await told.door.accounts(GRANT)
    told.time.now += timedelta(seconds=2)
    await told.door.accounts(GRANT)

    assert not isinstance(first.value, BudgetSpent), "it was sent: a run counts it as an attempt"
    assert len(told.heard) == 2


@pytest.mark.usefixtures("at_once")
async def test_after_so_many_attempts_the_failure_is_told() -> None:
    told = small([Response(502)])

    with pytest.raises(BrokerageUnavailable):
        await told.door.accounts(GRANT)

    assert len(told.heard) == ATTEMPTS


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 302])
async def test_a_refusal_is_never_repeated(status: int) -> None:
    told = small([Response(status)])

    with pytest.raises(Failure):
        await told.door.accounts(GRANT)

    assert len(told.heard) == 1


@pytest.mark.usefixtures("at_once")
async def test_what_may_have_had_an_effect_is_never_repeated() -> None:
    read = replace(DOOR.accounts, ask=ask_by_post)
    told = small([Response(500), page(1)], replace(DOOR, accounts=read))

    with pytest.raises(BrokerageUnavailable):
        await told.door.accounts(GRANT)

    assert len(told.heard) == 1


async def test_a_wait_in_the_brokerage_s_own_words_holds_back_the_next_call_too() -> None:
    """Whoever goes on calling in the penalty box is blocked for good."""

    def penalty(response: Response) -> Failure | None:
        boxed = response.status == 200 and response.body == b"too many"
        return BrokerageRateLimited(retry_after=timedelta(minutes=10)) if boxed else None

    told = small([Response(200, {}, b"too many"), page(1)], replace(DOOR, explain=penalty))
    with pytest.raises(BrokerageRateLimited):
        await told.door.accounts(GRANT)
    with pytest.raises(BudgetSpent):
        await told.door.accounts(GRANT)
    assert len(told.heard) == 1

    told.time.now += timedelta(minutes=10)
    assert (await told.door.accounts(GRANT)).rows


async def test_a_short_wait_that_is_asked_for_is_kept() -> None:
    told = small([Response(429, {"retry-after": "1"}), page(1)], clock=system_clock)
    start = datetime.now(UTC)

    await told.door.accounts(GRANT)

    assert timedelta(seconds=0.9) < datetime.now(UTC) - start < timedelta(seconds=5)


async def test_a_long_wait_is_left_to_the_run_that_can_say_so() -> None:
    told = small([Response(429, {"retry-after": "60"}), page(1)])

    with pytest.raises(BrokerageRateLimited) as caught:
        await told.door.accounts(GRANT)

    assert caught.value.retry_after == timedelta(minutes=1)
    assert len(told.heard) == 1


async def test_the_door_s_own_words_go_before_the_status() -> None:
    told = small([Response(401)], replace(DOOR, explain=explain))

    with pytest.raises(ConsentRevoked) as caught:
        await told.door.accounts(GRANT)

    assert caught.value.status == 401


async def test_the_door_s_headers_go_with_each_request() -> None:
    told = small([Response(200, {}, b"t")])

    await told.door.begin({"user": "me"}, "")

    assert ("Accept", "application/json") in told.heard[0].headers


# ---- pages


async def test_a_listing_is_all_of_its_pages() -> None:
    told = small([page(1, 2, after=f"{HOST}/2"), page(3, after=f"{HOST}/3"), page()])

    listing = await told.door.accounts(GRANT)

    assert [row.key for row in listing.rows] == ["1", "2", "3"]
    assert [request.url for request in told.heard] == ["/accounts", f"{HOST}/2", f"{HOST}/3"]


async def test_a_row_that_comes_twice_because_pages_shift_is_one() -> None:
    told = small([page(1, 2, after=f"{HOST}/2"), page(2, 3)])

    assert [row.key for row in (await told.door.accounts(GRANT)).rows] == ["1", "2", "3"]


def held(*symbols: str, after: str | None = None) -> Response:
    rows = [{"symbol": symbol, "price": 100} for symbol in symbols]
    return Response(200, {}, to_json({"results": rows, "next": after and f"{HOST}/positions?page={after}"}))


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    yield Position(Instrument(InstrumentKind.EQUITY, decode(raw)["symbol"]), Decimal(1), "USD")


HOLDINGS = Read("positions", lambda call: get(call.cursor or "/positions"), NextLink().take, position)


async def test_numbered_pages_are_read_until_two_readings_agree() -> None:
    """B is sold while the second page is asked for: C moves up, and no page of that reading tells it."""
    door = replace(DOOR, positions=(replace(HOLDINGS, numbered=True),))
    before, after = held("A", "B", after="2"), held("A", "C", after="2")
    told = small([before, held("D"), after, held("D"), after, held("D")], door)

    listing = await told.door.positions(GRANT, ACCOUNT)

    assert [row.instrument.symbol for row in listing.rows] == ["A", "C", "D"]
    assert len(told.heard) == 6


async def test_numbered_pages_that_never_agree_are_no_list() -> None:
    door = replace(DOOR, positions=(replace(HOLDINGS, numbered=True),))
    pages: Answers = [held(f"X{n // 2}", after="2" if n % 2 == 0 else None) for n in range(2 * READINGS)]

    with pytest.raises(BrokerageUnavailable):
        await small(pages, door).door.positions(GRANT, ACCOUNT)


@pytest.mark.parametrize("numbered", [True, False])
async def test_one_page_is_read_once_and_so_are_pages_that_do_not_shift(numbered: bool) -> None:
    door = replace(DOOR, positions=(replace(HOLDINGS, numbered=numbered),))
    told = small([held("A")] if numbered else [held("A", after="2"), held("B")], door)

    listing = await told.door.positions(GRANT, ACCOUNT)

    assert len(listing.rows) == len(told.heard) == (1 if numbered else 2)


async def test_pages_that_go_round_in_circles_are_no_listing() -> None:
    told = small([page(1, after=f"{HOST}/2"), page(2, after=f"{HOST}/3"), page(3, after=f"{HOST}/2")])

    with pytest.raises(UnreadableReply):
        await told.door.accounts(GRANT)

    assert len(told.heard) <= 4


async def test_a_page_that_fails_fails_the_listing() -> None:
    told = small([page(1, after=f"{HOST}/2"), Response(404)])

    with pytest.raises(UnreadableReply):
        await told.door.accounts(GRANT)


async def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    told = small([page(1, after="https://elsewhere.example/2")])

    with pytest.raises(UnreadableReply):
        await told.door.accounts(GRANT)

    assert len(told.heard) == 1


@pytest.mark.parametrize(("empty", "told_status"), [(frozenset({204}), 204), (frozenset(), None)])
async def test_only_a_status_that_means_nothing_here_means_nothing(
    empty: frozenset[int], told_status: int | None
) -> None:
    def take(response: Response, call: Call) -> Any:
        return OnePage().rows(Response(200, {}, b"[]") if response.status == told_status else response, call)

    read: Read[Position] = replace(DOOR.positions[0], take=take, empty_statuses=empty)
    told = small([Response(204)], replace(DOOR, positions=(read,)))

    if empty:
        assert (await told.door.positions(GRANT, ACCOUNT)).rows == ()
    else:
        with pytest.raises(UnreadableReply):
            await told.door.positions(GRANT, ACCOUNT)


async def test_the_door_s_own_words_go_before_a_status_that_means_nothing() -> None:
    read = replace(DOOR.positions[0], empty_statuses=frozenset({400}))
    told = small([Response(400)], replace(DOOR, positions=(read,), explain=explain))

    with pytest.raises(ConsentRevoked):
        await told.door.positions(GRANT, ACCOUNT)


# ---- look-ups


def named(**more: Any) -> Door:
    """Accounts whose names are looked up, two at a time."""

    def ask(keys: tuple[str, ...], call: Call) -> Request:
        return get("/names", ("ids", ",".join(keys)))

    def take(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
        return {key: {"name": key.upper()} for key in keys if key != "name:13"}

    reference = Reference("name", ask, take, batch=2, **more)
    read = replace(DOOR.accounts, needs=lambda raw: [f"name:{decode(raw)['id']}"])
    return replace(DOOR, accounts=read, references=(reference,))


def looked_up(names: Response | None = None, *ids: int) -> Callable[[Request], Response]:
    return lambda request: (
        (names or Response(200)) if request.url == "/names" else page(*(ids or (1, 2, 3, 1)))
    )


async def test_references_are_looked_up_in_batches_and_each_once() -> None:
    told = small(looked_up(), named())

    rows = (await told.door.accounts(GRANT)).rows

    assert [row.name for row in rows] == ["NAME:1", "NAME:2", "NAME:3"]
    assert [dict(r.query).get("ids") for r in told.heard[1:]] == ["name:1,name:2", "name:3"]


@pytest.mark.parametrize(("lasting", "calls"), [(True, 1), (False, 2)])
async def test_only_what_lasts_is_remembered(lasting: bool, calls: int) -> None:
    told = small(looked_up(None, 1), named(lasting=lasting))

    for _ in range(2):
        await told.door.accounts(GRANT)

    assert [request.url for request in told.heard].count("/names") == calls


async def test_a_look_up_that_is_needed_fails_the_read() -> None:
    told = small(looked_up(Response(404)), named())

    with pytest.raises(UnreadableReply):
        await told.door.accounts(GRANT)


async def test_a_status_by_which_a_look_up_knows_nothing_leaves_the_keys_out() -> None:
    told = small(looked_up(Response(404)), named(unknown_statuses=frozenset({404})))

    listing = await told.door.accounts(GRANT)

    assert {row.name for row in listing.rows} == {"?"}
    assert not listing.notes.words


async def test_a_look_up_that_is_not_needed_is_left_out_and_counted() -> None:
    told = small(looked_up(Response(404)), named(required=False))

    listing = await told.door.accounts(GRANT)

    assert {row.name for row in listing.rows} == {"?"}
    assert listing.notes.words == {"name.BROKERAGE_RESPONSE_UNREADABLE": 1}
    assert [request.url for request in told.heard].count("/names") == 1


async def test_what_the_brokerage_does_not_know_is_the_parser_s_business() -> None:
    told = small(looked_up(None, 12, 13), named())

    assert [row.name for row in (await told.door.accounts(GRANT)).rows] == ["NAME:12", "?"]


# ---- the breaker


async def fail(told: Small, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Failure):
            await told.door.revoke(GRANT)


def revocable() -> Door:
    return replace(DOOR, revoke=revoke)


async def test_a_gateway_that_is_not_reached_is_whoever_runs_it_s_and_opens_nothing() -> None:
    told = small([BrokerageUnavailable()], replace(revocable(), gateways=frozenset({"api"})))

    for _ in range(BREAKER_OPENS_AFTER + 1):
        with pytest.raises(GatewayOffline):
            await told.door.revoke(GRANT)


async def test_so_many_outages_in_a_row_open_the_breaker_and_nothing_is_sent() -> None:
    told = small([BrokerageUnavailable()], revocable())
    await fail(told, BREAKER_OPENS_AFTER)

    with pytest.raises(CircuitOpen) as caught:
        await told.door.revoke(GRANT)

    assert len(told.heard) == BREAKER_OPENS_AFTER
    assert caught.value.retry_after == BREAKER_STAYS_OPEN


async def test_then_one_probe_goes_out_and_its_success_closes_the_breaker() -> None:
    told = small([*[BrokerageUnavailable()] * BREAKER_OPENS_AFTER, Response(200)], revocable())
    await fail(told, BREAKER_OPENS_AFTER)
    told.time.now += BREAKER_STAYS_OPEN

    assert await told.door.revoke(GRANT)
    assert await told.door.revoke(GRANT)


async def test_a_probe_that_fails_opens_it_again() -> None:
    told = small([BrokerageUnavailable()], revocable())
    await fail(told, BREAKER_OPENS_AFTER)
    told.time.now += BREAKER_STAYS_OPEN
    await fail(told, 1)

    with pytest.raises(CircuitOpen):
        await told.door.revoke(GRANT)


async def test_a_refusal_is_an_answer_and_opens_nothing() -> None:
    told = small([Response(403)], revocable())

    for _ in range(BREAKER_OPENS_AFTER * 2):
        assert not await told.door.revoke(GRANT)


async def test_one_brokerage_s_breaker_is_not_another_s() -> None:
    broken, sound = small([BrokerageUnavailable()], revocable()), small([Response(200)], revocable())
    await fail(broken, BREAKER_OPENS_AFTER)

    assert await sound.door.revoke(GRANT)


# ---- signing in


async def test_a_field_that_nobody_gave_is_told_before_anything_is_sent() -> None:
    told = small([Response(200)])

    with pytest.raises(FieldInvalid) as caught:
        await told.door.begin({}, "")

    assert (caught.value.field, told.heard) == ("credentials[user]", [])


async def test_the_operator_s_field_serves_where_the_caller_gives_none() -> None:
    told = small([Response(200, {}, b"t")], operator={"user": "operator"})

    grant = await told.door.begin({}, "")

    assert isinstance(grant, Grant)
    assert told.heard[0].body == b"user=operator"


async def test_a_conversation_is_taken_up_from_its_bytes() -> None:
    told = small([Response(202), Response(200, {}, b"granted")])
    asked = await told.door.begin({"user": "me"}, "")
    assert isinstance(asked, Asked)

    heard = await told.door.hear(asked.state, Answer(code="123456"))

    assert isinstance(heard, Grant)
    assert heard.values == {"token": "granted"}


async def test_a_conversation_that_never_ends_is_ended() -> None:
    told = small([Response(403)])

    with pytest.raises(UnreadableReply):
        await told.door.begin({"user": "me"}, "")

    assert len(told.heard) <= MAX_MOVES


async def test_a_door_without_renewal_asks_the_user() -> None:
    told = small([Response(200)])

    with pytest.raises(ReauthorizationRequired):
        await told.door.renew(GRANT)

    assert (told.heard, await told.door.revoke(GRANT)) == ([], False)
