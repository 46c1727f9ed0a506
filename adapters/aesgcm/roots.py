"""The root secret of a database: made once, sealed under the key ring, and the check that the key fits."""

import os

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.aesgcm.envelope import encoded
from adapters.aesgcm.keyring import KEY_BYTES, KeyRing
from domain.errors import DecryptionFailed

_PURPOSE = "brokerlink root"
_IDENTITY = "brokerlink identity"
_SEPARATOR = b"\x00"


class Roots:
    """Opens and makes the root secret, from which the identity key is derived.

    What is stored is the id of the key-encryption key, a zero byte, and the envelope.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def unlock(self, stored: bytes | None) -> tuple[bytes, bytes | None]:
        """(identity key, what to store now or None).

        `stored` None: a new database, a new root. Something comes back as well when the root is sealed
        under an older key: the same root, under the current one. Store a *new* root only where there is
        none yet, and unlock what is stored then: of two processes that start at once one comes second.

        Raises DecryptionFailed with a plain sentence when the database was sealed with another key.
        """
        if stored is None:
            root = os.urandom(KEY_BYTES)
            return _identity_key(root), self._sealed(root)
        kek_id, root = self._opened(stored)
        again = None if kek_id == self._keys.current.id else self._sealed(root)
        return _identity_key(root), again

    def _sealed(self, root: bytes) -> bytes:
        key = self._keys.current
        return key.id.encode() + _SEPARATOR + key.wrap(root, encoded(_PURPOSE, key.id))

    def _opened(self, stored: bytes) -> tuple[str, bytes]:
        name, _, envelope = stored.partition(_SEPARATOR)
        kek_id = name.decode("ascii", "replace")
        held = ", ".join(self._keys.ids)
        if kek_id not in self._keys.ids:
            raise DecryptionFailed(
                f"This database was sealed with another key. It names the key {_shown(kek_id)}; "
                f"given: {held}. Give the key it was sealed with, or another database."
            )
        try:
            return kek_id, self._keys.key(kek_id).unwrap(envelope, encoded(_PURPOSE, kek_id))
        except DecryptionFailed:
            pass
        raise DecryptionFailed(
            f"This database was sealed with another key, although both are called {kek_id}; or its root is "
            "damaged. Give the key it was sealed with, or restore the database."
        )


def _shown(kek_id: str) -> str:
    """Ids are ours and harmless; whatever else stands there was put there by damage or by somebody."""
    return kek_id if kek_id.isascii() and kek_id.isprintable() and 0 < len(kek_id) <= 32 else "(unreadable)"


def _identity_key(root: bytes) -> bytes:
    """Derived, so that further keys for other uses can come from the same root."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_IDENTITY.encode()).derive(root)
