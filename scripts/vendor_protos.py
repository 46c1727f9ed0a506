"""Copies the protos of others that ours import into third_party/, or checks the copies (--check).

google/... comes from the installed googleapis-common-protos, so that proto and Python module never
drift. buf/validate/validate.proto stands only in the source archive of protovalidate, which is to be
fetched by hand (pip download would want to compile it):

    python scripts/vendor_protos.py --protovalidate protovalidate-2.1.0.tar.gz

After an intended change of version, put the new hashes that are printed into HASHES.
"""

import argparse
import hashlib
import sys
import tarfile
from importlib.metadata import distribution
from pathlib import Path

THIRD_PARTY = Path(__file__).resolve().parent.parent / "third_party"
VALIDATE = "buf/validate/validate.proto"
HASHES = {
    VALIDATE: "2a3e0c64526998fe77d15033a2cc7d86d9f3770d89d960dec09bcc150a2487c1",
    "google/api/annotations.proto": "e79ea741cb605a65e78ca322174764a4af9fde1962c1631e12b84c4934ba9a6c",
    "google/api/http.proto": "ead99129aa15dd5f6233942030c72eec33bc0d7b1c7c260dc143293ef66c5b78",
    "google/rpc/code.proto": "83a63185b83cf7332196fc5ead0ec91b93ac207fbe91b3d5bc3d72f461b0bb31",
    "google/rpc/error_details.proto": "5c18d42e6924f447622534b4b7cdb8b53c0606c8ce729b912ee5edf88d1c5520",
    "google/rpc/status.proto": "f5bfd262e6705c7ae73f32e0ad8ee20ce8c0a2578df8c4f76ebf76b572f295ed",
    "google/type/date.proto": "965aed94dc0496471176bd607f7dc9413854f07c81253933da075dee2669a9da",
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def of_google(name: str) -> bytes:
    return Path(str(distribution("googleapis-common-protos").locate_file(name))).read_bytes()


def of_protovalidate(archive: Path) -> bytes:
    with tarfile.open(archive) as tar:
        member = next(m for m in tar if m.name.split("/", 1)[-1] == f"proto/{VALIDATE}")
        content = tar.extractfile(member)
        assert content is not None
        return content.read()


def sources(archive: Path | None) -> dict[str, bytes]:
    """What stands where the copies come from; without the archive, the copy of it that we have."""
    found = {name: of_google(name) for name in HASHES if name != VALIDATE}
    found[VALIDATE] = of_protovalidate(archive) if archive else (THIRD_PARTY / VALIDATE).read_bytes()
    return found


def faults(found: dict[str, bytes]) -> list[str]:
    """What is wrong: a source or a copy that does not have the hash we know."""
    told = [
        f"{name}: its source has {sha256(text)}"
        for name, text in found.items()
        if sha256(text) != HASHES[name]
    ]
    there = {path.relative_to(THIRD_PARTY).as_posix(): path for path in THIRD_PARTY.rglob("*.proto")}
    told += [f"{name}: not one of ours" for name in there.keys() - HASHES.keys()]
    told += [f"{name}: missing" for name in HASHES.keys() - there.keys()]
    both = HASHES.keys() & there.keys()
    return told + [
        f"{name}: the copy was changed" for name in both if sha256(there[name].read_bytes()) != HASHES[name]
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--protovalidate", type=Path, help="source archive of protovalidate")
    arguments = parser.parse_args()
    found = sources(arguments.protovalidate)
    if not arguments.check:
        for name, text in found.items():
            target = THIRD_PARTY / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
    wrong = faults(found)
    for line in sorted(wrong):
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
