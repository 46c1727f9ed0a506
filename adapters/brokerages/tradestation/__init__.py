"""TradeStation, written down: WebAPI v3 over OAuth 2.0."""

from adapters.brokerages.tradestation import history, parse, reads, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read, Reference, Renewal
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
    id="oauth",
    title="WebAPI v3 over OAuth 2.0",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "client_id", "API key", "Given by TradeStation's Client Experience; one for all users of an app.",
            secret=False, operator=True, pattern=r"[\x21-\x7e]{8,128}",
        ),
        CredentialField(
            "client_secret", "Secret", "Given with it. Keys registered as public have none.",
            required=False, operator=True, pattern=r"[\x21-\x7e]{8,256}",
        ),
        CredentialField(
            "callback_url", "Callback address", "One that is registered for the key, if Connect names none.",
            secret=False, required=False, operator=True, pattern=r"https?://[\x21-\x7e]{1,500}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE, "Futures accounts: cash in each currency."),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Names are looked up; ETFs are told as stocks."),
        Capability(
            Dataset.TRANSACTIONS,
            Support.DERIVED,
            "Trades only, built from orders: dividends, interest, deposits, transfers and fees outside of"
            " orders are not told at all.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="Browser, with TradeStation's own login and consent, once; keys with rotating tokens: every day.",
    access="Customers with a funded account ask for a key by mail, and name the addresses to come back to;"
    " an app for other people's accounts needs an agreement.",
    history_days=90,
    limits="250 requests in 5 minutes for each user and kind of read.",
    terms="Telling TradeStation to revoke a token ends those of all users of the key: we never do.",
)  # fmt: skip

_READ = Rate(250, 300, Counted.CREDENTIAL)

OAUTH = Door(
    facts=FACTS,
    hosts={"api": "https://api.tradestation.com", "signin": "https://signin.tradestation.com"},
    sign_in=signin.CONVERSATION,
    authorise=signin.LOGIN.authorise,
    accounts=Read(
        "accounts",
        lambda call: get("/v3/brokerage/accounts", group="accounts"),
        reads.take_accounts,
        parse.account,
    ),
    balances=(Read("balances", reads.ask_of_account("balances"), reads.take_balances, parse.balances),),
    positions=(
        Read(
            "positions",
            reads.ask_of_account("positions"),
            reads.take_positions,
            parse.position,
            parse.needs_symbol,
        ),
    ),
    transactions=(
        Read(
            "orders",
            history.ask,
            history.take,
            parse.order,
            empty_statuses=frozenset({400}),  # `take` says when it means a token that has died
            # An order that leaves the 90 days is no withdrawal of what it did.
            removes=False,
        ),
    ),
    references=(Reference("symbol", reads.ask_symbols, reads.take_symbols, batch=50, required=False),),
    renewal=Renewal(signin.LOGIN.ask_renewal, signin.take_renewal),
    explain=reads.explain,
    rates={
        "default": Rate(30, 60, Counted.CREDENTIAL),  # what is told of market data
        "accounts": _READ,
        "balances": _READ,
        "positions": _READ,
        "orders": _READ,
        "auth": Rate(60),
    },
    headers=(("Accept", "application/json"),),
)

CARD = Card(
    id="tradestation",
    title="TradeStation",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.tradestation.com",
    doors=(OAUTH,),
)
