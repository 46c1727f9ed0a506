"""eToro, written down: the Public API, with a pair of keys or by "Login with eToro"."""

from dataclasses import replace

from adapters.brokerages.etoro import history, parse, reads, signin
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

_KEY = r"[\x21-\x7e]{8,2048}"

KEY_FACTS = DoorFacts(
    id="keys",
    title="Public API with a key pair",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "api_key", "Public API key", "eToro: Settings, Trading, API Key Management. Not the user name.",
            pattern=_KEY,
        ),
        CredentialField(
            "user_key", "User key", "Shown once, beside it. Read permission is enough. Not the password.",
            pattern=_KEY,
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE, "Trading and money accounts, no others."),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE, "Lots of one kind are added up, copied ones too."),
        Capability(
            Dataset.TRANSACTIONS,
            Support.DERIVED,
            "Trades are built from positions, open and closed; deposits, withdrawals and dividends of the"
            " trading account are not told. Money accounts have a ledger of their own.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="A key pair, checked by reading the profile once, which tells real money from virtual.",
    access="Any verified customer makes a key pair, for one environment, and confirms it by SMS.",
    history_days=365,
    limits="60 requests a minute for each user key.",
    terms="Acting on behalf of others needs eToro's consent.",
)  # fmt: skip
LOGIN_FACTS = replace(
    KEY_FACTS,
    id="login",
    title="Login with eToro (OpenID Connect)",
    fields=(
        CredentialField(
            "client_id", "Client id", "Of the app that eToro has registered; the same for all users of it.",
            secret=False, operator=True, pattern=r"[\x21-\x7e]{4,128}",
        ),
        CredentialField(
            "client_secret", "Client secret", "Where the app has one.", required=False, operator=True,
            pattern=r"[\x21-\x7e]{4,256}",
        ),
        CredentialField(
            "callback_url", "Callback address", "One that is registered for the app, if Connect names none.",
            secret=False, required=False, operator=True, pattern=r"https?://[\x21-\x7e]{1,500}",
        ),
    ),
    sign_in="Browser, with eToro's own login and consent, once.",
    access="Apps whose client id and addresses eToro has allowed.",
)  # fmt: skip

KEYS = Door(
    facts=KEY_FACTS,
    hosts={"api": "https://public-api.etoro.com"},
    sign_in=signin.KEYS.conversation,
    authorise=signin.authorise,
    accounts=Read("accounts", reads.ask_me, reads.take_me, parse.accounts, parse.needs_balances),
    balances=(Read("balances", reads.ask_balance, reads.take_balance, parse.balance),),
    positions=(
        Read("positions", reads.ask_positions, reads.take_positions, parse.position, parse.needs_instrument),
    ),
    transactions=(
        # What has left the year that eToro keeps, and what was opened before, has happened nevertheless.
        Read("history", history.ask, history.take, parse.history, parse.needs_instrument, removes=False),
    ),
    references=(
        Reference("balances", reads.ask_balances, reads.take_balances, batch=1, lasting=False),
        Reference("instrument", reads.ask_instruments, reads.take_instruments, batch=25),
        Reference("types", reads.ask_types, reads.take_types, batch=1, required=False),
    ),
    explain=reads.explain,
    rates={"default": Rate(60, counted=Counted.CREDENTIAL), "auth": Rate(60)},
    headers=(("Accept", "application/json"),),
)
LOGIN = replace(
    KEYS,
    facts=LOGIN_FACTS,
    hosts={**KEYS.hosts, "sso": "https://www.etoro.com/sso"},
    sign_in=signin.LOGIN.conversation,
    renewal=Renewal(signin.LOGIN.ask_renewal, signin.LOGIN.take_renewal),
    revoke=signin.ask_revocation,
)

CARD = Card(
    id="etoro",
    title="eToro",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.etoro.com",
    doors=(KEYS, LOGIN),
)
