"""The wire against servers that lie, bind, drip and lead astray; every bound is ours."""

import asyncio
import gzip
import re
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from rawserver import Answer, RawServer, endless, http, raw_server, saying

from adapters.kit.http import HttpWire, address
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.mutations import bomb
from domain.errors import BrokerageUnavailable, Failure, UnreadableReply

JSON = "Content-Type: application/json"
GZIP = "Content-Encoding: gzip"
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[HttpWire]:
    made = HttpWire(total_seconds=1.0, max_body=100_000)
    yield made
    await made.close()


async def asked(wire: HttpWire, server: RawServer, request: Request | None = None) -> Response:
    return await wire.send(request or get("/things"), {"api": server.base})


# ---- what is refused


@pytest.mark.parametrize(
    ("answer", "failure"),
    {
        "a length that promises more": (saying(http(b"[1", JSON, length=50)), BrokerageUnavailable),
        "no status line": (saying(b"hello\r\n\r\n"), BrokerageUnavailable),
        "no HTTP version": (saying(b"HTTP/9 what\r\n\r\n"), BrokerageUnavailable),
        "a negative length": (saying(http(b"[]", length=-1)), BrokerageUnavailable),
        "two lengths": (saying(http(b"[]", "Content-Length: 5")), BrokerageUnavailable),
        "a chunk size that is none": (
            saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n"),
            BrokerageUnavailable,
        ),
        "a chunk that is cut": (
            saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[]"),
            BrokerageUnavailable,
        ),
        "a header of a megabyte": (saying(http(b"[]", "X: " + "a" * 1_000_000)), BrokerageUnavailable),
        "a reason that is no text": (
            saying(b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 0\r\nX: \xff\r\n\r\n"),
            BrokerageUnavailable,
        ),
        "nothing at all": (saying(b""), BrokerageUnavailable),
        "no gzip where gzip is told": (saying(http(b"[1,2]", GZIP)), UnreadableReply),
        "half a gzip": (saying(http(gzip.compress(b"[1]" * 999)[:-9], GZIP)), BrokerageUnavailable),
        "a bomb": (saying(http(bomb(), JSON, GZIP)), UnreadableReply),
        "a body of any length": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 50_000), UnreadableReply),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_answer_is_a_failure_of_ours(
    wire: HttpWire, answer: str, failure: tuple[Answer, type[Failure]]
) -> None:
    played, wanted = failure
    async with raw_server(played) as server:
        with pytest.raises(wanted):
            await asked(wire, server)


async def test_a_drip_ends_by_the_total_deadline_though_no_read_ever_times_out() -> None:
    wire = HttpWire(total_seconds=0.3)
    async with raw_server(endless(http(b"", length=10_000), b" ", every=0.02)) as server:
        start = time.perf_counter()

        with pytest.raises(BrokerageUnavailable):
            await asked(wire, server)

        assert 0.25 < time.perf_counter() - start < 2
    await wire.close()


async def test_a_head_that_drips_ends_by_the_total_deadline() -> None:
    wire = HttpWire(total_seconds=0.3)
    async with raw_server(endless(b"HTTP/1.1 200 OK\r\nX: ", b"a", every=0.02)) as server:
        with pytest.raises(BrokerageUnavailable):
            await asked(wire, server)
    await wire.close()


async def test_nobody_listens(wire: HttpWire) -> None:
    with pytest.raises(BrokerageUnavailable):
        await wire.send(get("/"), {"api": "http://127.0.0.1:1"})


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server that says it is 127.0.0.1, and nobody vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + DAY)
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
    bundle = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    bundle += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(bundle)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_a_certificate_that_nobody_vouches_for_gets_no_byte_of_a_request(
    wire: HttpWire, tmp_path: Path
) -> None:
    async with raw_server(saying(http(b"[]")), tls=self_signed(tmp_path)) as server:
        with pytest.raises(BrokerageUnavailable):
            await asked(wire, server, get("/").with_headers(("Authorization", "Bearer secret")))

    assert server.base.startswith("https://")
    assert server.heard == []


async def test_no_failure_tells_an_address_or_a_byte_of_the_peer(wire: HttpWire) -> None:
    async with raw_server(saying(b"secret-of-the-peer\r\n\r\n")) as server:
        with pytest.raises(Failure) as caught:
            await asked(wire, server, get("/things", ("token", "secret-of-ours")))

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


# ---- what is read


async def test_an_answer_comes_as_it_is_with_lower_case_headers(wire: HttpWire) -> None:
    async with raw_server(saying(http(b'{"a":1}', "X-Some: One", JSON), close=False)) as server:
        response = await asked(wire, server)

    assert (response.status, response.body) == (200, b'{"a":1}')
    assert (response.headers["x-some"], response.url) == ("One", server.base + "/things")


async def test_an_error_s_body_is_read_as_well(wire: HttpWire) -> None:
    async with raw_server(saying(http(b"why", status="418 Teapot"))) as server:
        response = await asked(wire, server)

    assert (response.status, response.body) == (418, b"why")


async def test_a_body_of_just_the_limit_is_read_and_one_byte_more_is_not(wire: HttpWire) -> None:
    async with raw_server(saying(http(b"x" * 100_000), close=False), saying(http(b"x" * 100_001))) as server:
        assert len((await asked(wire, server)).body) == 100_000
        with pytest.raises(UnreadableReply):
            await asked(wire, server)


async def test_a_gzip_of_just_the_limit_is_read_and_one_byte_more_is_not(wire: HttpWire) -> None:
    fits, bursts = gzip.compress(b"x" * 100_000), gzip.compress(b"x" * 100_001)
    async with raw_server(saying(http(fits, GZIP), close=False), saying(http(bursts, GZIP))) as server:
        assert len((await asked(wire, server)).body) == 100_000
        with pytest.raises(UnreadableReply):
            await asked(wire, server)


async def test_a_body_without_a_length_ends_with_the_connection(wire: HttpWire) -> None:
    async with raw_server(saying(b"HTTP/1.1 200 OK\r\n\r\n[1,2]")) as server:
        assert (await asked(wire, server)).body == b"[1,2]"


async def test_what_stands_behind_the_length_is_no_part_of_any_answer(wire: HttpWire) -> None:
    smuggled = http(b"[]") + http(b'["smuggled"]')
    async with raw_server(saying(smuggled, close=False), saying(http(b"[2]"))) as server:
        first = await asked(wire, server)
        second = await asked(wire, server)

    assert (first.body, second.body) == (b"[]", b"[2]")


# ---- what is sent, and where to


async def test_a_redirect_is_not_followed(wire: HttpWire) -> None:
    async with raw_server(saying(http(b'["stolen"]'))) as elsewhere:
        away = http(b"", f"Location: {elsewhere.base}/login", status="302 Found")
        async with raw_server(saying(away)) as server:
            response = await asked(wire, server, get("/").with_headers(("Authorization", "Bearer secret")))

    assert response.status == 302
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    "target",
    [
        "http://elsewhere.example/things",
        "https://127.0.0.1:1/things",
        "@elsewhere.example/things",
        ".elsewhere.example/things",
        ":81/things",
        "things",
        "",
        "//elsewhere.example@127.0.0.1",
        "http://127.0.0.1:1@elsewhere.example/",
        "http://127.0.0.1:10/things",
        "HTTP://127.0.0.1:1/things",
        "ftp://127.0.0.1:1/things",
    ],
)
def test_an_address_never_leads_to_another_host(target: str) -> None:
    hosts = {"api": "http://127.0.0.1:1"}
    try:
        url = address(Request("GET", target), hosts)
    except UnreadableReply:
        return

    assert url.startswith("http://127.0.0.1:1/")


@pytest.mark.parametrize("target", ["/a\r\nX-Injected: 1", "/a b\nc", "/a\x00", "/\x7f"])
async def test_no_address_writes_a_header_of_its_own(wire: HttpWire, target: str) -> None:
    async with raw_server(saying(http(b"[]"))) as server:
        with pytest.raises(UnreadableReply):
            await asked(wire, server, Request("GET", target))

    assert server.heard == []


async def test_what_was_signed_is_what_is_sent(wire: HttpWire) -> None:
    request = get("/a%2Fb/c", ("list", "x,y z"), ("when", "2026-01-02T03:04:05+00:00"), ("sign", "~*'()/:"))
    async with raw_server(saying(http(b"[]"))) as server:
        await asked(wire, server, request)

    assert server.heard[0].split(" ")[1] == request.target


async def test_each_request_says_who_asks_as_product_and_version(wire: HttpWire) -> None:
    """Guards in front of brokerages turn away what libraries call themselves; tastytrade wants this form."""
    async with raw_server(saying(http(b"[]"))) as server:
        await asked(wire, server)

    assert re.findall(r"(?im)^user-agent: (.*)\r$", server.heard[0]) == ["brokerlink/1"]


async def test_no_cookie_of_one_answer_comes_with_another_request(wire: HttpWire) -> None:
    sets = http(b"[]", "Set-Cookie: session=of-user-1; Path=/")
    async with raw_server(saying(sets, close=False)) as server:
        named = {"api": server.base.replace("127.0.0.1", "localhost")}  # aiohttp keeps none of bare numbers
        for _ in range(2):
            await wire.send(get("/things"), named)
            await asked(wire, server)

    assert len(server.heard) == 4
    assert not [heard for heard in server.heard if "cookie" in heard.lower()]


async def test_a_request_whose_answer_is_lost_is_never_repeated_behind_our_back(wire: HttpWire) -> None:
    """aiohttp would, on a kept connection: with the same nonce, which the brokerage has heard already."""
    async with raw_server(saying(http(b"[]"), close=False), saying(b"")) as server:
        await asked(wire, server)
        with pytest.raises(BrokerageUnavailable):
            await asked(wire, server)

    assert len(server.heard) == 2


async def test_proxies_of_the_environment_are_not_used(
    wire: HttpWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with raw_server(saying(http(b"[]"))) as server:
        assert (await asked(wire, server)).status == 200


async def test_many_at_once_each_get_their_own_answer(wire: HttpWire) -> None:
    async def named(writer: asyncio.StreamWriter) -> None:
        path = server.heard[-1].split(" ")[1]
        writer.write(http(path.encode()))

    async with raw_server(named) as server:
        told = await asyncio.gather(*(asked(wire, server, get(f"/{n}")) for n in range(40)))

    assert [response.body for response in told] == [f"/{n}".encode() for n in range(40)]
