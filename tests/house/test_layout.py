"""How the house is laid out, where no linter looks."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = sorted((ROOT / "domain").rglob("*.py"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text()


def imported(path: Path) -> set[str]:
    """The top-level names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole module"
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", DOMAIN, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_domain_imports_the_standard_library_and_itself(path: Path) -> None:
    assert imported(path) - sys.stdlib_module_names <= {"domain"}


@pytest.mark.parametrize("path", DOMAIN, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_domain_has_no_clock_no_chance_and_no_wire(path: Path) -> None:
    assert (
        imported(path) & {"time", "random", "secrets", "uuid", "os", "socket", "asyncio", "logging"} == set()
    )


def test_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_target_of_the_makefile_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    described = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)

    assert sorted(described) == sorted(phony.split())


def test_pins_have_hashes_and_name_no_place() -> None:
    lines = [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")]

    assert [line for line in lines if re.search(r"[/@]", line)] == []
    assert all(line.startswith("    --hash=sha256:") or line.endswith("\\") for line in lines)


def test_every_dependency_is_pinned() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *told["build-system"]["requires"],
        *told["project"]["dependencies"],
        *told["dependency-groups"]["dev"],
    ]
    pinned = set(re.findall(r"^([a-z0-9-]+)==", CONSTRAINTS, re.MULTILINE))

    names = {re.split(r"[\[<>=;! ]", line)[0].lower() for line in wanted}

    assert names - pinned == set()


def test_no_file_of_ours_names_a_package_registry() -> None:
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
    command = ["git", "grep", "-I", "-l", "-F", *(f"-e{host}" for host in hosts)]

    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.stdout == ""
