"""Servers and workers as real processes, as an operator runs them."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import executable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

from adapters.aesgcm.keyring import generate

TICKS = os.sysconf("SC_CLK_TCK")


def program() -> list[str]:
    return [executable, "-m", "brokerlink"]


@dataclass(frozen=True)
class Serving:
    """A server of one process, and after how many seconds it said that it serves."""

    pid: int
    address: str
    seconds: float


@contextmanager
def serving(folder: Path, database: str, **settings: str) -> Iterator[Serving]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [*program(), "serve", "--insecure-dev", "--listen", address, "--data-dir", str(folder)]
    environment = {**_environment(folder, database), "BROKERLINK_PROCESSES": "1", **settings}
    start = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ourselves
        try:
            with grpc.insecure_channel(address) as channel:
                _wait(channel, process)
            yield Serving(process.pid, address, time.perf_counter() - start)
        finally:
            process.terminate()


@contextmanager
def working(folder: Path, database: str, **settings: str) -> Iterator[int]:
    """A worker: its process."""
    environment = {**_environment(folder, database), "BROKERLINK_DATA_DIR": str(folder), **settings}
    command = [*program(), "work"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ourselves
        try:
            yield process.pid
        finally:
            process.terminate()


def resident(process: int) -> float:
    """What a process holds in memory, in KB."""
    status = Path(f"/proc/{process}/status").read_text()
    return float(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def cpu_seconds(process: int) -> float:
    """How much time of a processor a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _environment(folder: Path, database: str) -> dict[str, str]:
    return {**os.environ, "BROKERAGE_ENCRYPTION_KEY": _key(folder), "DATABASE_URL": database}


def _key(folder: Path) -> str:
    file = folder / "key"
    if not file.exists():
        file.write_text(generate())
    return file.read_text()


def _wait(channel: grpc.Channel, process: "subprocess.Popen[bytes]") -> None:
    check = health_pb2_grpc.HealthStub(channel).Check
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            if check(health_pb2.HealthCheckRequest(), timeout=1).status == 1:
                return
        except grpc.RpcError:
            time.sleep(0.02)
    raise RuntimeError("the server does not come up")
