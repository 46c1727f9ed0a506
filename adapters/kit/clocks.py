"""The clock of a brokerage against ours. It matters where requests are signed with the time."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.kit.replies import told_at
from adapters.kit.wire import Response

log = logging.getLogger("brokerlink.clocks")
# The strictest brokerage allows ten seconds (Ally). A Date has whole seconds, and the answer was on its way.
NOTICED = timedelta(seconds=5)
# Whoever is further off has no clock, and a time beyond any calendar must not be counted on.
BELIEVED = timedelta(days=1)


@dataclass(slots=True)
class Clocks:
    """How far a door's brokerage is ahead of us. Only a refusal is believed: it comes from the brokerage
    itself, while an answer that a cache has kept tells the time of another day."""

    door: str
    ahead: timedelta = timedelta(0)

    def learn(self, response: Response, now: datetime) -> bool:
        """Take in the time that a refusal tells. True: what was signed was signed with a wrong time."""
        told = told_at(response) if 400 <= response.status < 500 and response.status != 429 else None
        if told is None or abs(told - now) > BELIEVED or abs(told - now - self.ahead) <= NOTICED:
            return False
        self.ahead = told - now
        log.warning(
            "the clocks differ", extra={"door": self.door, "seconds": round(self.ahead.total_seconds())}
        )
        return True
