"""The envelope: format byte, random nonce, AES-256-GCM ciphertext with tag, bound to where it belongs."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import DecryptionFailed

FORMAT = 1
NONCE_BYTES = 12
TAG_BYTES = 16


def encoded(*parts: str) -> bytes:
    """Several texts as one byte string, so that no two lists of texts give the same: each has its length
    before it. It is what ciphertexts are bound to."""
    return len(parts).to_bytes(2, "big") + b"".join(map(piece, parts))


def piece(part: str) -> bytes:
    """One text with its length before it, as `encoded` has it."""
    # surrogatepass: any text at all has exactly one encoding, and none raises.
    told = part.encode("utf-8", "surrogatepass")
    return len(told).to_bytes(4, "big") + told


def encrypt(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    """format byte, nonce, ciphertext with tag. Nonces are random, so a fork or a restored backup cannot
    repeat a counter; one key may seal 2^32 values before a repetition gets likely."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes((FORMAT,)) + nonce + cipher.encrypt(nonce, plain, bound)


def decrypt(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    """Raises DecryptionFailed for all that `encrypt` did not make with this key and this binding."""
    if len(sealed) > NONCE_BYTES + TAG_BYTES and sealed[0] == FORMAT:
        try:
            return cipher.decrypt(sealed[1 : NONCE_BYTES + 1], sealed[NONCE_BYTES + 1 :], bound)
        except (InvalidTag, ValueError):
            pass
    raise DecryptionFailed
