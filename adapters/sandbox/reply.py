"""An answer together with how its bytes go over the wire: late, cut short, drop by drop, or not at all."""

from dataclasses import dataclass, replace

from adapters.kit.wire import Response


@dataclass(frozen=True, slots=True)
class Reply:
    """`delay` comes before the first byte. At most one of the ways of sending is out of the ordinary:

    `cut`: Content-Length tells the whole body, but the connection ends after so many bytes.
    `drip`: the body never ends; one blank every so many seconds.
    `reset`: the connection is closed without an answer.
    `hang`: nothing is sent until the client gives up.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0
    cut: int | None = None
    drip: float | None = None
    reset: bool = False
    hang: bool = False

    @property
    def response(self) -> Response:
        """What a client without a socket sees. A body cut short is what arrived of it."""
        body = self.body if self.cut is None else self.body[: self.cut]
        return Response(self.status, {name.lower(): value for name, value in self.headers}, body)

    def later(self, seconds: float) -> "Reply":
        return replace(self, delay=self.delay + seconds)


def ordinary(response: Response) -> Reply:
    """A response, sent as it should be."""
    return Reply(response.status, tuple(response.headers.items()), response.body)
