"""tastytrade (formerly Tastyworks), written down: the Open API over OAuth 2.0."""

from dataclasses import replace
from datetime import timedelta

from adapters.brokerages.tastytrade import history, parse, reads, signin
from adapters.kit.card import Card, Counted, Door, Rate, Read, Renewal
from adapters.kit.code_grant import CodeGrant
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)

PERSONAL_FACTS = DoorFacts(
    id="personal",
    title="Open API with a personal grant",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "client_secret", "Client secret",
            "Of an OAuth application of one's own: My Profile, API, OAuth Applications. Shown once.",
            pattern=r"[\x21-\x7e]{8,512}",
        ),
        CredentialField(
            "refresh_token", "Refresh token",
            "Of that application: Manage, Create Grant. Shown once; it does not expire.",
            pattern=r"[\x21-\x7e]{8,4096}",
        ),
    ),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE),
        Capability(Dataset.POSITIONS, Support.NATIVE, "ETFs are told as equities."),
        Capability(
            Dataset.TRANSACTIONS,
            Support.NATIVE,
            "No settlement dates; of an option that expired nothing says whether it was long or short.",
        ),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="A refresh token that lives until its grant is deleted, tried once for an access token.",
    access="Any customer with two-factor sign-in makes an OAuth application (scope read) and a grant.",
    limits="None are published, and a 429 tells none; ours: 120 calls a minute for each credential.",
)  # fmt: skip
PARTNER_FACTS = replace(
    PERSONAL_FACTS,
    id="partner",
    title="Open API over OAuth 2.0",
    fields=(
        CredentialField(
            "app_id", "Client id", "Of the trusted partner's app; the same for all users of it.",
            secret=False, operator=True, pattern=r"[\x21-\x7e]{4,128}",
        ),
        CredentialField(
            "app_secret", "Client secret", "Given with it.", operator=True, pattern=r"[\x21-\x7e]{8,512}"
        ),
        CredentialField(
            "callback_url", "Callback address", "The app's registered address, if Connect names none.",
            secret=False, required=False, operator=True, pattern=r"https?://[\x21-\x7e]{1,500}",
        ),
    ),
    sign_in="Browser, with tastytrade's own login and second factor, once.",
    access="Partners whose app tastytrade has approved for other people's accounts.",
)  # fmt: skip


def _renewal(login: CodeGrant) -> Renewal:
    return Renewal(login.ask_renewal, login.take_renewal, ahead=timedelta(minutes=1))


PERSONAL = Door(
    facts=PERSONAL_FACTS,
    hosts={"api": "https://api.tastyworks.com"},
    sign_in=signin.CONVERSATION,
    authorise=signin.PERSONAL.authorise,
    accounts=Read("accounts", reads.ask_accounts, reads.LISTED.rows, parse.account),
    balances=(Read("balance", reads.ask_balance, reads.ONE.whole, parse.balance),),
    positions=(Read("positions", reads.ask_positions, reads.LISTED.rows, parse.position),),
    transactions=(
        Read("transactions", reads.ask_transactions, reads.take_transactions, history.transaction),
    ),
    explain=reads.explain,
    renewal=_renewal(signin.PERSONAL),
    rates={"default": Rate(120, counted=Counted.CREDENTIAL), "auth": Rate(30)},
    headers=(("Accept", "application/json"),),
)
# The same rows under the same ids, whichever way one came in.
PARTNER = replace(
    PERSONAL,
    facts=PARTNER_FACTS,
    hosts={**PERSONAL.hosts, "my": "https://my.tastytrade.com"},
    sign_in=signin.PARTNER.conversation,
    renewal=_renewal(signin.PARTNER),
)

CARD = Card(
    id="tastytrade",
    title="tastytrade",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://tastytrade.com",
    doors=(PERSONAL, PARTNER),
)
