"""eToro's sandbox: who may ask what. Key pairs of one environment each, and tokens of a login."""

import base64
import hashlib
import re
from datetime import datetime
from urllib.parse import quote, urlsplit

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say, say_nothing
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Play

ACCESS_SECONDS, CODE_SECONDS = 3600, 60
CALLBACK = "https://example.com/etoro/callback"
SCOPE = "etoro-public:"
REAL = (f"{SCOPE}real:read", f"{SCOPE}user-info:read", f"{SCOPE}money.balance:read")
DEMO = (f"{SCOPE}demo:read", f"{SCOPE}user-info:read")
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
MESSAGES = {
    "Unauthorized": 401, "InsufficientPermissions": 403, "ValidationFailed": 400, "NotFound": 404,
    "TooManyRequests": 429, "GeneralError": 500,
}  # fmt: skip


def refused(code: str, message: str = "") -> Response:
    return say({"errorCode": code, "errorMessage": message or code}, MESSAGES[code])


class Gate:
    """`keys` maps user keys to their scopes: reading real money, reading and trading it, reading virtual."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.api_key = play.token("api key", 0, 36)
        self.user_key, self.write_key, self.demo_key = (
            f"{play.token(name, 0, 120)}=" for name in ("user key", "write key", "demo key")
        )
        self.keys = {
            self.user_key: REAL,
            self.write_key: (*REAL, f"{SCOPE}real:write"),
            self.demo_key: DEMO,
        }
        self.client_id, self.client_secret = play.word("client id", 20), play.token("client secret", 0, 40)

    def scopes(self, asked: Asked) -> tuple[str, ...] | Response:
        """What the request's keys or token allow; or why it is refused. Both at once are (2a)."""
        if not _UUID4.fullmatch(asked.header("x-request-id")):
            return refused("ValidationFailed", "x-request-id must be a UUID")
        api_key, user_key = asked.header("x-api-key"), asked.header("x-user-key")
        if (api_key or user_key) and asked.header("authorization"):
            return refused("Unauthorized")
        if self.play.withdrawn():
            return refused("Unauthorized")
        if asked.bearer:
            grant = self.play.grant(asked.bearer, "access", asked.now)
            return REAL if grant is not None else refused("Unauthorized")
        known = self.keys.get(user_key)
        return known if api_key == self.api_key and known is not None else refused("Unauthorized")

    # The login (2b).

    def authorize(self, asked: Asked) -> Response:
        callback, challenge = asked.param("redirect_uri"), asked.param("code_challenge")
        address = urlsplit(callback)
        wrong = (
            asked.param("client_id") != self.client_id
            or address.scheme not in ("http", "https")
            or not address.hostname
            or asked.param("response_type") != "code"
            or not challenge
            or asked.param("code_challenge_method") != "S256"
            or "openid" not in asked.param("scope").split()
        )
        if wrong:
            return say_page("eToro", text("The request is not valid."), status=400)
        if self.play.interactive and not asked.param("agreed"):
            agreed = (*asked.query, ("agreed", "yes"))
            words = f"An application asks to read your account, and sends you back to {callback}."
            return say_page("eToro", text(words), button("Agree", f"{asked.base}/sso{asked.path}", agreed))
        code = self.play.token("code", length=32)
        self.play.issue(code, "code", asked.now, CODE_SECONDS, callback=callback, challenge=challenge)
        told = f"code={quote(code, safe='')}&state={quote(asked.param('state'), safe='')}"
        return redirect(f"{callback}{'&' if '?' in callback else '?'}{told}")

    def token(self, asked: Asked) -> Response:
        if "application/x-www-form-urlencoded" not in asked.header("content-type"):
            return say({"error": ""}, 400)  # as it is seen, for JSON
        form = asked.form()
        if form.get("client_id") != self.client_id or form.get("client_secret") not in (
            None,
            self.client_secret,
        ):
            return say({"error": "invalid_client"}, 401)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.play.spend(form.get("code", ""), "code", asked.now)
                if grant is None or grant.facts["callback"] != form.get("redirect_uri"):
                    return _dead("The code is not valid.")
                if _challenge(form.get("code_verifier", "")) != grant.facts["challenge"]:
                    return _dead("The code verifier is not valid.")
            case "refresh_token":
                spent = self.play.spend(form.get("refresh_token", ""), "refresh", asked.now)
                if spent is None or self.play.withdrawn():
                    return _dead("The refresh token is not valid.")
            case _:
                return say({"error": "unsupported_grant_type"}, 400)
        return self._issued(asked.now)

    def _issued(self, now: datetime) -> Response:
        access, refresh = self.play.token("access", length=200), self.play.token("refresh", length=64)
        self.play.issue(access, "access", now, ACCESS_SECONDS)
        self.play.issue(refresh, "refresh", now)
        told = {"access_token": access, "refresh_token": refresh, "id_token": f"eyJ{self.play.token('id')}"}
        return say(told | {"expires_in": ACCESS_SECONDS, "token_type": "Bearer"})

    def revoke(self, asked: Asked) -> Response:
        """400 where it is dead already."""
        spent = self.play.spend(asked.form().get("token", ""), "refresh", asked.now)
        if spent is None:
            return _dead("The token is revoked already.")
        self.play.revoke("access")
        return say_nothing(200)


def _dead(description: str) -> Response:
    return say({"error": "invalid_grant", "error_description": description}, 400)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
