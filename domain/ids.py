"""Identifiers: which are given once, and which follow from what they name.

Ids of connections, sessions and runs are random. Ids of accounts and transactions are derived, so that
connecting again in any way, or reading a page twice, lands on the same id without looking anything up.
"""

import hashlib
import hmac

ID_BYTES = 12


def random_id(prefix: str, entropy: bytes) -> str:
    """`con_` and 24 hex digits out of 12 random bytes, which the caller brings."""
    return f"{prefix}_{entropy[:ID_BYTES].hex()}"


def account_id(key: bytes, user_id: str, brokerage_id: str, account_key: str) -> str:
    """The keyed fingerprint of (user, brokerage, the brokerage's stable account key).

    Keyed, so that nobody who reads the database can try out account numbers.
    """
    told = "\x1f".join((user_id, brokerage_id, account_key.strip().upper())).encode()
    return "acc_" + hmac.new(key, told, hashlib.sha256).digest()[:ID_BYTES].hex()


def handle_key(key: bytes, brokerage_id: str, handle: str) -> str:
    """The keyed fingerprint of what a brokerage calls a grant, to find its connection by."""
    told = f"{brokerage_id}\x1f{handle}".encode()
    return hmac.new(key, told, hashlib.sha256).digest()[:ID_BYTES].hex()


def transaction_key(source: str) -> str:
    """The key of a transaction within its account, from the source that names it."""
    return hashlib.sha256(source.encode()).digest()[:ID_BYTES].hex()


def transaction_id(account: str, key: str) -> str:
    """Both parts of the primary key in one word: an id resolves by the primary key, without an index."""
    return f"txn_{account[4:]}{key}"


def split_transaction_id(identifier: str) -> tuple[str, str] | None:
    """(account id, key) of a transaction id; None if it cannot be one."""
    body = identifier.removeprefix("txn_")
    if body == identifier or len(body) != ID_BYTES * 4:
        return None
    return "acc_" + body[: ID_BYTES * 2], body[ID_BYTES * 2 :]


def instrument_id(scheme: str, value: str) -> str:
    """The id of an instrument that is seen for the first time under this identifier."""
    return "ins_" + hashlib.sha256(f"{scheme}\x1f{value}".encode()).digest()[:ID_BYTES].hex()
