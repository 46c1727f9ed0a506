"""SoFi Invest, written down: there is no API of its own; Plaid is the way in."""

from adapters import plaid
from adapters.kit.card import Card
from domain.brokerages import BrokerageStatus

ACCESS = (
    "An operator with Plaid's production approval for Investments; that Plaid reads investments at SoFi is"
    " unconfirmed, and asked of Plaid at each sign-in."
)

PLAID = plaid.door(institution="SoFi", access=ACCESS, feed="plaid_transactions")

CARD = Card(
    id="sofi",
    title="SoFi Invest",
    status=BrokerageStatus.AGGREGATED,
    homepage="https://www.sofi.com/invest",
    doors=(PLAID,),
)
