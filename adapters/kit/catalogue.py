"""The port `Brokerages`: the catalogue of cards, and their doors opened as the operator configured them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Card, Door
from adapters.kit.door import CardDoor, system_clock
from adapters.kit.http import Wire
from domain.brokerages import BrokerageFacts, BrokerageStatus
from domain.budgets import Turn
from domain.errors import BrokerageRetired, BrokerageUnknown, CapabilityUnsupported, DoorClosed, FieldInvalid
from domain.ports.budgets import Budgets


@dataclass(frozen=True, slots=True)
class Configured:
    """What the operator set for one brokerage. `hosts` replaces base URLs by their name. `open` opens
    (or closes) doors that the card does not say otherwise about. `operator` completes credentials,
    `redirect_uri` is where people come back to if the caller names no other address. `limited` off: a
    sandbox, which has no limits to keep to."""

    hosts: Mapping[str, str] = field(default_factory=dict)
    open: bool | None = None
    operator: Mapping[str, str] = field(default_factory=dict, repr=False)
    redirect_uri: str = ""
    limited: bool = True


@dataclass(slots=True)
class Catalogue:
    names: tuple[str, ...]
    load: Callable[[str], Card]
    wire: Wire
    configured: Callable[[str], Configured] = lambda _: Configured()
    clock: Callable[[], Any] = system_clock
    breaks: bool = True
    limited: bool = True
    budgets: Budgets | None = None
    _doors: dict[tuple[str, str], CardDoor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.budgets is None:
            self.budgets = InProcessBudgets(self.clock)

    def all(self) -> tuple[BrokerageFacts, ...]:
        return tuple(self.load(name).facts for name in self.names)

    def facts(self, brokerage_id: str) -> BrokerageFacts:
        return self._card(brokerage_id).facts

    def closed(self, brokerage_id: str, door_id: str) -> str | None:
        card = self._card(brokerage_id)
        if any(way.facts.id == door_id for way in card.files):
            return None  # a file is read wherever it comes from
        door = self._find(card, door_id)
        opened = self.configured(brokerage_id).open
        if door.open if opened is None else opened:
            return None
        if opened is False:
            return "The operator has closed this door."
        return "This door stays closed until the operator opens it in the configuration."

    def door(self, brokerage_id: str, door_id: str | None = None, turn: Turn = Turn.PERSON) -> CardDoor:
        card = self._card(brokerage_id)
        if card.status is BrokerageStatus.RETIRED:
            raise BrokerageRetired(
                f"{card.title} does not exist any more; its successor is {card.successor}.", card.successor
            )
        if door_id is None:
            opened = [d for d in card.doors if self.closed(brokerage_id, d.facts.id) is None]
            if not card.doors:
                raise CapabilityUnsupported(f"{card.title} cannot be connected: import its statements.")
            if not opened:
                raise DoorClosed(self.closed(brokerage_id, card.doors[0].facts.id) or "")
            door = opened[0]
        else:
            door = self._find(card, door_id)
            why = self.closed(brokerage_id, door_id)
            if why is not None:
                raise DoorClosed(why)
        return self._opened(card, door).for_turn(turn)

    def _opened(self, card: Card, door: Door) -> CardDoor:
        name = (card.id, door.facts.id)
        if name not in self._doors:
            configured = self.configured(card.id)
            self._doors[name] = CardDoor(
                card,
                door,
                self.wire,
                hosts=dict(configured.hosts),
                operator=dict(configured.operator),
                redirect_uri=configured.redirect_uri,
                clock=self.clock,
                budgets=self.budgets,
                breaks=self.breaks,
                limited=self.limited and configured.limited,
            )
        return self._doors[name]

    def _card(self, brokerage_id: str) -> Card:
        if brokerage_id not in self.names:
            raise BrokerageUnknown
        return self.load(brokerage_id)

    def _find(self, card: Card, door_id: str) -> Door:
        for door in card.doors:
            if door.facts.id == door_id:
                return door
        if any(way.facts.id == door_id for way in card.files):
            raise CapabilityUnsupported("This way in is a file: import a statement instead of connecting.")
        raise FieldInvalid("door_id", f"{card.title} has no such door.")
