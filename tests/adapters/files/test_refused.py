"""Whatever a file has become, it is read or refused: never anything else, and never in long time."""

import random

import filed
import pytest

from adapters.brokerages import NAMES, card
from domain.errors import StatementUnreadable
from domain.ports.statements import Statement

WITH_FILES = [name for name in NAMES if card(name).files]
WRITTEN = ("ally", "fidelity", "merrill", "schwab", "vanguard")
CASES = 60
WRONG = [
    b"", b"x", b"NaN", b"1E+1000000", b"-", b"\x00", b"\xff\xfe", b"9" * 5000, b'"', b"<", b">", b",", b"\n",
    b"&", b"<OFX>", b"</OFX>", b"<!DOCTYPE x>", b"<![CDATA[", b"$", b"()", b"99/99/9999", b"20269999",
]  # fmt: skip


def read(brokerage: str, content: bytes) -> Statement | None:
    try:
        return filed.read(brokerage, content)
    except StatementUnreadable:
        return None


@pytest.mark.parametrize("brokerage", WRITTEN)
def test_damaged_files_are_read_or_refused(brokerage: str) -> None:
    chance = random.Random(f"files/{brokerage}")  # noqa: S311 - the same damage each time
    refused = 0
    for file in filed.files(brokerage):
        content = file.content
        for _ in range(CASES // 4):
            start = chance.randrange(len(content))
            end = min(len(content), start + chance.choice((0, 1, 3, 40)))
            refused += read(brokerage, content[:start] + chance.choice(WRONG) + content[end:]) is None

    assert refused > 0


@pytest.mark.parametrize("brokerage", ["ally", "vanguard"])
def test_an_ofx_file_that_is_cut_anywhere_is_refused(brokerage: str) -> None:
    for file in filed.files(brokerage):
        if file.name.endswith(("ofx", "qfx")):
            body = file.content.index(b"<OFX>")
            for share in range(1, 40):
                cut = body + 6 + (len(file.content) - body - 20) * share // 40
                assert read(brokerage, file.content[:cut]) is None, (file.name, cut)


@pytest.mark.parametrize("brokerage", WITH_FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 a workbook", b"%PDF-1.7 a statement on paper", b"<html><body>Sign in</body></html>",
        b"\x1f\x8b\x08 packed", b"{}", b"just words\n" * 100, bytes(range(256)) * 20,
    ],
)  # fmt: skip
def test_what_is_no_statement_is_refused_with_the_ones_that_are(brokerage: str, content: bytes) -> None:
    with pytest.raises(StatementUnreadable) as refused:
        filed.read(brokerage, content)

    assert all(way.facts.title in refused.value.message for way in card(brokerage).files)


@pytest.mark.parametrize("brokerage", WITH_FILES)
def test_an_empty_file_says_so(brokerage: str) -> None:
    with pytest.raises(StatementUnreadable, match="empty"):
        filed.read(brokerage, b" \r\n ")


def test_nobody_takes_the_files_of_somebody_else() -> None:
    for whose in WRITTEN:
        for file in filed.files(whose):
            for name in WITH_FILES:
                foreign = name != whose and not (name == "ally" and file.name.endswith(("qfx", "ofx")))
                if foreign or (name == "ally" and whose == "vanguard"):
                    assert read(name, file.content) is None, (whose, file.name, name)
