"""FDX's error bodies in our words (sheet, section 4). The code is a number at Akoya, a text in FDX proper."""

from datetime import timedelta

from adapters.kit.wire import Response, decode
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    HistoryUnavailable,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

NOT_SHOWN = "The brokerage does not show this account any more: it was closed, or the consent lacks it."
NOT_SUBSCRIBED = "The hub does not let our app read this provider: check its id and the subscription."
SLOW = timedelta(seconds=30)

_CODES: dict[str, tuple[type[Failure], str]] = {
    "602": (ReauthorizationRequired, ""),
    "701": (PermissionInsufficient, NOT_SHOWN),
    "702": (HistoryUnavailable, ""),
    "703": (HistoryUnavailable, ""),
    "705": (PermissionInsufficient, "This account is closed at the brokerage."),
    "706": (PermissionInsufficient, ""),
    "1207": (BrokerageRateLimited, ""),
}


def explain(response: Response) -> Failure | None:
    """The failure that an answer tells of; None to go by its status.

    408: the provider took longer than the hub waits. 403 of Akoya: not our user's matter but our app's.
    """
    if response.status < 400:
        return None
    code = _code(response)
    if code in _CODES:
        kind, words = _CODES[code]
        return kind(words)
    match response.status:
        case 403 if code:
            return OperatorSettingMissing(NOT_SUBSCRIBED)
        case 408:
            return BrokerageUnavailable(retry_after=SLOW)
        case 501:
            return BrokerageUnavailable()
        case _:
            return None


def _code(response: Response) -> str:
    try:
        told = decode(response.body)
    except UnreadableReply:
        return ""
    code = told.get("code") if isinstance(told, dict) else None
    return str(code).strip() if isinstance(code, str | int) and not isinstance(code, bool) else ""
