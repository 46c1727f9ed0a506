"""The sandbox's side: the consent page, tokens and what is refused in FDX's words (sections 2 and 4)."""

import base64
import binascii
import hashlib
import json
from datetime import datetime
from urllib.parse import urlencode

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say, say_nothing
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Grant, Play

CODE_SECONDS = 300
AKOYA_SECONDS, DIRECT_SECONDS = 86_399, 900
CLAIMED = "Refresh token is invalid or has already been claimed by another client."
WRONG_CLIENT = "Invalid client credentials."


class Gate:
    """One client registered at one provider. `name` tells several of one brokerage apart; the hub's manners
    ("akoya") differ from those of a provider's own server."""

    def __init__(self, play: Play, name: str, provider: str, redirect_uri: str) -> None:
        self.play, self.name, self.provider, self.redirect_uri = play, name, provider, redirect_uri
        self.hub = bool(provider)
        self.client_id = play.word(f"{name} client id", 24, "0123456789abcdef")
        self.secret = play.token(f"{name} secret", 0, 40)

    # The consent page.

    def consent(self, asked: Asked) -> Response:
        """Answers at once as somebody would who logs in and shares everything."""
        wrong = self._misled(asked)
        if wrong:
            return say_page("Consent", text(wrong), status=400)
        back = {"state": asked.param("state")}
        error = self._refused(asked)
        if error:
            return self._back(back | {"error": error, "error_description": "refused"})
        if self.play.interactive and asked.param("agreed") != "yes":
            where = f"{asked.at(asked.host)}{asked.path}"
            hidden = (*asked.query, ("agreed", "yes"))
            return say_page(
                "Consent", text("An app asks to read your accounts."), button("Share", where, hidden)
            )
        code = self.play.token(f"{self.name} code")
        facts = {"redirect": asked.param("redirect_uri"), "challenge": asked.param("code_challenge")}
        self.play.issue(code, f"{self.name} code", asked.now, CODE_SECONDS, **facts)
        return self._back({"code": code} | back)

    def _misled(self, asked: Asked) -> str:
        """Where nobody may be sent back to."""
        if asked.param("client_id") != self.client_id:
            return "This app is not registered."
        return "" if asked.param("redirect_uri") == self.redirect_uri else "This address is not registered."

    def _refused(self, asked: Asked) -> str:
        if asked.param("response_type") != "code":
            return "unsupported_response_type"
        if len(asked.param("state")) < 8:
            return "invalid_request"
        scopes = set(asked.param("scope").split())
        if self.hub:
            known = {"openid", "profile", "offline_access"}
            if asked.param("connector") != self.provider:
                return "unauthorized_client"
            return "" if "openid" in scopes and scopes <= known else "invalid_scope"
        pkce = asked.param("code_challenge_method") == "S256" and len(asked.param("code_challenge")) == 43
        if not pkce:
            return "invalid_request"
        return "" if scopes and all(scope.startswith("fdx:") for scope in scopes) else "invalid_scope"

    def _back(self, told: dict[str, str]) -> Response:
        return redirect(f"{self.redirect_uri}?{urlencode(told)}")

    # Tokens.

    def token(self, asked: Asked) -> Response:
        form = asked.form()
        if "x-www-form-urlencoded" not in asked.header("content-type"):
            return _error(400, "invalid_request", "The body must be form-encoded.")
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchanged(asked, form)
            case "refresh_token":
                return self._renewed(asked, form)
            case _:
                return _error(400, "unsupported_grant_type", "Unsupported grant_type.")

    def _exchanged(self, asked: Asked, form: dict[str, str]) -> Response:
        if not self._by_basic(asked):
            return _error(401, "invalid_client", WRONG_CLIENT)
        code = self.play.spend(form.get("code", ""), f"{self.name} code", asked.now)
        if code is None or code.facts["redirect"] != form.get("redirect_uri"):
            return _error(400, "invalid_grant", "The code is invalid or expired.")
        if not self.hub and _challenge(form.get("code_verifier", "")) != code.facts["challenge"]:
            return _error(400, "invalid_grant", "The code verifier is wrong.")
        return self._tokens(asked.now)

    def _renewed(self, asked: Asked, form: dict[str, str]) -> Response:
        """At the hub the client stands in the body, and Basic is not looked at."""
        if not (self._in_body(form) if self.hub else self._by_basic(asked)):
            return _error(401, "invalid_client", WRONG_CLIENT)
        token = form.get("refresh_token", "")
        if self.play.withdrawn() or self.play.spend(token, f"{self.name} refresh", asked.now) is None:
            return _error(400, "invalid_request", CLAIMED)
        return self._tokens(asked.now)

    def revoke(self, asked: Asked) -> Response:
        form = asked.form()
        if not (self._in_body(form) if self.hub else self._by_basic(asked)):
            return _error(401, "invalid_client", WRONG_CLIENT)
        if form.get("token_type_hint") != "refresh_token" or not form.get("token"):
            return _error(400, "invalid_request", "token and token_type_hint are required.")
        if self.play.spend(form["token"], f"{self.name} refresh", asked.now) is not None:
            self.play.revoke(f"{self.name} access")
        return say_nothing(200)

    def _tokens(self, now: datetime) -> Response:
        """A new pair. At the hub what data calls carry is the id_token; the access_token opens nothing."""
        seconds = AKOYA_SECONDS if self.hub else DIRECT_SECONDS
        refresh, access = self.play.token(f"{self.name} refresh"), self.play.token(f"{self.name} access")
        bearer = self._id_token(now.timestamp() + seconds) if self.hub else access
        self.play.issue(refresh, f"{self.name} refresh", now)
        self.play.issue(bearer, f"{self.name} access", now, seconds)
        told = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": seconds,
            "refresh_token": refresh,
        }
        return say(told | ({"id_token": bearer} if self.hub else {}))

    def _id_token(self, until: float) -> str:
        parts = ({"alg": "RS256"}, {"exp": int(until), "sub": self.play.uuid("subject")})
        head, body = (base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts)
        return f"{head}.{body}.{self.play.token(f'{self.name} signature')}"

    def _by_basic(self, asked: Asked) -> bool:
        scheme, _, told = asked.header("authorization").partition(" ")
        try:
            known = base64.b64decode(told, validate=True).decode() if scheme == "Basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            return False
        return known == f"{self.client_id}:{self.secret}"

    def _in_body(self, form: dict[str, str]) -> bool:
        return (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.secret)

    # Data.

    def admitted(self, asked: Asked) -> Grant | None:
        """The grant of a data call; None if it must be refused with 401."""
        grant = self.play.grant(asked.bearer, f"{self.name} access", asked.now)
        return None if grant is None or self.play.withdrawn() else grant

    def refuse(self, status: int, code: int, message: str) -> Response:
        """The code is a number at the hub, a text elsewhere."""
        told = {"code": code if self.hub else str(code), "message": message}
        return say(told | ({"debugMessage": message} if self.hub else {}), status)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _error(status: int, error: str, description: str) -> Response:
    return say({"error": error, "error_description": description}, status)
