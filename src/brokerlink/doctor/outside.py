"""What the doctor looks at around us: the addresses to listen on, the sandbox, the files of TLS."""

import os
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from brokerlink.doctor.check import Check, bad, good
from brokerlink.settings import Listen, Settings
from brokerlink.settings.problems import variable

PATIENCE = 2.0  # seconds
WARN_BEFORE_DAYS = 14


def listening(settings: Settings) -> list[Check]:
    """Each address: free, or served by brokerlink already."""
    return [_address(settings, listener) for listener in settings.listeners]


def _address(settings: Settings, listener: Listen) -> Check:
    name, other = f"address {listener.text}", f"Choose another in {variable('listen')}."
    if _connects(listener):
        return _served(settings, listener, name)
    if listener.path:
        if os.access(Path(listener.path).parent, os.W_OK | os.X_OK):
            return good(name, "It is free.")
        return bad(name, "Its directory is missing or may not be written.", f"Make it. {other}")
    try:
        with socket.socket(_family(listener), socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((listener.host, listener.port))
    except OSError as error:
        return bad(name, f"It cannot be listened on: {(error.strerror or 'no such host').lower()}.", other)
    return good(name, "It is free.")


def _family(listener: Listen) -> socket.AddressFamily:
    if listener.path:
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in listener.host else socket.AF_INET


def _connects(listener: Listen) -> bool:
    if not listener.path and listener.port == 0:
        return False
    try:
        with socket.socket(_family(listener), socket.SOCK_STREAM) as probe:
            probe.settimeout(PATIENCE)
            probe.connect(listener.path or (listener.host, listener.port))
    except OSError:
        return False
    return True


def _served(settings: Settings, listener: Listen, name: str) -> Check:
    if settings.tls_certificate is not None:
        return good(name, "Somebody listens there; TLS keeps the doctor from asking who.")
    import grpc  # noqa: PLC0415 - heavy, and needed only where somebody listens
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # noqa: PLC0415

    with grpc.insecure_channel(listener.text, [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            request = health_pb2.HealthCheckRequest()
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=PATIENCE)
        except grpc.RpcError:
            fix = f"Stop it, or choose another address in {variable('listen')}."
            return bad(name, "Another program listens there.", fix)
    serving = answer.status == health_pb2.HealthCheckResponse.SERVING
    return good(name, "A server serves there." if serving else "A server is there and does not serve now.")


def sandbox(settings: Settings) -> list[Check]:
    if settings.sandbox_url is None:
        return []
    parts = urlsplit(settings.sandbox_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=PATIENCE).close()
    except OSError:
        fix = f"Start `brokerlink sandbox`, or leave {variable('sandbox_url')} out."
        return [bad("sandbox", "Nothing answers at its address.", fix)]
    return [good("sandbox", "It answers; it plays all brokerages.")]


def tls(settings: Settings) -> list[Check]:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        return []
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # A function that gives nothing: else an encrypted key would make OpenSSL ask at the terminal.
        context.load_cert_chain(certificate, key, password=lambda: "")
        if settings.tls_client_ca is not None:
            context.load_verify_locations(settings.tls_client_ca)
    except (OSError, ValueError):  # an SSLError is an OSError
        fix = "They are readable PEM files without a password, and the key is the certificate's."
        return [bad("TLS", "Certificate, key and client CA cannot be used together.", fix)]
    if key.stat().st_mode & 0o077:
        return [bad("TLS", "Others may use the file of the private key.", "chmod 600 it.")]
    return [_validity(certificate)]


def _validity(certificate: Path) -> Check:
    from cryptography import x509  # noqa: PLC0415 - heavy, and needed only with TLS

    until = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    days = (until - datetime.now(UTC)).days
    if days < 0:
        return bad("TLS", f"The certificate ended on {until:%Y-%m-%d}.", "Renew it.")
    return good(
        "TLS", f"The certificate is valid until {until:%Y-%m-%d}.", "Renew it." * (days < WARN_BEFORE_DAYS)
    )
