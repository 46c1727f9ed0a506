"""The port `Notices`, for brokerages whose cards say how their notices are proved: keys are kept, and looked
up anew when a notice names one that is not known.

Whoever can reach us can name any key: so only few look-ups are made, and a name that the brokerage did not
know is not asked for again for a while.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.kit.card import Card, SignedNotices
from adapters.kit.catalogue import Configured
from adapters.kit.door import system_clock
from adapters.kit.http import Wire
from adapters.kit.replies import failure_of
from adapters.kit.wire import Response
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnknown,
    CapabilityUnsupported,
    Failure,
    NobodyYet,
    OperatorSettingMissing,
)
from domain.ports.notices import Forged, Notice

KEPT = timedelta(hours=6)  # a key that is withdrawn is believed no longer
REFUSED = timedelta(minutes=5)
MOST_KEYS = 200
LOOK_UPS, WINDOW = 20, timedelta(minutes=1)


@dataclass(slots=True)
class ProvedNotices:
    names: tuple[str, ...]
    load: Callable[[str], Card]
    wire: Wire
    configured: Callable[[str], Configured] = lambda _: Configured()
    clock: Callable[[], datetime] = system_clock
    _keys: OrderedDict[tuple[str, str], tuple[datetime, Any]] = field(default_factory=OrderedDict)
    _asked: list[datetime] = field(default_factory=list)

    async def read(self, brokerage_id: str, headers: Mapping[str, str], body: bytes) -> Notice:
        if brokerage_id not in self.names:
            raise BrokerageUnknown
        card = self.load(brokerage_id)
        door = next((one for one in card.doors if one.notices is not None), None)
        if door is None or door.notices is None:
            raise CapabilityUnsupported(f"{card.title} sends no notices.")
        told = self.configured(brokerage_id)
        if not all(told.operator.get(name) for name in door.notices.needs):
            raise CapabilityUnsupported(f"The operator has no keys to prove notices of {card.title} with.")
        key = await self._key(card, door.notices, {**door.hosts, **told.hosts}, told, headers)
        now = self.clock()
        door.notices.check(headers, body, key, now)
        return door.notices.read(body, now)

    async def _key(
        self,
        card: Card,
        notices: SignedNotices,
        hosts: dict[str, str],
        told: Configured,
        headers: Mapping[str, str],
    ) -> Any:
        place, now = (card.id, notices.key_name(headers)), self.clock()
        until, key = self._keys.get(place, (now, None))
        if now >= until:
            self._count(now)
            response = await self.wire.send(notices.ask_key(place[1], told.operator), hosts)
            key = self._taken(notices, response, now)
            self._keys[place] = (now + (REFUSED if key is None else KEPT), key)
            self._keys.move_to_end(place)
            while len(self._keys) > MOST_KEYS:
                # Names that were made up give way first: they must not push out the key that is in use.
                made_up = (named for named, (_, found) in self._keys.items() if found is None)
                del self._keys[next(made_up, next(iter(self._keys)))]
        if key is None:
            raise Forged
        return key

    @staticmethod
    def _taken(notices: SignedNotices, response: Response, now: datetime) -> Any:
        """The key; None for a name that the brokerage does not know. An outage, and keys of the operator's
        that are not taken, say nothing about the notice: it may come again."""
        down = failure_of(response, now)
        if isinstance(down, NobodyYet):
            raise down
        try:
            return notices.take_key(response)
        except (NobodyYet, OperatorSettingMissing):
            raise
        except Failure:
            return None

    def _count(self, now: datetime) -> None:
        self._asked = [at for at in self._asked if now - at < WINDOW]
        if len(self._asked) >= LOOK_UPS:
            raise BrokerageRateLimited("Too many keys of notices are looked up.", retry_after=WINDOW)
        self._asked.append(now)
