"""Charles Schwab, written down: Trader API v1 over OAuth 2.0."""

from datetime import timedelta

from adapters.brokerages.schwab import csv, parse, reads, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read, Reference, Renewal
from adapters.kit.paging import OnePage
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
    title="Trader API over OAuth 2.0",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "app_key", "App key", "Of the app at developer.schwab.com; the same for all users of it.",
            secret=False, operator=True, pattern=r"[\x21-\x7e]{8,128}",
        ),
        CredentialField(
            "app_secret", "App secret", "Shown beside it.", operator=True, pattern=r"[\x21-\x7e]{8,256}",
        ),
        CredentialField(
            "callback_url", "Callback address", "The app's registered address, if Connect names none.",
            secret=False, required=False, operator=True, pattern=r"https://[\x21-\x7e]{1,500}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "Those that the user ticks while signing in."),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Prices are derived: market value by quantity."),
        Capability(Dataset.TRANSACTIONS, Support.NATIVE, "Companies of dividends are looked up by name."),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="Browser, with Schwab's own login and consent; again every 7 days, nothing can renew it longer.",
    access="An approved app (Individual or Commercial) with both API products and an https callback.",
    history_days=730,  # is known to work; ten years are asked for
    limits="120 requests a minute for each app.",
)  # fmt: skip

OAUTH = Door(
    facts=FACTS,
    hosts={"api": "https://api.schwabapi.com"},
    sign_in=signin.CONVERSATION,
    authorise=signin.LOGIN.authorise,
    accounts=Read(
        "accounts",
        lambda call: get("/trader/v1/accounts/accountNumbers"),
        OnePage().rows,
        parse.account,
        needs=parse.account_needs,
    ),
    balances=(Read("balance", reads.ask_account(), reads.take_account, parse.balance),),
    positions=(Read("positions", reads.ask_account("positions"), reads.take_positions, parse.position),),
    transactions=(
        Read(
            "transactions",
            reads.ask_transactions,
            reads.take_transactions,
            parse.transaction,
            needs=parse.transaction_needs,
            empty_statuses=frozenset({400}),  # `take` says for which windows it means that
        ),
    ),
    references=(
        Reference(
            "account", lambda keys, call: get("/trader/v1/accounts"), reads.take_types, 500, lasting=False
        ),
        Reference(
            "preference",
            lambda keys, call: get("/trader/v1/userPreference"),
            reads.take_nicknames,
            batch=500,
            lasting=False,
            required=False,
        ),
        Reference("symbol", reads.ask_symbols, reads.take_symbols, batch=50, required=False),
        Reference("name", reads.ask_name, reads.take_name, batch=1, required=False),
    ),
    renewal=Renewal(signin.LOGIN.ask_renewal, signin.LOGIN.take_renewal, ahead=timedelta(minutes=2)),
    explain=reads.explain,
    rates={"default": Rate(120, counted=Counted.APP), "auth": Rate(60)},
    headers=(("Accept", "application/json"),),
)

CARD = Card(
    id="schwab",
    title="Charles Schwab",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.schwab.com",
    doors=(OAUTH,),
    files=(csv.FORMAT,),
)
