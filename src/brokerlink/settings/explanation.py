"""The list of all settings with meaning and default: for the README and the doctor."""

from dataclasses import dataclass
from pathlib import Path

from brokerlink.settings.file import CONFIG
from brokerlink.settings.model import Settings
from brokerlink.settings.problems import variable

# Where the default is not a value, or not the same everywhere.
DEFAULTS = {
    "database_url": "an SQLite file in the data directory",
    "encryption_key": "none: one of these two must be given",
    "encryption_key_file": "none",
    "reflection": "true where only this machine can call",
}


@dataclass(frozen=True, slots=True)
class Explained:
    name: str
    meaning: str
    default: str


def explain() -> tuple[Explained, ...]:
    """In the order of the model; each brokerage's own settings last."""
    plain = [
        Explained(variable(name), field.description or "", DEFAULTS.get(name) or _shown(field.default))
        for name, field in Settings.model_fields.items()
        if name != "brokerages"
    ]
    prefix = variable("brokerages")
    return (
        Explained(
            CONFIG, "A TOML file with any of the settings below, under the names of their fields.", "none"
        ),
        *plain,
        Explained(
            f"{prefix}__<ID>__HOSTS__<HOST>", "Another base URL for a host of a brokerage.", "its card's"
        ),
        Explained(f"{prefix}__<ID>__OPEN", "Open or close its doors.", "as its card says"),
        Explained(f"{prefix}__<ID>__OPERATOR__<FIELD>", "A field that is the same for all users.", "none"),
        Explained(f"{prefix}__<ID>__REDIRECT_URI", "Where it sends people back to.", "none"),
        Explained(
            f"{prefix}__<ID>__LIMITED", "Whether its limits are kept to; off at a sandbox only.", "true"
        ),
    )


def _shown(default: object) -> str:
    match default:
        case None:
            return "none"
        case bool():
            return str(default).lower()
        case tuple():
            return ",".join(map(str, default))
        case Path():
            return str(default)
    return str(default)
