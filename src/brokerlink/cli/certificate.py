"""An authority for one run of the sandboxes, and the certificate it issues. Nobody trusts it until told."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LASTS = timedelta(days=7)
HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Issued:
    """PEM files: what a client trusts, and what the server shows. The authority's key is kept nowhere."""

    authority: Path
    certificate: Path
    key: Path


def issue(directory: Path, host: str, now: datetime | None = None) -> Issued:
    """A certificate for this machine and `host`.

    It is no authority of its own: some clients refuse a server that shows one.
    """
    now = now or datetime.now(UTC)
    signing, serving = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(signing, now)
    certificate = (
        _begun("brokerlink sandbox", serving.public_key(), signing.public_key(), now)
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names((*HOSTS, host))), critical=False)
        .sign(signing, hashes.SHA256())
    )
    issued = Issued(directory / "authority.pem", directory / "certificate.pem", directory / "key.pem")
    issued.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    issued.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(issued.key, serving)
    return issued


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    begun = _begun("brokerlink sandbox authority", key.public_key(), key.public_key(), now)
    return (
        begun.issuer_name(_name("brokerlink sandbox authority"))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _begun(
    name: str, public: ec.EllipticCurvePublicKey, issuer: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    """What both have. Strict clients (Python 3.13 and later) insist on the two key identifiers."""
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _names(hosts: tuple[str, ...]) -> list[x509.GeneralName]:
    """Each host once, as an address or as a name."""
    found: list[x509.GeneralName] = []
    for host in dict.fromkeys(hosts):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            found.append(x509.DNSName(host))
    return found


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(private)
