"""What processes use, by what Linux tells of them: time of a core, and memory."""

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def busy() -> float:
    """Seconds of all cores that anybody on this machine has used so far."""
    user, nice, system, *rest = (
        int(ticks) for ticks in (PROC / "stat").read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + sum(rest[2:4])) / TICKS


@dataclass(frozen=True, slots=True)
class Process:
    """`all_of`: with its children, also those that have ended (PostgreSQL has one for each connection)."""

    name: str
    pid: int
    all_of: bool = False

    def cpu(self) -> float:
        """Seconds of one core so far."""
        if not self.all_of:
            return sum(_times(self.pid)[:2])
        return sum(_times(self.pid)) + sum(sum(_times(child)[:2]) for child in self._children())

    def megabytes(self) -> float:
        """Resident. What several processes share is divided among them."""
        return sum(_kilobytes(pid) for pid in (self.pid, *(self._children() if self.all_of else ()))) / 1024

    def _children(self) -> list[int]:
        return [int(pid) for pid in (PROC / f"{self.pid}/task/{self.pid}/children").read_text().split()]


def postgresql(url: str) -> Process | None:
    """The server behind a URL; None where it runs on another machine."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        status = PROC / f"{row[0] if row else 0}/status"
        if not status.exists() or "postgres" not in status.read_text().partition("\n")[0]:
            return None
        parent = next(line for line in status.read_text().splitlines() if line.startswith("PPid:"))
        return Process("postgresql", int(parent.split()[1]), all_of=True)


def _kilobytes(pid: int) -> int:
    try:
        told = (PROC / f"{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(next(line for line in told.splitlines() if line.startswith("Pss:")).split()[1])


def _times(pid: int) -> list[float]:
    """Its own time, in the program and in the kernel, and that of children that have ended."""
    try:
        fields = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return [0.0] * 4
    return [int(ticks) / TICKS for ticks in fields[11:15]]
