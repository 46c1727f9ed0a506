"""How a brokerage's sandbox is found by its id and given a truth to play."""

import importlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Protocol, cast

from adapters.sandbox.generate import build
from adapters.sandbox.life import NEW_YORK
from adapters.sandbox.play import PERSONAS, Play, Sandbox
from adapters.sandbox.profile import Profile


class _Module(Protocol):
    """What `adapters/brokerages/<id>/sandbox.py` must have."""

    PROFILE: Profile
    sandbox: Callable[[Play], Sandbox]


def create(
    id: str,  # noqa: A002  the catalogue calls it so
    seed: int = 7,
    persona: str = "plain",
    today: date | None = None,
    marker: str = "",
    *,
    interactive: bool = False,
    rows: int | None = None,
) -> Sandbox:
    """A sandbox of the brokerage, for one seeded customer. Raises LookupError for unknown words.

    `today` is for tests; without it the truth ends on the last weekday before today in New York.
    """
    if persona not in PERSONAS:
        raise LookupError(f"there is no persona {persona!r}; there are {', '.join(PERSONAS)}")
    if not id.isidentifier():
        raise LookupError(f"{id!r} is no brokerage")
    name = f"adapters.brokerages.{id}.sandbox"
    try:
        # The import system cannot say what a module holds; the Protocol says what it must.
        module = cast("_Module", importlib.import_module(name))
    except ModuleNotFoundError as missing:
        if missing.name is None or not name.startswith(missing.name):
            raise
        raise LookupError(f"{id} has no sandbox") from None
    return play_of(
        module.PROFILE, module.sandbox, seed, persona, today, marker, interactive=interactive, rows=rows
    )


def play_of(
    profile: Profile,
    sandbox: Callable[[Play], Sandbox],
    seed: int = 7,
    persona: str = "plain",
    today: date | None = None,
    marker: str = "",
    *,
    interactive: bool = False,
    rows: int | None = None,
) -> Sandbox:
    """The same for a sandbox that is already at hand."""
    day = today or datetime.now(UTC).astimezone(NEW_YORK).date()
    truth = build(seed, profile, day, persona, marker, rows)
    return sandbox(Play(truth, profile, persona, marker, interactive=interactive))
