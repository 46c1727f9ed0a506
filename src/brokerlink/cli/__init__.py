"""The command line: a gRPC client with a person in mind. `main` is the program `brokerlink`."""

import os
import sys


def main() -> None:
    """Run the program. Imports are late: `brokerlink --help` must not wait for what it does not need."""
    # gRPC's own log lines tell a person nothing that we do not say better.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    from brokerlink.cli.app import app  # noqa: PLC0415

    _speak_utf8()
    app(prog_name="brokerlink")


def _speak_utf8() -> None:
    """Figures and bars are no ASCII; a terminal that cannot show them gets a substitute, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
