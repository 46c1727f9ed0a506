"""Moomoo (Futu), written down: OpenD, a gateway program that each user runs, over TCP."""

from datetime import timedelta

from adapters.brokerages.moomoo import parse, reads, signin
from adapters.brokerages.moomoo.speech import told_failure
from adapters.kit.card import Card, Counted, Door, Rate, Read, Reference
from adapters.kit.signin import Conversation
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)

FACTS = DoorFacts(
    id="opend",
    title="OpenD gateway",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "address",
            "Address of OpenD",
            "host:port of the OpenD that the user runs; without, the one that the operator runs.",
            secret=False,
            required=False,
            pattern=r"(tcp://)?[A-Za-z0-9.\[\]:-]{3,200}",
        ),
        CredentialField(
            "rsa_key",
            "RSA key",
            "The private key file (PEM, 1024 bits) that OpenD was given; it asks for one unless it listens on"
            " its own machine only.",
            required=False,
            pattern=r"[\x20-\x7e\r\n]{100,4096}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "Of securities, futures and coins; no paper accounts."),
        Capability(Dataset.BALANCES, Support.NATIVE, "Cash in each currency."),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Funds, futures and coins as well."),
        Capability(
            Dataset.TRANSACTIONS,
            Support.NATIVE,
            "Fills with their share of an order's fee, and cash flow; no transfers in kind, no splits.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="The user signs in to OpenD, a program of moomoo's that they run; we connect to it.",
    access="Any customer, after the questionnaire and agreements of the API; free. OpenD must keep running.",
    history_days=365,
    limits="10 calls in 30 seconds for each account and kind of history, 20 for cash flow. Each day of cash"
    " is a call, so it goes back one year, fills five.",
    terms="Reading needs no trade password; do not give one. Whoever reaches OpenD's socket may read.",
    minimum_interval=timedelta(minutes=5),
)

_HISTORY = Rate(10, 30, Counted.CREDENTIAL)

OPEND = Door(
    facts=FACTS,
    hosts={"api": "tcp://127.0.0.1:11111"},
    sign_in=Conversation(signin.begin, signin.hear, (signin.Knocking,)),
    authorise=signin.authorise,
    accounts=Read(
        "accounts", reads.ask_accounts, reads.take_accounts, parse.account, parse.needed_by_account
    ),
    balances=(Read("funds", reads.ask_funds, reads.whole("funds"), parse.balances),),
    positions=(Read("positions", reads.ask_positions, reads.listed("positionList"), parse.position),),
    transactions=(
        Read("fills", reads.ask_fills, reads.take_fills, parse.fill, parse.needed_by_fill),
        Read("cash", reads.ask_cash, reads.take_cash, parse.day_of_cash, parse.needed_by_day),
    ),
    references=(
        Reference("futures", reads.ask_list, reads.take_list, batch=1, lasting=False),
        Reference("coins", reads.ask_list, reads.take_list, batch=1, lasting=False, required=False),
        Reference("order", reads.ask_orders, reads.take_orders, batch=100, lasting=False),
        Reference("fee", reads.ask_fees, reads.take_fees, batch=400, lasting=False),
        Reference("flows", reads.ask_flows, reads.take_flows, batch=1, lasting=False),
    ),
    explain=told_failure,
    # Everybody who connects sees the accounts behind an OpenD on this machine: for one user only, unless the
    # operator lists where users run theirs.
    open=False,
    rates={
        # What OpenD answers from its own memory.
        "default": Rate(60, 30, Counted.CREDENTIAL),
        "auth": Rate(30, 30, Counted.CREDENTIAL),
        "fills": _HISTORY,
        "orders": _HISTORY,
        "fees": _HISTORY,
        "flows": Rate(20, 30, Counted.CREDENTIAL),
    },
)

CARD = Card(
    id="moomoo",
    title="Moomoo",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.moomoo.com",
    doors=(OPEND,),
)
