"""A read of the newest days tells everything of them, and takes fewer calls than the whole history."""

from datetime import date, timedelta

import conformance
import doors
import pytest

from adapters.kit.door import CardDoor
from domain.accounts import AccountTold
from domain.matching import Occurrences
from domain.ports.brokerage import Grant

ROWS = 400


async def read(
    door: CardDoor, grant: Grant, account: AccountTold, feed: str, since: date | None
) -> tuple[dict[str, date], int]:
    """The trade dates of all rows by their keys, and how many pages that took."""
    found: dict[str, date] = {}
    pages, occurrences = 0, Occurrences()
    async for page in conformance.pages(door, grant, account, feed, since):
        found.update((occurrences.key(row), row.trade_date) for row in page.transactions)
        pages += 1
    return found, pages


@pytest.mark.parametrize("name", doors.DOORS)
async def test_the_newest_days_are_read_whole_and_without_the_rest(name: str) -> None:
    door, sandbox = conformance.played(name, rows=ROWS)
    grant = await conformance.signed_in(door, sandbox, name)
    account = (await door.accounts(grant)).rows[0]
    all_pages = few_pages = 0

    for feed in door.feeds:
        whole, pages = await read(door, grant, account, feed.name, None)
        days = sorted(whole.values(), reverse=True)
        since = days[len(days) // 5] if days else date(2026, 1, 1)
        part, fewer = await read(door, grant, account, feed.name, since)
        # Some are asked for by another day than that of the trade: the overlap is for them.
        inside = {key for key, day in whole.items() if day > since + timedelta(days=feed.overlap_days)}
        assert inside - part.keys() == set(), feed.name
        all_pages, few_pages = all_pages + pages, few_pages + fewer

    assert few_pages <= all_pages
    assert few_pages < all_pages or all_pages <= 2 * len(door.feeds)
