"""The guard of the contract: what it refuses, and where it has nothing to compare with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Nobody's own git settings, hooks or repository have a say.
ALONE = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=folder, env=ALONE, check=True, capture_output=True)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "scripts/check_breaking.py")
    return subprocess.run(
        [sys.executable, script], cwd=folder, env=ALONE, capture_output=True, text=True, check=False
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with today's contract on main."""
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copy(ROOT / "buf.yaml", folder)
    for name in ("protos", "third_party"):
        shutil.copytree(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "contract")
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "protos/brokerlink/v1/accounts.proto"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_an_added_field_passes(repository: Path) -> None:
    edit(repository, "  string name = 4;", "  string name = 4;\n  // Another name.\n  string nickname = 99;")

    assert check(repository).returncode == 0


def test_a_renumbered_field_is_refused(repository: Path) -> None:
    edit(repository, "  string name = 4;", "  string name = 99;")

    result = check(repository)

    assert result.returncode == 1
    assert "accounts.proto" in result.stdout + result.stderr


def test_a_shallow_clone_on_a_detached_head_is_compared_too(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), str(clone))
    git(clone, "checkout", "--quiet", "--detach")
    git(clone, "branch", "--delete", "--force", "main")
    edit(clone, "  string name = 4;", "  string name = 99;")

    assert check(clone).returncode == 1


def test_a_worktree_is_compared_too(repository: Path, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    git(repository, "worktree", "add", "--quiet", "-b", "work", str(worktree))
    edit(worktree, "  string name = 4;", "  string name = 99;")

    assert check(worktree).returncode == 1


def test_without_a_main_it_says_that_it_skips(repository: Path) -> None:
    git(repository, "branch", "--move", "main", "other")

    result = check(repository)

    assert result.returncode == 0
    assert "skipped, this checkout has no branch main" in result.stdout


def test_before_main_has_a_contract_it_says_that_it_skips(repository: Path) -> None:
    git(repository, "rm", "-r", "--quiet", "--cached", "protos")
    git(repository, "commit", "--quiet", "-m", "no contract")

    result = check(repository)

    assert result.returncode == 0
    assert "has no contract yet" in result.stdout
