"""Alpaca, written down: Trading API v2 with a key pair."""

from adapters.brokerages.alpaca import parse, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read
from adapters.kit.paging import AfterLast, OnePage
from adapters.kit.wire import get
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)

_activities = AfterLast("page_token", item="id", size=100, size_parameter="page_size")

FACTS = DoorFacts(
    id="keys",
    title="Trading API with a key pair",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "key_id",
            "API key id",
            "From the dashboard, API Keys. Starts with PK (paper) or AK (live).",
            secret=False,
            pattern=r"[A-Za-z0-9_-]{8,128}",
        ),
        CredentialField(
            "secret_key", "API secret key", "Shown once, when the key is made.", pattern=r"[\x21-\x7e]{8,256}"
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "One key is one account."),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE),
        Capability(Dataset.TRANSACTIONS, Support.NATIVE, "Fees are daily rows of their own, not on trades."),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="A key pair, checked by reading the account once.",
    access="Any customer makes keys in the dashboard; paper accounts need an e-mail address only.",
    limits="200 requests a minute for each account.",
)

KEYS = Door(
    facts=FACTS,
    hosts={"api": "https://api.alpaca.markets", "paper": "https://paper-api.alpaca.markets"},
    sign_in=signin.TRIAL.conversation,
    authorise=signin.authorise,
    accounts=Read("account", lambda call: get("/v2/account"), OnePage().whole, parse.account),
    balances=(Read("balance", lambda call: get("/v2/account"), OnePage().whole, parse.balance),),
    positions=(Read("positions", lambda call: get("/v2/positions"), OnePage().rows, parse.position),),
    transactions=(Read("activities", parse.ask_activities, _activities.take, parse.activity),),
    explain=signin.explain,
    rates={"default": Rate(200, counted=Counted.CREDENTIAL), "auth": Rate(60, counted=Counted.CREDENTIAL)},
)

CARD = Card(
    id="alpaca",
    title="Alpaca",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://alpaca.markets",
    doors=(KEYS,),
)
