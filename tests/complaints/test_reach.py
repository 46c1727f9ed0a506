"""How far back the history goes (20), and that the newest of it is there (21)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import house
from handmade import buy
from house import House
from hypothesis import given
from hypothesis import strategies as st
from paged import teller
from suffered import again, first, history, home
from told import freshness

from brokerlink.usecases.import_statement import ImportStatement, Wanted
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import Dataset
from domain.freshness import Span, known_span
from domain.ports.statements import AccountStatement, Statement

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


def start(made: House) -> date | None:
    """From which day on we say that we have everything."""
    (row,) = (row for row in freshness(made) if row.dataset is Dataset.TRANSACTIONS)
    return row.history_start


async def test_20_how_far_back_the_history_goes_is_told(tmp_path: Path) -> None:
    """Naive: shows what there is as if it were all."""
    with home(tmp_path, "tradestation") as made:
        await first(made)

        assert start(made) == min(row["trade_date"] for row in history(made))


async def test_20_what_was_lost_while_nobody_came_is_no_part_of_it(tmp_path: Path) -> None:
    """Naive: goes by the oldest row, and calls a history complete that lacks the months in between."""
    kept = 90  # days that TradeStation tells of
    with home(tmp_path, "tradestation") as made:
        known = await first(made)
        before, rows = start(made), len(history(made))
        assert before is not None
        made.clock.ahead = 30 * DAY
        await again(made, known)
        assert start(made) == before

        made.clock.ahead = 200 * DAY
        await again(made, known)
        lost = start(made)
        made.clock.ahead = 201 * DAY
        await again(made, known)

        assert lost == TODAY + (200 - kept) * DAY
        assert start(made) == lost
        # What is older is still there, and found.
        assert len(history(made)) == rows


DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))
SPANS = st.builds(lambda one, other: Span(min(one, other), max(one, other)), DAYS, DAYS)


def days(span: Span) -> set[date]:
    return {span.start + n * DAY for n in range((span.end - span.start).days + 1)}


@given(st.lists(SPANS, min_size=1, max_size=6))
def test_20_never_a_day_is_called_known_that_nobody_read(spans: list[Span]) -> None:
    """Naive: from the oldest day of all to the newest."""
    read: set[date] = set()
    known: Span | None = None
    for span in spans:
        known = known_span(known, span)
        read |= days(span)

        assert days(known) <= read
        assert known.end == max(read)


@dataclass(frozen=True)
class Told:
    """The port `Statements`: a file with one purchase, that covers these days."""

    account: AccountTold
    start: date
    end: date

    def read(self, brokerage_id: str, content: bytes, today: date) -> Statement:
        row = buy(1, self.start)
        return Statement("csv", (AccountStatement(self.account, (row,), start=self.start, end=self.end),))


async def imported(made: House, span: Span) -> None:
    (account,) = made.store.read_now(lambda uow: list(uow.accounts.of_user("user-1", "tradestation", "", 9)))
    told = AccountTold("", "", "", AccountKind.CASH)

    async def tell(done: int, whole: int) -> None: ...

    statements = Told(told, span.start, span.end)
    deed = ImportStatement(made.store, statements, made.safe, made.clock)
    await deed(Wanted("user-1", "tradestation", account.id), b"a file", tell)


async def test_20_a_file_of_older_years_counts_when_it_reaches_up_to_what_is_there(tmp_path: Path) -> None:
    """Naive: one statement of 2019 makes the history one since 2019, whatever lies between."""
    with home(tmp_path, "tradestation") as made:
        known = await first(made)
        live = start(made)
        assert live is not None
        long_ago = Span(live - 900 * DAY, live - 600 * DAY)
        between = Span(live - 700 * DAY, live + 5 * DAY)

        await imported(made, long_ago)
        assert start(made) == live
        await imported(made, between)
        assert start(made) == between.start
        await imported(made, long_ago)
        await again(made, known)

        assert start(made) == long_ago.start


async def test_21_a_row_that_is_dated_ahead_confirms_nothing_of_the_days_before_it(tmp_path: Path) -> None:
    """Naive: the newest row sets the watermark, and what happens before its day is never asked for."""
    made = house.build(tmp_path)
    told = await teller(made)
    try:
        ahead, plain = buy(2, TODAY + 60 * DAY), buy(1, TODAY - DAY)
        await told.tell([ahead, plain])
        made.clock.ahead = 25 * DAY
        told.door.asked.clear()

        await told.tell([ahead, buy(3, TODAY + 12 * DAY), plain])

        ((since, _),) = told.door.asked
        assert since is not None
        assert since <= TODAY
        assert len(history(made)) == 3
    finally:
        made.store.close()
