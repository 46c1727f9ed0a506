"""Read the catalogue: which brokerages there are, and which of their doors are open."""

from dataclasses import dataclass

from domain.brokerages import BrokerageFacts
from domain.ports.brokerage import Brokerages


@dataclass(frozen=True, slots=True)
class BrokerageView:
    """A brokerage, and why each closed door of it is closed: door id -> one sentence."""

    facts: BrokerageFacts
    closed: dict[str, str]


@dataclass(frozen=True, slots=True)
class ListBrokerages:
    brokerages: Brokerages

    def __call__(self, after: str, limit: int) -> list[BrokerageView]:
        """By id, those after the id `after`."""
        known = sorted(self.brokerages.all(), key=lambda facts: facts.id)
        return [view(self.brokerages, facts) for facts in known if facts.id > after][:limit]


@dataclass(frozen=True, slots=True)
class GetBrokerage:
    brokerages: Brokerages

    def __call__(self, brokerage_id: str) -> BrokerageView:
        """Raises BrokerageUnknown."""
        return view(self.brokerages, self.brokerages.facts(brokerage_id))


def view(brokerages: Brokerages, facts: BrokerageFacts) -> BrokerageView:
    reasons = {door.id: brokerages.closed(facts.id, door.id) for door in facts.doors}
    return BrokerageView(facts, {door: reason for door, reason in reasons.items() if reason is not None})
