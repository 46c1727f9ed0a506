"""The optional file of settings: TOML, named by BROKERLINK_CONFIG."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from brokerlink.settings.problems import Problem, SettingsInvalid, shared_secrets, unreadable

CONFIG = "BROKERLINK_CONFIG"


def read_file() -> dict[str, Any]:
    """What the file says; nothing without one. Raises SettingsInvalid, without a word of what it holds."""
    name = os.environ.get(CONFIG)
    if not name:
        return {}
    path = Path(name).expanduser()
    refusal = unreadable(CONFIG, path)
    if refusal is not None:
        raise SettingsInvalid([refusal])
    told, line = _parsed(path)
    if told is None:
        where = f", line {line}" if line else ""
        raise SettingsInvalid([Problem(CONFIG, f"The file that {CONFIG} names is not valid TOML{where}.")])
    refusal = shared_secrets(CONFIG, path) if _secret(told) else None
    if refusal is not None:
        raise SettingsInvalid([refusal])
    return told


def _parsed(path: Path) -> tuple[dict[str, Any] | None, str]:
    """The file's tables, or None and the line where it goes wrong."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), ""
    except UnicodeDecodeError:
        return None, ""
    except tomllib.TOMLDecodeError as error:
        # Only the number: the message quotes the file.
        found = re.search(r"line (\d+)", str(error))
        return None, found[1] if found else ""


def _secret(told: dict[str, Any]) -> bool:
    brokerages = told.get("brokerages")
    tables = brokerages.values() if isinstance(brokerages, dict) else ()
    return bool({"encryption_key", "database_url"} & told.keys()) or any(
        isinstance(table, dict) and "operator" in table for table in tables
    )
