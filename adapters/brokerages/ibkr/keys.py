"""Keys of the sandbox's customer, made up: they sign and open nothing anywhere else. Part of the sandbox."""

from functools import cache
from math import lcm

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

E = 65537
_SIGNATURE_P = (
    "e662a0f13d9cc4733815183ded11621de78448a3a5cd20918d4df5178b7333fa683cc5a042fb9ba347e8a3805c6683ba"
    "c98947ff6a435aec5f505d648f39549e9b7d1819eb8b626ab7b4ae5968c791b785bf49273fbc6c7fcbf7111256298eb3"
    "c2e491e822ff0edb091a94caf7232b14766c9a944f8926cce7a4b0b314dc0e6b"
)
_SIGNATURE_Q = (
    "c75ac4f1ee5d2b7a97c892f6c77c5d8ccbd4c9420c87099876455927b9d35717c048aab476347cbffd5a3eaa1a272120"
    "99774ff06853417f334b07fc1e298bad16cc7d7f8e3d40fb9ad0fc882de92a8cc63257f0d3b42ed91075ea16e29e40b8"
    "52613098ba8f22dd5f2babc7e440975eb59a7d8fcfdbb1aae3277ab2a7a1f77b"
)
_ENCRYPTION_P = (
    "e8e7a1992e39433a11bfe7c5ed69ddf75822e64ee4bf302174cb566ef44f29650c17b981d48fd1ee66115a14681f2d16"
    "3ae2f2c072f4a71b6a6146fe5d53c8086c75799f58376a722c0cb74799edc9c535f3822ebd714f9129bf3308ba1b201f"
    "9d3e000d8a905610b8626c4f650e73ec04ddb716fd80eb47978b50dcf83c2eb9"
)
_ENCRYPTION_Q = (
    "c7e9ebd3b324cc6c6e914446877132b15cfae6709b8f2cc804bd2aadf60b0a5b1d5d65920e5fb2ebbbc8bc0294655e84"
    "7a51315e910746a5e82874836258e428d65f90bb6de25dad10dead8e8d6b20f1437bf11e219176f6744d4dd0c88a3701"
    "d9eeb308953cb86f7bfbe47d2db24467cac736a5320edf52f60302ce8b9e89e3"
)
# The 2048-bit group of RFC 3526, in place of one that the customer would have made.
PRIME = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aacaa68ffffffffffffffff",
    16,
)
GENERATOR = 2


@cache
def signature_key() -> rsa.RSAPrivateKey:
    return _key(int(_SIGNATURE_P, 16), int(_SIGNATURE_Q, 16))


@cache
def encryption_key() -> rsa.RSAPrivateKey:
    return _key(int(_ENCRYPTION_P, 16), int(_ENCRYPTION_Q, 16))


def _key(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(E, -1, lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(E, p * q)
    )
    return numbers.private_key()


@cache
def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def sealed(secret: bytes, padding: bytes) -> bytes:
    """RSA with PKCS #1 v1.5, with this padding in place of chance: a seed's secret is the same each time."""
    numbers = encryption_key().public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    filler = bytes(byte or 1 for byte in (padding * size)[: size - 3 - len(secret)])
    block = b"\x00\x02" + filler + b"\x00" + secret
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(size, "big")
