"""Playing brokerages from the command line: makes the sandboxes, serves them, says how to reach them."""

import asyncio
import json
import os
import signal
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from adapters.brokerages import NAMES, card
from adapters.sandbox import server
from adapters.sandbox.compare import truth_json
from adapters.sandbox.create import create
from adapters.sandbox.faults import Fault, Faulty, parse_fault
from adapters.sandbox.play import Sandbox
from brokerlink.cli.certificate import issue
from brokerlink.cli.errors import Refused
from brokerlink.cli.reasons import Exit
from brokerlink.cli.terminal import clean, console, write_json

URL_SETTING = "BROKERLINK_SANDBOX_URL"
# Read by OpenSSL, for all that does not say itself whom it trusts: our server is such a client.
TRUST_SETTING = "SSL_CERT_FILE"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played."""

    ids: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 7
    personas: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    latency: float = 0
    interactive: bool = False
    credentials: Path | None = None
    tls: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.ids or tuple(name for name in NAMES if card(name).doors)

    def persona(self, brokerage: str) -> str:
        """The last one that is meant for this brokerage: NAME is for all, ID:NAME for one."""
        found = "plain"
        for word in self.personas:
            whom, sign, name = word.rpartition(":")
            if not sign or whom == brokerage:
                found = name
        return found


def print_truth(plan: Plan) -> None:
    """The truth of each brokerage as JSON, to compare a sync with."""
    made = {one.id: truth_json(one.play.truth, one.profile) for one in _create(plan)}
    write_json(made)


def play(plan: Plan, *, json: bool) -> None:
    """Serve until somebody stops us."""
    sandboxes = _create(plan)
    faults = [_fault(word) for word in plan.faults]
    try:
        asyncio.run(_serve(plan, sandboxes, faults, json=json))
    except OSError as error:
        where = f"{plan.host}:{plan.port}"
        raise Refused(
            f"It is not possible to listen on {where}: {error.strerror}.", code=Exit.FAILED
        ) from None


def _create(plan: Plan) -> list[Sandbox]:
    for word in plan.personas:
        whom = word.rpartition(":")[0]
        if whom and whom not in plan.names:
            raise Refused(f"--persona {word}: {whom} is not played here.")
    try:
        return [
            create(name, plan.seed, plan.persona(name), interactive=plan.interactive) for name in plan.names
        ]
    except LookupError as unknown:
        sentence = str(unknown.args[0])
        raise Refused(
            f"{sentence[:1].upper()}{sentence[1:]}.", hint=f"Brokerages: {', '.join(NAMES)}."
        ) from None


def _fault(word: str) -> Fault:
    try:
        return parse_fault(word)
    except (LookupError, ValueError) as unknown:
        raise Refused(f"--fault {word}: {unknown}.") from None


async def _serve(plan: Plan, sandboxes: list[Sandbox], faults: list[Fault], *, json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="brokerlink-sandbox-") as directory:
        authority, tls = _tls(Path(directory), plan.host) if plan.tls else (None, None)
        running = await server.serve(
            [Faulty(one) for one in sandboxes],
            plan.host,
            plan.port,
            latency_ms=plan.latency,
            faults=faults,
            tls=tls,
        )
        try:
            if plan.credentials is not None:
                _write_credentials(plan.credentials, running.credentials(), authority)
            _announce(running, authority, json=json)
            await stop.wait()
        finally:
            await running.stop()


def _tls(directory: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """The file of the authority that issued the certificate, and what the server speaks with."""
    issued = issue(directory, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    return issued.authority, context


def _write_credentials(path: Path, credentials: dict[str, dict[str, str]], authority: Path | None) -> None:
    """Made-up secrets, but people learn habits from tools: readable by the owner alone."""
    if authority is not None:
        credentials = {name: {**known, "ca_file": str(authority)} for name, known in credentials.items()}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(credentials, file, indent=2)
        file.write("\n")


def _announce(running: server.Running, authority: Path | None, *, json: bool) -> None:
    environment = {URL_SETTING: running.address}
    if authority is not None:
        environment[TRUST_SETTING] = str(authority)
    if json:
        told = {"address": running.address, "bases": running.bases, "environment": environment}
        write_json(told | {"authority": str(authority) if authority else None}, line=True)
        return
    out = console()
    out.print(Text("Sandboxes at ", style="bold") + Text(running.address, style="bold cyan"))
    for line in running.announce({name: _hosts(name) for name in running.bases}):
        out.print(
            Text(clean(line) if not line.startswith("  ") else f"  {clean(line.strip())}"), soft_wrap=True
        )
    alone = ", which then trusts nobody else" if authority is not None else ""
    out.print(Text(f"\nFor the server{alone}:", style="dim"))
    for name, value in environment.items():
        _print_line(f"export {name}={value}")
    if authority is not None:
        out.print(Text("\nFor clients of your own:", style="dim"))
        for line in _trusting(authority):
            _print_line(line)
    out.print(Text("Ctrl-C ends it.", style="dim"))


def _hosts(name: str) -> dict[str, str]:
    """The hosts of a brokerage as its doors name them, with their real addresses."""
    return {host: url for door in card(name).doors for host, url in door.hosts.items()}


def _trusting(authority: Path) -> list[str]:
    """How the usual clients are told to trust the authority of this run."""
    return [
        f"export REQUESTS_CA_BUNDLE={authority}  # requests, and all that is built on it",
        f'httpx.Client(verify=ssl.create_default_context(cafile="{authority}"))',
        f"curl --cacert {authority} ...",
    ]


def _print_line(line: str) -> None:
    """To be copied: in one piece, however narrow the terminal."""
    console().print(Text(line), soft_wrap=True)
