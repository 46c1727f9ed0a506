"""What must hold before a server starts, beyond the settings themselves: keys, brokerages, packages.

keys = ready(settings)      # or SettingsInvalid, with all problems at once
"""

import difflib
import re
from collections.abc import Collection
from importlib.metadata import packages_distributions

from adapters.aesgcm.keyring import KeyInvalid, KeyRing
from brokerlink.settings.model import BrokerageSettings, Settings
from brokerlink.settings.problems import Problem, SettingsInvalid, variable

OURS = "brokerlink"
PACKAGES = ("domain", "adapters")


def ready(settings: Settings) -> KeyRing:
    """The keys to start with. Raises SettingsInvalid with all that keeps a server from starting."""
    keys, found = keys_of(settings)
    found = [*settings.problems(), *found, *brokerages(settings), *packages()]
    if keys is None or found:
        raise SettingsInvalid(found)
    return keys


def keys_of(settings: Settings) -> tuple[KeyRing | None, list[Problem]]:
    """The key ring; or none, with what is wrong with the keys that are given."""
    name = variable("encryption_key" if settings.encryption_key is not None else "encryption_key_file")
    try:
        if settings.encryption_key is not None:
            return KeyRing.parse(settings.encryption_key.get_secret_value(), source=name), []
        if settings.encryption_key_file is not None:
            source = f"the key file of {name}"
            return KeyRing.read(settings.encryption_key_file, source=source), []
    except KeyInvalid as error:
        return None, [Problem(name, str(error), f"Correct {name}.")]
    return None, []  # that none is given is a problem of the settings


def brokerages(settings: Settings) -> list[Problem]:
    """Settings of brokerages, hosts and fields that no card knows, and doors that are half configured."""
    if not settings.brokerages:
        return []
    from adapters.brokerages import NAMES  # noqa: PLC0415 - cards are loaded only where one is configured

    found: list[Problem] = []
    for brokerage_id, given in sorted(settings.brokerages.items()):
        name = variable("brokerages", brokerage_id)
        if brokerage_id in NAMES:
            found += _against_card(name, brokerage_id, given)
        else:
            sentence = f"{name} is set, but there is no such brokerage."
            found.append(Problem(name, sentence, _one_of(brokerage_id, NAMES)))
    return found


def _against_card(name: str, brokerage_id: str, given: BrokerageSettings) -> list[Problem]:
    from adapters.brokerages import card  # noqa: PLC0415 - the same

    doors = card(brokerage_id).doors
    hosts = {host for door in doors for host in door.hosts}
    fields = {field.key for door in doors for field in door.facts.fields if field.operator}
    found = [
        *_unknown(f"{name}__HOSTS", given.hosts, hosts),
        *_unknown(f"{name}__OPERATOR", given.operator, fields),
    ]
    for door in doors:
        needed = {field.key for field in door.facts.fields if field.operator and field.required}
        missing = sorted(needed - given.operator.keys())
        if missing and needed & given.operator.keys():
            variables = " and ".join(variable("brokerages", brokerage_id, "operator", key) for key in missing)
            sentence = f"{name}__OPERATOR is half set: {variables} is missing."
            found.append(Problem(f"{name}__OPERATOR", sentence, "Set all fields of a door, or none."))
    return found


def _unknown(prefix: str, given: Collection[str], known: set[str]) -> list[Problem]:
    return [
        Problem(
            setting := f"{prefix}__{key.upper() if re.fullmatch(r'[A-Za-z0-9_]{1,40}', key) else '?'}",
            f"{setting} is set, but this brokerage knows nothing of that name.",
            _one_of(key, sorted(known)),
        )
        for key in sorted(given)
        if key not in known
    ]


def _one_of(word: str, known: tuple[str, ...] | list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There are: {', '.join(known)}." if known else "There are none."


def packages() -> list[Problem]:
    """Our import packages have ordinary names; another distribution with one of them would replace ours."""
    owners = packages_distributions()
    return [
        Problem(
            package,
            f"The Python package {package} belongs to {', '.join(others)} as well.",
            "Install brokerlink into an environment of its own.",
        )
        for package in PACKAGES
        if (others := sorted({owner for owner in owners.get(package, []) if owner.lower() != OURS}))
    ]
