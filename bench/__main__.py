"""Runs the benchmarks and prints their figures beside the goals.

python -m bench [KIND ...] [--on sqlite|postgresql] [--large] [--json FILE]
python -m bench steady --on postgresql [--connections N] [--seconds N] [--profile FILE]
"""

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from adapters.telemetry.logs import configure
from bench import parsing, progress, reads, runs, scale, starting, steady, syncs, watchers
from bench.databases import ENGINES, NewDatabase, databases
from bench.figures import Figure, show
from bench.loops import run

# On each engine, and those that need none.
STORED: dict[str, Callable[[NewDatabase], list[Figure]]] = {
    "reads": lambda new: run(reads.measure(new)),
    "syncs": lambda new: run(syncs.measure(new)),
    "progress": lambda new: run(progress.measure(new)),
    "watchers": lambda new: run(watchers.measure(new)),
    "runs": lambda new: run(runs.measure(new)),
    "memory": starting.memory,
    "scale": lambda new: run(scale.measure(new)),
}
# Only where they are named: these take long.
NAMED: dict[str, Callable[[NewDatabase], list[Figure]]] = {"steady": steady.measure}
PLAIN: dict[str, Callable[[], list[Figure]]] = {"parse": parsing.measure, "start": starting.measure}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "kinds", nargs="*", choices=[*PLAIN, *STORED, *NAMED, []], help="all but steady without"
    )
    parser.add_argument("--on", choices=ENGINES, help="both if none is named")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--large", action="store_true", help="ten million rows, and a backfill of a million")
    parser.add_argument("--connections", type=int, default=10_000, help="of steady")
    parser.add_argument("--seconds", type=float, default=180.0, help="how long steady looks at its cadence")
    parser.add_argument("--profile", type=Path, help="write there what a worker of steady spends its time on")
    given = parser.parse_args()
    steady.PLAN = steady.Plan(given.connections, given.seconds, given.profile)
    if given.large:
        scale.SIZES.append(10_000_000)
        starting.BACKFILL.append(1_000_000)
    configure("WARNING")
    kinds = given.kinds or [*PLAIN, *STORED]
    told: dict[str, list[Figure]] = {}
    for kind in (one for one in kinds if one in PLAIN):
        told[kind] = PLAIN[kind]()
        show(kind, told[kind])
    stored = [one for one in kinds if one not in PLAIN]
    for engine in (ENGINES if given.on is None else (given.on,)) if stored else ():
        with databases(engine) as new:
            for kind in stored:
                told[f"{kind} on {engine}"] = (STORED | NAMED)[kind](new)
                show(f"{kind} on {engine}", told[f"{kind} on {engine}"])
    if given.json:
        figures = {kind: [one.told() for one in found] for kind, found in told.items()}
        whole = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "figures": figures}
        given.json.write_text(json.dumps(whole, indent=2) + "\n")


if __name__ == "__main__":
    main()
