"""Running the server from the command line, and looking for what would keep it from running."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text

from brokerlink.cli.errors import Refused
from brokerlink.cli.reasons import Exit
from brokerlink.cli.terminal import clean, console, write_json
from brokerlink.settings import Settings, SettingsInvalid, load
from domain.errors import DecryptionFailed

if TYPE_CHECKING:
    from brokerlink.doctor import Check


def settings(*, complete: bool = True, **given: object) -> Settings:
    """Settings from the environment, with what was given here before them. Refused in plain sentences."""
    try:
        return load(complete=complete, **{name: value for name, value in given.items() if value})
    except SettingsInvalid as invalid:
        raise _refused(invalid) from None


def _refused(invalid: SettingsInvalid) -> Refused:
    first, *others = [str(problem) for problem in invalid.problems]
    return Refused(first, more=others, hint="`brokerlink doctor` looks at everything at once.")


def serve(**given: object) -> None:
    """Run the server until it is stopped."""
    found = settings(complete=True, **given)
    from brokerlink.server import run  # noqa: PLC0415  heavy; a setting that is refused needs none of it

    _run(run, found)


def work(**given: object) -> None:
    """Run a worker until it is stopped."""
    found = settings(complete=True, work=True, **given)
    from brokerlink.worker import run  # noqa: PLC0415  the same

    _run(run, found)


def _run(run: Callable[[Settings], None], found: Settings) -> None:
    from adapters.sql.migrate import DatabaseTooNew  # noqa: PLC0415  heavy

    try:
        run(found)
    except DatabaseTooNew as newer:
        raise Refused(str(newer), code=Exit.OPERATOR_MUST_ACT) from None
    except SettingsInvalid as invalid:
        raise _refused(invalid) from None
    except DecryptionFailed as failed:
        hint = "Start it with the key that the database was first started with."
        code, reason = Exit.OPERATOR_MUST_ACT, failed.reason
        raise Refused(failed.message, hint=hint, code=code, reason=reason) from None


def rewrap(**given: object) -> int:
    """Rewrap the data keys of the database that the settings name; how many."""
    found = settings(complete=True, **given)
    from brokerlink.rotation import run  # noqa: PLC0415  heavy

    try:
        return run(found)
    except DecryptionFailed as failed:
        hint = "Give the older keys as well, after the newest one."
        raise Refused(failed.message, hint=hint, code=Exit.OPERATOR_MUST_ACT, reason=failed.reason) from None


def examine(*, json: bool) -> bool:
    """Run the doctor's checks and show them. Whether all is well."""
    from brokerlink.doctor import run  # noqa: PLC0415  the same

    checks = run(settings(complete=False))
    if json:
        told = [{"name": c.name, "ok": c.ok, "sentence": c.sentence, "fix": c.fix} for c in checks]
        write_json({"checks": told})
    else:
        widest = max((len(check.name) for check in checks), default=0)
        for check in checks:
            _show(check, widest)
    return all(check.ok for check in checks)


def _show(check: "Check", width: int) -> None:
    """One line; below it what to do, dim where it only could be better."""
    out = console()
    mark = Text("✓ ", style="green") if check.ok else Text("✗ ", style="bold red")
    name = Text(f"{clean(check.name):<{width}}  ", style="bold")
    out.print(mark + name + Text(clean(check.sentence)))
    if check.fix:
        arrow = Text(f"{' ' * (width + 2)}→ ", style="dim" if check.ok else "bold cyan")
        out.print(arrow + Text(clean(check.fix), style="dim" if check.ok else ""))
