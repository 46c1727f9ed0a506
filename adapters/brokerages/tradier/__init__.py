"""Tradier, written down: Brokerage API v1 with a bearer token, the person's own or an app's."""

from dataclasses import replace

from adapters.brokerages.tradier import parse, reads, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read, Reference, Renewal
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)

TOKEN_FACTS = DoorFacts(
    id="token",
    title="Brokerage API with a personal token",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "token",
            "API access token",
            "From the dashboard: Settings, API Access.",
            pattern=r"[\x21-\x7e]{8,512}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Prices and kinds are looked up: quotes."),
        Capability(
            Dataset.TRANSACTIONS,
            Support.NATIVE,
            "Filled every night, without ids and times; only trades name what was traded.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="A token that does not expire, checked by reading the profile once.",
    access="Any customer copies one token in the dashboard; making a new one ends the old one.",
    limits="120 requests a minute for each token, and 120 for quotes.",
)
OAUTH_FACTS = replace(
    TOKEN_FACTS,
    id="oauth",
    title="Brokerage API over OAuth 2.0",
    fields=(
        CredentialField(
            "client_id", "Client id", "Of the partner's app; the same for all users of it.",
            secret=False, operator=True, pattern=r"[\x21-\x7e]{4,128}",
        ),
        CredentialField(
            "client_secret", "Client secret", "Given with it.", operator=True, pattern=r"[\x21-\x7e]{4,256}"
        ),
    ),
    sign_in="Browser, with Tradier's own login and consent; again every day, unless Tradier granted renewal.",
    access="Partners whose app Tradier has registered, with one fixed callback address.",
)  # fmt: skip

TOKEN = Door(
    facts=TOKEN_FACTS,
    hosts={"api": "https://api.tradier.com"},
    sign_in=signin.TRIAL.conversation,
    authorise=signin.authorise,
    accounts=Read("profile", reads.ask_profile, reads.take_accounts, parse.account),
    balances=(Read("balances", reads.ask_balances, reads.take_balances, parse.balance),),
    positions=(
        Read("positions", reads.ask_positions, reads.take_positions, parse.position, parse.needs_quote),
    ),
    transactions=(Read("history", reads.ask_history, reads.take_history, parse.event),),
    references=(Reference("quote", reads.ask_quotes, reads.take_quotes, batch=100, lasting=False),),
    explain=reads.explain,
    rates={
        "default": Rate(120, counted=Counted.CREDENTIAL),
        "market": Rate(120, counted=Counted.CREDENTIAL),
        "auth": Rate(60),
    },
    headers=(("Accept", "application/json"),),  # without it the answer is XML
)
# The rows are the same, and so are their feed's: a row has no id, and is known by what it tells.
OAUTH = replace(
    TOKEN,
    facts=OAUTH_FACTS,
    sign_in=signin.LOGIN.conversation,
    renewal=Renewal(signin.LOGIN.ask_renewal, signin.LOGIN.take_renewal),
)

CARD = Card(
    id="tradier",
    title="Tradier",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://tradier.com",
    doors=(TOKEN, OAUTH),
)
