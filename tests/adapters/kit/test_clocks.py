"""A brokerage whose clock is not ours: what is signed with the time, and for how long it wants us to wait."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import house
import pytest
from house import Clock

from adapters.kit.card import Card
from adapters.kit.clocks import BELIEVED, NOTICED, Clocks
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.replies import retry_after
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response
from bench.crowd import card as small_card
from domain.errors import Failure
from domain.ports.brokerage import Grant
from domain.syncs import RunState

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
TOKEN = Grant({"token": "t"})
SKEWS = [timedelta(minutes=minutes) for minutes in (-11, 11)]  # Webull allows ten
NAMED = [str(skew) for skew in SKEWS]


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def refusal(ahead: timedelta, status: int = 401) -> Response:
    return Response(status, {"date": http_date(NOW + ahead)})


@pytest.mark.parametrize("skew", SKEWS, ids=NAMED)
def test_a_refusal_tells_how_far_the_clocks_are_apart(
    skew: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = Clocks("bank/api")

    assert clocks.learn(refusal(skew), NOW)
    assert not clocks.learn(refusal(skew), NOW), "known by now"

    assert clocks.ahead == skew
    (line,) = caplog.records
    assert (line.message, vars(line)["seconds"]) == ("the clocks differ", skew.total_seconds())


@pytest.mark.parametrize(
    "response",
    [
        Response(401),
        Response(401, {"date": "soon"}),
        Response(401, {"date": "Fri, 31 Dec 9999 23:59:59 GMT"}),
        refusal(NOTICED),
        refusal(-BELIEVED - timedelta(seconds=1)),
        refusal(timedelta(hours=1), 200),
        refusal(timedelta(hours=1), 304),
        refusal(timedelta(hours=1), 429),
        refusal(timedelta(hours=1), 503),
    ],
    ids=lambda response: f"{response.status} {response.headers.get('date', 'no date')}",
)
def test_nothing_else_turns_our_clock(response: Response) -> None:
    clocks = Clocks("bank/api")

    assert not clocks.learn(response, NOW)
    assert clocks.ahead == timedelta(0)


@pytest.mark.parametrize("skew", SKEWS, ids=NAMED)
def test_a_date_to_wait_for_is_one_of_the_brokerage_s_clock(skew: timedelta) -> None:
    theirs = NOW + skew
    headers = {"date": http_date(theirs), "retry-after": http_date(theirs + timedelta(seconds=90))}

    assert retry_after(Response(429, headers), NOW) == timedelta(seconds=90)


# ---- a door that signs with the time, and one that does not


def signed(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(("Signed-At", moment.now.isoformat()), ("Nonce", moment.nonce))


def timeless(request: Request, grant: Grant, moment: Moment) -> Request:
    return request


def opened(skew: timedelta, heard: list[Request], **more: Any) -> CardDoor:
    """A door to a brokerage whose clock is so far ahead, and which refuses what is signed a minute off."""

    def answer(request: Request, url: str) -> Response:
        heard.append(request)
        told = dict(request.headers).get("Signed-At")
        off = timedelta(0) if told is None else NOW + skew - datetime.fromisoformat(told)
        refused = told is None or abs(off) > timedelta(minutes=1)
        return Response(401 if refused else 200, {"date": http_date(NOW + skew)}, b"[]")

    card: Card = small_card("small")
    door = replace(card.doors[0], **{"authorise": signed, **more})
    return CardDoor(card, door, MemoryWire(answer), clock=lambda: NOW)


@pytest.mark.parametrize("skew", SKEWS, ids=NAMED)
async def test_what_was_refused_for_its_time_is_signed_once_more_by_the_brokerage_s_clock(
    skew: timedelta,
) -> None:
    heard: list[Request] = []
    door = opened(skew, heard)

    for _ in range(3):
        await door.accounts(TOKEN)

    assert len(heard) == 4, "one was refused, and none after it"
    assert len({dict(request.headers)["Nonce"] for request in heard}) == 4


async def test_what_holds_no_time_is_not_sent_again() -> None:
    heard: list[Request] = []
    door = opened(timedelta(minutes=10), heard, authorise=timeless)

    with pytest.raises(Failure):
        await door.accounts(TOKEN)

    assert len(heard) == 1


@pytest.mark.parametrize("brokerage", ["etrade", "ally", "webull"])
@pytest.mark.parametrize("skew", SKEWS, ids=NAMED)
async def test_a_sync_with_a_clock_that_is_eleven_minutes_off_brings_everything(
    tmp_path: Path, brokerage: str, skew: timedelta
) -> None:
    """Signed with HMAC or OAuth 1.0a, over sockets. The user signed in when the clock was right."""
    async with house.on_sockets(tmp_path, brokerage, rows=20) as made:
        view = await made.connected(brokerage)
        assert view.connection is not None
        faulty = made.stage.faulty[brokerage]
        wrong = Clock(skew)
        catalogue = replace(made.catalogue, clock=wrong.now, _doors={})
        made.engine = replace(made.engine, brokerages=catalogue)
        before = faulty.statuses.copy()

        run = await made.run()

        assert run is not None
        calls = faulty.statuses - before
        refused = calls[401]
        print(f"{brokerage}, our clock {skew} ahead: {refused} of {calls.total()} calls refused")
        assert run.state is RunState.SUCCEEDED
        assert refused == 1, "the first, from which we learn; the fault did strike"
