"""Merrill, written down: no API for private customers; FDX or Plaid with the bank's consent, or files."""

from adapters import fdx, plaid
from adapters.brokerages.merrill import csv
from adapters.files import ofx
from adapters.kit.card import Card
from domain.brokerages import BrokerageStatus

FDX_ACCESS = (
    "A company with Akoya's data recipient contract and a subscription to Bank of America. Whether Merrill's"
    " holdings come with every consent is unconfirmed."
)
DIRECT_ACCESS = (
    "An agreement with the bank itself: the operator opens this door and configures the bank's addresses."
)
PLAID_ACCESS = (
    "An operator with Plaid's production approval for Investments; that Plaid reads investments at Merrill is"
    " asked of Plaid at each sign-in."
)

FDX = fdx.door(fdx.AKOYA, brokerage="Bank of America", access=FDX_ACCESS, history_days=300)
# Nobody publishes where the bank's own server is.
DIRECT = fdx.door(
    fdx.V6,
    brokerage="Bank of America",
    access=DIRECT_ACCESS,
    id="direct",
    title="FDX 6 at the bank itself",
    feed="direct_transactions",
    hosts=("https://consent.invalid", "https://fdx.invalid"),
    scope=fdx.DIRECT_SCOPE,
    open=False,
)
PLAID = plaid.door(institution="Merrill", access=PLAID_ACCESS, feed="plaid_transactions")

OFX = ofx.format(
    brokerage="merrill",
    own=("www.mldirect.ml.com",),
    access="Who has one: whether the web site gives any is unconfirmed.",
)

CARD = Card(
    id="merrill",
    title="Merrill Edge",
    status=BrokerageStatus.AGGREGATED,
    homepage="https://www.merrilledge.com",
    doors=(FDX, PLAID, DIRECT),
    files=(csv.FORMAT, OFX),
)
