"""Tests that a page of documentation names, and whether they exist."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As a link to a file and a name behind it: [house/test_rules.py](../tests/house/test_rules.py)::`test_one`
LINKED = re.compile(r"\]\(([^)\s]+\.py)\)::`(\w+)`")


def linked(page: Path, text: str) -> list[tuple[Path, str]]:
    """The tests that a text names by file, which it links to from where the page lies."""
    return [((page.parent / file).resolve(), name) for file, name in LINKED.findall(text)]


@cache
def names_in(file: Path) -> frozenset[str]:
    """The names of the test functions that a file defines; none, if there is no such file."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)\(", text, re.MULTILINE))


def exists(file: Path, name: str) -> bool:
    return name in names_in(file)
