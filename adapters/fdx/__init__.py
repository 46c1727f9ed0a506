"""FDX (Financial Data Exchange), a dialect: consented, read-only access to the accounts of a provider.

    doors=(fdx.door(fdx.AKOYA, brokerage="Fidelity", access="..."),)

`AKOYA` is the hub's way of speaking it, `V5` and `V6` are those of a provider's own server. See README.md for
what identifies an account, and for the quirks.
"""

from functools import partial

from adapters.fdx import failures, parse, reads, signin, transactions
from adapters.fdx.dialects import AKOYA, V5, V6, Dialect
from adapters.kit.card import Door, Rate, Read, Renewal
from adapters.kit.signin import Conversation
from domain.brokerages import Capability, CredentialField, Dataset, DoorFacts, DoorKind, Support

__all__ = ["AKOYA", "DIRECT_SCOPE", "V5", "V6", "Dialect", "door"]

IDP = "https://idp.ddp.akoya.com"
PRODUCTS = "https://products.ddp.akoya.com"
AKOYA_SCOPE = "openid profile offline_access"
DIRECT_SCOPE = "fdx:accountbasic:read fdx:accountdetailed:read fdx:investments:read fdx:transactions:read"
OVERLAP_DAYS = 14


def door(  # noqa: PLR0913  what differs between providers, nearly all with defaults
    dialect: Dialect,
    *,
    brokerage: str,
    access: str,
    id: str = "fdx",  # noqa: A002  as in DoorFacts
    title: str = "FDX through Akoya",
    feed: str = "fdx_transactions",
    hosts: tuple[str, str] = (IDP, PRODUCTS),
    scope: str = AKOYA_SCOPE,
    history_days: int | None = None,
    verification: str = "sandbox only",
    open: bool = True,  # noqa: A002  as in Door
) -> Door:
    """The door to one provider. `hosts`: where people sign in, and where data are. Fields are named
    `<id>_client_id` and so on; `feed` must be unique on the card."""
    desk = signin.Desk(dialect, brokerage, f"{id}_", scope)
    return Door(
        facts=_facts(desk, id, title, access, history_days, verification),
        hosts=dict(zip((dialect.auth_host, dialect.data_host), hosts, strict=True)),
        sign_in=Conversation(partial(signin.begin, desk), partial(signin.hear, desk), signin.STATES),
        authorise=partial(signin.authorise, desk),
        accounts=Read(
            "accounts",
            partial(reads.ask_accounts, dialect),
            partial(reads.take_accounts, dialect),
            parse.account,
        ),
        balances=(
            Read(
                "balance",
                partial(reads.ask_account, dialect),
                partial(reads.take_balance, dialect),
                parse.balance,
            ),
        ),
        positions=(
            Read(
                "positions",
                partial(reads.ask_account, dialect),
                partial(reads.take_positions, dialect),
                parse.position,
            ),
        ),
        transactions=(
            Read(
                feed,
                partial(reads.ask_transactions, dialect),
                partial(reads.take_transactions, dialect),
                transactions.transaction,
                overlap_days=OVERLAP_DAYS,
            ),
        ),
        renewal=Renewal(partial(signin.ask_renewal, desk), partial(signin.take_renewal, desk)),
        revoke=partial(signin.revoke, desk),
        explain=failures.explain,
        rates={"default": Rate(120), "auth": Rate(60)},
        headers=(("Accept", "application/json"),),
        open=open,
    )


def _facts(
    desk: signin.Desk, id_: str, title: str, access: str, history_days: int | None, verification: str
) -> DoorFacts:
    hub = "{provider}" in desk.dialect.accounts
    return DoorFacts(
        id=id_,
        title=title,
        kind=DoorKind.AGGREGATOR if hub else DoorKind.OFFICIAL_API,
        fields=_fields(id_, hub=hub),
        capabilities=(
            Capability(Dataset.ACCOUNTS, Support.NATIVE, "Of the number, its last four digits only."),
            Capability(Dataset.BALANCES, Support.NATIVE, "Cash and total; no buying power."),
            Capability(Dataset.POSITIONS, Support.NATIVE, "ETFs are told as stocks."),
            Capability(Dataset.TRANSACTIONS, Support.NATIVE, "How far back is the provider's matter."),
            Capability(Dataset.ORDERS, Support.UNSUPPORTED, "FDX is read-only; open orders are not read."),
        ),
        sign_in=f"Browser: {desk.brokerage}'s own login and consent; renewed until the consent ends.",
        access=access,
        history_days=history_days,
        limits="Not published; ours: 120 calls a minute for each credential.",
        terms="A data recipient's contract; providers admit registered third parties only.",
        verification=verification,
    )


def _fields(id_: str, *, hub: bool) -> tuple[CredentialField, ...]:
    told = (
        CredentialField(
            f"{id_}_client_id", "Client id", "Of our registered app; the same for all users.",
            secret=False, operator=True, pattern=r"[\x21-\x7e]{4,256}",
        ),
        CredentialField(
            f"{id_}_client_secret", "Client secret", "Shown beside it.",
            operator=True, pattern=r"[\x21-\x7e]{8,512}",
        ),
        CredentialField(
            f"{id_}_redirect_uri", "Return address", "As it is registered, if Connect names none.",
            secret=False, required=False, operator=True, pattern=r"https?://[\x21-\x7e]{1,500}",
        ),
    )  # fmt: skip
    provider = CredentialField(
        f"{id_}_provider", "Provider id", "What the hub calls the brokerage: its list says it.",
        secret=False, operator=True, pattern=r"[A-Za-z0-9._-]{1,64}",
    )  # fmt: skip
    return (*told, provider) if hub else told
