"""Marks of raw rows: what tells a row that comes again byte for byte, so that it need not be parsed again.

A mark begins with the version of the code that parses. After a change of any parser all rows are parsed
once more: that is cheaper than to find out which ones the change was about.
"""

import hashlib
import secrets
from functools import cache
from pathlib import Path

from domain.accounts import AccountTold

VERSION_BYTES = 4
DIGEST_BYTES = 12
# Whatever has a say in what a row is parsed to lies below these.
_CODE = ("adapters", "domain")


class Marker:
    """Makes the marks of one feed of an account. `key` is the secret of `Recall`, at most 64 bytes."""

    def __init__(self, key: bytes, door: str, feed: str, account: AccountTold) -> None:
        # What else a parser sees of the account: where it changes, the same bytes may mean something else.
        told = (account.key, account.number, account.kind.value, account.currency, account.routing)
        self._start = hashlib.blake2b(digest_size=DIGEST_BYTES, key=key)
        self._start.update(repr((door, feed, told)).encode())
        self._version = version()

    def __call__(self, raw: bytes) -> bytes:
        digest = self._start.copy()
        digest.update(raw)
        return self._version + digest.digest()


@cache
def version() -> bytes:
    """A digest of our code. Where its text cannot be read, nothing of an earlier process is recognised."""
    root = Path(__file__).resolve().parents[2]
    found = sorted(path for part in _CODE for path in (root / part).rglob("*.py"))
    if not found:
        return secrets.token_bytes(VERSION_BYTES)
    whole = hashlib.blake2b(digest_size=VERSION_BYTES)
    for path in found:
        whole.update(path.read_bytes())
    return whole.digest()
