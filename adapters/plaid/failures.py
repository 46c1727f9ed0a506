"""Plaid's error objects in our words (sheet, section 4): in answers, in items, and in webhooks alike."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.kit.wire import Response, decode
from domain.errors import (
    BrokerageMaintenance,
    BrokerageRateLimited,
    BrokerageUnavailable,
    CapabilityUnsupported,
    ConsentRevoked,
    Failure,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

COLLECTING = timedelta(seconds=30)  # the first data are on their way
DOWN = timedelta(minutes=15)  # an institution that is down stays so for a while, some for hours
NOTHING_SHARED = "The user has shared no investment account."
NOT_READ = "Plaid reads no investments at this institution."
OUR_KEYS = "Plaid does not accept the client id and secret."
NOT_REACHED = "Plaid cannot reach the institution just now."


def explain(response: Response) -> Failure | None:
    """The failure that an answer tells of; None to go by its status."""
    if response.status < 400:
        return None
    try:
        told = decode(response.body)
    except UnreadableReply:
        return None
    return failure_of(told) if isinstance(told, dict) else None


# Without words the failure has its own.
_CODES: dict[str, tuple[type[Failure], str, timedelta | None]] = {
    "ITEM_LOGIN_REQUIRED": (ReauthorizationRequired, "", None),
    "ADDITIONAL_CONSENT_REQUIRED": (
        ReauthorizationRequired, "The user has not consented to investments yet. Sign in again.", None,
    ),
    "INVALID_ACCESS_TOKEN": (
        ReauthorizationRequired, "Plaid does not know this connection any more. Connect again.", None,
    ),
    "ITEM_NOT_FOUND": (ConsentRevoked, "", None),
    "USER_PERMISSION_REVOKED": (ConsentRevoked, "", None),
    "PRODUCT_NOT_READY": (BrokerageUnavailable, "Plaid is still collecting the data.", COLLECTING),
    "NO_INVESTMENT_ACCOUNTS": (PermissionInsufficient, NOTHING_SHARED, None),
    "NO_ACCOUNTS": (PermissionInsufficient, NOTHING_SHARED, None),
    "PRODUCTS_NOT_SUPPORTED": (CapabilityUnsupported, NOT_READ, None),
    "PRODUCT_NOT_SUPPORTED": (CapabilityUnsupported, NOT_READ, None),
    "INVALID_API_KEYS": (OperatorSettingMissing, OUR_KEYS, None),
    "UNAUTHORIZED_ENVIRONMENT": (OperatorSettingMissing, OUR_KEYS, None),
    "INSTITUTION_DOWN": (BrokerageUnavailable, NOT_REACHED, DOWN),
    "INSTITUTION_NOT_RESPONDING": (BrokerageUnavailable, NOT_REACHED, DOWN),
    "PLANNED_MAINTENANCE": (BrokerageMaintenance, "", None),
    "INTERNAL_SERVER_ERROR": (BrokerageUnavailable, "", None),
}  # fmt: skip


def failure_of(error: Mapping[str, Any]) -> Failure | None:
    """What an error object means; None for one that this table does not know."""
    code = error.get("error_code")
    if code == "ITEM_LOGIN_REQUIRED" and error.get("error_code_reason") == "OAUTH_USER_REVOKED":
        return ConsentRevoked()
    if isinstance(code, str) and code in _CODES:
        kind, words, after = _CODES[code]
        return kind(words, retry_after=after)
    match error.get("error_type"):
        case "RATE_LIMIT_EXCEEDED":
            return BrokerageRateLimited()  # there is no Retry-After: back off
        case "API_ERROR":
            return BrokerageUnavailable()
        case _:
            return None
