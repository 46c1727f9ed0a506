"""Ids that follow from what they name: the same for ever, and telling nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import (
    account_id,
    instrument_id,
    random_id,
    split_transaction_id,
    transaction_id,
    transaction_key,
)

KEY = b"k" * 32
WORDS = st.text(min_size=1, max_size=20)


@given(st.binary(min_size=1, max_size=64), WORDS, WORDS, WORDS)
def test_an_account_has_one_id_for_ever(key: bytes, user: str, brokerage: str, number: str) -> None:
    found = account_id(key, user, brokerage, number)

    assert found == account_id(key, user, brokerage, f" {number.strip().upper()} ")
    assert found.startswith("acc_")
    assert len(found) == 28


@pytest.mark.parametrize(
    "other",
    [
        (b"l" * 32, "user-1", "schwab", "1234"),
        (KEY, "user-2", "schwab", "1234"),
        (KEY, "user-1", "etrade", "1234"),
        (KEY, "user-1", "schwab", "1235"),
        (KEY, "user-1\x1fschwab", "", "1234"),
    ],
    ids=["another key", "another user", "another brokerage", "another number", "words moved over"],
)
def test_whoever_differs_in_anything_has_another(other: tuple[bytes, str, str, str]) -> None:
    assert account_id(*other) != account_id(KEY, "user-1", "schwab", "1234")


def test_these_ids_never_change_because_callers_keep_them() -> None:
    assert account_id(KEY, "user-1", "schwab", "1234") == "acc_80b729f1772df65c2d39b10f"
    assert transaction_key("id:t1") == "9f9c0f9a3c414c4f362c0058"
    assert instrument_id("cusip", "922908769") == "ins_f2be02ff80959cdacac36226"


@given(WORDS, WORDS)
def test_a_transaction_s_id_leads_back_to_account_and_key(number: str, source: str) -> None:
    account, key = account_id(KEY, "user-1", "schwab", number), transaction_key(source)

    assert split_transaction_id(transaction_id(account, key)) == (account, key)


@pytest.mark.parametrize(
    "text", ["", "txn_", "acc_" + "a" * 48, "txn_" + "a" * 47, "txn_" + "a" * 49, "a" * 52]
)
def test_what_is_no_transaction_s_id_leads_nowhere(text: str) -> None:
    assert split_transaction_id(text) is None


@given(st.text(max_size=80))
def test_whatever_a_caller_sends_splitting_it_is_safe(text: str) -> None:
    found = split_transaction_id("txn_" + text)

    assert found is None or len(text) == 48


def test_a_random_id_is_its_bytes() -> None:
    assert random_id("con", bytes(range(20))) == "con_000102030405060708090a0b"
