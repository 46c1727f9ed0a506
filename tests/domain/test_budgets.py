"""Budgets as arithmetic: no window holds too many calls, persons go first, batch comes back in its turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets import Again, Budget, Place, Standing, Turn, ask, fresh, quiet

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BUDGET = Budget("b", 120, 60 * SECOND)


def placed(answer: Place | Again) -> bool:
    return isinstance(answer, Place)


def drained(budget: Budget, turn: Turn) -> Standing:
    """As it stands when whoever has this turn has taken all that comes at once."""
    standing = fresh(NOW)
    while True:
        answer, after = ask(budget, standing, turn, NOW)
        if answer != Place():
            return standing
        standing = after


def taken_at_once(budget: Budget, standing: Standing, turn: Turn, now: datetime = NOW) -> int:
    taken = 0
    while (answer := ask(budget, standing, turn, now))[0] == Place():
        taken, standing = taken + 1, answer[1]
    return taken


@given(
    calls=st.integers(1, 200),
    per=st.floats(0.5, 300),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=300),
    turns=st.lists(st.sampled_from(Turn), min_size=300, max_size=300),
)
def test_no_window_ever_holds_more_than_the_brokerage_allows(
    calls: int, per: float, gaps: list[float], turns: list[Turn]
) -> None:
    budget, standing, now, sent = Budget("b", calls, timedelta(seconds=per)), fresh(NOW), NOW, []
    for gap, turn in zip(gaps, turns, strict=False):
        now += timedelta(seconds=gap)
        answer, standing = ask(budget, standing, turn, now)
        if isinstance(answer, Place):
            sent.append(now + answer.wait)

    sent.sort()

    for first, last in zip(sent, sent[calls:], strict=False):
        assert last - first >= budget.per


def test_a_person_gets_at_once_all_that_the_window_holds() -> None:
    assert taken_at_once(BUDGET, fresh(NOW), Turn.PERSON) == BUDGET.calls


def test_what_batch_leaves_a_person_gets_at_once() -> None:
    standing = drained(BUDGET, Turn.LISTED)

    assert taken_at_once(BUDGET, standing, Turn.PERSON) == BUDGET.calls - BUDGET.burst


def test_batch_that_never_rests_leaves_more_than_a_fifth_to_persons() -> None:
    standing, now, made = fresh(NOW), NOW, 0
    while now < NOW + 3 * BUDGET.per:
        answer, standing = ask(BUDGET, standing, Turn.LISTED, now)
        made += placed(answer)
        now += SECOND / 10

    assert made > 2 * BUDGET.calls
    assert taken_at_once(BUDGET, standing, Turn.PERSON, now) > BUDGET.calls / 5


def test_what_persons_have_taken_batch_waits_for() -> None:
    answer, _ = ask(BUDGET, drained(BUDGET, Turn.PERSON), Turn.STARTED, NOW)

    assert isinstance(answer, Again)
    assert answer.wait > BUDGET.per


def test_a_long_run_of_a_person_leaves_room_for_the_next_person() -> None:
    standing, now = fresh(NOW), NOW
    for number in range(BUDGET.calls):
        turn = Turn.PERSON if number < BUDGET.short else Turn.LONG
        answer, standing = ask(BUDGET, standing, turn, now)
        assert isinstance(answer, Place)
        now += answer.wait
        assert taken_at_once(BUDGET, standing, Turn.PERSON, now) > 0

    assert now - NOW < 1.5 * BUDGET.per


def test_a_long_run_books_ahead_and_waits_until_then() -> None:
    standing = drained(BUDGET, Turn.LONG)

    first, standing = ask(BUDGET, standing, Turn.LONG, NOW)
    second, _ = ask(BUDGET, standing, Turn.LONG, NOW)

    assert first == Place(BUDGET.step)
    assert second == Place(2 * BUDGET.step)


def test_calls_that_were_counted_in_slots_of_another_length_hold_nobody_up() -> None:
    standing = drained(BUDGET, Turn.PERSON)
    another = Budget("b", 120, 3600 * SECOND)

    assert ask(another, standing, Turn.PERSON, NOW)[0] == Place()
    assert ask(BUDGET, drained(another, Turn.PERSON), Turn.PERSON, NOW)[0] == Place()


@pytest.mark.parametrize("turn", [Turn.PERSON, Turn.LONG])
def test_where_even_a_person_would_wait_long_the_run_does(turn: Turn) -> None:
    standing = replace(drained(BUDGET, Turn.PERSON), spent_until=NOW + timedelta(minutes=5))

    answer, after = ask(BUDGET, standing, turn, NOW)

    assert isinstance(answer, Again)
    assert not answer.in_place
    assert after == standing, "nothing is booked"


@pytest.mark.parametrize("turn", [Turn.NEW, Turn.LISTED])
def test_a_batch_run_that_has_not_begun_waits_in_no_place(turn: Turn) -> None:
    answer, _ = ask(BUDGET, drained(BUDGET, turn), turn, NOW)

    assert isinstance(answer, Again)
    assert not answer.in_place


def test_one_that_has_begun_stands_in_line_for_a_while_and_then_gives_its_place_up() -> None:
    standing = drained(BUDGET, Turn.STARTED)

    first, same = ask(BUDGET, standing, Turn.STARTED, NOW)
    last, _ = ask(BUDGET, standing, Turn.STARTED, NOW, waited=30 * SECOND)

    assert isinstance(first, Again)
    assert first.in_place
    assert same == standing
    assert isinstance(last, Again)
    assert not last.in_place


def test_runs_on_the_waiting_list_come_back_one_after_the_other_as_fast_as_they_can_be_served() -> None:
    standing, waits = drained(BUDGET, Turn.NEW), []
    for _ in range(100):
        answer, standing = ask(BUDGET, standing, Turn.NEW, NOW)
        assert isinstance(answer, Again)
        waits.append(answer.wait)

    gaps = {after - before for before, after in pairwise(waits)}

    assert len(gaps) == 1
    calls = drained(BUDGET, Turn.NEW)
    assert gaps == {BUDGET.step * (calls.calls / calls.runs)}


def test_the_list_learns_how_many_calls_a_run_makes() -> None:
    standing, now = fresh(NOW), NOW
    for _ in range(200):
        for turn in (Turn.LISTED, Turn.STARTED, Turn.STARTED):
            now += BUDGET.step
            answer, standing = ask(BUDGET, standing, turn, now)
            assert placed(answer)

    assert 2.5 < standing.calls / standing.runs < 3.5


def test_a_new_run_does_not_overtake_those_on_the_list() -> None:
    standing = Standing(NOW, NOW, listed_until=NOW + 10 * SECOND)

    new, _ = ask(BUDGET, standing, Turn.NEW, NOW)
    listed, _ = ask(BUDGET, standing, Turn.LISTED, NOW)

    assert not placed(new)
    assert placed(listed)


@pytest.mark.parametrize("turn", Turn)
def test_while_the_brokerage_wants_quiet_nobody_calls(turn: Turn) -> None:
    standing = quiet(fresh(NOW), 30 * SECOND, NOW)

    held, _ = ask(BUDGET, standing, turn, NOW + 29 * SECOND)
    after, _ = ask(BUDGET, standing, turn, NOW + 30 * SECOND)

    assert isinstance(held, Again)
    assert held.wait >= SECOND
    assert placed(after)


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    standing = quiet(quiet(fresh(NOW), 30 * SECOND, NOW), SECOND, NOW)

    assert standing.quiet_until == NOW + 30 * SECOND
