"""`make brokerage` writes a brokerage that works at once against its own sandbox."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import conformance
import doors
import pytest

import adapters.brokerages
from domain.ports.brokerage import Grant

ROOT = Path(__file__).resolve().parents[2]
ID = "nineteenth"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("new_brokerage", ROOT / "scripts/new_brokerage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """A new brokerage in a folder of its own, as if it stood with the others."""
    files: list[Path] = script().written(tmp_path, ID, "Nineteenth & Co")
    found = [*adapters.brokerages.__path__, str(tmp_path / "adapters/brokerages")]
    monkeypatch.setattr(adapters.brokerages, "__path__", found)
    yield files
    for name in [name for name in sys.modules if name.startswith(f"adapters.brokerages.{ID}")]:
        del sys.modules[name]


async def test_what_is_written_reads_its_sandbox_s_truth(written: list[Path]) -> None:
    for seed in range(4):
        door, sandbox = conformance.played(ID, seed)
        grant = await door.begin(doors.given(ID, sandbox.credentials()), "")
        assert isinstance(grant, Grant)

        told = await conformance.read_all(door, grant)

        assert conformance.differences(told, conformance.expected(sandbox)) == []


def test_what_is_written_passes_the_linter(written: list[Path]) -> None:
    rules = ["--config", str(ROOT / "pyproject.toml"), "--ignore", "ARG,S101"]  # as for the others' folders
    files = [str(path) for path in written if path.suffix == ".py"]

    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rules, *files], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, len(files)) == (0, 5), checked.stdout


def test_nothing_is_written_over(written: list[Path], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is there already"):
        script().written(tmp_path, ID, "Again")


def test_the_list_keeps_its_order() -> None:
    source = 'NAMES = (\n    "alpaca",\n    "schwab",\n)\n'

    assert script().listed(source, "etrade") == 'NAMES = (\n    "alpaca",\n    "etrade",\n    "schwab",\n)\n'
