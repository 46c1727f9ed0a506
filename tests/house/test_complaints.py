"""The page of complaints is true of the tests: thirty rows, each with tests that exist or an excuse."""

import re

from named import ROOT, exists, linked

PAGE = ROOT / "docs" / "complaints.md"
MANY = 30
# Why a rule, or a part of one, is not kept: nothing else counts.
EXCUSES = (
    "not built: no orders are placed",
    "not built: no streams are opened",
    "not built: users change nothing of what is told",
    "not built: no lots are kept",
    "not built: no calendar of corporate actions is read",
    "not built: events are written and nobody is told of them",
)
_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_EXCUSE = re.compile(r"not built: [^.;|]+?(?=[.;]| ?$)")


def rows() -> dict[int, tuple[str, str, str]]:
    """Number to (what users suffer from, what happens here, tests)."""
    found = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {
        int(number): (suffered.strip(), here.strip(), tests.strip())
        for number, suffered, here, tests in found
    }


def faults(cell: str) -> list[str]:
    """What is wrong with the cell about the tests."""
    tests, excuses = linked(PAGE, cell), _EXCUSE.findall(cell)
    found = [f"nowhere: {name}" for file, name in tests if not exists(file, name)]
    found += [f"no excuse: {one}" for one in excuses if one not in EXCUSES]
    return found if tests or excuses else ["neither a test nor an excuse"]


def test_each_complaint_has_a_row_with_a_test_or_an_excuse() -> None:
    found = rows()

    assert sorted(found) == list(range(1, MANY + 1))
    assert {number: faults(cell) for number, (_, _, cell) in found.items() if faults(cell)} == {}
    assert all(suffered and here for suffered, here, _ in found.values())


def test_each_scenario_is_on_the_page() -> None:
    named = {name for _, name in linked(PAGE, PAGE.read_text(encoding="utf-8"))}
    files = sorted((ROOT / "tests" / "complaints").glob("test_*.py"))
    written = {
        name
        for file in files
        for name in re.findall(
            r"^(?:async )?def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE
        )
    }

    assert written - named == set()


def test_a_row_without_either_is_noticed() -> None:
    link = "[house/test_complaints.py](../tests/house/test_complaints.py)::"

    assert faults(f"{link}`test_a_row_without_either_is_noticed`") == []
    assert faults(f"{link}`test_nothing`") == ["nowhere: test_nothing"]
    assert faults("not built: no orders are placed") == []
    assert faults("not built: no time") == ["no excuse: not built: no time"]
    assert faults("soon") == ["neither a test nor an excuse"]
