"""How Robinhood's lists are asked for, and when enough of them has been read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from adapters.brokerages.robinhood.parse import told_day
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import NextLink
from adapters.kit.wire import Request, Response, get


def ask(
    path: str, *more: tuple[str, str], mine: str = "", dated: bool = False, host: str = "api"
) -> Callable[[Call], Request]:
    """The first page of a list; later ones come by their address. `mine` names the parameter for the
    account, `dated` says that the list can leave out what has not changed since a day."""

    def request(call: Call) -> Request:
        if call.cursor is not None:
            return get(call.cursor, host=host)
        since = f"{call.since.isoformat()}T00:00:00Z" if dated and call.since else None
        account = (mine, call.routed.key if mine else None)
        query = [(name, value) for name, value in (account, ("updated_at[gte]", since)) if name]
        return get(path, *query, *more, host=host)

    return request


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """Pages of a list that cannot be cut by date: read on until a page is wholly older than wanted.

    `dates`: fields of a row, any of which may make it young enough. A row without them keeps us reading.
    """

    dates: tuple[str, ...]

    def take(self, response: Response, call: Call) -> Rows:
        cut = NextLink().take(response, call)
        if call.since is None or not cut.rows or any(self._wanted(raw, call.since) for raw in cut.rows):
            return cut
        return Rows(cut.rows, None)

    def _wanted(self, raw: bytes, since: date) -> bool:
        row = rows.fields(raw)
        days = [told_day(row[name], name) for name in self.dates if row.get(name) is not None]
        return not days or max(days) >= since
