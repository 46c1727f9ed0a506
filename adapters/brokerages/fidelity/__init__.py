"""Fidelity, written down: no API for private customers; FDX through Akoya or Plaid, or files."""

from adapters import fdx, plaid
from adapters.brokerages.fidelity import csv
from adapters.brokerages.fidelity.csv_words import CORE
from adapters.files import ofx
from adapters.kit.card import Card
from domain.brokerages import BrokerageStatus

FDX_ACCESS = (
    "A company with Akoya's data recipient contract and a subscription to Fidelity; a person alone cannot."
    " Fidelity's provider id is shown in Akoya's hub."
)
PLAID_ACCESS = (
    "An operator with Plaid's production approval for Investments, and for Fidelity, which is granted apart."
)

FDX = fdx.door(fdx.AKOYA, brokerage="Fidelity", access=FDX_ACCESS, history_days=730)
PLAID = plaid.door(institution="Fidelity", access=PLAID_ACCESS, feed="plaid_transactions")

OFX = ofx.format(
    brokerage="fidelity",
    own=("fidelity.com",),
    cash_funds=CORE,
    title="OFX or QFX file of the past",
    access="Who has kept one: the web site gives none since 2022.",
)

CARD = Card(
    id="fidelity",
    title="Fidelity",
    status=BrokerageStatus.AGGREGATED,
    homepage="https://www.fidelity.com",
    doors=(FDX, PLAID),
    files=(csv.FORMAT, OFX),
)
