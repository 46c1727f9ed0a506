"""OpenD's packets: a header of 44 bytes, then the body, which may be encrypted. Pure.

| 0 `FT` | 2 protocol | 6 format u8 | 7 version u8 | 8 serial | 12 length | 16 SHA-1 | 36 eight zeros |

Numbers are little-endian, of 32 bits where nothing else is said. The length is that of the body as it is
sent, the SHA-1 that of the plain body: it is checked after decryption.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domain.errors import FieldInvalid, UnreadableReply

HEADER = struct.Struct("<2sIBBII20s8s")
MAGIC = b"FT"
PROTOBUF, JSON = 0, 1
BLOCK = 16
RSA_BITS, RSA_PIECE, RSA_BLOCK = 1024, 100, 128


@dataclass(frozen=True, slots=True)
class Header:
    protocol: int
    form: int
    serial: int
    size: int
    digest: bytes


def packet(
    protocol: int, serial: int, plain: bytes, sent: bytes | None = None, form: int = PROTOBUF
) -> bytes:
    """A whole packet. `sent` is the body as it is sent, where that is not the plain one."""
    body = plain if sent is None else sent
    digest = hashlib.sha1(plain, usedforsecurity=False).digest()
    return HEADER.pack(MAGIC, protocol, form, 0, serial, len(body), digest, bytes(8)) + body


def header(told: bytes) -> Header:
    """Raises UnreadableReply if it is none."""
    magic, protocol, form, _, serial, size, digest, _ = HEADER.unpack(told)
    if magic != MAGIC or form not in (PROTOBUF, JSON):
        raise UnreadableReply("what answers there does not speak OpenD's protocol")
    return Header(protocol, form, serial, size, digest)


def checked(told: Header, plain: bytes) -> bytes:
    """The body, if it is the one that the header was made for."""
    if not hmac.compare_digest(hashlib.sha1(plain, usedforsecurity=False).digest(), told.digest):
        raise UnreadableReply("the checksum of the answer is wrong")
    return plain


# ---- encryption, where OpenD has a key


def rsa_key(pem: str) -> RSAPrivateKey:
    """The key file that OpenD was given as well: PKCS#1, 1024 bits. Raises FieldInvalid."""
    try:
        key = load_pem_private_key(pem.strip().encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size != RSA_BITS:
        raise FieldInvalid(
            "credentials[rsa_key]", "This is no RSA private key of 1024 bits without a password."
        )
    return key


def sealed_hello(key: RSAPrivateKey, plain: bytes) -> bytes:
    """InitConnect's body: pieces of a hundred bytes, each a block of RSA."""
    pieces = (plain[at : at + RSA_PIECE] for at in range(0, len(plain), RSA_PIECE))
    return b"".join(key.public_key().encrypt(piece, rsa_padding.PKCS1v15()) for piece in pieces)


def opened_hello(key: RSAPrivateKey, body: bytes) -> bytes:
    try:
        blocks = (body[at : at + RSA_BLOCK] for at in range(0, len(body), RSA_BLOCK))
        return b"".join(key.decrypt(block, rsa_padding.PKCS1v15()) for block in blocks)
    except ValueError:
        raise UnreadableReply("OpenD uses another RSA key than the one that was given") from None


@dataclass(frozen=True, slots=True)
class Sealing:
    """How bodies are encrypted after InitConnect: AES-128, in CBC where OpenD gave a vector, else in its own
    way: ECB over zeros to the full block, and one plain block more that says how long the last one was."""

    key: bytes = field(repr=False)
    vector: bytes = b""

    def seal(self, plain: bytes) -> bytes:
        if self.vector:
            padder = PKCS7(BLOCK * 8).padder()
            return self._run(padder.update(plain) + padder.finalize(), opening=False)
        rest = len(plain) % BLOCK
        padded = plain + bytes(-len(plain) % BLOCK)
        return self._run(padded, opening=False) + bytes(BLOCK - 1) + bytes([rest])

    def open(self, body: bytes) -> bytes:
        try:
            if self.vector:
                unpadder = PKCS7(BLOCK * 8).unpadder()
                return unpadder.update(self._run(body, opening=True)) + unpadder.finalize()
            rest = body[-1] if body else 0
            if rest >= BLOCK or len(body) < BLOCK:
                raise ValueError
            plain = self._run(body[:-BLOCK], opening=True)
            return plain[: len(plain) - BLOCK + rest] if rest else plain
        except ValueError:
            raise UnreadableReply("the answer cannot be decrypted") from None

    def _run(self, data: bytes, *, opening: bool) -> bytes:
        mode = CBC(self.vector) if self.vector else ECB()  # noqa: S305  the gateway's own way
        cipher = Cipher(AES(self.key), mode)
        pen = cipher.decryptor() if opening else cipher.encryptor()
        return pen.update(data) + pen.finalize()
