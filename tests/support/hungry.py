"""Run as a process of its own: read positions from a server that sends too much, and tell what it took.

python hungry.py BASE PATH says {"peak": how many megabytes more than before, "reason": of the failure}
"""

import asyncio
import json
import re
import sys
from pathlib import Path

from adapters.kit import paging
from adapters.kit.card import Call
from adapters.kit.http import HttpWire
from adapters.kit.rows import fields
from adapters.kit.wire import get
from domain.errors import Failure


def peak() -> float:
    """Megabytes, the most that this process ever had in memory. (getrusage begins with the parent's.)"""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", told)[0]) / 1024


async def read(base: str, path: str) -> dict[str, object]:
    wire = HttpWire(total_seconds=20)
    before = peak()
    reason = "none"
    try:
        response = await wire.send(get(path), {"api": base})
        rows = paging.OnePage().rows(response, Call(None, None, None, None, None)).rows  # type: ignore[arg-type]
        [fields(row) for row in rows]
    except Failure as failure:
        reason = failure.reason
    finally:
        await wire.close()
    return {"peak": round(peak() - before), "reason": reason}


async def elsewhere(command: list[str], root: Path) -> str:
    """Run this in a process of its own, and give back what it says."""
    env = {"PYTHONPATH": f"{root}:{root / 'src'}"}
    child = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    return out.decode()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(read(sys.argv[1], sys.argv[2]))))
