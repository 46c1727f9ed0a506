"""Who may come in: headers, the two ways to a token, and tokens with their scopes (2)."""

import re
from collections.abc import Iterable
from urllib.parse import quote

from adapters.brokerages.tastytrade.sandbox_says import refuse
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say, say_text
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Grant, Play
from adapters.sandbox.router import Handler

CODE_SECONDS = 600
ACCESS_SECONDS = 900
CALLBACK = "https://example.com/tastytrade/callback"
SCOPES = frozenset({"read", "trade", "openid"})
VERSIONS = frozenset({"", "20250813", "20251101", "20261012"})
AGENT = re.compile(r"[^\s/]+/\S+.*")


class Gate:
    """One OAuth application, its owner's personal grant, and what was issued."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.app_id = play.uuid("client id", 0)
        self.secret = play.token("client secret", 0, 40)
        self.personal = "eyJ" + play.token("personal grant", 0, 60)

    def credentials(self) -> dict[str, str]:
        return {
            "client_secret": self.secret,
            "refresh_token": self.personal,
            "app_id": self.app_id,
            "app_secret": self.secret,
            "callback_url": CALLBACK,
        }

    def stranger(self, asked: Asked) -> Response | None:
        """What is refused whoever asks: no product in the User-Agent (2), a version that is none (2c)."""
        if asked.host == "my":
            return None
        if not AGENT.fullmatch(asked.header("user-agent")):
            page = "<html><head><title>401 Authorization Required</title></head></html>"
            return say_text(page, 401, "text/html")
        if asked.header("accept-version") not in VERSIONS:
            return say({"error": {"code": 406, "message": "The requested version is not supported."}}, 406)
        return None

    def authorize(self, asked: Asked) -> Response:
        scopes = asked.param("scope").split()
        right = asked.param("client_id") == self.app_id and asked.param("response_type") == "code"
        if not right or asked.param("redirect_uri") != CALLBACK or not SCOPES.issuperset(scopes):
            words = "The application is not known, or asks for what there is not."
            return say_page("tastytrade", text(words), status=400)
        if self.play.interactive and not asked.param("agreed"):
            agreed = (*asked.query, ("agreed", "yes"))
            words = "An application asks to read your accounts."
            return say_page(
                "tastytrade", text(words), button("Agree", f"{asked.base}/my{asked.path}", agreed)
            )
        code = self.play.token("code", length=16)
        self.play.issue(code, "code", asked.now, CODE_SECONDS, scope=" ".join(scopes))
        state = quote(asked.param("state"), safe="")
        return redirect(f"{CALLBACK}?code={quote(code, safe='')}&state={state}")

    def token(self, asked: Asked) -> Response:
        form = asked.form()
        if form.get("client_secret") != self.secret or form.get("client_id", self.app_id) != self.app_id:
            return _bad_grant("invalid_client", "The client is not known")
        match form.get("grant_type"):
            case "refresh_token":
                return self._renewed(form.get("refresh_token", ""), asked)
            case "authorization_code" if form.get("redirect_uri") == CALLBACK and "client_id" in form:
                spent = self.play.spend(form.get("code", ""), "code", asked.now)
                if spent is None:
                    return _bad_grant("invalid_grant", "The code is not valid")
                refresh = "eyJ" + self.play.token("refresh", length=60)
                self.play.issue(refresh, "refresh", asked.now, scope=spent.facts["scope"])
                return self._issued(asked, spent.facts["scope"], refresh_token=refresh)
            case _:
                return _bad_grant("invalid_request", "The request is not valid")

    def _renewed(self, refresh: str, asked: Asked) -> Response:
        """Refresh tokens neither expire nor change."""
        grant = self.play.grant(refresh, "refresh", asked.now)
        dead = self.play.find(self.personal)
        if refresh == self.personal and (dead is None or not dead.revoked):
            grant = self.play.issue(refresh, "refresh", asked.now, scope="read trade openid")
        if grant is None or self.play.withdrawn():
            return _bad_grant("invalid_grant", "Grant revoked")
        return self._issued(asked, grant.facts["scope"])

    def _issued(self, asked: Asked, scope: str, **more: str) -> Response:
        access = "eyJ" + self.play.token("access", length=60)
        self.play.issue(access, "access", asked.now, ACCESS_SECONDS, scope=scope)
        return say({"access_token": access, "token_type": "Bearer", "expires_in": ACCESS_SECONDS, **more})

    def data(self, handler: Handler, known: Iterable[str] | None = None, scope: str = "read") -> Handler:
        """Only with a living token of that scope, and with parameters that there are."""

        def checked(asked: Asked) -> Response:
            grant = self._grant(asked)
            if grant is None:
                return refuse(401, "token_invalid", "This token is invalid or has expired")
            if scope not in grant.facts["scope"].split():
                return refuse(403, "not_permitted", "User not permitted access")
            strange = {name for name, _ in asked.query} - set(known) if known is not None else set()
            if strange:
                return refuse(400, "validation_error", "Request validation failed", *sorted(strange))
            return handler(asked)

        return checked

    def _grant(self, asked: Asked) -> Grant | None:
        """Legacy tokens came bare: only a Bearer is one (2c)."""
        grant = self.play.grant(asked.bearer, "access", asked.now)
        return None if grant is None or self.play.withdrawn() else grant


def _bad_grant(code: str, words: str) -> Response:
    """Flat, as the token's endpoint is (2a)."""
    return say({"error_code": code, "error_description": words}, 400)
