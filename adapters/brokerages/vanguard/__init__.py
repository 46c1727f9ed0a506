"""Vanguard, written down: no API for private customers; Plaid is the live way in, files are the other."""

from adapters import plaid
from adapters.brokerages.vanguard import csv
from adapters.brokerages.vanguard.facts import CASH_FUNDS
from adapters.files import ofx
from adapters.kit.card import Card
from domain.brokerages import BrokerageStatus

ACCESS = (
    "An operator with Plaid's production approval for Investments. Vanguard blocks refreshes for hours at a"
    " time: figures are stale then, and stay."
)

PLAID = plaid.door(institution="Vanguard", access=ACCESS, feed="plaid_transactions")

OFX = ofx.format(
    brokerage="vanguard",
    own=("vanguard.com",),
    cash_funds=CASH_FUNDS,
    title="QFX or OFX file",
    access="Any owner of an account: vanguard.com, Download Center, for Quicken.",
)

CARD = Card(
    id="vanguard",
    title="Vanguard",
    status=BrokerageStatus.AGGREGATED,
    homepage="https://investor.vanguard.com",
    doors=(PLAID,),
    files=(OFX, csv.FORMAT),
)
