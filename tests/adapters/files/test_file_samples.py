"""Real statements in files, as people recorded them, read by the formats of the cards.

They are no part of this repository. Who has some names their folder, with one folder for each brokerage:

BROKERLINK_SAMPLES=/my/samples pytest -rA tests/adapters/files/test_file_samples.py
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from adapters.brokerages import card
from adapters.files import ofx
from adapters.kit.statements import Files
from domain.errors import StatementUnreadable
from domain.ports.statements import Statement
from domain.transactions import TransactionType

SAMPLES = os.environ.get("BROKERLINK_SAMPLES", "")
pytestmark = pytest.mark.skipif(not SAMPLES, reason="BROKERLINK_SAMPLES names no folder with real statements")
TODAY = date(2026, 12, 1)


def of(brokerage: str) -> Callable[[bytes], Statement]:
    return lambda content: Files((brokerage,), card).read(brokerage, content, TODAY)


def by_anybody(content: bytes) -> Statement:
    """Files of institutions that have no card that reads them."""
    own = ("ameritrade.com", "example.org")
    return ofx.format(brokerage="sample", own=own).read(content, TODAY)


@dataclass(frozen=True)
class Sample:
    """Who reads a file, and what must come of it; `words` are counted of it, why is said beside."""

    read: Callable[[bytes], Statement]
    accounts: int
    rows: int
    positions: int = 0
    left_out: int = 0
    words: frozenset[str] = frozenset()


READ = {
    "fidelity/history.csv": Sample(of("fidelity"), 2, 6),
    "fidelity/positions.csv": Sample(of("fidelity"), 2, 0, 2),
    # A move into the sweep is passed over.
    "merrill/activity.csv": Sample(of("merrill"), 1, 5, left_out=1),
    "merrill/unrealized.csv": Sample(of("merrill"), 1, 0, 1),
    "ofx/fidelity_cash_account.ofx": Sample(of("fidelity"), 1, 4),
    # A position of zero units.
    "ofx/plan_401k.ofx": Sample(by_anybody, 1, 3, 2, left_out=1),
    "ofx/tdameritrade_statement.ofx": Sample(by_anybody, 1, 0, 2),
    "ofx/vanguard_401k.ofx": Sample(of("vanguard"), 1, 5, 1),
    # The money fund is the account's cash, a sweep is passed over, and a reinvestment tells no shares.
    "vanguard/OfxDownload.csv": Sample(
        of("vanguard"), 1, 5, 1, left_out=1, words=frozenset({"reinvestment without shares"})
    ),
}
REFUSED = {"ofx/signon_failed.ofx": "refused sign-on", "ofx/general_error.ofx": "code 2000"}
NOT_READ = {"ally/order_exec_report.xml": "an order of Ally's API: orders are not read"}


def found() -> list[str]:
    folders = ("ally", "fidelity", "merrill", "ofx", "vanguard") if SAMPLES else ()
    return sorted(f"{name}/{file.name}" for name in folders for file in (Path(SAMPLES) / name).glob("*"))


@pytest.mark.parametrize("file", found())
def test_every_row_of_a_real_statement_is_mapped(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    if file not in READ:
        assert file in REFUSED | NOT_READ, "nobody says what reads this file"
        pytest.skip((dict.fromkeys(REFUSED, "a refusal: see below") | NOT_READ)[file])
    wanted = READ[file]

    told = wanted.read((Path(SAMPLES) / file).read_bytes())

    rows = [row for account in told.accounts for row in account.transactions]
    positions = [held for account in told.accounts for held in account.positions or ()]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{file}: {len(told.accounts)} accounts, {len(rows)} rows, {len(positions)} positions,"
            f" {len(told.skipped)} lines left out, unknown: {dict(told.notes.words) or 'none'} "
        )
    assert (len(told.accounts), len(rows), len(positions), len(told.skipped)) == (
        wanted.accounts, wanted.rows, wanted.positions, wanted.left_out,
    )  # fmt: skip
    assert [row.source_type for row in rows if row.type is TransactionType.OTHER] == []
    assert told.notes.words.keys() == wanted.words
    assert not told.notes.fields


@pytest.mark.parametrize("file", sorted(set(found()) & REFUSED.keys()))
def test_a_real_refusal_says_why(file: str) -> None:
    with pytest.raises(StatementUnreadable, match=REFUSED[file]):
        by_anybody((Path(SAMPLES) / file).read_bytes())
