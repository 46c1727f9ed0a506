"""A real `brokerlink work` process, to be killed, made to stand still, and stopped."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

READY_SECONDS = 30.0
READY = '"working"'


@dataclass
class Worker:
    """`log` keeps all that it printed, a JSON object a line."""

    folder: Path
    name: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> "Worker":
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BROKERLINK_LOG_FORMAT": "json",
            "BROKERLINK_DATA_DIR": str(self.folder / self.name),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        before = self.log.read_text().count(READY) if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "brokerlink", "work"],
                env=given | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_SECONDS
        while self.log.read_text().count(READY) == before:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"the worker did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)
        return self

    def signal(self, number: int) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """As power fails: no handler runs."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> tuple[int, float]:
        """As an operator stops it: its exit code, and how long it took."""
        assert self.process is not None
        before = time.monotonic()
        self.process.terminate()
        return self.process.wait(timeout=30), time.monotonic() - before

    def said(self, words: str) -> int:
        """How many lines of its log hold these words."""
        return sum(words in line for line in self.log.read_text().splitlines())
