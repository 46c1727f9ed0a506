"""Writes the folder of a new brokerage: one that works against its own sandbox, to be made into yours.

    .venv/bin/python scripts/new_brokerage.py acme "Acme Brokers"

Six files: card, parser, sign-in, sandbox, README and a test; and the one line in
adapters/brokerages/__init__.py.
docs/add-a-brokerage.md says how to go on.
"""

import argparse
import keyword
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "brokerage"
NAMES = re.compile(r"NAMES = \(\n(.*?)\)\n", re.DOTALL)


def written(root: Path, identifier: str, title: str) -> list[Path]:
    """Write all files below `root`; none, if any of them is there. Raises SystemExit."""
    folder, tests = root / "adapters/brokerages" / identifier, root / "tests/adapters/brokerages"
    targets = {
        template: tests / f"test_{identifier}.py"
        if template.name == "test.py.txt"
        else folder / template.stem
        for template in sorted(TEMPLATES.glob("*.txt"))
    }
    for target in targets.values():
        if target.exists():
            raise SystemExit(f"{target.relative_to(root)} is there already.")
    for template, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8").format(id=identifier, title=title)
        target.write_text(text, encoding="utf-8")
    return list(targets.values())


def listed(source: str, identifier: str) -> str:
    """The list of brokerages with one more, in its order."""
    found = NAMES.search(source)
    if found is None:
        raise SystemExit("adapters/brokerages/__init__.py has no NAMES any more.")
    names = sorted({*re.findall(r'"(\w+)"', found[1]), identifier})
    lines = "".join(f'    "{name}",\n' for name in names)
    return source[: found.start(1)] + lines + source[found.end(1) :]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("id", help="what it is called in requests: small letters, for ever")
    parser.add_argument("title", nargs="?", help="what people call it")
    asked = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9]{1,31}", asked.id) or keyword.iskeyword(asked.id):
        raise SystemExit(f"{asked.id!r} is no id: small letters and digits, at most 32.")
    for path in written(ROOT, asked.id, asked.title or asked.id.capitalize()):
        print(path.relative_to(ROOT))
    names = ROOT / "adapters/brokerages/__init__.py"
    names.write_text(listed(names.read_text(encoding="utf-8"), asked.id), encoding="utf-8")
    print(f"{names.relative_to(ROOT)}: {asked.id} is listed")
    print("How to go on: docs/add-a-brokerage.md. The first step: make pytest ARGS=", end="")
    print(f'"tests/adapters/brokerages -k {asked.id}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
