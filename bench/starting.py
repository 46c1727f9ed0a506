"""How long the program takes to be there, and what it holds in memory."""

import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sys import executable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

from adapters.aesgcm.keyring import generate
from bench.databases import NewDatabase
from bench.figures import Figure, most
from bench.progress import resident

TRIES = 5
BACKFILL = [100_000]


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        database = f"sqlite:///{Path(name).absolute() / 'brokerlink.db'}"
        ready, helped = [], []
        for _ in range(TRIES + 1):
            with _serving(Path(name), database) as (_, took):
                ready.append(took)
            start = time.perf_counter()
            subprocess.run([*_program(), "--help"], check=True, capture_output=True)  # noqa: S603 - ourselves
            helped.append(time.perf_counter() - start)
    return [
        most("serve is ready, seconds", statistics.median(ready[1:]), "P15", 3.0, 1.2),
        most("--help, seconds", statistics.median(helped[1:]), "P15", 0.8, 0.3),
    ]


def memory(new: NewDatabase) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        with _serving(Path(name), new()) as (process, _):
            time.sleep(3)
            idle = resident(process.pid) / 1024
        figures = [most("idle serve process, MB", idle, "P14", 160, 110)]
        for rows in BACKFILL:
            command = [executable, "-m", "bench.backfill", name, new(), str(rows)]
            told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
            rate, peak = map(float, told.stdout.split())
            figures.append(Figure(f"backfill of {rows:,} rows, rows/s", rate))
            figures.append(most(f"backfill of {rows:,} rows, peak MB", peak, "P14", 300, 180))
        return figures


def _program() -> list[str]:
    return [executable, "-m", "brokerlink"]


@contextmanager
def _serving(folder: Path, database: str) -> Iterator[tuple["subprocess.Popen[bytes]", float]]:
    """A server, and after how many seconds it said that it serves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "BROKERAGE_ENCRYPTION_KEY": _key(folder), "DATABASE_URL": database}
    command = [*_program(), "serve", "--insecure-dev", "--listen", address, "--data-dir", str(folder)]
    start = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ourselves
        try:
            with grpc.insecure_channel(address) as channel:
                _wait(channel)
            yield process, time.perf_counter() - start
        finally:
            process.terminate()


def _key(folder: Path) -> str:
    file = folder / "key"
    if not file.exists():
        file.write_text(generate())
    return file.read_text()


def _wait(channel: grpc.Channel) -> None:
    check = health_pb2_grpc.HealthStub(channel).Check
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if check(health_pb2.HealthCheckRequest(), timeout=1).status == 1:
                return
        except grpc.RpcError:
            time.sleep(0.02)
    raise RuntimeError("the server does not come up")
