"""What a sandbox writes into a file is what the card reads of it, for every format and many seeds."""

import os

import filed
import pytest

from adapters.brokerages import NAMES, card
from domain.errors import StatementUnreadable

# BROKERLINK_TEST_SEEDS=50 tries more of them.
SEEDS = range(1, 1 + int(os.environ.get("BROKERLINK_TEST_SEEDS", "6")))
WRITTEN = ("ally", "fidelity", "merrill", "schwab", "vanguard")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("brokerage", WRITTEN)
def test_an_imported_file_equals_the_truth(brokerage: str, seed: int) -> None:
    for file in filed.files(brokerage, seed):
        assert filed.differences(brokerage, file) == [], file.name


def test_every_way_in_by_files_is_written_by_a_sandbox() -> None:
    """Flex is IBKR's own, with tests of its own; Fidelity and Merrill have OFX of the past alone."""
    unwritten = {("ibkr", "flex"), ("fidelity", "ofx"), ("merrill", "ofx")}
    ways = {(name, way.facts.id) for name in NAMES for way in card(name).files}
    written = {
        (name, filed.read(name, file.content).format) for name in WRITTEN for file in filed.files(name)
    }

    assert ways == written | unwritten


@pytest.mark.parametrize("brokerage", ["ally", "vanguard"])
def test_a_customer_without_history_has_files_without_rows(brokerage: str) -> None:
    for file in filed.files(brokerage, persona="empty"):
        statement = filed.read(brokerage, file.content)

        assert [account.transactions for account in statement.accounts] == [()] * len(file.accounts), (
            file.name
        )


def test_a_csv_of_activity_without_rows_names_nobody() -> None:
    (file, *_) = [f for f in filed.files("merrill", persona="empty") if f.name == "holdings.csv"]
    rowless = file.content.splitlines(keepends=True)[0]

    with pytest.raises(StatementUnreadable, match="no rows of any account"):
        filed.read("merrill", rowless)
