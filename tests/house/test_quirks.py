"""What documentation and users warn of stands in a README, and each row names a test that exists."""

import re
from pathlib import Path

import pytest
from named import ROOT, exists, linked, names_in

from adapters.brokerages import NAMES

FOLDERS = [ROOT / "adapters/brokerages" / name for name in NAMES]
FOLDERS += [ROOT / "adapters" / dialect for dialect in ("fdx", "files", "plaid")]
FOLDERS = [
    folder for folder in FOLDERS if "## Quirks, limits and errors" in (folder / "README.md").read_text()
]
HEADING = "\n## Quirks, limits and errors\n"
HEAD = "| What to expect | Test |\n| --- | --- |\n"
# Why a row may have no test: it is about something that we do not do, and nobody could test.
EXCUSES = (
    "none: it is about a client library",
    "none: it is about a door that is not built",
    "none: it is about OFX Direct Connect, which is not built",
    "none: it is about streams, and we open none",
)
READ_ONLY = "test_no_door_places_an_order_or_changes_anything"
_ROW = re.compile(r"^\| (.+) \| ([^|]+) \|$", re.MULTILINE)
_NAME = re.compile(r"(?<!::)`(test_\w+)`")


def rows(text: str) -> list[tuple[str, str]]:
    """What to expect, and the cell about its test."""
    _, _, section = text.partition(HEADING)
    table = section.partition("\n## ")[0].partition(HEAD)[2]
    return [(told, cell) for told, cell in _ROW.findall(table)]


def held_by(folder: Path) -> frozenset[str]:
    """What a cell may name without a link: a test of the brokerage's own, or of the dialect's."""
    tests = ROOT / "tests/adapters"
    files = tests.glob(
        f"brokerages/test_{folder.name}*.py" if folder.name in NAMES else f"{folder.name}/test_*.py"
    )
    return frozenset().union(*(names_in(file) for file in files))


def faults(folder: Path, rows: list[tuple[str, str]]) -> list[str]:
    """Rows without a test and without an excuse, and names of tests that are nowhere."""
    found, own = [], held_by(folder)
    for told, cell in rows:
        elsewhere = linked(folder / "README.md", cell)
        named = _NAME.findall(cell)
        if not elsewhere and not named and cell not in EXCUSES:
            found.append(f"no test: {told}")
        found += [f"nowhere: {name}" for name in named if name not in own]
        found += [f"nowhere: {name}" for file, name in elsewhere if not exists(file, name)]
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_quirk_has_a_test_that_exists(folder: Path) -> None:
    told = rows((folder / "README.md").read_text(encoding="utf-8"))

    assert told, f"its README has no table under {HEADING.strip()!r}"
    assert faults(folder, told) == []


def test_a_row_without_a_test_is_noticed() -> None:
    folder = ROOT / "adapters/brokerages/alpaca"
    link = f"[house/test_read_only.py](../../../tests/house/test_read_only.py)::`{READ_ONLY}`"

    assert (
        faults(folder, [("a", "`test_a_coin_is_one_instrument_with_and_without_slash`"), ("b", link)]) == []
    )
    assert faults(folder, [("a", "none: no time")]) == ["no test: a"]
    assert faults(folder, [("a", "`test_nothing`")]) == ["nowhere: test_nothing"]
    assert faults(folder, [("a", link.replace(READ_ONLY, "test_other"))]) == ["nowhere: test_other"]
    assert faults(folder, [("a", EXCUSES[0])]) == []
