"""A server and sandboxes of our own, as real processes on free loopback ports: what the demo shows."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from brokerlink.cli.errors import Refused
from brokerlink.cli.reasons import Exit

STARTS_WITHIN = 45.0  # seconds; a cold machine compiles everything first
STOPS_WITHIN = 8.0
LAST_LINES = 15


@dataclass(slots=True)
class Process:
    """One of our programs, with its log in a file."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def check(self) -> None:
        """Say what it said last, if it has ended by itself."""
        if self.process.poll() is None:
            return
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        raise Refused(
            f"The {self.name} ended by itself (exit code {self.process.returncode}). It said last:",
            more=lines or ["nothing"],
            code=Exit.FAILED,
        )

    def stop(self) -> None:
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOPS_WITHIN)


@dataclass(slots=True)
class Processes:
    """All that run, stopped in the reverse order."""

    directory: Path
    environment: Mapping[str, str]
    running: list[Process] = field(default_factory=list)

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        """Run `brokerlink ARGUMENTS`. A group of its own: Ctrl-C reaches us alone, and we stop it."""
        log = self.directory / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-m", "brokerlink", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**self.environment, **environment},
                start_new_session=True,
            )
        made = Process(name, log, process)
        self.running.append(made)
        return made

    def wait_for_file(self, path: Path, process: Process) -> None:
        """Until the process has written a file."""
        until = time.monotonic() + STARTS_WITHIN
        while not (path.exists() and path.stat().st_size):
            _still(process, until)

    def wait_until_healthy(self, address: str, process: Process) -> None:
        """Until the server says by grpc.health.v1 that it serves."""
        from grpc_health.v1 import (  # type: ignore[import-untyped]  # noqa: PLC0415  only the demo asks
            health_pb2,
            health_pb2_grpc,
        )

        until = time.monotonic() + STARTS_WITHIN
        while True:
            # A channel for each try: one that was refused waits longer and longer before it tries again.
            with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
                try:
                    stub = health_pb2_grpc.HealthStub(channel)
                    answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
                    if answer.status == health_pb2.HealthCheckResponse.SERVING:
                        return
                except grpc.RpcError:
                    pass
            _still(process, until)


def _still(process: Process, until: float) -> None:
    process.check()
    if time.monotonic() > until:
        raise Refused(
            f"The {process.name} does not come up.", hint=f"Its log: {process.log}", code=Exit.FAILED
        )
    time.sleep(0.05)


@contextmanager
def processes(directory: Path, environment: Mapping[str, str]) -> Iterator[Processes]:
    """Whatever happens, nothing that was started here is left behind."""
    made = Processes(directory, environment)
    terminated = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield made
    finally:
        signal.signal(signal.SIGTERM, terminated)
        for process in reversed(made.running):
            process.stop()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def free_ports(count: int) -> Sequence[int]:
    """Ports nobody listens on. All are held until all are known, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def clean_environment() -> dict[str, str]:
    """Ours without settings of brokerlink: a demo must not reach for somebody's real server or keys."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BROKERLINK_")}
