"""Transactions in the store: keys, versions, aliases and tombstones; nothing that was shown is forgotten."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from adapters.sql.engine import SqlStorage
from adapters.sql.tables import transaction_versions, transactions
from domain.matching import PendingRow
from domain.ports.storage import Changes, Keyed, Marked, Stored
from domain.transactions import Transaction, TransactionStatus, TransactionType

NOW = datetime(2026, 5, 4, 12, 0, 0, 1, UTC)
DAY = date(2026, 5, 4)
PENDING, POSTED, REMOVED = TransactionStatus.PENDING, TransactionStatus.POSTED, TransactionStatus.REMOVED
T = transactions.c


def row(key: str, instrument: str | None = None, **more: object) -> Keyed:
    told = Transaction(
        key, TransactionType.BUY, DAY, "USD", "BUY", net=Decimal("-1.50"), quantity=Decimal(2), raw=b"{}"
    )
    return Keyed(key, replace(told, **more), instrument)  # type: ignore[arg-type]  # fields of a transaction


def sealed(key: str, raw: bytes) -> bytes:
    return f"{key}:".encode() + raw


def write(store: SqlStorage, *rows: Keyed, account: str = "acc_1", now: datetime = NOW) -> Changes:
    def deed(uow: object) -> Changes:
        stored = uow.transactions.stored(account, [r.key for r in rows])  # type: ignore[attr-defined]
        done: Changes = uow.transactions.apply(account, "all", rows, stored, sealed, now)  # type: ignore[attr-defined]
        return done

    return store.write_now(deed)


def known(store: SqlStorage, *keys: str, account: str = "acc_1") -> dict[str, Stored]:
    return store.read_now(lambda uow: uow.transactions.stored(account, keys))


def kept(store: SqlStorage) -> list[tuple[str, int, dict[str, object]]]:
    """The former versions: key, version, and what was told."""
    v = transaction_versions.c
    found = select(v.key, v.version, v.fields).order_by(v.key, v.version)
    return store.read_now(lambda uow: [(k, n, json.loads(f)) for k, n, f in uow.sql.execute(found)])


def remove(store: SqlStorage, keys: Iterable[str]) -> int:
    return store.write_now(lambda uow: uow.transactions.remove("acc_1", list(keys), "GONE", NOW))


def test_new_rows_are_added_equal_ones_left_alone_and_changed_ones_written(store: SqlStorage) -> None:
    assert write(store, row("a"), row("b")) == Changes(added=2)
    assert write(store, row("a"), row("b")) == Changes(unchanged=2)
    assert write(store, row("a", net=Decimal("-1.5000")), row("b", raw=b"shuffled")) == Changes(unchanged=2)
    assert write(store, row("a", net=Decimal("-1.51")), row("b"), row("c")) == Changes(1, 1, 0, 1)


def test_a_former_version_is_kept_as_it_was_told(store: SqlStorage) -> None:
    write(store, row("a"))
    later = NOW + timedelta(days=1)
    write(store, row("a", net=Decimal("-1.51")), now=later)
    write(store, row("a", net=None), now=later)

    told = kept(store)
    assert [(key, version, fields["net"]) for key, version, fields in told] == [
        ("a", 1, "-1.5"),
        ("a", 2, "-1.51"),
    ]
    found = select(T.version, T.created_at, T.updated_at)
    assert store.read_now(lambda uow: tuple(uow.sql.execute(found).one())) == (3, NOW, later)


def test_a_row_that_is_told_twice_at_once_is_one_and_the_last_word_counts(store: SqlStorage) -> None:
    assert write(store, row("a"), row("a", net=Decimal(9))) == Changes(added=1)
    net = store.read_now(lambda uow: uow.sql.execute(select(T.net)).scalar_one())
    assert net == Decimal(9)


def test_a_cancelled_row_counts_as_removed_and_comes_back_under_its_key(store: SqlStorage) -> None:
    write(store, row("a"))

    assert write(store, row("a", status=REMOVED, removed_reason="X")) == Changes(removed=1)
    assert write(store, row("a", status=REMOVED, removed_reason="X")) == Changes(unchanged=1)
    assert write(store, row("a")) == Changes(modified=1)
    assert known(store, "a")["a"].version == 3


def test_a_tombstone_keeps_the_row_and_says_why(store: SqlStorage) -> None:
    write(store, row("a"), row("b"))

    assert (remove(store, ["a"]), remove(store, ["a"]), remove(store, [])) == (1, 0, 0)

    found = select(T.key, T.status, T.removed_reason, T.net).order_by(T.key)
    rows = store.read_now(lambda uow: [tuple(r) for r in uow.sql.execute(found)])
    assert rows == [("a", "removed", "GONE", Decimal("-1.5")), ("b", "posted", None, Decimal("-1.5"))]
    assert [(key, version) for key, version, _ in kept(store)] == [("a", 1)]


def test_a_removed_row_that_is_told_again_is_alive_again(store: SqlStorage) -> None:
    write(store, row("a"))
    remove(store, ["a"])

    assert write(store, row("a")) == Changes(modified=1)
    assert known(store, "a")["a"].status == "posted"


def test_an_alias_leads_to_the_row_that_bears_another_key(store: SqlStorage) -> None:
    write(store, row("pending", status=PENDING))
    store.write_now(lambda uow: uow.transactions.alias("acc_1", {"posted": "pending"}))

    found = known(store, "posted", "unknown")
    assert found.keys() == {"posted"}
    assert found["posted"].key == "pending"
    assert known(store, "posted", account="acc_2") == {}


def test_pending_rows_are_told_with_what_they_are_compared_by(store: SqlStorage) -> None:
    write(store, row("a", status=PENDING), row("b"), row("c", status=REMOVED))

    pending = store.read_now(lambda uow: uow.transactions.pending("acc_1", "all"))
    other = store.read_now(lambda uow: uow.transactions.pending("acc_1", "other"))

    assert pending == [PendingRow("a", DAY, "", Decimal(2), Decimal("-1.5"))]
    assert other == []


def test_posted_rows_of_a_window_and_their_ends(store: SqlStorage) -> None:
    old, young = DAY - timedelta(days=9), DAY - timedelta(days=1)
    write(store, row("old", trade_date=old), row("young", trade_date=young), row("new", status=PENDING))

    def since(day: date | None) -> set[str]:
        return store.read_now(lambda uow: uow.transactions.posted_since("acc_1", "all", day))

    assert (since(None), since(young), since(DAY)) == ({"old", "young"}, {"young"}, set())
    assert store.read_now(lambda uow: uow.transactions.newest("acc_1", "all")) == young
    assert store.read_now(lambda uow: uow.transactions.oldest("acc_1")) == old
    assert store.read_now(lambda uow: uow.transactions.newest("acc_2", "all")) is None


def test_accounts_never_meet(store: SqlStorage) -> None:
    write(store, row("a"))
    write(store, row("a", net=Decimal(7)), account="acc_2")
    remove(store, ["a"])

    assert known(store, "a")["a"].status == "removed"
    assert known(store, "a", account="acc_2")["a"].status == "posted"


def test_what_is_known_of_a_row_includes_its_instrument(store: SqlStorage) -> None:
    write(store, row("a", "ins_1"), row("b"))

    assert {key: found.instrument_id for key, found in known(store, "a", "b").items()} == {
        "a": "ins_1",
        "b": None,
    }


def test_thousands_of_keys_are_looked_up_at_once(store: SqlStorage) -> None:
    rows = [row(f"{n:05}") for n in range(2_500)]

    assert write(store, *rows) == Changes(added=2_500)
    assert write(store, *rows) == Changes(unchanged=2_500)


@pytest.mark.parametrize(
    "text", ["", "x" * 4000, 'quote " and \\ and \n and \t', "ünïcode 😀", "a\\x00b", "{1,2}"]
)
def test_any_text_comes_out_as_it_went_in(store: SqlStorage, text: str) -> None:
    write(store, row("a", description=text))

    assert store.read_now(lambda uow: uow.sql.execute(select(T.description)).scalar_one()) == text
    assert write(store, row("a", description=text)) == Changes(unchanged=1)


FIGURES = st.none() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(FIGURES, FIGURES, st.dates(date(1900, 1, 1)), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_figures_days_and_instants_come_out_exactly(
    store: SqlStorage, net: Decimal | None, price: Decimal | None, day: date, moment: datetime | None
) -> None:
    write(store, row("x", net=net, price=price, trade_date=day, executed_at=moment))

    found = select(T.net, T.price, T.trade_date, T.executed_at).where(T.key == "x")
    assert store.read_now(lambda uow: tuple(uow.sql.execute(found).one())) == (net, price, day, moment)


def marked(store: SqlStorage, since: date | None = None, limit: int = 10) -> list[tuple[str, bytes]]:
    """All marked rows, read in pieces of `limit`."""
    found: list[Marked] = []
    while True:
        last = found[-1] if found else None
        piece = store.read_now(
            lambda uow, last=last: uow.transactions.marked("acc_1", "all", since, last, limit)  # type: ignore[misc]
        )
        found += piece
        if len(piece) < limit:
            return [(one.key, one.mark) for one in found]


def mark(row: Keyed, text: bytes) -> Keyed:
    return replace(row, mark=text)


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_marked_rows_come_newest_first_each_once(store: SqlStorage, limit: int) -> None:
    older = DAY - timedelta(days=3)
    write(
        store,
        mark(row("a"), b"v1__a"),
        mark(row("b"), b"v1__b"),
        row("c"),
        mark(row("d", trade_date=older), b"v1__d"),
    )
    write(store, mark(row("a"), b"v1__z"), account="acc_2")

    assert marked(store, limit=limit) == [("b", b"v1__b"), ("a", b"v1__a"), ("d", b"v1__d")]
    assert marked(store, DAY, limit) == [("b", b"v1__b"), ("a", b"v1__a")]


def test_a_row_is_marked_anew_where_it_has_no_mark_or_one_of_other_code(store: SqlStorage) -> None:
    write(store, row("a"), mark(row("b"), b"v1__b"), mark(row("c"), b"v2__c"))
    again = [mark(row(key), f"v2__{key}2".encode()) for key in "abc"]

    assert not store.read_now(lambda uow: uow.transactions.unchanged("acc_1", again))
    assert write(store, *again) == Changes(unchanged=3)
    # The last one's brokerage tells it in other words each time: that is not worth a write.
    assert marked(store) == [("c", b"v2__c"), ("b", b"v2__b2"), ("a", b"v2__a2")]
    assert store.read_now(lambda uow: uow.transactions.unchanged("acc_1", again))
    assert known(store, "a")["a"].version == 1


def test_a_removed_row_has_no_mark_and_comes_back_when_it_is_told_again(store: SqlStorage) -> None:
    write(store, mark(row("a"), b"v1__a"))
    remove(store, ["a"])

    assert marked(store) == []
    assert write(store, mark(row("a"), b"v1__a")) == Changes(modified=1)
    assert marked(store) == [("a", b"v1__a")]
