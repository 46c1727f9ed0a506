"""Connections, sessions, accounts, holdings and freshness: what goes in comes out, and nobody overwrites."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.sql.engine import SqlStorage
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.accounts import Account, AccountKind
from domain.brokerages import Dataset
from domain.challenges import Challenge, ChallengeKind
from domain.connections import Connection, ConnectionState, ConnectSession, SessionState
from domain.errors import Actor, Busy, ChallengeWrong, EtagMismatch, FailureRecord
from domain.freshness import Completeness, Freshness
from domain.instruments import Instrument, InstrumentKind
from domain.ports.storage import Changes, Link, Sealed
from domain.ports.vault import DataKey
from domain.positions import Balance, Flag, Position
from domain.syncs import FeedState, Progress, ProgressKind, RunState

NOW = datetime(2026, 5, 4, 12, 30, 15, 123456, UTC)
LATER = NOW + timedelta(hours=1)
ACCOUNT = Account("acc_1", "user", "schwab", "Individual", "…6789", AccountKind.MARGIN, "USD", created_at=NOW)
VTI = Instrument(InstrumentKind.ETF, "VTI")


def connection(number: int = 1, **more: object) -> Connection:
    made = Connection(
        f"con_{number}", "user", "schwab", "oauth", ConnectionState.ACTIVE, NOW, NOW, expires_at=LATER,
        renewable_until=LATER, next_sync_at=NOW,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # fields of a connection


# ---- connections


def test_a_connection_comes_out_as_it_went_in(store: SqlStorage) -> None:
    made = connection(reason="X", actor=Actor.BROKERAGE, message="why", failures=3, last_run_id="run_1")
    store.write_now(lambda uow: uow.connections.add(made))

    assert store.read_now(lambda uow: uow.connections.get("con_1")) == made
    assert store.read_now(lambda uow: uow.connections.get("con_2")) is None


def test_of_two_who_change_the_same_version_one_is_refused(store: SqlStorage) -> None:
    made = connection()
    store.write_now(lambda uow: uow.connections.add(made))
    first = store.write_now(lambda uow: uow.connections.save(replace(made, failures=1)))

    with pytest.raises(EtagMismatch):
        store.write_now(lambda uow: uow.connections.save(replace(made, failures=2)))

    assert store.read_now(lambda uow: uow.connections.get("con_1")) == first
    assert (first.version, first.failures) == (2, 1)


def test_a_user_s_connections_are_walked_by_id(store: SqlStorage) -> None:
    def deed(uow: SqlUnitOfWork) -> None:
        for number in (3, 1, 2):
            uow.connections.add(connection(number))
        uow.connections.add(connection(9, user_id="other"))

    store.write_now(deed)

    first = store.read_now(lambda uow: uow.connections.of_user("user", "", 2))
    rest = store.read_now(lambda uow: uow.connections.of_user("user", "con_2", 2))
    assert [c.id for c in first + rest] == ["con_1", "con_2", "con_3"]


def test_due_is_what_may_run_by_itself_and_whose_time_has_come(store: SqlStorage) -> None:
    def deed(uow: SqlUnitOfWork) -> None:
        for number, state in enumerate(ConnectionState):
            uow.connections.add(connection(number, state=state))
        uow.connections.add(connection(90, next_sync_at=None))
        uow.connections.add(connection(91, next_sync_at=LATER))

    store.write_now(deed)

    due = store.read_now(lambda uow: uow.connections.due("schwab", NOW, 100))
    assert {c.state for c in due} == {
        ConnectionState.PENDING,
        ConnectionState.ACTIVE,
        ConnectionState.DEGRADED,
        ConnectionState.WAITING,
    }
    assert not {"con_90", "con_91"} & {c.id for c in due}
    store.write_now(lambda uow: uow.connections.postpone(due[0].id, LATER))
    assert due[0].id not in {
        c.id for c in store.read_now(lambda uow: uow.connections.due("schwab", NOW, 100))
    }


# ---- credentials and sessions


def sealed(version: int = 1) -> Sealed:
    return Sealed(
        DataKey("key_1", "connection:con_1", "kek", b"wrapped"), f"value {version}".encode(), version
    )


def test_a_credential_comes_out_with_the_key_it_needs(store: SqlStorage) -> None:
    def deed(uow: SqlUnitOfWork) -> None:
        uow.data_keys.add(sealed().key)
        uow.credentials.put("con_1", sealed(), NOW)
        uow.credentials.put("con_1", sealed(2), LATER)

    store.write_now(deed)

    assert store.read_now(lambda uow: uow.credentials.get("con_1")) == sealed(2)
    store.write_now(lambda uow: uow.data_keys.drop("connection:con_1"))
    assert store.read_now(lambda uow: uow.credentials.get("con_1")) is None, "without its key it is nothing"


def test_storing_a_renewed_credential_does_not_end_the_lease_on_renewing(store: SqlStorage) -> None:
    def prepare(uow: SqlUnitOfWork) -> None:
        uow.data_keys.add(sealed().key)
        uow.credentials.put("con_1", sealed(), NOW)

    store.write_now(prepare)

    def lease(owner: str) -> bool:
        minute = timedelta(minutes=1)
        return store.write_now(lambda uow: uow.credentials.lease_renewal("con_1", owner, minute))

    assert lease("a")
    store.write_now(lambda uow: uow.credentials.put("con_1", sealed(2), NOW))
    assert not lease("b")
    store.write_now(lambda uow: uow.credentials.end_renewal("con_1", "b"))
    assert not lease("b"), "only its owner ends it"


def session(**more: object) -> ConnectSession:
    challenge = Challenge(
        ChallengeKind.CHOICE,
        "Which?",
        (("a", "By SMS"), ("b", "By e-mail")),
        attempts_left=3,
        expires_at=LATER,
    )
    made = ConnectSession(
        "ses_1", "user", "schwab", "oauth", SessionState.NEEDS_INPUT, "https://x", NOW, LATER,
        challenge=challenge, failure=FailureRecord.of(ChallengeWrong()),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # fields of a session


def test_a_session_comes_out_as_it_went_in_and_of_two_answers_one_is_heard(store: SqlStorage) -> None:
    made = session()
    store.write_now(lambda uow: uow.sessions.add(made))
    assert store.read_now(lambda uow: uow.sessions.get("ses_1")) == made

    store.write_now(lambda uow: uow.sessions.save(replace(made, state=SessionState.IN_PROGRESS)))
    with pytest.raises(Busy):
        store.write_now(lambda uow: uow.sessions.save(replace(made, state=SessionState.IN_PROGRESS)))


def test_what_nobody_answered_in_time_ends_and_its_state_is_shredded(store: SqlStorage) -> None:
    talk = Sealed(DataKey("key_2", "session:ses_1", "kek", b"wrapped"), b"state", 1)

    def deed(uow: SqlUnitOfWork) -> None:
        uow.sessions.add(session())
        uow.sessions.add(session(id="ses_2", expires_at=LATER + timedelta(hours=1)))
        uow.data_keys.add(talk.key)
        uow.sessions.put_state("ses_1", talk)

    store.write_now(deed)
    assert store.read_now(lambda uow: uow.sessions.state("ses_1")) == talk

    ended = store.write_now(lambda uow: uow.sessions.expire(LATER + timedelta(seconds=1)))

    first, second = (store.read_now(lambda uow, s=s: uow.sessions.get(s)) for s in ("ses_1", "ses_2"))  # type: ignore[misc]
    assert ended == 1
    assert first is not None
    assert second is not None
    assert (first.state, first.challenge) == (SessionState.EXPIRED, None)
    assert second.state is SessionState.NEEDS_INPUT
    assert store.read_now(lambda uow: uow.sessions.state("ses_1")) is None
    assert store.read_now(lambda uow: uow.data_keys.of("session:ses_1")) is None


# ---- accounts and links


def test_an_account_is_put_once_and_then_only_what_changed(store: SqlStorage) -> None:
    assert store.write_now(lambda uow: uow.accounts.put(ACCOUNT))
    assert not store.write_now(lambda uow: uow.accounts.put(replace(ACCOUNT, name="Roth IRA", open=False)))

    assert store.read_now(lambda uow: uow.accounts.get("acc_1")) == replace(
        ACCOUNT, name="Roth IRA", open=False
    )


def test_a_link_that_was_missing_is_not_when_it_is_linked_again(store: SqlStorage) -> None:
    link = Link("con_1", "acc_1", b"routing")

    def links() -> list[Link]:
        return store.read_now(lambda uow: uow.accounts.links("con_1"))

    assert store.write_now(lambda uow: uow.accounts.link(link, NOW))
    store.write_now(lambda uow: uow.accounts.mark_missing("con_1", ["acc_1"], NOW))
    store.write_now(lambda uow: uow.accounts.mark_missing("con_1", ["acc_1"], LATER))
    assert links() == [replace(link, missing_since=NOW)], "missing since it was missing first"

    assert not store.write_now(lambda uow: uow.accounts.link(replace(link, routing=b"new"), LATER))
    assert links() == [replace(link, routing=b"new")]


def test_only_living_connections_lead_to_an_account(store: SqlStorage) -> None:
    def deed(uow: SqlUnitOfWork) -> None:
        uow.accounts.put(ACCOUNT)
        for number, state in ((1, ConnectionState.DISCONNECTED), (2, ConnectionState.PAUSED)):
            uow.connections.add(connection(number, state=state))
            uow.accounts.link(Link(f"con_{number}", "acc_1", b""), NOW)

    store.write_now(deed)

    leading = store.read_now(lambda uow: uow.accounts.links_of_accounts(["acc_1"]))
    told = store.read_now(lambda uow: uow.connections.with_accounts("user", "schwab", ["acc_1"]))
    assert leading == {"acc_1": ["con_2"]}
    assert [c.id for c in told] == ["con_2"]
    others = store.read_now(lambda uow: uow.connections.with_accounts("other", "schwab", ["acc_1"]))
    assert others == []


# ---- holdings


def held(quantity: str, **more: object) -> Position:
    return replace(Position(VTI, Decimal(quantity), "USD"), **more)  # type: ignore[arg-type]  # its fields


def mirror(store: SqlStorage, *told: Position) -> Changes:
    ids = {VTI: "ins_1"}
    raws = [b"raw" for _ in told]
    return store.write_now(lambda uow: uow.holdings.replace_positions("acc_1", told, ids, raws))


def test_a_snapshot_is_mirrored_and_only_the_difference_is_written(store: SqlStorage) -> None:
    exact = Decimal("12345678901234567890.123456789012345678")

    assert mirror(store, held("1"), held("-2")) == Changes(added=2)
    assert mirror(store, held("1.0"), held("-2")) == Changes(unchanged=2)
    assert mirror(store, held("1", price=exact), held("-2")) == Changes(modified=1, unchanged=1)
    assert mirror(store, held("1", price=exact, flags=(Flag.DERIVED_PRICE,)), held("-2")) == Changes(
        modified=1, unchanged=1
    )
    assert mirror(store, held("-2")) == Changes(modified=1, removed=1)
    assert mirror(store) == Changes(removed=1)
    assert store.read_now(lambda uow: uow.holdings.count("acc_1")) == 0


def test_an_absent_figure_stays_absent_and_an_exact_one_exact(store: SqlStorage) -> None:
    told = [
        Balance("EUR", cash=Decimal("-0.000000000000000001")),
        Balance("USD", Decimal("12345678901234567890.12"), None, Decimal(0), None),
    ]

    first = store.write_now(lambda uow: uow.holdings.replace_balances("acc_1", told))
    again = store.write_now(lambda uow: uow.holdings.replace_balances("acc_1", told))
    fewer = store.write_now(lambda uow: uow.holdings.replace_balances("acc_1", told[:1]))

    assert (first, again, fewer) == (Changes(added=2), Changes(unchanged=2), Changes(removed=1, unchanged=1))
    assert store.read_now(lambda uow: uow.holdings.balances("acc_1")) == told[:1]


def test_one_account_s_snapshot_never_touches_another_s(store: SqlStorage) -> None:
    mirror(store, held("1"))
    ids = {VTI: "ins_1"}
    store.write_now(lambda uow: uow.holdings.replace_positions("acc_2", (), ids, ()))

    assert store.read_now(lambda uow: uow.holdings.count("acc_1")) == 1


def test_a_version_rises_with_every_change(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.accounts.put(ACCOUNT))

    versions = [store.write_now(lambda uow: uow.holdings.bump("acc_1")) for _ in range(3)]

    assert versions == [1, 2, 3]


# ---- freshness, feeds and progress


def test_stale_since_is_the_first_failure_after_a_good_read(store: SqlStorage) -> None:
    def freshness() -> Freshness:
        (row,) = store.read_now(lambda uow: uow.freshness.of_account("acc_1"))
        return row

    def stale(reason: str, when: datetime) -> None:
        store.write_now(lambda uow: uow.freshness.mark_stale("acc_1", Dataset.POSITIONS, reason, when))

    stale("A", NOW)
    assert freshness() == Freshness("acc_1", Dataset.POSITIONS, stale_since=NOW, stale_reason="A")
    good = Freshness(
        "acc_1", Dataset.POSITIONS, Completeness.COMPLETE, NOW, NOW, history_start=date(2020, 1, 2)
    )
    store.write_now(lambda uow: uow.freshness.put(good))
    assert freshness() == good
    stale("B", NOW)
    stale("C", LATER)
    assert freshness() == replace(good, stale_since=NOW, stale_reason="C")


def test_a_feed_that_was_never_read_is_told_as_such(store: SqlStorage) -> None:
    state = FeedState("acc_1", "all", date(2026, 5, 1), True, NOW, "run_1", date(2026, 4, 1), "7", "{}", True)
    assert store.read_now(lambda uow: uow.feeds.get("acc_1", "all")) == FeedState("acc_1", "all")

    store.write_now(lambda uow: uow.feeds.put(state))

    assert store.read_now(lambda uow: uow.feeds.get("acc_1", "all")) == state
    assert store.read_now(lambda uow: uow.feeds.get("acc_1", "other")) == FeedState("acc_1", "other")


def test_progress_goes_on_after_a_sequence_and_old_messages_are_pruned(store: SqlStorage) -> None:
    told = [Progress("run_1", n, ProgressKind.PROGRESS, NOW, RunState.RUNNING) for n in (1, 2, 3)]

    def deed(uow: SqlUnitOfWork) -> None:
        for message in told:
            uow.progress.add(message)

    store.write_now(deed)

    assert store.read_now(lambda uow: uow.progress.after("run_1", 1, 10)) == told[1:]
    assert store.read_now(lambda uow: uow.progress.after("run_1", 0, 2)) == told[:2]
    assert store.read_now(lambda uow: uow.progress.after("run_2", 0, 10)) == []
    assert store.write_now(lambda uow: uow.progress.prune(NOW)) == 0
    assert store.write_now(lambda uow: uow.progress.prune(LATER)) == 3
