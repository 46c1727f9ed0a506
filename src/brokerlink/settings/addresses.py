"""Addresses as people write them in settings: where to listen, where a brokerage is, where the database.

Refused with a ValueError whose text repeats nothing of what was given: an address may hold a password.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

SOCKET_PATH_BYTES = 107  # what the kernel takes
_HOST_AND_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen: a host and port, or the path of a Unix socket. `text` is what gRPC takes."""

    text: str
    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return bool(self.path) or loopback(self.host)

    @classmethod
    def parse(cls, text: str) -> "Listen":
        if text.startswith("unix:"):
            path = "/" + text.removeprefix("unix:").lstrip("/")
            if not text.removeprefix("unix:").startswith("/") or path == "/" or "\x00" in path:
                raise ValueError("names no Unix socket: write unix:/path/to/socket")
            if len(path.encode()) > SOCKET_PATH_BYTES:
                raise ValueError(f"names a Unix socket with a path of more than {SOCKET_PATH_BYTES} bytes")
            return cls(f"unix:{path}", path=path)
        found = _HOST_AND_PORT.fullmatch(text)
        if found is None or int(found["port"]) > 65_535:
            raise ValueError("is no address to listen on: write host:port, [::1]:port or unix:/path")
        return cls(text, found["six"] or found["host"], int(found["port"]))


def loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def web_address(text: str) -> str:
    """An http or https address without a final slash; plain http on this machine only."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no web address") from None
    if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("is no web address: write https://host or http://127.0.0.1:port")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a web address without a user, a query and a fragment")
    if parts.scheme == "http" and not loopback(host):
        raise ValueError("must begin with https: plain http is for this machine only")
    return text.rstrip("/")


def brokerage_address(text: str) -> str:
    """Where a brokerage is: a web address, or a gateway's `tcp://host:port`."""
    if not text.startswith("tcp://"):
        return web_address(text)
    found = _HOST_AND_PORT.fullmatch(text.removeprefix("tcp://").rstrip("/"))
    if found is None or not 0 < int(found["port"]) < 65_536:
        raise ValueError("is no address of a gateway: write tcp://host:port")
    return text.rstrip("/")


def local_web_address(text: str) -> str:
    """The same, on this machine only."""
    address = web_address(text)
    if not loopback(urlsplit(address).hostname or ""):
        raise ValueError("must lie on this machine: write http://127.0.0.1:port")
    return address


def redirect_address(text: str) -> str:
    """Where a brokerage sends a person back to: an address or what else was registered there ("oob")."""
    if re.search(r"[\s\x00-\x1f]", text) or not text:
        raise ValueError("must be an address without blanks")
    return web_address(text) and text if text.startswith(("http://", "https://")) else text


def database_url(text: str) -> str:
    """The URL of a database of a kind that we keep, with our driver's name in it."""
    scheme, mark, rest = text.partition("://")
    match scheme if mark else "":
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return f"postgresql+psycopg://{rest}"
        case "sqlite":
            if rest.partition("?")[0] in {"", "/", "/:memory:"}:
                raise ValueError(
                    "names a database in memory, which forgets all: write sqlite:///path/to/file"
                )
            if not rest.startswith("/"):
                raise ValueError("has two slashes before the file: write sqlite:///path or sqlite:////path")
            return text
    raise ValueError("is no URL of a database we keep: write sqlite:///path or postgresql://user@host/base")
