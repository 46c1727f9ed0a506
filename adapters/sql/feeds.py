"""How far each feed of history has been read, and how old each figure is."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import String, bindparam, select, update

from adapters.sql.prepared import Prepared
from adapters.sql.statements import upsert
from adapters.sql.tables import feeds, freshness
from domain.brokerages import Dataset
from domain.freshness import Completeness, Freshness
from domain.syncs import FeedState

_FEED = Prepared(
    select(feeds).where(
        feeds.c.account_id == bindparam("of_account", type_=String),
        feeds.c.feed == bindparam("of_feed", type_=String),
    )
)


class SqlFeeds:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def get(self, account_id: str, feed: str) -> FeedState:
        row = _FEED.first(self._sql, of_account=account_id, of_feed=feed)
        return FeedState(account_id, feed) if row is None else FeedState(**row)

    def others(self, account_id: str, own: Collection[str]) -> bool:
        found = select(feeds.c.feed).where(feeds.c.account_id == account_id, feeds.c.feed.not_in(own))
        return self._sql.execute(found.limit(1)).first() is not None

    def put(self, state: FeedState) -> None:
        row = {name: getattr(state, name) for name in state.__dataclass_fields__}
        upsert(self._sql, feeds, [row])


class SqlFreshness:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def of_account(self, account_id: str) -> list[Freshness]:
        return self.of_accounts([account_id]).get(account_id, [])

    def of_accounts(self, account_ids: Sequence[str]) -> dict[str, list[Freshness]]:
        found = select(freshness).where(freshness.c.account_id.in_(account_ids)).order_by(freshness.c.dataset)
        told: dict[str, list[Freshness]] = {}
        for row in self._sql.execute(found).mappings():
            made = Freshness(
                row["account_id"],
                Dataset(row["dataset"]),
                Completeness(row["completeness"]),
                row["as_of"],
                row["fetched_at"],
                row["stale_since"],
                row["stale_reason"],
                row["history_start"],
            )
            told.setdefault(made.account_id, []).append(made)
        return told

    def put(self, told: Freshness) -> None:
        row = {name: getattr(told, name) for name in told.__dataclass_fields__}
        row["dataset"] = told.dataset.value
        row["completeness"] = told.completeness.value
        upsert(self._sql, freshness, [row])

    def mark_stale(self, account_id: str, dataset: Dataset, reason: str, now: datetime) -> None:
        here = (freshness.c.account_id == account_id) & (freshness.c.dataset == dataset.value)
        row = self._sql.execute(select(freshness.c.stale_since).where(here)).first()
        if row is None:
            self.put(Freshness(account_id, dataset, stale_since=now, stale_reason=reason))
        elif row[0] is None:
            self._sql.execute(update(freshness).where(here).values(stale_since=now, stale_reason=reason))
        else:
            self._sql.execute(update(freshness).where(here).values(stale_reason=reason))
