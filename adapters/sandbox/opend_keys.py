"""The keys of a played OpenD: an RSA key that its seed fixes, and AES as its clients do it. Pure."""

import random
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.sandbox.play import Play

EXPONENT = 65537
HALF_BITS = 512
ROUNDS = 24


def rsa_of(play: Play) -> rsa.RSAPrivateKey:
    """1024 bits, as OpenD wants them; always the same for a seed. A key to play with."""
    rng = random.Random(play.digest("rsa key"))
    p, q = _prime(rng), _prime(rng)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    return numbers.private_key()


def pem(key: rsa.RSAPrivateKey) -> str:
    """PKCS#1, as the key file is."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def _prime(rng: random.Random) -> int:
    while True:
        # Both upper bits are set, so that the product has all its bits.
        found = rng.getrandbits(HALF_BITS) | (3 << HALF_BITS - 2) | 1
        if found % EXPONENT != 1 and _is_prime(found, rng):
            return found


def _is_prime(n: int, rng: random.Random) -> bool:
    """Miller and Rabin."""
    if any(n % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(rng.randrange(2, n - 1), odd, twos, n) for _ in range(ROUNDS))


def _passes(base: int, odd: int, twos: int, n: int) -> bool:
    x = pow(base, odd, n)
    for _ in range(twos):
        if x in (1, n - 1):
            return True
        x = x * x % n
        if x == 1:
            return False
    return False


@dataclass(frozen=True, slots=True)
class Locks:
    """After the greeting: CBC with PKCS#7 where a vector was given; else ECB over zero padding, and one plain
    block whose last byte tells how much of the last encrypted one counts (0: all)."""

    key: bytes
    vector: bytes

    def seal(self, body: bytes) -> bytes:
        tail = len(body) % 16
        if self.vector:
            more = 16 - tail
            return self._cipher().encryptor().update(body + bytes([more]) * more)
        padded = body + b"\0" * (16 - tail if tail else 0)
        return self._cipher().encryptor().update(padded) + b"\0" * 15 + bytes([tail])

    def open(self, body: bytes) -> bytes:
        """Raises ValueError."""
        if len(body) % 16 or not body:
            raise ValueError("not whole blocks")
        if self.vector:
            found = self._cipher().decryptor().update(body)
            return found[: -found[-1]]
        tail = body[-1]
        found = self._cipher().decryptor().update(body[:-16])
        return found[: len(found) - 16 + tail] if tail else found

    def _cipher(self) -> Cipher[modes.CBC] | Cipher[modes.ECB]:
        if self.vector:
            return Cipher(algorithms.AES(self.key), modes.CBC(self.vector))
        return Cipher(algorithms.AES(self.key), modes.ECB())  # noqa: S305  the gateway's own way
