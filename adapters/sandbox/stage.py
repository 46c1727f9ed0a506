"""Several sandboxes under one roof: whom a URL and a Host header mean, and what they answer.

No socket and no clock: the server uses it, and so can a transport in memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from adapters.sandbox.asked import Asked
from adapters.sandbox.faults import Faulty
from adapters.sandbox.play import Sandbox
from adapters.sandbox.reply import Reply

UNKNOWN = Reply(
    404, (("content-type", "text/plain"),), b"no sandbox answers here; paths start with /<brokerage>/\n"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Who is meant: the sandbox, which of its hosts, the rest of the path, and the prefix it had."""

    faulty: Faulty
    host: str
    path: str
    prefix: str


class Stage:
    """Sandboxes by id. A single one is at the root as well."""

    def __init__(self, sandboxes: Iterable[Sandbox | Faulty]) -> None:
        listed = [one if isinstance(one, Faulty) else Faulty(one) for one in sandboxes]
        self.faulty = {one.sandbox.id: one for one in listed}

    @property
    def alone(self) -> Faulty | None:
        return next(iter(self.faulty.values())) if len(self.faulty) == 1 else None

    def hear(
        self, method: str, url: str, headers: dict[str, str], body: bytes, now: datetime, own: str
    ) -> Reply:
        """Answer a request. `url` is absolute, as it was sent; `own` is the address of the server."""
        heard = self.find(method, url, headers, body, now, own)
        return UNKNOWN if heard is None else heard[0].reply(heard[1])

    def find(
        self, method: str, url: str, headers: dict[str, str], body: bytes, now: datetime, own: str
    ) -> tuple[Faulty, Asked] | None:
        """The sandbox that is meant, and what it hears. None if nobody is meant."""
        parts = urlsplit(url)
        place = self._place(parts.path or "/", parts.hostname or "")
        if place is None:
            return None
        asked = Asked(
            method=method.upper(),
            path=place.path,
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            raw_query=parts.query,
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            host=place.host,
            base=own.rstrip("/") + place.prefix,
            url=url,
            now=now,
        )
        return place.faulty, asked

    def _place(self, path: str, host: str) -> _Place | None:
        named = self._by_host(host)
        first, rest = _split(path)
        faulty, prefix = self.faulty.get(first), f"/{first}"
        if faulty is None:
            faulty, prefix, rest = named or self.alone, "", path
            if faulty is not None and faulty is not self.alone:
                prefix = f"/{faulty.sandbox.id}"
        if faulty is None:
            return None
        hosts = faulty.sandbox.profile.hosts
        second, further = _split(rest)
        if second in hosts:
            return _Place(faulty, second, further, prefix)
        label = host.partition(".")[0]
        return _Place(faulty, label if label in hosts else "api", rest, prefix)

    def _by_host(self, host: str) -> Faulty | None:
        """By a name such as api.robinhood.com or nummus.localhost."""
        labels = host.split(".")
        for id_, faulty in self.faulty.items():
            if any(label.startswith(id_) for label in labels) or labels[0] in faulty.sandbox.profile.hosts:
                return faulty
        return None


def _split(path: str) -> tuple[str, str]:
    """The first part of a path and the rest with its slash."""
    first, _, rest = path.lstrip("/").partition("/") if path.startswith("/") else ("", "", path)
    return first, f"/{rest}"
