"""Key-encryption keys: one current, and older ones that still open what they sealed.

A key is 32 random bytes, written in urlsafe base64, with an optional name before a colon:

    q83v...=            its id follows from the key itself
    2026-11:q83v...=    its id is 2026-11

Several are written newest first: the first one seals, all of them open. To rotate over many processes,
first add the new key at the end (`old,new`) everywhere, then move it to the front (`new,old`), then
rewrap, then drop the old one: so no process meets a key it does not know yet.

Texts of errors never repeat what was given, not even a file's name: people paste keys into wrong places.
"""

import base64
import hashlib
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.aesgcm.envelope import decrypt, encrypt
from domain.errors import DecryptionFailed

KEY_BYTES = 32
MAX_FILE_BYTES = 64 * 1024
SOURCE = "BROKERAGE_ENCRYPTION_KEY"
MAKE_ONE = "`brokerlink keys generate` makes a key."

_TEXT = re.compile(r"[A-Za-z0-9_-]{43}=?")
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")


class KeyInvalid(ValueError):
    """A key that cannot be used. The text is a plain sentence and holds nothing of the key."""


def generate() -> str:
    """A new key-encryption key, as it is written into the setting or the key file."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def write_key_file(path: Path) -> None:
    """Make a key file with one new key, for our eyes only. An existing file is never touched."""
    complaint = ""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        complaint = (error.strerror or "it cannot be made").lower()
    if complaint:
        raise KeyInvalid(f"It is not possible to write the key file: {complaint}.")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"# Newest first. Lose these keys and all stored credentials are lost.\n{generate()}\n")


class KeyEncryptionKey:
    """One key. It keeps no bytes that Python could show, only the cipher made of them."""

    __slots__ = ("_cipher", "fingerprint", "id")

    def __init__(self, secret: bytes, identifier: str = "") -> None:
        if len(secret) != KEY_BYTES:
            raise KeyInvalid(f"A key has {KEY_BYTES} bytes.")
        if len(set(secret)) == 1:
            raise KeyInvalid("A key is random; this one repeats one byte.")
        if identifier and _ID.fullmatch(identifier) is None:
            raise KeyInvalid("A key's id has 1 to 32 letters, digits, dots, dashes or underscores.")
        # The digest names the key in the database. Its prefix keeps it apart from any other use.
        self.fingerprint = hashlib.sha256(b"brokerlink key id\x00" + secret).hexdigest()
        self.id = identifier or self.fingerprint[:8]
        self._cipher = AESGCM(secret)

    def same_as(self, other: "KeyEncryptionKey") -> bool:
        """Whether both are the same secret, whatever their ids."""
        return self.fingerprint == other.fingerprint

    def wrap(self, secret: bytes, bound: bytes) -> bytes:
        return encrypt(self._cipher, secret, bound)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        return decrypt(self._cipher, wrapped, bound)

    def __repr__(self) -> str:
        return f"KeyEncryptionKey({self.id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not to be copied or stored")


class KeyRing:
    """The current key, and the older ones by id."""

    __slots__ = ("_keys", "current")

    def __init__(self, keys: Iterable[KeyEncryptionKey], *, source: str = SOURCE) -> None:
        given = tuple(keys)
        if not given:
            raise KeyInvalid(f"{source} holds no key. {MAKE_ONE}")
        for index, key in enumerate(given):
            for earlier, other in enumerate(given[:index]):
                if key.same_as(other):
                    raise KeyInvalid(f"Keys {earlier + 1} and {index + 1} of {source} are the same key.")
                if key.id == other.id:
                    raise KeyInvalid(f"Keys {earlier + 1} and {index + 1} of {source} have the same id.")
        self.current = given[0]
        self._keys = {key.id: key for key in given}

    @classmethod
    def parse(cls, text: str, *, source: str = SOURCE) -> "KeyRing":
        """One or several keys, comma-separated, newest first."""
        if not text.strip():
            raise KeyInvalid(f"{source} is empty. {MAKE_ONE}")
        return cls._of(text.split(","), source)

    @classmethod
    def read(cls, path: Path, *, source: str = "the key file") -> "KeyRing":
        """One key a line, newest first; `#` starts a comment. Nobody but the owner may read the file."""
        lines = [line.partition("#")[0].strip() for line in _private_text(path, source).splitlines()]
        return cls._of([line for line in lines if line], source)

    @classmethod
    def _of(cls, texts: list[str], source: str) -> "KeyRing":
        keys = [_key(text.strip(), f"Key {index} of {source}") for index, text in enumerate(texts, 1)]
        return cls(keys, source=source)

    @property
    def ids(self) -> tuple[str, ...]:
        """The current key's id first."""
        return tuple(self._keys)

    def key(self, identifier: str) -> KeyEncryptionKey:
        """Raises DecryptionFailed for a key that is not on the ring."""
        found = self._keys.get(identifier)
        if found is None:
            raise DecryptionFailed
        return found

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring is not to be copied or stored")


def _key(text: str, which: str) -> KeyEncryptionKey:
    identifier, colon, body = text.rpartition(":")
    body = body.strip()
    if colon and _ID.fullmatch(identifier.strip()) is None:
        raise KeyInvalid(f"{which} has no usable id before the colon: 1 to 32 letters, digits, . _ or -.")
    complaint = _complaint(body)
    if complaint:
        raise KeyInvalid(f"{which} {complaint} {MAKE_ONE}")
    try:
        return KeyEncryptionKey(base64.urlsafe_b64decode(body[:43] + "="), identifier.strip())
    except KeyInvalid as error:
        raise KeyInvalid(f"{which} is refused. {error}") from None


def _complaint(body: str) -> str:
    """What is wrong with a key's text; empty if nothing is."""
    if not body:
        return "is missing: there is a comma or a colon too many."
    if _TEXT.fullmatch(body):
        return ""
    if body[0] in "\"'`":
        return "is written in quotes; leave them out."
    if _HEX.fullmatch(body):
        return "is hexadecimal; a key is written in urlsafe base64."
    if "+" in body or "/" in body:
        return "is not urlsafe base64: write - for + and _ for /."
    if _ALPHABET.fullmatch(body) is None:
        return "is not urlsafe base64: only letters, digits, - and _ are."
    size = len(body.rstrip("=")) * 6 // 8
    return f"has {size} bytes, but a key has {KEY_BYTES}."


def _private_text(path: Path, source: str) -> str:
    # Raised here and not in the handlers below: an error's context would keep name and bytes of the file.
    content, complaint = _private_bytes(path)
    if not complaint and len(content) > MAX_FILE_BYTES:
        complaint = "it is too large for a file of keys"
    text = content.decode("utf-8-sig", "replace")
    if not complaint and "\ufffd" in text:
        complaint = "it is no text"
    if complaint:
        raise KeyInvalid(f"It is not possible to use {source}: {complaint}.")
    return text


def _private_bytes(path: Path) -> tuple[bytes, str]:
    """The bytes of a file that only its owner may use; or what is wrong with it."""
    try:
        # O_NONBLOCK: a pipe is refused instead of waited for.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # Asked of the open file: nobody can swap it between the look and the read.
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                return b"", "it is no ordinary file"
            if mode & 0o077:
                return b"", "others than its owner may use it; make it private with chmod 600"
            return os.read(handle, MAX_FILE_BYTES + 1), ""
        finally:
            os.close(handle)
    except OSError as error:
        return b"", (error.strerror or "it cannot be read").lower()
    except ValueError:
        return b"", "what is given is no file name"
