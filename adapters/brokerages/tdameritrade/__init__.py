"""TD Ameritrade, written down: it is no more. Its accounts are Schwab's since 10 May 2024."""

from adapters.kit.card import Card
from domain.brokerages import BrokerageStatus

# No doors: hosts that still answer would say 401 to everything, which looks like a login that has ended.
CARD = Card(
    id="tdameritrade",
    title="TD Ameritrade",
    status=BrokerageStatus.RETIRED,
    homepage="https://www.schwab.com",
    doors=(),
    successor="schwab",
)
