"""Several processes on one port: starts them, starts another where one dies, and stops them all."""

import ctypes
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from brokerlink.settings import Listen, Problem, SettingsInvalid
from brokerlink.settings.problems import variable

log = logging.getLogger("brokerlink.supervisor")
STOPS = {signal.SIGTERM, signal.SIGINT}
YOUNG = 5.0  # seconds; who dies younger than this has not come up
PAUSE = 1.0
PR_SET_PDEATHSIG = 1


def check_free(listeners: Iterable[Listen]) -> None:
    """Raises SettingsInvalid where somebody listens already. Processes that share a port could share it with
    a stranger as well, who would then get some of the calls."""
    for listener in listeners:
        family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((listener.host, listener.port))
            except OSError as error:
                name = variable("listen")
                sentence = f"It is not possible to listen on {listener.text}: {error.strerror}."
                problem = Problem(name, sentence, f"Stop who listens there, or set {name} to another port.")
                raise SettingsInvalid([problem]) from None


@dataclass(slots=True)
class Supervisor:
    """Keeps `count` processes at `work`. The work returns when its process is told to stop.

    Made before anything has threads or a loop: the processes are forks.
    """

    count: int
    work: Callable[[], None]
    _born: dict[int, float] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> None:
        """Until told to stop and all have ended. Raises SystemExit when they do not come up at all."""
        for number in STOPS:
            signal.signal(number, self._stop)
        for _ in range(self.count):
            self._start()
        died_young = 0
        while self._born:
            process, status = os.wait()
            lived = time.monotonic() - self._born.pop(process, 0.0)
            if self._stopping:
                continue
            code = os.waitstatus_to_exitcode(status)
            log.error("a process ended", extra={"pid": process, "exit_code": code})
            died_young = died_young + 1 if lived < YOUNG else 0
            if died_young >= 3 * self.count:
                self._stop(signal.SIGTERM, None)
                sys.exit(1)
            time.sleep(PAUSE if lived < YOUNG else 0)
            self._start()

    def _start(self) -> None:
        """Another process, unless we were told to stop."""
        # From here to our note of the child nobody may tell us to stop: the child would not hear it.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        if self._stopping:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            return
        parent = os.getpid()
        process = os.fork()
        if process:
            self._born[process] = time.monotonic()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            return
        code = 1
        try:
            for number in STOPS:
                signal.signal(number, signal.SIG_DFL)
            _end_with(parent)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            self.work()
            code = 0
        except Exception:
            log.exception("a process broke off")
        finally:
            # Without the parent's own way out: what it would tidy up is not ours.
            logging.shutdown()
            os._exit(code)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for process in self._born:
            # One may just have ended; the others have to hear it all the same.
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)


def _end_with(parent: int) -> None:
    """A parent that is killed takes its children along, where the system offers that: nobody else would
    stop them."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
