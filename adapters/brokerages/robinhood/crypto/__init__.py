"""Robinhood's official Crypto Trading API, written down: a key pair that signs each request (2C, 3.7)."""

from adapters.brokerages.robinhood.crypto import parse, sign
from adapters.kit.card import Counted, Door, Rate, Read, Reference
from adapters.kit.paging import NextLink, OnePage
from domain.brokerages import Capability, CredentialField, Dataset, DoorFacts, DoorKind, Support

FACTS = DoorFacts(
    id="crypto",
    title="Crypto Trading API with an Ed25519 key",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "crypto_api_key", "API key", "Begins with rh-api-. From the API credentials portal, crypto.",
            secret=False, pattern=r"rh-api-[A-Za-z0-9-]{8,64}",
        ),
        CredentialField(
            "crypto_private_key", "Private key",
            "Base64 of the 32 bytes whose public half you registered at Robinhood.",
            pattern=r"[A-Za-z0-9+/=\s]{43,128}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "The crypto account only; stocks need the other door."),
        Capability(Dataset.BALANCES, Support.NATIVE, "Buying power; cash and total are not told."),
        Capability(Dataset.POSITIONS, Support.NATIVE, "The cost is made of at most 100 orders of a coin."),
        Capability(
            Dataset.TRANSACTIONS, Support.DERIVED,
            "Built from executions of orders; deposits, transfers and rewards are not told.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="A key pair, checked by reading the account once.",
    access="Any customer of Robinhood Crypto makes a key pair and registers its public half (web classic).",
    limits="100 requests a minute for each user, 300 in a burst.",
)  # fmt: skip

CRYPTO = Door(
    facts=FACTS,
    hosts={sign.HOST: "https://trading.robinhood.com"},
    sign_in=sign.TRIAL.conversation,
    authorise=sign.authorise,
    accounts=Read("crypto_account", parse.ask("accounts"), OnePage().whole, parse.account),
    balances=(Read("crypto_balance", parse.ask("accounts"), OnePage().whole, parse.balance),),
    positions=(
        Read(
            "crypto_holdings",
            parse.ask("holdings"),
            NextLink().take,
            parse.holding,
            parse.needs_price_and_orders,
        ),
    ),
    transactions=(Read("crypto_orders", parse.ask_orders, NextLink().take, parse.order),),
    references=(
        Reference("crypto-price", parse.ask_prices, parse.take_prices, 25, lasting=False),
        Reference("crypto-orders", parse.ask_orders_of, parse.take_orders_of, 1, lasting=False),
    ),
    rates={"default": Rate(100, counted=Counted.CREDENTIAL), "auth": Rate(100, counted=Counted.CREDENTIAL)},
)
