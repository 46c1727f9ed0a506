"""Interactive Brokers, written down: the Web API by OAuth 1.0a or by a gateway, and Flex for history."""

from adapters.brokerages.ibkr import files, reads, refusals, signin
from adapters.kit.card import Card, Counted, Door, FileFormat, Rate, Renewal
from adapters.kit.signin import Conversation
from domain.brokerages import (
    BrokerageStatus,
    Capability,
    CredentialField,
    Dataset,
    DoorFacts,
    DoorKind,
    Support,
)

_PEM = r"[\x09\x0a\x0d\x20-\x7e]{100,4096}"
FLEX_FIELDS = (
    CredentialField(
        "flex_token", "Flex Web Service token",
        "Client Portal, Performance & Reports, Flex Queries, Flex Web Service. Let it live for a year.",
        pattern=r"[0-9A-Za-z]{6,128}",
    ),
    CredentialField(
        "flex_query_id", "Flex query id",
        "Of an Activity Flex Query in XML with all accounts: trades (Execution), cash transactions (Detail),"
        " transfers, corporate actions, option exercises, account information. Dates yyyyMMdd, times HHmmss.",
        secret=False, pattern=r"[0-9]{1,12}",
    ),
)  # fmt: skip
CAPABILITIES = (
    Capability(Dataset.ACCOUNTS, Support.NATIVE),
    Capability(Dataset.BALANCES, Support.NATIVE, "One for each currency."),
    Capability(Dataset.POSITIONS, Support.NATIVE),
    Capability(
        Dataset.TRANSACTIONS, Support.NATIVE,
        "From Flex, up to yesterday; trades of the last days from the Web API, with fewer details.",
    ),
    Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
)  # fmt: skip

OAUTH_FACTS = DoorFacts(
    id="oauth",
    title="Web API by OAuth 1.0a, with Flex",
    kind=DoorKind.OFFICIAL_API,
    fields=(
        CredentialField(
            "consumer_key", "Consumer key", "Nine letters, chosen on IBKR's self-service OAuth page.",
            secret=False, pattern=r"[A-Z]{8,9}",
        ),
        CredentialField("access_token", "Access token", "Made on that page.", pattern=r"[\x21-\x7e]{4,256}"),
        CredentialField(
            "access_token_secret", "Access token secret", "Shown beside it, in Base64.",
            pattern=r"[A-Za-z0-9+/=\s]{16,2048}",
        ),
        CredentialField(
            "private_signature", "Private signature key", "The PEM whose public half was uploaded.",
            pattern=_PEM,
        ),
        CredentialField(
            "private_encryption", "Private encryption key", "The PEM whose public half was uploaded.",
            pattern=_PEM,
        ),
        CredentialField(
            "dh_param", "Diffie-Hellman parameters", "dhparam.pem as it was uploaded, or its prime in hex.",
            secret=False, pattern=r"[\x09\x0a\x0d\x20-\x7e]{32,4096}",
        ),
        CredentialField(
            "sign_query", "Sign query parameters", "yes, or no where IBKR refuses signatures of them.",
            secret=False, required=False, operator=True, pattern="yes|no",
        ),
        *FLEX_FIELDS,
    ),
    capabilities=CAPABILITIES,
    sign_in="Keys and tokens that the owner makes once on IBKR's page; no person is needed afterwards.",
    access="Owners of an IBKR Pro account, for themselves; a new key works after about a day.",
    history_days=365,  # is known to work; five years are asked for, or back to the account's first day
    limits="50 calls a second for each user; some reads one in 5 seconds; Flex 10 a minute for each token.",
)  # fmt: skip

GATEWAY_FACTS = DoorFacts(
    id="gateway",
    title="Web API by a local Client Portal Gateway, with Flex",
    kind=DoorKind.OFFICIAL_API,
    fields=FLEX_FIELDS,
    capabilities=CAPABILITIES,
    sign_in="Somebody logs in on the gateway's page with a second factor, about once a day.",
    access="Owners of an IBKR Pro account who run the gateway where the operator's configuration points to.",
    history_days=365,
    limits="10 calls a second; some reads one in 5 seconds; Flex 10 a minute for each token.",
)

FILE_FACTS = DoorFacts(
    id="flex",
    title="Activity Flex Query (XML)",
    kind=DoorKind.FILE_IMPORT,
    fields=(),
    capabilities=(
        Capability(Dataset.ACCOUNTS, Support.NATIVE),
        Capability(Dataset.BALANCES, Support.NATIVE, "At the end of the statement's last day."),
        Capability(Dataset.POSITIONS, Support.NATIVE, "At the end of the statement's last day."),
        Capability(Dataset.TRANSACTIONS, Support.NATIVE),
        Capability(Dataset.ORDERS, Support.UNSUPPORTED, "Not built yet."),
    ),
    sign_in="None: a file.",
    access="Any owner of an account: Client Portal, Performance & Reports, Flex Queries, run, XML.",
    limits="A year for each file.",
)

# The statement is made by one host and may be handed out by the other.
FLEX_HOSTS = {
    "ndcdyn": "https://ndcdyn.interactivebrokers.com",
    "gdcdyn": "https://gdcdyn.interactivebrokers.com",
}
# Calls are counted for each user name, but it is our address that a 429 shuts out, of all of the Web API and
# in the end for good: everybody obeys it. Flex counts each token: one a second, and ten a minute.
_WEB = "web"
_SLOW = {
    "accounts": Rate(1, 5, crowd=_WEB),
    "trades": Rate(1, 5, crowd=_WEB),
    "auth": Rate(1, 1, crowd=_WEB),
    "flex": Rate(1, 6, Counted.CREDENTIAL),
}

OAUTH = Door(
    facts=OAUTH_FACTS,
    hosts={"api": "https://api.ibkr.com"} | FLEX_HOSTS,
    sign_in=Conversation(signin.begin, signin.hear, (signin.Requesting, signin.CheckingFlex)),
    authorise=signin.authorise,
    accounts=reads.accounts(signin.API),
    balances=(reads.balances(signin.API),),
    positions=(reads.positions(signin.API),),
    transactions=(reads.transactions("history"),),
    references=reads.references(signin.API),
    renewal=Renewal(signin.ask_renewal, signin.take_renewal),
    revoke=signin.ask_revocation,
    explain=refusals.explain,
    rates={"default": Rate(20, 1, crowd=_WEB)} | _SLOW,
    headers=(("Accept", "*/*"),),
)

GATEWAY = Door(
    facts=GATEWAY_FACTS,
    hosts={"gateway": "https://localhost:5000"} | FLEX_HOSTS,
    sign_in=Conversation(signin.begin_gateway, signin.hear, (signin.Looking, signin.CheckingFlex)),
    authorise=signin.authorise_gateway,
    accounts=reads.accounts(signin.GATEWAY),
    balances=(reads.balances(signin.GATEWAY),),
    positions=(reads.positions(signin.GATEWAY),),
    transactions=(reads.transactions("gateway_history"),),
    references=reads.references(signin.GATEWAY),
    explain=refusals.explain,
    rates={"default": Rate(8, 1, crowd=_WEB)} | _SLOW,
    # Everybody who connects sees the account of whoever is logged in to the gateway: for one user only.
    open=False,
    gateways=frozenset({signin.GATEWAY}),
    headers=(("Accept", "*/*"),),
)

CARD = Card(
    id="ibkr",
    title="Interactive Brokers",
    status=BrokerageStatus.OFFICIAL,
    homepage="https://www.interactivebrokers.com",
    doors=(OAUTH, GATEWAY),
    files=(FileFormat(FILE_FACTS, files.fits, files.read),),
)
