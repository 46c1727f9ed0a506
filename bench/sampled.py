"""Runs brokerlink and tells what its time of a core went to, over all threads.

python -m bench.sampled FILE ARGUMENTS...     runs `brokerlink ARGUMENTS`, and at its end writes FILE

A thread looks at all others a hundred times a second and adds the time that each has used since to the
functions it finds them in: waiting costs nothing, also within C.
"""

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

OURS = ("/adapters/", "/domain/", "/brokerlink/")
EVERY = 0.01
# How soon we get our turn. Where we waited for somebody to give it up, we would find all in such a place.
SWITCH = 0.0001
MOST = 15


class Sampler(threading.Thread):
    """`deeds`: by the innermost function of ours; `libraries`: by the package that was at work."""

    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self.deeds: Counter[str] = Counter()
        self.libraries: Counter[str] = Counter()
        self._used: dict[int, float] = {}

    def run(self) -> None:
        while True:
            time.sleep(EVERY)
            for thread, frame in sys._current_frames().items():  # noqa: SLF001 - the only way to look
                if thread != self.ident:
                    self._add(frame, self._since(thread))

    def _since(self, thread: int) -> float:
        try:
            used = time.clock_gettime(time.pthread_getcpuclockid(thread))
        except OSError:
            return 0.0  # it has just ended
        before, self._used[thread] = self._used.get(thread, used), used
        return max(used - before, 0.0)

    def _add(self, frame: FrameType, seconds: float) -> None:
        self.libraries[_package(frame.f_code.co_filename)] += seconds  # type: ignore[assignment]
        inner: FrameType | None = frame
        while inner is not None and not _ours(inner.f_code.co_filename):
            inner = inner.f_back
        name = (
            "none of ours"
            if inner is None
            else f"{_package(inner.f_code.co_filename)}.{inner.f_code.co_name}"
        )
        self.deeds[name] += seconds  # type: ignore[assignment]

    def told(self) -> dict[str, object]:
        """Seconds of a core, and shares of them."""
        whole = sum(self.libraries.values()) or 1
        shares = {
            name: {key: round(seconds / whole, 3) for key, seconds in counted.most_common(MOST)}
            for name, counted in (("libraries", self.libraries), ("deeds", self.deeds))
        }
        return {"seconds": round(whole, 1), **shares}


def _ours(file: str) -> bool:
    return "site-packages" not in file and "/lib/python" not in file and any(part in file for part in OURS)


def _package(file: str) -> str:
    """adapters.sql.runs of ours; of others the name that is imported."""
    if "site-packages/" in file:
        return file.partition("site-packages/")[2].partition("/")[0]
    if _ours(file):
        start = max(file.rfind(part) for part in OURS)
        return file[start + 1 :].removesuffix(".py").replace("/", ".")
    return "python"


def main() -> None:
    """As `brokerlink` is run; what was sampled is written however it ends."""
    file = Path(sys.argv[1])
    sys.argv = ["brokerlink", *sys.argv[2:]]
    from brokerlink.cli import main as program  # noqa: PLC0415 - after its arguments are set

    sys.setswitchinterval(SWITCH)
    sampler = Sampler()
    sampler.start()
    try:
        program()
    finally:
        file.write_text(json.dumps(sampler.told(), indent=2) + "\n")


if __name__ == "__main__":
    main()
