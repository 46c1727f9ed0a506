"""The program's commands, and the options that stand before them."""

import typer

from brokerlink.cli.caller import (
    LOCAL,
    Address,
    Authority,
    Caller,
    OutputKind,
    Tls,
    Token,
    User,
    hear,
    with_caller,
)
from brokerlink.cli.commands import connecting, importing, operating, reading, running, syncing
from brokerlink.cli.reasons import EXIT_CODES

LOOK = "Look"
CONNECT = "Connect and sync"
RUN = "Run"
OPERATE = "Operate"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # a traceback with local variables could show a secret
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)


@app.callback()
def program(
    context: typer.Context,
    address: Address = None,
    output: OutputKind = None,
    user: User = None,
    token: Token = None,
    tls: Tls = None,
    ca: Authority = None,
) -> None:
    """Connects users' brokerage accounts and keeps them in sync, behind one gRPC service.

    See it work: [bold]brokerlink demo[/]. The options of every command may also stand after it.
    """
    given = {"address": address, "output": output, "user": user, "token": token, "tls": tls, "ca": ca}
    context.obj = Caller()
    hear(context, given)


app.command("demo", rich_help_panel=RUN)(with_caller(running.demo, LOCAL))
app.command("serve", rich_help_panel=RUN)(with_caller(running.serve, LOCAL))
app.command("work", rich_help_panel=RUN)(with_caller(running.work, LOCAL))
app.command("sandbox", rich_help_panel=RUN)(with_caller(running.sandbox, LOCAL))
app.command("doctor", rich_help_panel=RUN)(with_caller(running.doctor, LOCAL))
app.command("version", rich_help_panel=RUN)(with_caller(running.version, LOCAL))

app.command("brokerages", rich_help_panel=LOOK)(with_caller(reading.brokerages))
app.command("accounts", rich_help_panel=LOOK)(with_caller(reading.accounts))
app.command("portfolio", rich_help_panel=LOOK)(with_caller(reading.portfolio))
app.command("transactions", rich_help_panel=LOOK)(with_caller(reading.transactions))

app.command("connect", rich_help_panel=CONNECT)(with_caller(connecting.connect))
app.command("sync", rich_help_panel=CONNECT)(with_caller(syncing.sync))
app.command("import", rich_help_panel=CONNECT)(with_caller(importing.import_))
app.command("runs", rich_help_panel=CONNECT)(with_caller(syncing.runs))
app.command("cancel", rich_help_panel=CONNECT)(with_caller(syncing.cancel))

connections = typer.Typer(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
connections.callback()(with_caller(connecting.connections))
connections.command("pause")(with_caller(connecting.pause))
connections.command("resume")(with_caller(connecting.resume))
connections.command("release")(with_caller(operating.release))
connections.command("disconnect")(with_caller(connecting.disconnect))
app.add_typer(connections, name="connections", rich_help_panel=CONNECT)

app.command("requeue", rich_help_panel=OPERATE)(with_caller(operating.requeue))
dead_letters = typer.Typer(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
dead_letters.callback()(with_caller(operating.dead_letters))
dead_letters.command("retry")(with_caller(operating.retry))
app.add_typer(dead_letters, name="dead-letters", rich_help_panel=OPERATE)

keys = typer.Typer(no_args_is_help=True, help="The keys that seal the secrets.")
keys.command("generate")(with_caller(running.generate_key, LOCAL))
keys.command("rewrap")(with_caller(running.rewrap_keys, LOCAL))
app.add_typer(keys, name="keys", rich_help_panel=RUN)
