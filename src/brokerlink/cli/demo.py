"""The demo: from nothing to one portfolio over several brokerages, on this machine, as it really happens."""

import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import httpx
import typer
from rich.rule import Rule
from rich.text import Text

from adapters.aesgcm.keyring import generate
from adapters.brokerages import NAMES, card
from brokerlink.cli import terminal
from brokerlink.cli.caller import Caller, Output
from brokerlink.cli.channel import connected
from brokerlink.cli.commands.importing import Import, import_file
from brokerlink.cli.commands.reading import account_names, accounts_of, transactions_of
from brokerlink.cli.commands.syncing import follow_run, start
from brokerlink.cli.connection import Wish, first_run, say_connected, sign_in
from brokerlink.cli.errors import Refused, of_failure, show
from brokerlink.cli.processes import Processes, clean_environment, free_ports, processes
from brokerlink.cli.reasons import Exit
from brokerlink.cli.show import accounts as show_accounts
from brokerlink.cli.show import portfolio as show_portfolio
from brokerlink.cli.show import statements as show_statements
from brokerlink.cli.show import syncs as show_syncs
from brokerlink.cli.show import transactions as show_transactions
from brokerlink.cli.show.plot import allocation
from brokerlink.v1 import connections_pb2, portfolios_pb2, syncs_pb2, transactions_pb2
from brokerlink.v1.portfolios_pb2_grpc import PortfolioServiceStub

KEY_SETTING = "BROKERAGE_ENCRYPTION_KEY"
# Four, chosen for four ways to sign in; "all" are all that can be connected.
USUAL = ("alpaca", "schwab", "etrade", "robinhood")
EVERYTHING = "all"
HOW = {
    "alpaca": "a key pair in headers",
    "schwab": "OAuth 2: a page to sign in at, and back by redirect",
    "etrade": "OAuth 1.0a: a page that shows a code to type in",
    "robinhood": "user name and password, then approval on the phone",
}
# How its sandbox is to play a brokerage, where that is not the plain way.
PERSONAS = {"robinhood": "device-approval", "webull": "device-approval"}
# Their histories come at paces of their own, a day or a statement a call: nobody would wait for that here.
UNLIMITED = ("ibkr", "moomoo")
# A statement that its sandbox's site has for download: what the live door has told already must not double.
STATEMENT = ("vanguard", "account-1.qfx")
LARGEST = 5
NEWEST = 15


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is while the demo runs."""

    caller: Caller
    sandbox_url: str
    credentials: Path
    brokerages: tuple[str, ...]


def chosen(wish: str) -> tuple[str, ...]:
    """The brokerages that are named, between commas. Raises Refused for one that cannot be connected."""
    connectable = [name for name in NAMES if card(name).doors]
    if wish == EVERYTHING:
        return tuple(connectable)
    named = tuple(dict.fromkeys(name.strip() for name in wish.split(",") if name.strip()))
    for name in named:
        if name not in connectable:
            raise Refused(f"{name} cannot be connected.", hint=f"There are: {', '.join(connectable)}.")
    return named or USUAL


def run(caller: Caller, seed: int, brokerages: tuple[str, ...], *, keep: bool) -> None:
    """All acts in order. Ends with 0, or with 1 if the second sync found anything to change."""
    began = time.monotonic()
    if not caller.json:
        _title(len(brokerages))
    with (
        tempfile.TemporaryDirectory(prefix="brokerlink-demo-") as directory,
        processes(Path(directory), clean_environment()) as started,
    ):
        stage = _set_up(started, caller, seed, brokerages, began)
        with connected(stage.caller) as channel:
            sessions = [_connect(stage, channel, brokerage) for brokerage in brokerages]
            _import(stage, channel, sessions)
            _portfolio(stage.caller, channel)
            found = _again(stage.caller, channel, [one.connection.id for one in sessions])
        _end(stage.caller, found, began)
        if keep:
            _keep(stage)
    if any(found[:3]):
        raise typer.Exit(Exit.FAILED)


def _title(many: int) -> None:
    out = terminal.console()
    ways = f"{many} brokerages, each with its own way to sign in" if many > 1 else "one brokerage"
    out.print(Text("brokerlink", style="bold cyan") + Text(f" · one user, {ways}"))
    out.print(
        Text(
            "Server and sandboxes are real processes; what they say to each other is each brokerage's own "
            "wire format.",
            style="dim",
        )
    )


def _act(caller: Caller, title: str) -> None:
    if not caller.json:
        out = terminal.console()
        out.print()
        out.print(Rule(Text(title, style="bold cyan"), align="left", style="cyan"))


def _set_up(
    started: Processes, caller: Caller, seed: int, brokerages: tuple[str, ...], began: float
) -> Stage:
    """Start sandboxes and server side by side, and wait for both."""
    _act(caller, "Start")
    sandbox_port, server_port = free_ports(2)
    credentials = started.directory / "credentials.json"
    url = f"http://127.0.0.1:{sandbox_port}"
    address = f"127.0.0.1:{server_port}"
    personas = [f"--persona={name}:{PERSONAS[name]}" for name in brokerages if name in PERSONAS]
    sandbox = started.start(
        "sandbox", "sandbox", *brokerages, f"--port={sandbox_port}", f"--seed={seed}", *personas,
        f"--credentials={credentials}",
    )  # fmt: skip
    environment = {
        KEY_SETTING: os.environ.get(KEY_SETTING) or generate(),
        "BROKERLINK_SANDBOX_URL": url,
        **{f"BROKERLINK_BROKERAGES__{name.upper()}__LIMITED": "false" for name in UNLIMITED},
    }
    server = started.start(
        "server", "serve", "--insecure-dev", f"--listen={address}",
        f"--data-dir={started.directory / 'data'}", **environment,
    )  # fmt: skip
    started.wait_for_file(credentials, sandbox)
    started.wait_until_healthy(address, server)
    # A database that outlives the demo may know former users.
    user = f"demo-{os.getpid()}-{int(time.time())}" if os.environ.get("DATABASE_URL") else "demo"
    own = Caller(address=address, output=caller.output, user=user)
    if not caller.json:
        key = "your key" if os.environ.get(KEY_SETTING) else "a new key"
        out = terminal.console()
        took = Text(f"  ready after {time.monotonic() - began:.1f} s", style="dim")
        out.print(Text("✓ ", style="green") + Text(f"sandboxes of {', '.join(brokerages)} at {url}"))
        out.print(
            Text("✓ ", style="green") + Text(f"server at {address}, healthy, secrets sealed by {key}") + took
        )
    return Stage(own, url, credentials, brokerages)


def _connect(stage: Stage, channel: grpc.Channel, brokerage: str) -> connections_pb2.ConnectSession:
    """One sign-in as it happens, and the first sync behind it."""
    caller = stage.caller
    _act(caller, f"Connect {brokerage}: {HOW.get(brokerage) or card(brokerage).doors[0].facts.sign_in}")
    out = terminal.console(error=caller.json)
    # Without a redirect address E*TRADE's page shows a code to type in.
    redirect = "" if brokerage == "etrade" else None
    wish = Wish(brokerage, file=stage.credentials, redirect_uri=redirect, auto=True)
    session = sign_in(caller, channel, wish, out)
    if session.state != connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED:
        if session.HasField("failure"):
            show(of_failure(session.failure))
        raise Refused(f"The sign-in to {brokerage} did not succeed.", code=Exit.FAILED)
    if caller.json:
        terminal.write_json(terminal.to_json(session), line=True)
    else:
        say_connected(session, out)
    run_id = first_run(channel, session) or start(channel, session.connection.id).id
    follow_run(caller, channel, run_id)
    return session


def _import(stage: Stage, channel: grpc.Channel, sessions: Sequence[connections_pb2.ConnectSession]) -> None:
    """A statement of an account that is connected as well: one history, whoever told it."""
    brokerage, name = STATEMENT
    accounts = [
        one
        for session in sessions
        if session.connection.brokerage_id == brokerage
        for one in session.accounts
    ]
    if not accounts:
        return
    _act(stage.caller, f"Import {name}, a statement of {brokerage}'s: nothing may double")
    file = stage.credentials.with_name(name)
    told = httpx.get(f"{stage.sandbox_url}/{brokerage}/statements/{name}", trust_env=False, timeout=10)
    file.write_bytes(told.raise_for_status().content)
    number = re.search(rb"<ACCTID>\s*(\w+)", told.content)
    ends = number[1].decode()[-4:] if number else ""
    account = next((one for one in accounts if one.masked_number.endswith(ends)), accounts[0])
    wish = Import(file, brokerage, account.id)
    result = import_file(stage.caller, channel, wish)
    if stage.caller.json:
        terminal.write_json(terminal.to_json(result), line=True)
    else:
        show_statements.result(result)


def _portfolio(caller: Caller, channel: grpc.Channel) -> None:
    """Accounts, positions, allocation, transactions: what other services read."""
    whole = PortfolioServiceStub(channel).GetUserPortfolio(
        portfolios_pb2.GetUserPortfolioRequest(user_id=caller.user)
    )
    if caller.json:
        terminal.write_json(terminal.to_json(whole), line=True)
        return
    names = account_names(channel, caller.user)
    _act(caller, "Accounts")
    show_accounts.accounts(accounts_of(channel, caller.user))
    _act(caller, f"Positions: the {LARGEST} largest of each account")
    show_portfolio.user_portfolio(whole, names, LARGEST)
    allocation(whole.portfolios)
    _act(caller, f"The newest {NEWEST} transactions")
    request = transactions_pb2.ListTransactionsRequest()
    show_transactions.transactions(transactions_of(channel, caller.user, "", request, NEWEST), names)


def _again(caller: Caller, channel: grpc.Channel, connections: Sequence[str]) -> show_syncs.Tally:
    """A second sync of everything: where nothing happened, nothing may be written."""
    _act(caller, "Sync again: nothing has happened meanwhile, so nothing may change")
    started = [start(channel, one, force=True) for one in connections]
    runs = [follow_run(caller, channel, one.id) for one in started]
    failed = [one for one in runs if one.state != syncs_pb2.SYNC_RUN_STATE_SUCCEEDED]
    if failed:
        raise Refused("The second sync did not succeed everywhere.", code=Exit.FAILED)
    return show_syncs.tally([result for one in runs for result in one.results])


def _end(caller: Caller, found: show_syncs.Tally, began: float) -> None:
    took = time.monotonic() - began
    added, modified, removed, unchanged = found
    if caller.json:
        second = {"added": added, "modified": modified, "removed": removed, "unchanged": unchanged}
        terminal.write_json({"second_sync": second, "seconds": round(took, 1)}, line=True)
        return
    good = not any(found[:3])
    mark = Text("✓ ", style="bold green") if good else Text("✗ ", style="bold red")
    out = terminal.console()
    out.print()
    out.print(mark + Text(f"second sync: {show_syncs.spelled(found)}", style="bold"))
    if not good:
        out.print(Text("  Something changed although nothing had happened: that is a fault.", style="red"))
    out.print(Text(f"  {took:.1f} s altogether", style="dim"))


def _keep(stage: Stage) -> None:
    """Leave it running for the person to play with."""
    caller = replace(stage.caller, output=Output.TABLE)
    out = terminal.console(error=True)
    out.print(f"\nStill running. In another terminal:\n  export BROKERLINK_ADDRESS={caller.address}")
    out.print(f"  export BROKERLINK_USER={caller.user}\n  brokerlink portfolio --plot")
    out.print("Ctrl-C ends it and forgets everything.", style="dim")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
