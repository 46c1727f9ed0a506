"""What is written about the house is true of it: pages are current, links lead somewhere, commands exist."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from adapters.brokerages import NAMES
from brokerlink.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
WIDEST_RECORDING = 110
COMMANDS = {"brokerlink", ".venv/bin/brokerlink"}
ROOMS = ("adapters", "bench", "docs", "domain", "protos", "scripts", "src", "tests")

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_ANCHOR = re.compile(r'<a id="([^"]+)">')
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")


def tracked() -> list[Path]:
    """The Markdown files of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).exists()]


PAGES = tracked()
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its headings, as GitHub spells them, and its anchors."""
    text = prose(page)
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in _HEADING.findall(text)
    }
    return headings | set(_ANCHOR.findall(text))


def commands(page: Path) -> Iterator[list[str]]:
    """The words behind each `brokerlink` in the blocks of a page, without comments and variables."""
    for block in _FENCE.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.partition(" #")[0].split()
            starts = [i for i, word in enumerate(words) if word in COMMANDS]
            if starts and not any(word.startswith("#") for word in words[: starts[0]]):
                yield words[starts[0] + 1 :]


def leads_somewhere(named: str) -> bool:
    """A file, a folder, a pattern, or a module without its ending."""
    return any(list(ROOT.glob(f"{named.rstrip('/')}{ending}")) for ending in ("", ".py"))


def test_the_pages_that_are_written_for_us_are_what_the_product_says() -> None:
    command = [sys.executable, "scripts/write_docs.py", "--check"]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


@EACH_PAGE
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)

    assert lost == []


@EACH_PAGE
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = {
        span for span in _SPAN.findall(prose(page)) if span.startswith(tuple(f"{room}/" for room in ROOMS))
    }
    plain = {span for span in named if not re.search(r"[<>{}\s…]", span)}

    assert sorted(span for span in plain if not leads_somewhere(span)) == []


@EACH_PAGE
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", prose(page)))
    text = (
        "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
        if named
        else ""
    )

    assert {name for name in named if f"def {name}(" not in text} == set()


def unknown(words: list[str]) -> str:
    """The first word of a command line that the program does not know; empty if it knows all."""
    root: Any = typer.main.get_command(app)
    command, known = root, options(root) | {"--help"}
    for word in words:
        if word in getattr(command, "commands", {}):
            command = command.commands[word]
            known |= options(command)
        elif word.startswith("--"):
            if word.partition("=")[0] not in known:
                return word
        elif command is root:
            return word
    return ""


def options(command: Any) -> set[str]:
    return {option for one in command.params for option in (*one.opts, *one.secondary_opts)}


@EACH_PAGE
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    assert [words for words in commands(page) if unknown(words)] == []


def test_every_target_of_make_that_is_shown_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    for page in PAGES:
        shown = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert shown - targets == set(), page.name


def test_the_readme_has_a_row_for_every_brokerage() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert sorted(
        re.findall(r"^\| \[.+?\]\(adapters/brokerages/(\w+)/README\.md\)", readme, re.MULTILINE)
    ) == sorted(NAMES)


def test_the_recording_of_the_demo_fits_a_narrow_screen() -> None:
    _, _, after = (ROOT / "README.md").read_text(encoding="utf-8").partition("<!-- demo -->")
    found = _FENCE.search(after)

    assert found is not None
    assert [line for line in found[1].splitlines() if len(line) > WIDEST_RECORDING] == []
