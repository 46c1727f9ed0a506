"""Vanguard, written down: no API of its own for private customers; Plaid is the live way in."""

from adapters import plaid
from adapters.kit.card import Card
from domain.brokerages import BrokerageStatus

ACCESS = (
    "An operator with Plaid's production approval for Investments. Vanguard blocks refreshes for hours at a"
    " time: figures are stale then, and stay."
)

PLAID = plaid.door(institution="Vanguard", access=ACCESS, feed="plaid_transactions")

CARD = Card(
    id="vanguard",
    title="Vanguard",
    status=BrokerageStatus.AGGREGATED,
    homepage="https://investor.vanguard.com",
    doors=(PLAID,),
)
