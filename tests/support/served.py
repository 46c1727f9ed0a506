"""A real `brokerlink serve` process on a free port, to be called over gRPC, killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

from adapters.aesgcm.keyring import generate

READY_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """One server with its data directory. `log` keeps all that its processes printed."""

    folder: Path
    sandbox_url: str
    settings: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=generate)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> "Server":
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BROKERAGE_ENCRYPTION_KEY": self.key,
            "BROKERLINK_DATA_DIR": str(self.folder / "data"),
            "BROKERLINK_LISTEN": self.address,
            "BROKERLINK_INSECURE_DEV": "true",
            "BROKERLINK_SANDBOX_URL": self.sandbox_url,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "brokerlink", "serve"],
                env=given | self.settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        with grpc.insecure_channel(self.address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while time.monotonic() < deadline:
                if self.process is not None and self.process.poll() is not None:
                    break
                try:
                    told = health.Check(health_pb2.HealthCheckRequest(), timeout=1, wait_for_ready=True)
                except grpc.RpcError:
                    continue
                if told.status == health_pb2.HealthCheckResponse.SERVING:
                    return
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """As power fails: no handler runs."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        """As an operator stops it. Its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(timeout=30)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
