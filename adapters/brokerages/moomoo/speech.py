"""How OpenD is asked, and how it says no.

Each call is the number of a protocol and one message in an envelope: `{"c2s": {...}}` goes there,
`{"retType": 0, "s2c": {...}}` or `{"retType": -1, "retMsg": "..."}` comes back. There are no pages, no
statuses and hardly a code: a refusal is a text in the language of OpenD (English or Chinese).
"""

from datetime import timedelta
from typing import Any

import msgspec

from adapters.kit.card import Call
from adapters.kit.wire import Request, Response, decode, raw_fields, raw_rows
from domain.accounts import AccountTold
from domain.errors import (
    AccountLocked,
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    GatewayOffline,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

GLOBAL_STATE, ACCOUNTS, FUNDS, POSITIONS = 1002, 2001, 2101, 2102
FILLS_TODAY, ORDERS, FILLS, FEES, FLOWS = 2211, 2221, 2222, 2225, 2226
REAL = 1
WINDOW = timedelta(seconds=30)  # what its limits are counted in: too many calls wait for the next one

# By words in lower case, the first that fits. The sheet has few texts; the others are what calls can mean.
_TEXTS: tuple[tuple[tuple[str, ...], type[Failure]], ...] = (
    (("frequen", "too many requests", "频率", "频繁", "頻率", "限频"), BrokerageRateLimited),
    (("unlock",), PermissionInsufficient),
    (("locked", "被锁", "冻结"), AccountLocked),
    (("password changed", "kicked", "not logged in", "login", "log in", "未登录", "登錄", "登录"),
     ReauthorizationRequired),
    (("agreement", "questionnaire", "permission", "no right", "encrypt", "权限", "协议未", "加密"),
     PermissionInsufficient),
    (("no one available account", "nonexisting acc", "account not found", "账户不存在"),
     ReauthorizationRequired),
    (("not supported", "unsupported", "simulate", "暂不支持", "不支持"), HistoryUnavailable),
    (("timeout", "timed out", "network", "disconnect", "server busy", "超时", "网络", "断开"),
     BrokerageUnavailable),
)  # fmt: skip
_BY_CODE: dict[int, type[Failure]] = {-100: BrokerageUnavailable, -200: GatewayOffline}


def call(protocol: int, message: dict[str, Any], group: str = "default") -> Request:
    """All that we ask only reads, so it may be asked again."""
    body = msgspec.json.encode({"c2s": message})
    return Request("GET", f"/{protocol}", (), (("Content-Type", "application/json"),), body, group=group)


def header(account: AccountTold) -> dict[str, Any]:
    """Whom a call is about. One market of the account's list covers all of a universal account."""
    routing = account.routing
    return {"trdEnv": REAL, "accID": routing["account"], "trdMarket": int(routing["market"])}


def about(call_: Call, protocol: int, group: str = "default", **more: object) -> Request:
    return call(protocol, {"header": header(call_.routed), **more}, group)


def told_failure(response: Response) -> Failure | None:
    """The failure that an envelope stands for; None for a success, and for what is no envelope."""
    if response.status != 200:
        return None
    try:
        members = raw_fields(response.body)
        code = decode(members["retType"])
        told = decode(members["retMsg"]) if "retMsg" in members else ""
    except (UnreadableReply, KeyError):
        return None
    if code == 0 or not isinstance(code, int):
        return None
    words = told.lower() if isinstance(told, str) else ""
    for texts, failure in _TEXTS:
        if any(text in words for text in texts):
            return failure(retry_after=WINDOW) if failure is BrokerageRateLimited else failure()
    found = _BY_CODE.get(code)
    return UnreadableReply("OpenD refused the request.") if found is None else found()


def result(response: Response, name: str) -> bytes:
    """What a success holds under a name, as it came. Raises UnreadableReply."""
    members = raw_fields(response.body)
    if "retType" not in members or decode(members["retType"]) != 0 or "s2c" not in members:
        raise UnreadableReply("the answer is no success and no refusal")
    found = raw_fields(members["s2c"])
    if name not in found:
        raise UnreadableReply(f"the answer has no {name}")
    return bytes(found[name])


def rows_of(response: Response, name: str) -> list[bytes]:
    return raw_rows(result(response, name))
