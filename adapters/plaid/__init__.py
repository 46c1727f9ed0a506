"""Plaid Investments, a dialect: a door into any institution that Plaid reads, as a card needs it.

    doors=(plaid.door(title="Plaid", institution="SoFi", access="...", feed="plaid_transactions"),)

Read-only: accounts, balances, positions and up to 24 months of history. See README.md for what identifies an
account and a row, and for Plaid's quirks. `institution` is the name that Plaid's own search finds it under.
"""

from datetime import timedelta
from functools import partial

from adapters.kit.card import Counted, Door, Rate, Read
from adapters.kit.signin import Conversation
from adapters.plaid import failures, hooks, parse, reads, signin
from domain.brokerages import Capability, CredentialField, Dataset, DoorFacts, DoorKind, Support

URL = "https://production.plaid.com"

FIELDS = (
    CredentialField(
        "plaid_client_id", "Plaid client id", "From Plaid's dashboard; the same for all users.",
        secret=False, operator=True, pattern=r"[\x21-\x7e]{8,128}",
    ),
    CredentialField(
        "plaid_secret", "Plaid secret", "The one of the environment that is used (production).",
        operator=True, pattern=r"[\x21-\x7e]{8,256}",
    ),
    CredentialField(
        "plaid_redirect_uri", "Return address", "Where Plaid's page leads back to, if Connect names none.",
        secret=False, required=False, operator=True, pattern=r"https?://[\x21-\x7e]{1,500}",
    ),
    CredentialField(
        "plaid_webhook", "Webhook address", "Where Plaid sends its notices, if we listen for them.",
        secret=False, required=False, operator=True, pattern=r"https?://[\x21-\x7e]{1,500}",
    ),
    CredentialField(
        "plaid_client_name", "Name shown by Plaid", "At most 30 characters.",
        secret=False, required=False, operator=True, pattern=r"[^\x00-\x1f]{1,30}",
    ),
    CredentialField(
        "plaid_public_token", "Public token", "Only if the caller runs Plaid Link itself: its result.",
        required=False, pattern=r"public-[\x21-\x7e]{8,200}",
    ),
)  # fmt: skip


def door(
    *,
    institution: str,
    access: str,
    id: str = "plaid",  # noqa: A002  as in DoorFacts
    title: str = "Plaid Investments",
    feed: str = "plaid_transactions",
    verification: str = "sandbox only",
    open: bool = True,  # noqa: A002  as in Door
) -> Door:
    """The door to one institution. Its host is called "plaid"; `feed` must be unique on the card."""
    desk = signin.Desk(institution)
    return Door(
        facts=_facts(id, title, institution, access, verification),
        hosts={reads.HOST: URL},
        sign_in=Conversation(partial(signin.begin, desk), partial(signin.hear, desk), signin.STATES),
        authorise=signin.authorise,
        accounts=Read("accounts", reads.ask_accounts, reads.take_accounts, parse.account),
        balances=(Read("balance", reads.ask_holdings, reads.take_balance, parse.balance),),
        positions=(Read("positions", reads.ask_holdings, reads.take_positions, parse.position),),
        transactions=(
            Read(feed, reads.ask_transactions, reads.take_transactions, parse.transaction, overlap_days=14),
        ),
        revoke=signin.revoke,
        explain=failures.explain,
        rates={
            "default": Rate(15, counted=Counted.CREDENTIAL),
            "holdings": Rate(15, counted=Counted.CREDENTIAL),
            "transactions": Rate(30, counted=Counted.CREDENTIAL),
            "auth": Rate(60),
        },
        open=open,
        notices=hooks.NOTICES,
    )


def _facts(id_: str, title: str, institution: str, access: str, verification: str) -> DoorFacts:
    return DoorFacts(
        id=id_,
        title=title,
        kind=DoorKind.AGGREGATOR,
        fields=FIELDS,
        capabilities=(
            Capability(Dataset.ACCOUNTS, Support.NATIVE, "Of the number, its last characters only."),
            Capability(Dataset.BALANCES, Support.NATIVE, "Cash and total; no buying power."),
            Capability(Dataset.POSITIONS, Support.NATIVE, "As of the last refresh, mostly the night before."),
            Capability(Dataset.TRANSACTIONS, Support.NATIVE, "By the day of posting where no time is told."),
            Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Plaid tells none."),
        ),
        sign_in=f"Browser: Plaid's page, and there the login of {institution}; mended there when it ends.",
        access=access,
        history_days=reads.DEPTH_DAYS,
        limits="A minute and item: 15 reads of holdings, 30 of transactions.",
        terms="Plaid charges for each item; production is reviewed, and granted for each large institution.",
        verification=verification,
        minimum_interval=timedelta(hours=1),
    )
