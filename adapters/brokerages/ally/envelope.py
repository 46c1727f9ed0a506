"""Ally's answers: XML turned into JSON, in an envelope that says whether it worked. Sheet: ally, 3.

Lists of one element are the element; empty ones are "", null, {} or missing; figures are mostly texts.
"""

from collections import Counter

import msgspec

from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Response, decode, raw_fields, raw_rows
from domain.errors import UnreadableReply

Raw = bytes | msgspec.Raw
EMPTY = frozenset({b"", b"{}", b'""', b"null", b"[]"})


def told(response: Response, *path: str) -> Raw:
    """What lies under the path of a successful answer. Raises UnreadableReply for one that says it failed,
    and for a missing key."""
    said = decode(dig(response, ("response", "error"))) if b'"error"' in response.body else None
    if said != "Success":
        raise UnreadableReply("The brokerage says that the request failed.")
    return dig(response, ("response", *path))


def several(value: Raw) -> list[bytes]:
    """A list as it should be, whatever became of it on the way through XML."""
    plain = bytes(value).strip()
    if plain in EMPTY or not plain.strip(b"{} \n\r\t"):
        return []
    return raw_rows(plain) if plain.startswith(b"[") else [plain]


def accounts(response: Response, call: Call) -> Rows:
    """Whoever holds keys has an account: none is no answer."""
    rows = several(told(response, "accounts", "accountsummary"))
    if not rows:
        raise UnreadableReply("the answer has no account")
    return Rows(rows)


def balance(response: Response, call: Call) -> Rows:
    return Rows([bytes(told(response, "accountbalance"))])


def holdings(response: Response, call: Call) -> Rows:
    """No `holding` is no holdings only where what they are worth is nothing."""
    held = raw_fields(told(response, "accountholdings"))
    rows = several(held.get("holding", b""))
    if not rows and str(decode(held.get("totalsecurities", b"null"))).strip("0. ") != "":
        raise UnreadableReply("the answer has no holding, and a worth of holdings")
    return Rows(rows)


def history(response: Response, call: Call) -> Rows:
    """All there is, in one answer. An id that stands for several rows is nobody's: `own` says so. Without any
    row it is `transactions` that is empty."""
    listed = several(told(response, "transactions"))
    rows = several(raw_fields(listed[0]).get("transaction", b"")) if listed else []
    if listed and not rows:
        raise UnreadableReply("the answer has transactions, and no transaction")
    ids = [_id(row) for row in rows]
    times = Counter(ids)
    return Rows(
        [
            b'{"own":%b,"row":%b}' % (b"true" if times[own] == 1 else b"false", row)
            for own, row in zip(ids, rows, strict=True)
        ]
    )


def _id(row: bytes) -> str:
    inner = decode(row)
    detail = inner.get("transaction") if isinstance(inner, dict) else None
    return str(detail.get("transactionid") or "") if isinstance(detail, dict) else ""


def nicknames(response: Response, keys: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """The member's profile: nicknames and kinds by account number."""
    found: dict[str, dict[str, str]] = {}
    for raw in several(told(response, "userdata", "account")):
        row = decode(raw)
        if isinstance(row, dict):
            found[f"profile:{row.get('account')}"] = {name: str(value) for name, value in row.items()}
    return found
