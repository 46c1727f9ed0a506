"""The page of faults is true of the tests: each row has some, and each of them is where the page says."""

import re

from named import ROOT, exists, linked

PAGE = ROOT / "docs" / "reliability.md"
FIRST, LAST = 1, 49

_ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)


def rows() -> dict[int, str]:
    return {int(number): rest for number, rest in _ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_each_fault_has_a_row_with_a_test_and_a_figure() -> None:
    found = rows()

    assert sorted(found) == list(range(FIRST, LAST + 1))
    assert {number for number, rest in found.items() if not linked(PAGE, rest)} == set()
    assert {number for number, rest in found.items() if not rest.rpartition("|")[2].strip()} == set()


def test_each_test_that_is_named_is_in_the_file_that_is_named() -> None:
    named = linked(PAGE, PAGE.read_text(encoding="utf-8"))

    assert len(named) >= LAST - FIRST + 1
    assert [(file.name, name) for file, name in named if not exists(file, name)] == []


def test_a_name_that_is_nowhere_is_noticed() -> None:
    house = ROOT / "tests" / "house"

    assert exists(house / "test_reliability.py", "test_a_name_that_is_nowhere_is_noticed")
    assert not exists(house / "test_reliability.py", "test_nothing")
    assert not exists(house / "test_nowhere.py", "test_a_name_that_is_nowhere_is_noticed")
