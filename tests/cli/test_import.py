"""brokerlink import: a file goes out by parts, and what became of it is told."""

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.type.date_pb2 import Date

from brokerlink.cli.commands.importing import PART
from brokerlink.v1 import transactions_pb2 as pb
from tests.cli.conftest import Fake, Run, failing

CONTENT = b"OFXHEADER:100\n" * 9_000


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "statement.qfx"
    path.write_bytes(CONTENT)
    return str(path)


def account(**more: Any) -> pb.ImportedAccount:
    given: dict[str, Any] = {
        "account_id": "acc_1", "masked_number": "…5678", "start_date": Date(year=2026, month=1, day=2),
        "end_date": Date(year=2026, month=11, day=20), "total_rows": 9, "added": 5, "modified": 1,
        "unchanged": 1, "matched": 2,
    }  # fmt: skip
    return pb.ImportedAccount(**(given | more))


def done(*accounts: pb.ImportedAccount, **more: Any) -> list[pb.ImportStatementResponse]:
    result = pb.StatementResult(format="ofx", accounts=accounts, **more)
    return [
        pb.ImportStatementResponse(stage=pb.IMPORT_STAGE_RECEIVING, received_bytes=10),
        pb.ImportStatementResponse(stage=pb.IMPORT_STAGE_STORING, stored_rows=4, total_rows=9),
        pb.ImportStatementResponse(stage=pb.IMPORT_STAGE_DONE, stored_rows=9, total_rows=9, result=result),
    ]


def test_the_file_goes_out_by_parts_behind_what_it_is_about(fake: Fake, run: Run, file: str) -> None:
    fake.says("ImportStatement", done(account()))

    answer = run("import", file, "--brokerage", "vanguard", "--account", "acc_1", "--new-account")

    ((first, *parts),) = fake.asked("ImportStatement")
    assert answer.exit_code == 0
    assert (first.user_id, first.brokerage_id, first.account_id) == ("demo", "vanguard", "acc_1")
    assert (first.new_account, first.validate_only, first.size_bytes) == (True, False, len(CONTENT))
    assert first.request_id
    assert [len(part.content) for part in parts] == [PART, PART, len(CONTENT) - 2 * PART]
    assert b"".join(part.content for part in parts) == CONTENT


def test_tells_what_became_of_each_account(fake: Fake, run: Run, file: str) -> None:
    kept = "A connection keeps this account's holdings in sync; those of the file are not taken over."
    fake.says(
        "ImportStatement",
        done(
            account(is_new=True, holdings_updated=True),
            account(account_id="acc_2", holdings_kept_reason=kept),
        ),
    )

    answer = run("import", file, "-b", "vanguard")

    assert (
        "acc_1 …5678 (new), 2026-01-02 to 2026-11-20: 5 added, 1 modified, 1 unchanged, 2 told already"
        in (answer.stdout)
    )
    assert "balances and positions are those of the file" in answer.stdout
    assert kept in answer.stdout


def test_lines_that_are_left_out_are_told_by_their_reasons(fake: Fake, run: Run, file: str) -> None:
    lines = [pb.SkippedLine(line=n, reason="A position of nothing.") for n in range(3, 12)]
    told = done(
        account(), skipped=lines, skipped_count=9, unknown_words={"type.Barter": 2}, unknown_fields={"X.Y": 1}
    )
    fake.says("ImportStatement", told)

    answer = run("import", file, "-b", "vanguard")

    assert "9 lines are left out" in answer.stdout
    assert "A position of nothing. (line 3, 4, 5, 6, 7, 8 and 3 more)" in answer.stdout
    assert "unknown word type.Barter: 2" in answer.stdout
    assert "unknown field X.Y: 1" in answer.stdout


def test_a_dry_run_asks_for_nothing_to_be_stored(fake: Fake, run: Run, file: str) -> None:
    fake.says("ImportStatement", done(account(added=0), validate_only=True))

    answer = run("import", file, "-b", "vanguard", "--dry-run")

    assert fake.asked("ImportStatement")[0][0].validate_only
    assert "9 rows; nothing is stored" in answer.stdout


def test_a_program_gets_the_result_as_json(fake: Fake, run: Run, file: str) -> None:
    fake.says("ImportStatement", done(account()))

    answer = run("--output", "json", "import", file, "-b", "vanguard")

    (told,) = json.loads(answer.stdout)["accounts"]
    assert (told["account_id"], told["added"], told["matched"]) == ("acc_1", 5, 2)


def test_a_file_that_is_refused_ends_with_the_reason_and_the_line(fake: Fake, run: Run, file: str) -> None:
    refused = failing(
        grpc.StatusCode.INVALID_ARGUMENT,
        "STATEMENT_UNREADABLE",
        "Line 7: This is a file of another institution.",
    )
    fake.says("ImportStatement", [refused])

    answer = run("import", file, "-b", "vanguard")

    assert answer.exit_code != 0
    assert "Line 7" in answer.output
    assert "another institution" in answer.output


def test_a_file_that_is_empty_or_none_is_not_sent(fake: Fake, run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()

    for words in ((str(empty),), (str(tmp_path / "none.csv"),), (str(tmp_path),)):
        assert run("import", *words, "-b", "vanguard").exit_code != 0
    assert fake.asked("ImportStatement") == []
