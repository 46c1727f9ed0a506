"""Generates src/brokerlink/v1 from protos/, or compares what is committed with it (--check).

The stubs go straight into the package of their proto, so the imports in them are right as generated.
The one exception is buf/validate/validate.proto: protovalidate 2 brings no protobuf module for it, and a
top-level package `buf` of ours could meet another's. It becomes brokerlink.v1.validate_pb2.
"""

import argparse
import filecmp
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("brokerlink/v1")
COMMITTED = ROOT / "src" / PACKAGE
EXTENSIONS = f"{PACKAGE}/options.proto"
VALIDATE = Path("buf/validate/validate.proto")
FRONT = '"""The contract, generated from protos/brokerlink/v1 by `make protos`. Never edited."""\n'
FOREIGN = re.compile(r"^from buf\.validate import (validate_pb2|validate_pb2 as \w+)$", re.MULTILINE)


def protoc(out: Path, *arguments: str) -> None:
    """Runs the pinned compiler with the plugins of this very environment."""
    plugins = [
        f"--plugin=protoc-gen-{name}={Path(sys.executable).with_name(f'protoc-gen-{name}')}"
        for name in ("mypy", "mypy_grpc")
    ]
    paths = [f"-I{ROOT / folder}" for folder in ("protos", "third_party")]
    command = [sys.executable, "-m", "grpc_tools.protoc", *paths, *plugins, f"--python_out={out}", *arguments]
    subprocess.run(command, check=True)


def generate(out: Path) -> None:
    """Writes the whole package below `out`."""
    texts = {
        f"{PACKAGE}/{path.name}": path.read_text() for path in (ROOT / "protos" / PACKAGE).glob("*.proto")
    }
    names = sorted(texts)
    services = [name for name in names if re.search(r"^service ", texts[name], re.MULTILINE)]
    protoc(out, f"--pyi_out={out}", *(name for name in names if name != EXTENSIONS), VALIDATE.as_posix())
    # protoc's own type stubs do not say of which type an extension is; mypy-protobuf's do.
    protoc(out, f"--mypy_out=quiet:{out}", EXTENSIONS)
    protoc(out, f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}", *services)
    for path in (out / VALIDATE.parent).iterdir():
        path.rename(out / PACKAGE / path.name)
    shutil.rmtree(out / VALIDATE.parts[0])
    for path in (out / PACKAGE).iterdir():
        path.write_text(FOREIGN.sub(r"from brokerlink.v1 import \1", path.read_text()))
    (out / PACKAGE / "__init__.py").write_text(FRONT)


def differences(fresh: Path) -> list[str]:
    """Names of files that are not in `fresh` as they are committed."""
    names = {path.name for folder in (fresh, COMMITTED) for path in folder.glob("*.py*")}
    _, changed, missing = filecmp.cmpfiles(fresh, COMMITTED, names, shallow=False)
    return sorted([*changed, *missing])


def put(fresh: Path) -> None:
    """Makes the committed folder equal to `fresh`, file by file: others may be importing from it."""
    COMMITTED.mkdir(parents=True, exist_ok=True)
    for name in differences(fresh):
        if (fresh / name).exists():
            shutil.copyfile(fresh / name, COMMITTED / name)
        else:
            (COMMITTED / name).unlink()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = Path(folder) / PACKAGE
        if not check:
            put(fresh)
            return 0
        for name in (stale := differences(fresh)):
            print(f"{PACKAGE / name} is not what protos/ says: run make protos", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
