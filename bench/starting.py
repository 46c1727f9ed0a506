"""How long the program takes to be there, and what it holds in memory."""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from sys import executable

from bench.databases import NewDatabase
from bench.figures import Figure, most
from bench.processes import program, resident, serving

TRIES = 5
BACKFILL = [100_000]


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        database = f"sqlite:///{Path(name).absolute() / 'brokerlink.db'}"
        ready, helped = [], []
        for _ in range(TRIES + 1):
            with serving(Path(name), database) as server:
                ready.append(server.seconds)
            start = time.perf_counter()
            subprocess.run([*program(), "--help"], check=True, capture_output=True)  # noqa: S603 - ourselves
            helped.append(time.perf_counter() - start)
    return [
        most("serve is ready, seconds", statistics.median(ready[1:]), "P15", 3.0, 1.2),
        most("--help, seconds", statistics.median(helped[1:]), "P15", 0.8, 0.3),
    ]


def memory(new: NewDatabase) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        with serving(Path(name), new()) as server:
            time.sleep(3)
            idle = resident(server.pid) / 1024
        figures = [most("idle serve process, MB", idle, "P14", 160, 110)]
        for rows in BACKFILL:
            command = [executable, "-m", "bench.backfill", name, new(), str(rows)]
            told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
            rate, peak = map(float, told.stdout.split())
            figures.append(Figure(f"backfill of {rows:,} rows, rows/s", rate))
            figures.append(most(f"backfill of {rows:,} rows, peak MB", peak, "P14", 300, 180))
        return figures
