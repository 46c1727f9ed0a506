"""Rows that another source has told already: found, remembered under both keys, and left as they are.

A live door outranks a file: what a file told first is taken over as the door tells it. Between two doors,
and for every file, what is stored stays.
"""

from collections.abc import Collection, Mapping, Sequence

from domain.ports.storage import Stored, UnitOfWork
from domain.stitching import Candidate, stitched, window

FROM_FILE = "file."


def file_feed(format_id: str) -> str:
    """The feed under which rows of files of a format are kept."""
    return FROM_FILE + format_id


def find_elsewhere(
    uow: UnitOfWork, account_id: str, feed: str, own: Collection[str], new: Sequence[Candidate]
) -> dict[str, Stored]:
    """Which new rows of a feed another source has told: told key -> what is stored. They are aliases of it
    from now on. `own` are the feeds of the source itself: its rows are told apart by their keys alone."""
    days = window(new)
    if days is None or not uow.feeds.others(account_id, own):
        return {}
    found = stitched(new, uow.transactions.told_elsewhere(account_id, own, *days))
    if not found:
        return {}
    uow.transactions.alias(account_id, found, feed)
    return uow.transactions.stored(account_id, list(found))


def kept_as_stored(stored: Mapping[str, Stored], feed: str, own: Collection[str]) -> set[str]:
    """Told keys of rows that belong to another source and stay as it told them."""
    return {
        key
        for key, row in stored.items()
        if row.feed not in own and (feed.startswith(FROM_FILE) or not row.feed.startswith(FROM_FILE))
    }
