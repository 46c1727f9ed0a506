"""What keeps settings from being used: one plain sentence for each problem, and never a value."""

import difflib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIX = "BROKERLINK_"
# Fields whose variable has a name of its own.
GIVEN_NAMES = {"database_url": "DATABASE_URL", "encryption_key": "BROKERAGE_ENCRYPTION_KEY"}
# What the command line reads as a client, and the file of settings itself.
OTHER_NAMES = frozenset({"ADDRESS", "CA", "CONFIG", "OUTPUT", "TLS", "TOKEN", "USER"})
SAID = {
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "int_parsing": "is no whole number",
    "int_type": "is no whole number",
    "int_from_float": "is no whole number",
    "extra_forbidden": "is no setting",
    "model_type": "must be a table of settings",
    "dict_type": "must be a table",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`setting` names it as in the environment; `sentence` names it too; `fix` says what to do."""

    setting: str
    sentence: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.fix}".strip()


class SettingsInvalid(Exception):
    """All problems at once. Its text has one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def variable(*path: str | int) -> str:
    """The environment variable of a field: ("brokerages", "schwab") is BROKERLINK_BROKERAGES__SCHWAB."""
    first = str(path[0]) if path else ""
    # Whatever stands where a name belongs may be a value that was put into the wrong place.
    words = [str(word) if re.fullmatch(r"[A-Za-z0-9_]{1,40}", str(word)) else "?" for word in path]
    known = {name.lower(): name for name in GIVEN_NAMES.values()} | GIVEN_NAMES
    return known.get(first.lower()) or PREFIX + "__".join(words).upper()


def malformed(errors: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """What pydantic refused, in our words. `errors` are its records, taken without inputs."""
    return [Problem(name := variable(*error["loc"]), f"{name} {_said(error)}.") for error in errors]


def _said(error: Mapping[str, Any]) -> str:
    kind, told = str(error["type"]), error.get("ctx", {})
    match kind:
        case "value_error":
            return str(error["msg"]).removeprefix("Value error, ")
        case "greater_than_equal":
            return f"must be at least {told['ge']}"
        case "less_than_equal":
            return f"must be at most {told['le']}"
        case "literal_error":
            return f"must be one of: {told['expected']}"
    return SAID.get(kind, "is not valid")


def misspelt(environment: Iterable[str], fields: Iterable[str]) -> list[Problem]:
    """Variables that are nearly one of ours. Unknown ones are no problem: a cluster makes
    BROKERLINK_SERVICE_HOST and the like for a service of this name."""
    known = {variable(field).removeprefix(PREFIX) for field in fields if field not in GIVEN_NAMES}
    found: list[Problem] = []
    for name in sorted(environment):
        word = name.upper().removeprefix(PREFIX)
        if word == name.upper() or word in known | OTHER_NAMES or word.startswith("BROKERAGES__"):
            continue
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.8)
        if near and len(name) <= 80:
            found.append(Problem(name, f"{name} is no setting.", f"Did you mean {PREFIX}{near[0]}?"))
    return found


def unreadable(name: str, path: Path) -> Problem | None:
    """A file that a setting names and that cannot be read; the path is not told, see keyring.py."""
    if path.is_file() and os.access(path, os.R_OK):
        return None
    return Problem(name, f"The file that {name} names cannot be read.", "Correct its path or its rights.")


def shared_secrets(name: str, path: Path) -> Problem | None:
    """A file with secrets that others may read."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    return Problem(
        name,
        f"Others may use the file that {name} names, and it holds secrets.",
        "Make it private: chmod 600.",
    )
