"""Rows that another source has told already: found, remembered under both keys, and left as they are.

A live door outranks a file: what a file told first is taken over as the door tells it. Between two doors,
and for every file, what is stored stays; but a door that tells a row as posted knows better than one that
told it as pending. A row that is told as pending takes over nothing, and is not remembered as an alias: when
it posts it may come under another key, and is looked for then.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from domain.ports.storage import Stored, UnitOfWork
from domain.stitching import Candidate, stitched, window
from domain.transactions import Transaction, TransactionStatus

FROM_FILE = "file."


def file_feed(format_id: str) -> str:
    """The feed under which rows of files of a format are kept."""
    return FROM_FILE + format_id


def find_elsewhere(
    uow: UnitOfWork, account_id: str, feed: str, own: Collection[str], new: Sequence[Candidate]
) -> dict[str, Stored]:
    """Which new rows of a feed another source has told: told key -> what is stored. Posted ones are aliases
    of it from now on. `own` are the feeds of the source itself: its rows are told apart by their keys alone.
    """
    days = window(new)
    if days is None or not uow.feeds.others(account_id, own):
        return {}
    elsewhere = uow.transactions.told_elsewhere(account_id, own, *days)
    if feed.startswith(FROM_FILE):
        elsewhere = [row for row in elsewhere if row.posted]  # a live row may yet come to nothing
    found = stitched(new, elsewhere)
    if not found:
        return {}
    posted = posted_keys((one.key, one.told) for one in new)
    lasting = {told: key for told, key in found.items() if told in posted}
    if lasting:
        uow.transactions.alias(account_id, lasting, feed)
    stored = uow.transactions.stored(account_id, list(found.values()))
    return {told: stored[key] for told, key in found.items()}


def kept_as_stored(
    stored: Mapping[str, Stored], feed: str, own: Collection[str], posted: Collection[str]
) -> set[str]:
    """Told keys of rows that belong to another source and stay as it told them. `posted` are the told keys
    of rows that this source tells as posted."""
    return {
        key
        for key, row in stored.items()
        if row.feed not in own and (feed.startswith(FROM_FILE) or key not in posted or not _yields(row))
    }


def _yields(row: Stored) -> bool:
    return row.feed.startswith(FROM_FILE) or row.status == TransactionStatus.PENDING.value


def posted_keys(told: Iterable[tuple[str, Transaction]]) -> set[str]:
    """The keys of those that are told as posted."""
    return {key for key, row in told if row.status is TransactionStatus.POSTED}
