"""The credentials a door asks for: given as options, read from a file, or asked for, hidden if secret."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from brokerlink.cli.errors import Refused
from brokerlink.v1 import brokerages_pb2 as pb

LARGEST_FILE = 1024 * 1024

# Asks a person for one field. `optional` ones may stay empty.
AskField = Callable[[pb.CredentialField], str]


@dataclass(frozen=True, slots=True)
class Given:
    """What was given beforehand. `options` were typed on the command line, `file` came from a file."""

    options: dict[str, str] = field(default_factory=dict, repr=False)
    file: dict[str, str] = field(default_factory=dict, repr=False)

    def value(self, key: str) -> str | None:
        return self.options.get(key) or self.file.get(key)


def parse_options(words: Iterable[str]) -> dict[str, str]:
    """key=value, as given to --field. The value is never repeated in what we say."""
    found: dict[str, str] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise Refused("--field takes key=value.", hint="The keys: brokerlink brokerages BROKERAGE.")
        found[key.strip()] = value
    return found


def read_file(path: Path, brokerage_id: str) -> dict[str, str]:
    """A JSON file: {"key": "value"}, or {"brokerage": {"key": "value"}} as the sandbox writes it."""
    try:
        text = path.read_bytes()[: LARGEST_FILE + 1]
        told = json.loads(text) if len(text) <= LARGEST_FILE else None
    except (OSError, ValueError, RecursionError):
        # The error's own text would show what is in the file.
        raise Refused(f"The fields file {path} cannot be read as JSON.") from None
    if isinstance(told, dict) and isinstance(told.get(brokerage_id), dict):
        told = told[brokerage_id]
    if not isinstance(told, dict):
        raise Refused(f"The fields file {path} holds no object with fields for {brokerage_id}.")
    return {str(key): value for key, value in told.items() if isinstance(value, str)}


def choose_door(brokerage: pb.Brokerage, door_id: str) -> pb.Door:
    """The door that was named, else the first open one. Without an open one the server says why."""
    for door in brokerage.doors:
        if door.id == door_id or (not door_id and door.open):
            return door
    if door_id:
        names = ", ".join(door.id for door in brokerage.doors) or "none"
        raise Refused(f"{brokerage.title} has no door named so; it has: {names}.")
    return brokerage.doors[0] if brokerage.doors else pb.Door()


def complete(fields: Sequence[pb.CredentialField], given: Given, ask: AskField | None) -> dict[str, str]:
    """The credentials map. `ask` is None where nobody can be asked; then what is missing is refused."""
    unknown = set(given.options) - {one.key for one in fields}
    if unknown:
        known = ", ".join(one.key for one in fields) or "none"
        raise Refused(f"This door has no field {', '.join(sorted(unknown))}; its fields: {known}.")
    found: dict[str, str] = {}
    missing: list[str] = []
    for one in fields:
        value = given.value(one.key)
        if value is None and ask is not None and (one.required or one.operator):
            value = ask(one)
        if value:
            found[one.key] = value
        elif one.required and not one.operator:
            missing.append(one.key)
    if missing:
        raise Refused(
            f"Still needed: {', '.join(missing)}.",
            hint="Run it in a terminal to be asked, or give --fields-file FILE.",
            reason="FIELD_INVALID",
        )
    return found


def secrets_in_options(fields: Sequence[pb.CredentialField], given: Given) -> list[str]:
    """Keys of secrets that were typed on the command line, where others can read them."""
    return [one.key for one in fields if one.secret and one.key in given.options]
