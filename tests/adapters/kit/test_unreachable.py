"""No connection comes about, or whoever answers is not the brokerage: each told as what it is."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp.connector
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from rawserver import http, raw_server, saying

from adapters.kit.http import HttpWire
from adapters.kit.wire import get
from domain.errors import BrokerageUnavailable, Failure

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
UNREACHABLE, UNTRUSTED = "BROKERAGE_UNREACHABLE", "BROKERAGE_CERTIFICATE_INVALID"


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[HttpWire]:
    made = HttpWire(total_seconds=5.0)
    yield made
    await made.close()


async def refused(wire: HttpWire, base: str) -> Failure:
    request = get("/things").with_headers(("Authorization", "Bearer secret"))
    with pytest.raises(BrokerageUnavailable) as caught:
        await wire.send(request, {"api": base})
    return caught.value


async def test_nobody_takes_the_call(wire: HttpWire) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens

        failure = await refused(wire, f"http://127.0.0.1:{taken.getsockname()[1]}")

    assert failure.reason == UNREACHABLE
    assert failure.message == "Nobody takes the call at the brokerage's address."


async def test_the_name_leads_nowhere(wire: HttpWire, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(host: str, *rest: object, **more: object) -> list[object]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    failure = await refused(wire, "https://api.brokerage.invalid")

    assert asked == ["api.brokerage.invalid"]
    assert failure.reason == UNREACHABLE
    assert failure.message == "The brokerage's name leads to no address."


# ---- certificates


class Authority:
    """Somebody who vouches for servers, and whom the wire trusts while a test runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
        made = self._begun(self._name, self._key, NOW - 9 * DAY, NOW + 9 * DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        made = made.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
        )
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = made.add_extension(usage, critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def server(self, names: list[x509.GeneralName], since: datetime, until: datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a brokerage")])
        made = self._begun(subject, key, since, until)
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        bundle = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        bundle += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = self._folder / "server.pem"
        file.write_bytes(bundle)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, since: datetime, until: datetime
    ) -> x509.CertificateBuilder:
        number = x509.random_serial_number()
        return x509.CertificateBuilder(self._name, subject, key.public_key(), number, since, until)


HERE: list[x509.GeneralName] = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
ELSEWHERE: list[x509.GeneralName] = [x509.DNSName("brokerage.example")]
HAS_EXPIRED = "The brokerage's certificate has expired; nothing was sent."
NOT_YET = "The brokerage's certificate is not valid yet; nothing was sent."
CERTIFICATES = {
    "expired": (HERE, NOW - 2 * DAY, NOW - DAY, HAS_EXPIRED),
    "not yet": (
        HERE,
        NOW + DAY,
        NOW + 2 * DAY,
        "The brokerage's certificate is not valid yet; nothing was sent.",
    ),
    "another host": (
        ELSEWHERE,
        NOW - DAY,
        NOW + DAY,
        "The certificate is one of another host than the brokerage's; nothing was sent.",
    ),
}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(made.file))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_certificate_that_is_vouched_for_is_taken(
    wire: HttpWire, authority: Authority, host: str
) -> None:
    async with raw_server(saying(http(b"[]")), tls=authority.server(HERE, NOW - DAY, NOW + DAY)) as server:
        response = await wire.send(get("/things"), {"api": server.base.replace("127.0.0.1", host)})

    assert (response.status, len(server.heard)) == (200, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("name", CERTIFICATES)
async def test_a_certificate_that_is_wrong_says_what_is_wrong_and_gets_no_byte(
    wire: HttpWire, authority: Authority, name: str, host: str
) -> None:
    names, since, until, says = CERTIFICATES[name]
    async with raw_server(saying(http(b"[]")), tls=authority.server(names, since, until)) as server:
        failure = await refused(wire, server.base.replace("127.0.0.1", host))

    assert (failure.reason, failure.message) == (UNTRUSTED, says)
    assert server.heard == []


async def test_a_certificate_that_nobody_vouches_for_is_told_as_that(wire: HttpWire, tmp_path: Path) -> None:
    stranger = Authority(tmp_path).server(HERE, NOW - DAY, NOW + DAY)
    async with raw_server(saying(http(b"[]")), tls=stranger) as server:
        failure = await refused(wire, server.base)

    assert (failure.reason, failure.message.split()[0]) == (UNTRUSTED, "Nobody")
    assert server.heard == []


async def test_what_speaks_no_tls_gets_no_byte_in_the_open(wire: HttpWire) -> None:
    heard = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4096))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        failure = await refused(wire, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    assert failure.reason == UNREACHABLE
    assert heard
    assert b"secret" not in heard
