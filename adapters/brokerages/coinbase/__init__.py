"""Coinbase, written down: v3 (wallets, portfolios, fills) and v2 (the ledger) together, with a CDP key."""

from adapters.brokerages.coinbase import history, ledger, parse, reads, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read, Reference
from adapters.kit.paging import OnePage
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
    id="key",
    title="Advanced Trade and Coinbase App APIs with a CDP key",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "key_name",
            "Key name or id",
            "`name` (organizations/…/apiKeys/…) or `id` in the file that was downloaded with the key.",
            secret=False,
            pattern=r"[A-Za-z0-9/_-]{8,256}",
        ),
        CredentialField(
            "private_key",
            "Private key",
            "`privateKey` in the same file: with its BEGIN and END lines (ECDSA), or one line (Ed25519).",
            pattern=r"[\t\r\n\x20-\x7e]{40,4000}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "A key is bound to one portfolio: that is the account."),
        Capability(Dataset.BALANCES, Support.NATIVE, "Cash of each currency; stablecoins are positions."),
        Capability(
            Dataset.POSITIONS,
            Support.NATIVE,
            "Without what v3 does not list (staked, or in a vault); perpetual futures are only counted.",
        ),
        Capability(
            Dataset.TRANSACTIONS,
            Support.NATIVE,
            "Order fills from v3, all else from v2, whose own rows of order fills are left out.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="A key pair, checked by reading its permissions once.",
    access="Any customer makes a key with the permission View in the CDP portal, for one portfolio.",
    limits="30 requests a second (v3), 10,000 an hour (v2), for each key.",
)

KEY = Door(
    facts=FACTS,
    hosts={"api": "https://api.coinbase.com"},
    sign_in=signin.TRIAL.conversation,
    authorise=signin.authorise,
    accounts=Read("portfolio", reads.ask_permissions, OnePage().whole, parse.account, parse.needs_portfolio),
    balances=(Read("cash", reads.ask_wallets, reads.take_wallets, parse.balance, parse.needs_total),),
    positions=(
        Read("coins", reads.ask_wallets, reads.take_wallets, parse.coin, parse.needs_price),
        Read("contracts", reads.ask_breakdown, OnePage(("breakdown",)).whole, parse.contracts),
    ),
    transactions=(
        Read("fills", reads.ask_fills, reads.take_fills, history.fill),
        # Of the walk's answers 404 may be "nothing": of a wallet that was never used.
        Read("ledger", ledger.ask, ledger.take, history.entry, empty_statuses=frozenset({ledger.NO_LEDGER})),
    ),
    references=(
        Reference("breakdown", reads.ask_portfolio, parse.take_breakdown, 1, lasting=False),
        Reference("product", reads.ask_products, parse.take_products, 50, lasting=False),
    ),
    explain=signin.explain,
    rates={
        "default": Rate(30, 1.0, Counted.CREDENTIAL),
        "ledger": Rate(10_000, 3600.0, Counted.CREDENTIAL),
        "auth": Rate(30, 1.0, Counted.CREDENTIAL),
    },
)

CARD = Card(
    id="coinbase",
    title="Coinbase",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.coinbase.com",
    doors=(KEY,),
)
