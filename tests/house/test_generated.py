"""What is generated or copied is what its source says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_stubs_are_what_the_protos_say() -> None:
    result = run("scripts/generate_protos.py", "--check")

    assert (result.returncode, result.stderr) == (0, "")


def test_the_protos_of_others_are_unchanged() -> None:
    result = run("scripts/vendor_protos.py", "--check")

    assert (result.returncode, result.stderr) == (0, "")


def test_the_package_of_stubs_holds_nothing_else() -> None:
    names = {path.name for path in (ROOT / "src/brokerlink/v1").iterdir() if path.name != "__pycache__"}

    assert {
        name for name in names if not name.endswith(("_pb2.py", "_pb2.pyi", "_grpc.py", "_grpc.pyi"))
    } == {"__init__.py"}
