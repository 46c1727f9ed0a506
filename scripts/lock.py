"""Writes constraints.txt: every dependency, pinned, with hashes, for all platforms we support.

Pins that are there are kept unless --upgrade is given. The tools of `make setup` are pinned too: hatchling
and editables build our own package without fetching anything, uv installs the rest. No index address may
get into the file: whoever installs may use another one.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "constraints.txt"
TOOLS = ("hatchling>=1.27", "editables>=0.5", "uv>=0.13")
HEAD = "# Written by `make lock`. Linux and macOS, x86-64 and arm64, CPython 3.11 to 3.13.\n"


def compiled(*arguments: str) -> str:
    """The pins, as uv resolves them."""
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory() as folder:
        tools, out = Path(folder, "tools.in"), Path(folder, "constraints.txt")
        tools.write_text("\n".join(TOOLS) + "\n")
        if TARGET.exists():
            out.write_text(TARGET.read_text())
        command = [str(uv), "pip", "compile", "pyproject.toml", "--group", "dev", str(tools), "-o", str(out)]
        options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
        silent = ["--no-header", "--no-annotate", "--no-emit-index-url"]
        subprocess.run([*command, *options, *silent, *arguments], check=True, cwd=ROOT)
        return out.read_text()


def main() -> int:
    pins = compiled(*sys.argv[1:])
    lines = [line for line in pins.splitlines() if not line.startswith("#")]
    if odd := [line for line in lines if "/" in line or "@" in line]:
        print("these lines name a place, not a version:", *odd, sep="\n", file=sys.stderr)
        return 1
    TARGET.write_text(HEAD + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
