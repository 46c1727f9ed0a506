"""The port to the vault: what seals secrets, and what names things without telling them."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key, wrapped under the key-encryption key named `kek_id`. `scope` is what it is for:
    "connection:con_…", "session:ses_…", "account:acc_…". The wrapping is bound to id and scope."""

    id: str
    scope: str
    kek_id: str
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Label:
    """What a ciphertext belongs to. It is authenticated: a value moved elsewhere does not open."""

    user_id: str
    owner_id: str
    field: str
    version: int = 1


class Vault(Protocol):
    """AES-256-GCM envelopes. All `open…` raise DecryptionFailed, never give an empty value."""

    def new_key(self, scope: str) -> DataKey:
        """A fresh data key for a scope, wrapped under the current key-encryption key."""

    def seal(self, key: DataKey, label: Label, plain: bytes) -> bytes: ...

    def open(self, key: DataKey, label: Label, sealed: bytes) -> bytes: ...

    def rewrap(self, key: DataKey) -> DataKey:
        """The same data key under the current key-encryption key. The data is not touched."""

    @property
    def identity_key(self) -> bytes:
        """The key of fingerprints (accounts, requests). It never changes, or ids would."""
