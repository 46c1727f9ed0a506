"""Webull, written down: the official OpenAPI, with an application's key and secret."""

from datetime import timedelta

from adapters.brokerages.webull import history, pages, parse, reads, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read, Reference, Renewal
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
    id="openapi",
    title="OpenAPI with an app key",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "app_key",
            "App key",
            "From the application in Webull's developer portal, once it is approved.",
            secret=False,
            pattern=r"[\x21-\x7e]{8,128}",
        ),
        CredentialField(
            "app_secret", "App secret", "Issued with the app key.", pattern=r"[\x21-\x7e]{8,256}"
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "One user may have several: margin, futures, crypto."),
        Capability(Dataset.BALANCES, Support.NATIVE, "Cash of each currency."),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Shares and ETFs are told by one word."),
        Capability(
            Dataset.TRANSACTIONS,
            Support.DERIVED,
            "A trade is a filled order, with its average price; its fees are told since July 2026. Cash and"
            " transfers in the US only; no splits, no exercises.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="App key and secret, then a confirmation in the Webull app within five minutes.",
    access="Any customer: apply for the API in the developer portal; reviewed in one to two business days.",
    history_days=pages.LOOK_BACK.days,
    limits="2 requests in 2 seconds for each app key; the fees of an order take one each.",
    terms="A token that is not used for 15 days is dead; then the user confirms again.",
    minimum_interval=timedelta(minutes=5),
)

OPENAPI = Door(
    facts=FACTS,
    hosts={"api": "https://api.webull.com"},
    sign_in=Conversation(signin.begin, signin.hear, signin.STATES),
    authorise=signin.authorise,
    accounts=Read("accounts", reads.ask_accounts, pages.take_list, parse.account, parse.account_needs),
    balances=(Read("balance", reads.ask_balance, reads.take_balance, parse.balance),),
    positions=(Read("positions", reads.ask_positions, pages.take_list, parse.position),),
    transactions=(
        # Orders are listed by when they were placed: one that is good till cancelled may wait for months.
        Read(
            "orders",
            reads.ask_orders,
            pages.take_page,
            history.order,
            history.order_needs,
            overlap_days=90,
            removes=False,
        ),
        Read("cash", reads.ask_activities, pages.take_page, history.activity),
        Read(
            "transfers",
            reads.ask_transfers,
            pages.take_page,
            history.transfer,
            history.transfer_needs,
            overlap_days=30,
            removes=False,
        ),
    ),
    references=(
        Reference("currency", reads.ask_currency, reads.take_currency, 1),
        # No source says that orders which were placed in the app have a detail: without, fees are unknown.
        Reference("order", reads.ask_order, reads.take_order, 1, required=False),
        Reference("transfer", reads.ask_transfer, reads.take_transfer, 1, lasting=False),
    ),
    renewal=Renewal(signin.ask_renewal, signin.take_renewal, timedelta(days=1)),
    explain=signin.explain,
    rates={
        "default": Rate(2, 2.0, Counted.CREDENTIAL),
        "auth": Rate(10, 30.0, Counted.CREDENTIAL),
    },
)

CARD = Card(
    id="webull",
    title="Webull",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.webull.com",
    doors=(OPENAPI,),
)
