"""IBKR's OAuth 1.0a as arithmetic: base strings, signatures, and the live session token (LST).

Its own reading of RFC 5849: the list of parameters is encoded once as a whole, the LST request is signed
with RSA and has the decrypted secret in front, every other with HMAC-SHA256 under the LST.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from domain.errors import FieldInvalid, UnreadableReply

Pairs = Iterable[tuple[str, str]]


@asn1.sequence
class _Parameters:
    """What `openssl dhparam` writes (PKCS #3)."""

    prime: int
    generator: int
    length: int | None = None


_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def encoded(text: str) -> str:
    return quote(text, safe="-._~")


def base_string(method: str, url: str, pairs: Pairs, prepend: str = "") -> str:
    """`url` without its query; `prepend` goes in front without a separator."""
    listed = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    return f"{prepend}{method}&{encoded(url)}&{encoded(listed)}"


def header(pairs: Pairs, signature: str, realm: str) -> str:
    """The Authorization header; `signature` is Base64 and gets encoded here."""
    told = sorted([*pairs, ("oauth_signature", encoded(signature))])
    return f'OAuth realm="{realm}", ' + ", ".join(f'{name}="{value}"' for name, value in told)


def rsa_sha256(text: str, key: RSAPrivateKey) -> str:
    signed = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signed).decode()


def hmac_sha256(text: str, session_token: str) -> str:
    digest = hmac.new(base64.b64decode(session_token), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def prepend_of(access_token_secret: str, key: RSAPrivateKey) -> str:
    """The secret, decrypted, as lower-case hex. Raises FieldInvalid if the key does not open it."""
    try:
        return key.decrypt(base64.b64decode(access_token_secret), padding.PKCS1v15()).hex()
    except ValueError:
        said = "The access token secret does not belong to the encryption key."
        raise FieldInvalid("credentials[access_token_secret]", said) from None


def challenge(exponent: int, prime: int, generator: int = 2) -> str:
    return f"{pow(generator, exponent, prime):x}"


def shared_key(response: str, exponent: int, prime: int) -> bytes:
    """The Diffie-Hellman key as Java's BigInteger.toByteArray() gives it: a zero byte in front where the top
    bit is set, no byte too many else. Raises UnreadableReply if `response` is none of the group."""
    try:
        other = int(response, 16) if len(response) <= 1024 else 0
    except ValueError:
        other = 0
    if not 1 < other < prime - 1:
        raise UnreadableReply("diffie_hellman_response is not a number of the group")
    key = pow(other, exponent, prime)
    return key.to_bytes(key.bit_length() // 8 + 1, "big")


def session_token(key: bytes, prepend: str) -> str:
    return base64.b64encode(hmac.new(key, bytes.fromhex(prepend), hashlib.sha1).digest()).decode()


def token_signature(session_token: str, consumer_key: str) -> str:
    """What IBKR sends along to prove that it has computed the same token."""
    return hmac.new(base64.b64decode(session_token), consumer_key.encode(), hashlib.sha1).hexdigest()


def private_key(pem: str, field: str) -> RSAPrivateKey:
    """Raises FieldInvalid for all that is no RSA key without a password."""
    try:
        found = serialization.load_der_private_key(_body(pem), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, RSAPrivateKey):
        raise FieldInvalid(
            f"credentials[{field}]", "This is no RSA private key in PEM form, without password."
        )
    return found


def prime_of(given: str, field: str) -> tuple[int, int]:
    """Prime and generator, from dhparam.pem or from the prime in hex."""
    if "-----" not in given:
        try:
            return int(re.sub(r"[\s:]", "", given), 16), 2
        except ValueError:
            raise FieldInvalid(f"credentials[{field}]", "This is no prime in hex.") from None
    try:
        found = asn1.decode_der(_Parameters, _body(given))
    except ValueError:
        raise FieldInvalid(
            f"credentials[{field}]", "These are no Diffie-Hellman parameters in PEM form."
        ) from None
    return found.prime, found.generator


def _body(pem: str) -> bytes:
    """What a PEM holds, also where its line ends got lost or doubled on the way through forms and shells."""
    found = _PEM.search(pem.replace("\\r", "").replace("\\n", "\n"))
    if found is None:
        raise ValueError("no PEM")
    return base64.b64decode(re.sub(r"\s+", "", found[2]), validate=True)
