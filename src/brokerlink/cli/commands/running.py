"""Commands that run here instead of asking a server: serve, work, sandbox, keys, doctor, demo, version."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from pathlib import Path
from typing import Annotated

import typer

from brokerlink.cli.caller import Caller


def version(caller: Caller) -> None:
    """Which brokerlink this is."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    from brokerlink.cli.terminal import write_json

    try:
        found = installed("brokerlink")
    except PackageNotFoundError:
        found = "not installed, run from its source"
    if caller.json:
        write_json({"version": found, "python": platform.python_version()})
    else:
        print(f"brokerlink {found} (Python {platform.python_version()})")


def generate_key(
    caller: Caller,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help="Write it there, for your eyes only, instead of printing it.", show_default=False
        ),
    ] = None,
) -> None:
    """Make a key-encryption key. The server does not start without one; keep it: it opens all secrets."""
    from adapters.aesgcm.keyring import KeyInvalid, generate, write_key_file
    from brokerlink.cli.errors import Refused
    from brokerlink.cli.terminal import clean, write_json

    if file is None:
        key = generate()
        write_json({"key": key}) if caller.json else print(key)
        return
    try:
        write_key_file(file)
    except KeyInvalid as invalid:
        raise Refused(str(invalid)) from None
    write_json({"file": str(file)}) if caller.json else print(f"Wrote a new key to {clean(str(file))}.")


def rewrap_keys(
    caller: Caller,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Where the embedded database lies.", show_default=False),
    ] = None,
) -> None:
    """Rewrap all data keys under the first key that is given, so that older ones can be left out.

    Give the new key first and the old ones after it, here and to every server. Servers may go on working.
    """
    from brokerlink.cli.serving import rewrap
    from brokerlink.cli.terminal import write_json

    count = rewrap(data_dir=data_dir)
    write_json({"rewrapped": count}) if caller.json else print(f"{count} data keys rewrapped.")


def serve(
    caller: Caller,  # noqa: ARG001  every command has one
    listen: Annotated[
        list[str] | None,
        typer.Option(
            "--listen", help="host:port or unix:/path to listen on. Repeatable.", show_default=False
        ),
    ] = None,
    insecure_dev: Annotated[
        bool, typer.Option("--insecure-dev", help="No TLS and no tokens; on this machine only.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Where the embedded database lies.", show_default=False),
    ] = None,
    sandbox_url: Annotated[
        str, typer.Option(metavar="URL", help="Play: every brokerage is a sandbox there.", show_default=False)
    ] = "",
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many processes share the port; on PostgreSQL one for each core.",
            show_default=False,
        ),
    ] = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.", show_default=False)] = "",
) -> None:
    """Run the server. Settings come from the environment and its file; these options go before them."""
    from brokerlink.cli.serving import serve as run

    run(
        listen=listen,
        insecure_dev=insecure_dev,
        data_dir=data_dir,
        sandbox_url=sandbox_url,
        processes=processes,
        log_level=log_level,
    )


def work(
    caller: Caller,  # noqa: ARG001  every command has one
    sandbox_url: Annotated[
        str, typer.Option(metavar="URL", help="Play: every brokerage is a sandbox there.", show_default=False)
    ] = "",
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.", show_default=False)] = "",
) -> None:
    """Run syncs of a shared PostgreSQL, on this machine or any other; as many of these as you like."""
    from brokerlink.cli.serving import work as run

    run(sandbox_url=sandbox_url, log_level=log_level)


def doctor(caller: Caller) -> None:
    """Look for what would keep a server from working here: key, database, clock, names, TLS."""
    from brokerlink.cli.serving import examine

    if not examine(json=caller.json):
        raise typer.Exit(1)


def sandbox(  # noqa: PLR0913, PLR0917  arguments are the options
    caller: Caller,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Brokerages to play; all without.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 9000,
    seed: Annotated[int, typer.Option(help="Which customer: the same seed is the same portfolio.")] = 7,
    persona: Annotated[
        list[str] | None,
        typer.Option(
            "--persona", metavar="[ID:]NAME", help="plain, mfa, device-approval, slow, flaky ... Repeatable."
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="[ID:]NAME@WHEN", help="A mishap: 429@3, 500@2-4, drip@/orders#2. Repeatable."
        ),
    ] = None,
    latency: Annotated[float, typer.Option(min=0, metavar="MS", help="Milliseconds before each answer.")] = 0,
    interactive: Annotated[bool, typer.Option("--interactive", help="Pages ask for a click.")] = False,
    credentials: Annotated[
        Path | None,
        typer.Option("--credentials", metavar="FILE", help="Write what a client needs to sign in."),
    ] = None,
    truth: Annotated[bool, typer.Option("--truth", help="Print the whole truth as JSON and end.")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="Serve TLS with a certificate made now.")] = False,
) -> None:
    """Play brokerages on this machine: seeded customers, real wire formats, planned mishaps."""
    from brokerlink.cli import sandboxes

    plan = sandboxes.Plan(
        ids=tuple(ids or ()),
        host=host,
        port=port,
        seed=seed,
        personas=tuple(persona or ()),
        faults=tuple(fault or ()),
        latency=latency,
        interactive=interactive,
        credentials=credentials,
        tls=tls,
    )
    if truth:
        sandboxes.print_truth(plan)
    else:
        sandboxes.play(plan, json=caller.json)


def demo(
    caller: Caller,
    seed: Annotated[int, typer.Option(help="Which customer: the same seed is the same portfolio.")] = 7,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep server and sandboxes running until Ctrl-C.")
    ] = False,
    brokerages: Annotated[
        str,
        typer.Option(
            "--brokerages", metavar="IDS", help="Which, between commas; or all.", show_default=False
        ),
    ] = "",
) -> None:
    """From nothing to a synced portfolio: server, sandboxes, sign-ins, syncs, plots. Needs nothing.

    Four brokerages show four ways to sign in; --brokerages all connects every one that can be connected.
    """
    from brokerlink.cli.demo import chosen, run

    run(caller, seed, chosen(brokerages), keep=keep)
