"""Rows of a feed that are stored as they came: what a page tells once more is not parsed once more."""

from collections.abc import Sequence, Set
from datetime import date

from domain.ports.storage import Marked, Storage, UnitOfWork

# So many rows are looked up at once, and two such pieces are kept: memory does not grow with the history.
PIECE = 10_000


class Recalled:
    """The marked rows of a feed, newest first as pages tell them, looked up when the first page needs them.

    `nothing`: there is nothing to find, the feed was never read.
    """

    def __init__(
        self, storage: Storage, account_id: str, feed: str, since: date | None, *, nothing: bool = False
    ) -> None:
        self._storage, self._account_id, self._feed, self._since = storage, account_id, feed, since
        self._all = nothing
        self._last: Marked | None = None
        self._piece: dict[bytes, Marked] = {}
        self._rows: dict[bytes, Marked] = {}

    async def known(self, marks: Sequence[bytes]) -> Set[bytes]:
        """Those of the marks that are stored; more may be told. A page that is mostly unknown leads to the
        next piece: a few rows of any page may be new."""
        if not self._all and 2 * sum(mark not in self._rows for mark in marks) > len(marks):
            await self._more()
        return self._rows.keys()

    def rows(self, marks: Sequence[bytes]) -> list[Marked]:
        """The rows with these marks, which are known."""
        return [self._rows[mark] for mark in marks]

    async def _more(self) -> None:
        def look(uow: UnitOfWork) -> list[Marked]:
            return uow.transactions.marked(self._account_id, self._feed, self._since, self._last, PIECE)

        piece = await self._storage.read(look)
        self._all = len(piece) < PIECE
        if piece:
            self._last = piece[-1]
            before, self._piece = self._piece, {row.mark: row for row in piece}
            self._rows = {**before, **self._piece}
