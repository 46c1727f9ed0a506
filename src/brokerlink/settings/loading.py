"""Loading the settings: all that is wrong with them at once, in plain sentences without values."""

import os
import re
from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_settings import SettingsError

from brokerlink.settings.model import Settings
from brokerlink.settings.problems import Problem, SettingsInvalid, malformed, misspelt, variable


def load(*, complete: bool = True, **given: object) -> Settings:
    """The settings, with what is `given` before all else. Raises SettingsInvalid with all problems.

    `complete` False is for tools that look at half-configured settings: only what is malformed is refused.
    """
    settings, found = _made(given)
    if complete:
        # What is malformed is set aside, so that the rest is looked at as well.
        rest = settings or _made(given | _defaults(problem.setting for problem in found))[0]
        found += misspelt(os.environ, Settings.model_fields)
        found += rest.problems() if rest is not None else []
    if settings is None or found:
        raise SettingsInvalid(found)
    return settings


def _defaults(variables: Iterable[str]) -> dict[str, object]:
    named = {variable(name): name for name in Settings.model_fields}
    fields = [named[name] for name in variables if name in named]
    return {name: Settings.model_fields[name].get_default() for name in fields}


def _made(given: dict[str, object]) -> tuple[Settings | None, list[Problem]]:
    """Problems are returned, not raised in a handler: an error's context would keep the refused values."""
    try:
        return Settings(**given), []  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        return None, malformed(error.errors(include_url=False, include_input=False))
    except SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = variable(found[1]) if found else "a setting"
        return None, [Problem(name, f"{name} is not the JSON that it should be.")]
    except SettingsInvalid as error:
        return None, list(error.problems)
