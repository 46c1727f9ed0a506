"""How many streams may be open: a long stream costs little, but a caller who opens thousands must not
keep others out."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from domain.errors import Overloaded

WAIT = timedelta(seconds=5)


class Streams:
    """Open streams by principal, and all together. Unary calls are not counted: they are always served."""

    def __init__(self, *, each: int, most: int) -> None:
        self._each = each
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, principal: str) -> Iterator[None]:
        """A place for one stream while it lasts. Raises Overloaded."""
        if self._open[principal] >= self._each:
            raise Overloaded("This caller has too many streams open.", retry_after=WAIT)
        if self._open.total() >= self._most:
            raise Overloaded("This server has too many streams open.", retry_after=WAIT)
        self._open[principal] += 1
        try:
            yield
        finally:
            self._open[principal] -= 1
            if not self._open[principal]:
                del self._open[principal]
