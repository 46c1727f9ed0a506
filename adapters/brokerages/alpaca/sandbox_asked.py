"""How Alpaca reads the parameters of a question, and how it refuses those that make no sense."""

from datetime import UTC, datetime

from adapters.brokerages.alpaca.sandbox_rows import error
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked

UNPROCESSABLE = 42210000
EARLIEST, LATEST = 1900, 2999


class Refused(Exception):
    """A question that is answered with 422."""

    def __init__(self, message: str, code: int = UNPROCESSABLE) -> None:
        super().__init__(message)
        self.response: Response = error(422, code, message)


def words(asked: Asked, name: str) -> set[str]:
    """A comma separated list; the parameter may also be repeated, as some clients do."""
    return {word for text in asked.params(name) for word in text.split(",") if word}


def choice(asked: Asked, name: str, usual: str, known: tuple[str, ...]) -> str:
    told = asked.param(name) or usual
    if told and told not in known:
        raise Refused(f"invalid {name}: {told[:40]}")
    return told


def whole(asked: Asked, name: str, usual: int, most: int) -> int:
    """A count from 1 to `most`."""
    told = asked.param(name) or str(usual)
    if not (told.isascii() and told.isdigit() and len(told) < 10 and 1 <= int(told) <= most):
        raise Refused(f"{name} must be between 1 and {most}")
    return int(told)


def moment(asked: Asked, name: str) -> datetime | None:
    """A date or an RFC 3339 time; a bare date is its midnight in UTC."""
    told = asked.param(name)
    if not told:
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        raise Refused(f"invalid {name}: {told[:40]}") from None
    if not EARLIEST <= found.year <= LATEST:
        raise Refused(f"invalid {name}: {told[:40]}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
