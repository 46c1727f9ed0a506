"""The sandbox's side: webhooks, signed as Plaid signs them (section 3.5), with a key fixed by the seed."""

import base64
import hashlib
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.plaid.gate import Body, Item, Refused, error_object
from adapters.sandbox.asked import to_json
from adapters.sandbox.play import Play

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
CODES = {
    "HOLDINGS": ("DEFAULT_UPDATE",),
    "INVESTMENTS_TRANSACTIONS": ("DEFAULT_UPDATE", "HISTORICAL_UPDATE"),
    "ITEM": (
        "ERROR", "PENDING_EXPIRATION", "PENDING_DISCONNECT", "LOGIN_REPAIRED", "USER_PERMISSION_REVOKED",
    ),
}  # fmt: skip


class Notices:
    """What Plaid would send, to be delivered by whoever holds the sandbox: it has no socket itself."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._key = ec.derive_private_key(
            int.from_bytes(play.digest("webhook key")[:40], "big") % (ORDER - 1) + 1, ec.SECP256R1()
        )
        self.kid = play.uuid("webhook key", 0)

    def key(self, kid: object, now: datetime) -> Body:
        if kid != self.kid:
            raise Refused("INVALID_WEBHOOK_VERIFICATION_KEY_ID")
        public = self._key.public_key().public_numbers()
        return {
            "alg": "ES256", "crv": "P-256", "kid": self.kid, "kty": "EC", "use": "sig",
            "x": _base64(public.x.to_bytes(32, "big")), "y": _base64(public.y.to_bytes(32, "big")),
            "created_at": int(now.timestamp()) - 86_400, "expired_at": None,
        }  # fmt: skip

    def body(self, item: Item, kind: str, code: str) -> bytes:
        """The webhook of an item. Raises Refused for words that Plaid's sandbox cannot fire."""
        if code not in CODES.get(kind, ()):
            raise Refused("INVALID_FIELD", "webhook_type and webhook_code do not belong together")
        told: dict[str, Any] = {
            "webhook_type": kind,
            "webhook_code": code,
            "item_id": item.item_id,
            "environment": "sandbox",
        }
        return to_json(told | _members(kind, code))

    def signed(self, body: bytes, now: datetime) -> str:
        """The header Plaid-Verification over these bytes."""
        head = _base64(to_json({"alg": "ES256", "kid": self.kid, "typ": "JWT"}))
        claims = {"iat": int(now.timestamp()), "request_body_sha256": hashlib.sha256(body).hexdigest()}
        text = f"{head}.{_base64(to_json(claims))}"
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        return f"{text}.{_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _members(kind: str, code: str) -> dict[str, Any]:
    match kind, code:
        case "HOLDINGS", _:
            return {"error": None, "new_holdings": 1, "updated_holdings": 1}
        case "INVESTMENTS_TRANSACTIONS", _:
            return {"error": None, "new_investments_transactions": 2, "cancelled_investments_transactions": 0}
        case _, "ERROR":
            return {"error": error_object("ITEM_LOGIN_REQUIRED") | {"status": 400}}
        case _, "PENDING_EXPIRATION":
            return {"consent_expiration_time": "2030-01-01T00:00:00Z"}
        case _, "PENDING_DISCONNECT":
            return {"reason": "INSTITUTION_TOKEN_EXPIRATION"}
        case _, "USER_PERMISSION_REVOKED":
            return {"error": None}
        case _:
            return {}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
