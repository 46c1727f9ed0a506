"""Refuses a change of the contract that breaks callers: compares protos/ with main (buf breaking).

Main is taken out of the object store with `git archive`, which works in a worktree, in a shallow clone
and on a detached head alike. Where there is no main to compare with, it says so and passes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMPARED = ("buf.yaml", "protos", "third_party")
# The branch that callers follow: upstream's, where there is one.
CANDIDATES = ("refs/remotes/origin/main", "refs/heads/main")


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], capture_output=True, check=False)


def base() -> str | None:
    """The commit to compare with."""
    for name in filter(None, (os.environ.get("BREAKING_AGAINST"), *CANDIDATES)):
        found = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found.returncode == 0:
            return found.stdout.decode().strip()
    return None


def main() -> int:
    commit = base()
    if commit is None:
        print("breaking: skipped, this checkout has no branch main (git fetch origin main brings it)")
        return 0
    if git("cat-file", "-e", f"{commit}:protos").returncode != 0:
        print(f"breaking: skipped, main at {commit[:12]} has no contract yet")
        return 0
    archive = git("archive", commit, *COMPARED)
    if archive.returncode != 0:
        print(f"breaking: cannot read main at {commit[:12]}: {archive.stderr.decode()}", file=sys.stderr)
        return 1
    buf = Path(sys.executable).with_name("buf")
    with tempfile.TemporaryDirectory() as folder:
        # Not tarfile: its safe filter is missing in Python 3.11.2, which Debian 12 has.
        subprocess.run(["tar", "-x", "-f", "-", "-C", folder], input=archive.stdout, check=True)
        result = subprocess.run([str(buf), "breaking", "--against", folder], check=False)
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
