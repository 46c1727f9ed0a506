"""The vault: data keys under the key ring, values under data keys, each bound to the place it belongs to."""

import os
from functools import lru_cache
from typing import NoReturn

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.aesgcm.envelope import FORMAT, decrypt, encoded, encrypt, piece
from adapters.aesgcm.keyring import KEY_BYTES, KeyRing
from domain.errors import DecryptionFailed
from domain.ids import random_id
from domain.ports.vault import DataKey, Label

CACHED_KEYS = 4096
_KEY = "brokerlink data key"
_VALUE = "brokerlink value"


class AesGcmVault:
    """The port `Vault`. It may be shared by threads."""

    __slots__ = ("_cipher", "_identity_key", "_keys")

    def __init__(self, keys: KeyRing, identity_key: bytes, *, cached_keys: int = CACHED_KEYS) -> None:
        self._keys = keys
        self._identity_key = identity_key

        # Cached by the whole DataKey and not by its id: one with another scope or another wrapping is
        # another key, and must prove itself.
        @lru_cache(maxsize=cached_keys)
        def cipher(key: DataKey) -> AESGCM:
            return AESGCM(_unwrapped(keys, key))

        self._cipher = cipher

    @property
    def identity_key(self) -> bytes:
        return self._identity_key

    def new_key(self, scope: str) -> DataKey:
        return self._wrapped(random_id("key", os.urandom(KEY_BYTES)), scope, os.urandom(KEY_BYTES))

    def seal(self, key: DataKey, label: Label, plain: bytes) -> bytes:
        return encrypt(self._cipher(key), plain, _place(key, label))

    def open(self, key: DataKey, label: Label, sealed: bytes) -> bytes:
        return decrypt(self._cipher(key), sealed, _place(key, label))

    def rewrap(self, key: DataKey) -> DataKey:
        """The same key object if it is under the current key-encryption key already; it is opened all the
        same, so that a rotation finds what is damaged."""
        secret = _unwrapped(self._keys, key)
        return key if key.kek_id == self._keys.current.id else self._wrapped(key.id, key.scope, secret)

    def _wrapped(self, identifier: str, scope: str, secret: bytes) -> DataKey:
        kek = self._keys.current
        return DataKey(identifier, scope, kek.id, kek.wrap(secret, _wrapping(kek.id, identifier, scope)))

    def __repr__(self) -> str:
        return f"AesGcmVault({self._keys!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a vault is not to be copied or stored")


def _unwrapped(keys: KeyRing, key: DataKey) -> bytes:
    secret = keys.key(key.kek_id).unwrap(key.wrapped, _wrapping(key.kek_id, key.id, key.scope))
    if len(secret) != KEY_BYTES:
        raise DecryptionFailed
    return secret


def _wrapping(kek_id: str, key_id: str, scope: str) -> bytes:
    """What the wrapping of a data key is bound to."""
    return encoded(_KEY, str(FORMAT), kek_id, key_id, scope)


def _place(key: DataKey, label: Label) -> bytes:
    """What a value is bound to: moved to another user, owner, field or version it does not open."""
    return _whose(key.id, label.user_id, label.owner_id) + piece(label.field) + piece(str(int(label.version)))


@lru_cache(maxsize=CACHED_KEYS)
def _whose(key_id: str, user_id: str, owner_id: str) -> bytes:
    """The beginning of `encoded` over all seven parts, which thousands of values of one owner share."""
    parts = (_VALUE, str(FORMAT), key_id, user_id, owner_id)
    return encoded(*parts, "", "")[: -2 * len(piece(""))]
