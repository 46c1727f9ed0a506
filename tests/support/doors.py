"""Every door that one signs in through, of every brokerage: what promises are kept by."""

from adapters.brokerages import NAMES, card
from adapters.kit.card import Card, Door

CONNECTABLE = tuple(name for name in NAMES if card(name).doors)
# The first door of each by the brokerage's name alone, the others with their own behind it.
DOORS = tuple(
    name if n == 0 else f"{name}/{door.facts.id}"
    for name in CONNECTABLE
    for n, door in enumerate(card(name).doors)
)
# Without an address to come back to, its page shows a code to type in.
SHOWS_CODES = frozenset({"etrade"})


def found(door: str) -> tuple[Card, Door]:
    """The card and the door of one of DOORS."""
    name, _, identifier = door.partition("/")
    told = card(name)
    return told, next((d for d in told.doors if d.facts.id == identifier), told.doors[0])


def given(door: str, known: dict[str, str]) -> dict[str, str]:
    """Of what a sandbox says that a client needs: the credential fields of this door."""
    declared = {field.key for field in found(door)[1].facts.fields}
    return {key: value for key, value in known.items() if key in declared}


def redirect(door: str, known: dict[str, str]) -> str:
    """Where a person comes back to after the brokerage's page."""
    return "" if door in SHOWS_CODES else known.get("callback_url", "")
