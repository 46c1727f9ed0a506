"""The server: real sockets, raw addresses, hosts, admin pages, and answers that go wrong on the wire."""

import asyncio
import http.client
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
import pytest

from adapters.sandbox.faults import parse_fault
from adapters.sandbox.play import Sandbox
from adapters.sandbox.server import Running, serve, serving

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


class MakeToy(Protocol):
    def __call__(
        self, seed: int = 1, persona: str = "plain", marker: str = "", rows: int | None = None
    ) -> Sandbox: ...


@asynccontextmanager
async def up(*sandboxes: Sandbox, faults: str = "", latency_ms: float = 0) -> AsyncIterator[Running]:
    planned = [parse_fault(text) for text in faults.split()]
    running = await serve(sandboxes, faults=planned, latency_ms=latency_ms, time=lambda: NOW)
    try:
        yield running
    finally:
        await running.stop()


async def get(url: str, **how: object) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url, **how) as answer:  # type: ignore[arg-type]
        told: dict[str, object] = await answer.json()
        return answer.status, told


async def post(url: str, body: object) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        told: dict[str, object] = await answer.json()
        return answer.status, told


def raw(port: int, target: str, host: str = "") -> tuple[int, bytes]:
    """A request whose target is sent byte for byte, which aiohttp's client does not do."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", target, skip_host=bool(host))
    if host:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


async def sign_in(running: Running) -> dict[str, str]:
    credentials = running.faulty("toy").sandbox.credentials()
    _, told = await post(f"{running.bases['toy']}/token/", credentials)
    return {"Authorization": f"Bearer {told['access_token']}"}


async def test_a_client_signs_in_and_pages_through_everything(toy: MakeToy) -> None:
    async with up(toy()) as running:
        headers = await sign_in(running)
        account = running.faulty("toy").sandbox.play.accounts[0]
        url: object = f"{running.bases['toy']}/accounts/{account.number}/transactions"
        ids: list[object] = []

        while isinstance(url, str):
            _, page = await get(url, headers=headers)
            assert isinstance(page["results"], list)
            ids.extend(row["id"] for row in page["results"])
            url = page["next"]

        assert ids == [row.number for row in account.transactions]
        assert (await get(f"{running.bases['toy']}/accounts"))[0] == 401


async def test_addresses_are_heard_byte_for_byte(toy: MakeToy) -> None:
    async with up(toy()) as running:
        target = "/toy/echo/a%2fb%20c?x=%2B+&y=~%7E"
        status, body = await asyncio.to_thread(raw, running.port, target)

    assert status == 200
    assert b'"word":"a/b c","path":"/echo/a%2fb%20c"' in body
    assert f'"url":"http://127.0.0.1:{running.port}{target}"'.encode() in body
    assert b'"raw_query":"x=%2B+&y=~%7E"' in body


@pytest.mark.parametrize(
    ("target", "host", "told"),
    [
        ("/toy/echo/w", "", '"host":"api","base":"{own}/toy"'),
        ("/echo/w", "", '"host":"api","base":"{own}"'),
        ("/toy/side/echo/w", "", '"host":"side","base":"{own}/toy"'),
        ("/side/echo/w", "", '"host":"side","base":"{own}"'),
        ("/echo/w", "side.toy.example", '"host":"side","base":"{own}"'),
        ("/echo/w", "api.toy.example", '"host":"api","base":"{own}"'),
        ("/echo/w", "side.localhost:1234", '"host":"side","base":"{own}"'),
    ],
)
async def test_hosts_are_told_by_path_or_name(toy: MakeToy, target: str, host: str, told: str) -> None:
    async with up(toy()) as running:
        status, body = await asyncio.to_thread(raw, running.port, target, host)

    assert status == 200
    assert told.format(own=running.address) in body.decode()


async def test_several_brokerages_share_a_port(toy: MakeToy) -> None:
    other = toy(seed=2)
    other.id = "other"  # type: ignore[misc]
    async with up(toy(), other) as running:
        own = [(await get(f"{base}/echo/w"))[1]["base"] for base in running.bases.values()]
        by_name = await asyncio.to_thread(raw, running.port, "/echo/w", "api.other.example")
        nobody = await asyncio.to_thread(raw, running.port, "/echo/w")

    assert own == [f"{running.address}/toy", f"{running.address}/other"]
    assert f'"base":"{running.address}/other"'.encode() in by_name[1]
    assert nobody[0] == 404


async def test_an_address_handed_out_is_the_sandboxs_own(toy: MakeToy) -> None:
    async with up(toy()) as running:
        status, told = await get(f"http://localhost:{running.port}/toy/away")

    assert status == 200
    assert told["base"] == f"http://localhost:{running.port}/toy"


async def test_methods_and_paths_that_are_not_there(toy: MakeToy) -> None:
    async with up(toy()) as running:
        assert (await get(f"{running.bases['toy']}/none"))[0] == 404
        assert (await post(f"{running.bases['toy']}/accounts", {}))[0] == 405


async def test_a_sandbox_that_breaks_says_that_it_was_the_sandbox(toy: MakeToy) -> None:
    async with up(toy()) as running:
        status, body = await asyncio.to_thread(raw, running.port, "/toy/broken")

    assert status == 500
    assert b"sandbox itself" in body


async def test_the_truth_log_and_figures_can_be_read(toy: MakeToy) -> None:
    async with up(toy()) as running:
        headers = await sign_in(running)
        await get(f"{running.bases['toy']}/accounts", headers=headers)
        admin = f"{running.address}/_sandbox"
        _, truth = await get(f"{admin}/toy/truth")
        _, log = await get(f"{admin}/toy/log")
        _, stats = await get(f"{admin}/toy/stats")
        _, everyone = await get(f"{admin}/")
        _, credentials = await get(f"{admin}/toy/credentials")

    play = running.faulty("toy").sandbox.play
    assert truth == play.truth.as_json(play.profile)
    assert isinstance(log["requests"], list)
    assert [(line["method"], line["path"]) for line in log["requests"]] == [
        ("POST", "/token/"),
        ("GET", "/accounts"),
    ]
    assert stats == everyone["toy"] == running.stats()["toy"]
    assert stats["requests"] == 2
    assert credentials == running.faulty("toy").sandbox.credentials()
    assert running.credentials()["toy"]["base_url"] == running.bases["toy"]
    assert running.announce()[0].startswith("toy: http://127.0.0.1:")


async def test_faults_persona_consent_and_clock_can_be_changed(toy: MakeToy) -> None:
    async with up(toy()) as running:
        headers = await sign_in(running)
        admin, accounts = f"{running.address}/_sandbox", f"{running.bases['toy']}/accounts"

        async def seen() -> int:
            return (await get(accounts, headers=headers))[0]

        assert await seen() == 200
        await post(f"{admin}/toy/faults", {"faults": ["410@/accounts#1"]})
        assert (await seen(), await seen()) == (410, 200)
        await post(f"{admin}/toy/revoke", {})
        assert await seen() == 401
        await post(f"{admin}/toy/restore", {})
        assert await seen() == 200
        await post(f"{admin}/clock", {"ahead": 1801})
        assert await seen() == 401
        await post(f"{admin}/clock", {"ahead": 0})
        assert await seen() == 200
        assert (await post(f"{admin}/toy/persona", {"persona": "growing"}))[1]["persona"] == "growing"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("toy/faults", {"faults": ["odd@1"]}),
        ("toy/faults", {}),
        ("toy/persona", {"persona": "large"}),
        ("toy/persona", []),
        ("clock", {"ahead": "x"}),
    ],
)
async def test_wrong_changes_are_refused(toy: MakeToy, path: str, body: object) -> None:
    async with up(toy()) as running:
        status, told = await post(f"{running.address}/_sandbox/{path}", body)

    assert status == 400
    assert told["error"]


async def failing(
    running: Running, read: Callable[[aiohttp.ClientResponse], Awaitable[object]]
) -> BaseException:
    timeout = aiohttp.ClientTimeout(total=1.2)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
        try:
            async with session.get(f"{running.bases['toy']}/echo/w") as answer:
                await read(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            return error
    raise AssertionError("nothing failed")


async def test_answers_go_wrong_on_the_wire(toy: MakeToy) -> None:
    async def whole(answer: aiohttp.ClientResponse) -> object:
        return await answer.read()

    errors: list[BaseException] = []
    async with up(toy()) as running:
        for name in ("reset", "truncated", "drip", "hang"):
            running.faulty("toy").set_faults([parse_fault(f"{name}@*")])
            errors.append(await failing(running, whole))

    assert isinstance(errors[0], aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    assert isinstance(errors[1], aiohttp.ClientPayloadError)
    assert isinstance(errors[2], TimeoutError)
    assert isinstance(errors[3], TimeoutError)


async def test_the_bomb_travels_compressed(toy: MakeToy) -> None:
    async with up(toy(), faults="gzip-bomb@*") as running:
        url = f"{running.bases['toy']}/echo/w"
        async with aiohttp.ClientSession(auto_decompress=False) as session, session.get(url) as answer:
            body = await answer.read()
            headers = answer.headers.copy()

    assert headers["Content-Encoding"] == "gzip"
    assert len(body) == int(headers["Content-Length"]) < 1024 * 1024


async def test_a_zipped_answer_is_read_as_ever(toy: MakeToy) -> None:
    async with up(toy(), faults="gzip@1") as running:
        first, second = (
            await get(f"{running.bases['toy']}/echo/w"),
            await get(f"{running.bases['toy']}/echo/w"),
        )

    assert first == second


async def test_nothing_is_sent_with_204(toy: MakeToy) -> None:
    async with up(toy()) as running:
        assert await asyncio.to_thread(raw, running.port, "/toy/nothing") == (204, b"")


async def test_latency_delays_every_answer(toy: MakeToy) -> None:
    async with up(toy(), latency_ms=80) as running:
        started = time.perf_counter()
        await get(f"{running.bases['toy']}/echo/w")
        taken = time.perf_counter() - started

    assert taken >= 0.08


async def test_a_drip_does_not_hold_up_the_end(toy: MakeToy) -> None:
    async with up(toy(), faults="drip@*") as running:
        session = aiohttp.ClientSession()
        answer = await session.get(f"{running.bases['toy']}/echo/w")
        started = time.perf_counter()
    taken = time.perf_counter() - started
    answer.close()
    await session.close()

    assert taken < 2


async def test_no_secret_is_in_the_log(toy: MakeToy) -> None:
    async with up(toy(marker="PLANTED")) as running:
        headers = await sign_in(running)
        await get(f"{running.bases['toy']}/accounts?token=PLANTED", headers=headers)
        _, log = await get(f"{running.address}/_sandbox/toy/log")

    assert "PLANTED" not in repr(log)


def test_clients_without_asyncio_are_served_from_a_thread(toy: MakeToy) -> None:
    with serving([toy()]) as running:
        status, _ = raw(running.port, "/toy/echo/w")

    assert status == 200
    with pytest.raises(OSError, match=r".+"):
        raw(running.port, "/toy/echo/w")
