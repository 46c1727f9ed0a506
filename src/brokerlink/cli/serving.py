"""Running the server from the command line, and looking for what would keep it from running."""

from rich.text import Text

from brokerlink.cli.errors import Refused
from brokerlink.cli.terminal import clean, console, write_json
from brokerlink.settings import Settings, SettingsInvalid, load


def settings(*, complete: bool = True, **given: object) -> Settings:
    """Settings from the environment, with what was given here before them. Refused in plain sentences."""
    try:
        return load(complete=complete, **{name: value for name, value in given.items() if value})
    except SettingsInvalid as invalid:
        first, *others = [str(problem) for problem in invalid.problems]
        raise Refused(first, more=others, hint="`brokerlink doctor` looks at everything at once.") from None


def serve(**given: object) -> None:
    """Run the server until it is stopped."""
    found = settings(complete=True, **given)
    from brokerlink.server import run  # noqa: PLC0415  heavy; a setting that is refused needs none of it

    run(found)


def examine(*, json: bool) -> bool:
    """Run the doctor's checks and show them. Whether all is well."""
    from brokerlink.doctor import run  # noqa: PLC0415  the same

    checks = run(settings(complete=False))
    if json:
        told = [{"name": c.name, "ok": c.ok, "sentence": c.sentence, "fix": c.fix} for c in checks]
        write_json({"checks": told})
    else:
        for check in checks:
            mark = Text("✓ ", style="green") if check.ok else Text("✗ ", style="bold red")
            console().print(mark + Text(f"{clean(check.name)}  ", style="bold") + Text(clean(check.sentence)))
            if not check.ok and check.fix:
                console().print(Text("  → ", style="cyan") + Text(clean(check.fix)))
    return all(check.ok for check in checks)
