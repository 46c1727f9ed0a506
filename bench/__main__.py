"""Runs the benchmarks and prints their ratios.

python -m bench [reads] [syncs] [--json FILE]
"""

import argparse
import asyncio
import json
from pathlib import Path

from adapters.telemetry.logs import configure
from bench import reads, syncs

KINDS = {
    "reads": lambda: asyncio.run(reads.measure()),
    "syncs": lambda: asyncio.run(syncs.measure()),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="which to run; all if none is named")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    given = parser.parse_args()
    configure("WARNING")
    figures = {}
    for kind in given.kinds or KINDS:
        figures[kind] = KINDS[kind]()
        print(f"\n{kind}")
        for name, value in figures[kind].items():
            print(f"  {name:<40} {value:>12.2f}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
