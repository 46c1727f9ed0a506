"""The contracts between the rooms, each seen to break: an arrow that nothing can violate guards nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = {
    "Everything points inward": ("src/brokerlink/rpc/planted.py", "import adapters"),
    "The domain and the use cases know no technology": ("domain/planted.py", "import sqlalchemy"),
    "Adapters know the domain and nothing else of ours": (
        "adapters/planted.py",
        "import brokerlink.usecases",
    ),
    "No brokerage knows another": (
        "adapters/brokerages/planted/planted.py",
        "import adapters.brokerages.alpaca",
    ),
    "Brokerages do no I/O": ("adapters/brokerages/alpaca/planted.py", "import httpx"),
    "A sandbox never borrows the parser it is there to test": (
        "adapters/brokerages/planted/sandbox.py",
        "import adapters.brokerages.planted.parse",
    ),
    "Only both ends of a call see generated stubs": (
        "src/brokerlink/planted.py",
        "import brokerlink.v1.types_pb2",
    ),
    "Only the container knows the injector": ("src/brokerlink/rpc/planted.py", "import dependency_injector"),
    "Only kit.http speaks HTTP": ("adapters/kit/card.py", "import httpx"),
}


@pytest.mark.slow
@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_the_contract(contract: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ("domain", "adapters", "src"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__", "parse"):
        path = tmp_path / f"adapters/brokerages/planted/{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    file, statement = PLANTED[contract]
    with (tmp_path / file).open("a") as opened:
        opened.write(f"\n{statement}\n")

    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    paths = {"PYTHONPATH": f"{tmp_path}:{tmp_path / 'src'}", "NO_COLOR": "1", "COLUMNS": "200"}
    result = subprocess.run(linter, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)

    assert f"{contract} BROKEN" in result.stdout, result.stdout + result.stderr
