"""Running the server from the command line, and looking for what would keep it from running."""

from pathlib import Path

from pydantic import ValidationError
from rich.text import Text

from brokerlink.cli.errors import Refused
from brokerlink.cli.reasons import Exit
from brokerlink.cli.terminal import clean, console, write_json
from brokerlink.settings import Settings  # type: ignore[import-not-found, unused-ignore]


def settings(**given: object) -> Settings:
    """Settings from the environment, with what was given here before them. Refused in plain sentences."""
    try:
        return Settings(**{name: value for name, value in given.items() if value})
    except ValidationError as invalid:
        # Only the sentences: pydantic's own text repeats the input, which may be a secret.
        raise Refused("\n".join(_sentence(error) for error in invalid.errors(include_input=False))) from None


def _sentence(error: object) -> str:
    told = error if isinstance(error, dict) else {}
    text = str(told.get("msg", "A setting is not valid.")).removeprefix("Value error, ")
    where = ".".join(str(part) for part in told.get("loc", ()))
    return f"{where}: {text}" if where and not text.endswith(".") else text


def serve(listen: list[str], *, insecure_dev: bool, data_dir: Path | None) -> None:
    """Run the server until it is stopped."""
    from brokerlink.server import run  # noqa: PLC0415  heavy; a setting that is refused needs none of it

    run(settings(listen=listen, insecure_dev=insecure_dev, data_dir=data_dir))


def examine(*, json: bool) -> bool:
    """Run the doctor's checks and show them. Whether all is well."""
    from brokerlink.doctor import run  # noqa: PLC0415  the same

    checks = run(settings())
    if json:
        write_json(
            {"checks": [{"name": c.name, "ok": c.ok, "sentence": c.sentence, "fix": c.fix} for c in checks]}
        )
    else:
        for check in checks:
            mark = Text("✓ ", style="green") if check.ok else Text("✗ ", style="bold red")
            console().print(mark + Text(f"{clean(check.name)}  ", style="bold") + Text(clean(check.sentence)))
            if not check.ok and check.fix:
                console().print(Text("  → ", style="cyan") + Text(clean(check.fix)))
    return all(check.ok for check in checks)


__all__ = ["Exit", "examine", "serve", "settings"]
