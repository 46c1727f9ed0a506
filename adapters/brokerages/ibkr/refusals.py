"""What IBKR's own error bodies say: JSON of the Web API, XML of the Flex Web Service (with status 200)."""

from datetime import timedelta

from adapters.brokerages.ibkr.statement import RESPONSE, Said, document
from adapters.kit.wire import Response
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    CredentialsRejected,
    Failure,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    StatementUnreadable,
    UnreadableReply,
)

IN_PROGRESS = timedelta(seconds=5)
LATER = timedelta(minutes=1)
TOO_MANY = timedelta(seconds=10)
PENALTY_BOX = timedelta(minutes=10)
# What the read of a window understands itself: no such statement, and a reference code of long ago.
NOT_AVAILABLE, REFERENCE_INVALID = "1003", "1017"


def explain(response: Response) -> Failure | None:
    if response.status < 300:
        said = said_by(response)
        return None if said is None else flex_failure(said)
    match response.status:
        case 400 if b"no bridge" in response.body[:500]:
            return BrokerageUnavailable("There is no brokerage session.")
        case 410:
            return BrokerageUnavailable("The brokerage says that this host serves the session no more.")
        case 429 if "retry-after" not in response.headers:
            return BrokerageRateLimited(retry_after=PENALTY_BOX)
    return None


def said_by(response: Response) -> Said | None:
    """The FlexStatementResponse of an answer that is one."""
    if f"<{RESPONSE}".encode() not in response.body[:1000]:
        return None
    try:
        found = document(response.body)
    except StatementUnreadable:
        raise UnreadableReply("the answer of the Flex Web Service is broken") from None
    return found if isinstance(found, Said) else None


def flex_failure(said: Said) -> Failure | None:
    """The failure behind an error code; None for a success and for what the read itself understands."""
    match said.code:
        case "" | "1003" | "1017":
            return None
        case "1019":
            return BrokerageUnavailable("The statement is still being made.", retry_after=IN_PROGRESS)
        case "1001" | "1004" | "1005" | "1006" | "1007" | "1008" | "1009" | "1021":
            return BrokerageUnavailable("The statement cannot be made just now.", retry_after=LATER)
        case "1018":
            return BrokerageRateLimited(retry_after=TOO_MANY)
        case "1012":
            return ReauthorizationRequired(
                "The Flex Web Service token has expired: make a new one and connect again with it."
            )
        case "1015":
            return CredentialsRejected("IBKR does not know this Flex Web Service token.")
        case "1011" | "1013" | "1016":
            return PermissionInsufficient(
                "The Flex Web Service token is not good for this account, or not from our address."
            )
        case "1010" | "1014":
            return HistoryUnavailable("IBKR does not take this Flex query: make an Activity Flex query.")
        case _:
            return UnreadableReply("The Flex Web Service refused the request.")
