"""E*TRADE, written down: API v1 with OAuth 1.0a, a person once a day."""

from adapters.brokerages.etrade import pages, parse, signin
from adapters.kit.card import Card, Door, Rate, Read, Renewal
from adapters.kit.signin import Conversation
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

FACTS = DoorFacts(
    id="api",
    title="E*TRADE API v1",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "consumer_key",
            "Consumer key",
            "From developer.etrade.com; it arrives in the secure message box.",
            secret=False,
            operator=True,
            pattern=r"[\x21-\x7e]{8,128}",
        ),
        CredentialField(
            "consumer_secret",
            "Consumer secret",
            "Comes with the consumer key.",
            operator=True,
            pattern=r"[\x21-\x7e]{8,256}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE, "Settled cash is not told reliably, so not at all."),
        Capability(Dataset.POSITIONS, Support.NATIVE),
        Capability(
            Dataset.TRANSACTIONS, Support.NATIVE, "Two years. Fees of trades are worked out of the amount."
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="OAuth 1.0a: sign in at E*TRADE, type in a code; daily, for tokens die at midnight New York.",
    access="Any customer for the own accounts, after the API agreement; firms by agreement with E*TRADE.",
    history_days=730,
    limits="Not documented; we stay at two calls a second for each user, and all wait where one has to.",
)

_portfolio, _history = pages.Portfolio(), pages.History()

API = Door(
    facts=FACTS,
    hosts={
        "api": "https://api.etrade.com",
        # The tokens of E*TRADE's own sandbox (apisb) come from the production host as well.
        "oauth": "https://api.etrade.com",
        "authorize": "https://us.etrade.com",
    },
    sign_in=Conversation(
        signin.begin, signin.hear, (signin.Requesting, signin.Authorizing, signin.Exchanging)
    ),
    authorise=signin.authorise,
    accounts=Read("accounts", lambda call: get("/v1/accounts/list.json"), pages.take_accounts, parse.account),
    balances=(Read("balance", pages.ask_balance, pages.take_balance, parse.balance),),
    positions=(
        Read(
            "portfolio",
            _portfolio.ask,
            _portfolio.take,
            parse.position,
            empty_statuses=frozenset({204}),
            numbered=True,
        ),
    ),
    transactions=(
        Read("transactions", _history.ask, _history.take, parse.transaction, empty_statuses=frozenset({204})),
    ),
    renewal=Renewal(signin.ask_renewal, signin.take_renewal),
    revoke=signin.ask_revocation,
    explain=signin.explain,
    rates={"default": Rate(120), "auth": Rate(120)},
)

CARD = Card(
    id="etrade",
    title="E*TRADE",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://us.etrade.com",
    doors=(API,),
)
