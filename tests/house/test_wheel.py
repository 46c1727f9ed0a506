"""What we ship: the wheel, built the way a packager does, out of the source archive."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"domain": ROOT / "domain", "adapters": ROOT / "adapters", "brokerlink": ROOT / "src/brokerlink"}


def build(kind: str, source: Path, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    unpacked = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "-x", "-f", str(archive), "-C", str(unpacked)], check=True)
    (source,) = unpacked.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.mark.slow
def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    ours = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*.py")
    }

    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    assert ours - set(names) == set()


@pytest.mark.slow
def test_the_wheel_brings_command_and_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        told = {name.partition("/")[2]: name for name in opened.namelist() if ".dist-info/" in name}
        commands = opened.read(told["entry_points.txt"]).decode()

    assert "brokerlink = brokerlink.cli:main" in commands
    assert "licenses/LICENSE" in told
