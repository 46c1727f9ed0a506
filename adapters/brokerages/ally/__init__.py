"""Ally Invest, written down: files; and the old API of TradeKing, which hardly answers anybody any more."""

from collections.abc import Callable

from adapters.brokerages.ally import envelope, parse, signin
from adapters.files import ofx
from adapters.kit.card import Call, Card, Counted, Door, Rate, Read, Reference
from adapters.kit.wire import Request, get
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)

_PRINTABLE = r"[\x21-\x7e]{4,256}"

FACTS = DoorFacts(
    id="legacy",
    title="Legacy API v1, closed in practice",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField("consumer_key", "Consumer key", "Of a personal application.", pattern=_PRINTABLE),
        CredentialField("consumer_secret", "Consumer secret", "Shown beside it.", pattern=_PRINTABLE),
        CredentialField("oauth_token", "OAuth token", "Shown beside it.", pattern=_PRINTABLE),
        CredentialField("oauth_token_secret", "OAuth token secret", "Shown beside it.", pattern=_PRINTABLE),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE, "ETFs are called stocks."),
        Capability(Dataset.TRANSACTIONS, Support.NATIVE, "What is no trade says what it is in words alone."),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built."),
    ),
    sign_in="Four fixed secrets, checked by reading the accounts once; they do not end.",
    access="Only who still holds keys that were issued years ago: none are issued any more.",
    history_days=730,  # users speak of about two years
    limits="180 calls a minute.",
    terms="Nobody could say whether keys still answer: closed unless the operator opens it.",
)


def _of_account(what: str, *query: tuple[str, str]) -> Callable[[Call], Request]:
    return lambda call: get(f"/v1/accounts/{call.routed.key}/{what}.json", *query)


LEGACY = Door(
    facts=FACTS,
    hosts={"api": "https://devapi.invest.ally.com"},
    sign_in=signin.TRIAL.conversation,
    authorise=signin.authorise,
    accounts=Read(
        "accounts",
        lambda call: get("/v1/accounts.json"),
        envelope.accounts,
        parse.account,
        needs=parse.account_needs,
    ),
    balances=(Read("balance", _of_account("balances"), envelope.balance, parse.balance),),
    positions=(Read("positions", _of_account("holdings"), envelope.holdings, parse.position),),
    transactions=(
        Read(
            "history",
            _of_account("history", ("range", "all"), ("transactions", "all")),
            envelope.history,
            parse.transaction,
            removes=False,  # how far back "all" reaches is told nowhere
        ),
    ),
    references=(
        Reference(
            "profile",
            lambda keys, call: get("/v1/member/profile.json"),
            envelope.nicknames,
            batch=500,
            lasting=False,
            required=False,
        ),
    ),
    explain=signin.explain,
    rates={"default": Rate(180, counted=Counted.CREDENTIAL), "auth": Rate(60)},
    open=False,
)

OFX = ofx.format(
    brokerage="ally",
    access="Any owner of an account, if the web site gives one: for Ally Invest that is unconfirmed.",
)

CARD = Card(
    id="ally",
    title="Ally Invest",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.ally.com/invest",
    doors=(LEGACY,),
    files=(OFX,),
)
