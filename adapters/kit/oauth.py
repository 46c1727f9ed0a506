"""OAuth 2.0 code grants and OAuth 1.0a signing, over authlib, as pure functions on requests."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth1 import ClientAuth
from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from adapters.kit.signin import Moment
from adapters.kit.wire import Request
from domain.errors import BrokerageUnavailable, ChallengeWrong, ConsentRevoked, OperatorSettingMissing

PASSING = frozenset({"server_error", "temporarily_unavailable"})


def authorize_url(endpoint: str, client_id: str, redirect_uri: str, state: str, **more: str) -> str:
    """Where the person says yes."""
    url: str = prepare_grant_uri(endpoint, client_id, "code", redirect_uri=redirect_uri, state=state, **more)
    return url


def callback_value(url: str, name: str, state: str | None = None) -> str:
    """A parameter of the address that the person came back with.

    Raises ConsentRevoked when the person said no, ChallengeWrong when the address is not the one of
    this conversation (another `state`) or lacks the parameter; by the page's other errors (RFC 6749,
    section 4.1.2.1) BrokerageUnavailable, or OperatorSettingMissing where it does not accept our app.
    """
    told = dict(parse_qsl(urlsplit(url.strip()).query))
    error = told.get("error")
    if error == "access_denied":
        raise ConsentRevoked("The user did not give the consent at the brokerage.")
    if state is not None and told.get("state") != state:
        raise ChallengeWrong("This address does not belong to this sign-in.")
    if error in PASSING:
        raise BrokerageUnavailable
    if error:
        raise OperatorSettingMissing(
            "The consent page does not accept our app: check its registration and return address."
        )
    if not told.get(name):
        raise ChallengeWrong(f"This address has no {name}.")
    return told[name]


def basic(user: str, password: str) -> tuple[str, str]:
    """The header of HTTP Basic authentication."""
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def oauth1(  # noqa: PLR0913  RFC 5849 has so many
    request: Request,
    moment: Moment,
    *,
    key: str,
    secret: str,
    token: str | None = None,
    token_secret: str | None = None,
    callback: str | None = None,
    verifier: str | None = None,
    version: bool = True,
) -> Request:
    """The request with an OAuth 1.0a HMAC-SHA1 header over its very URL (RFC 5849).

    A path is signed with the address of its host out of `moment.urls`. `version`: whether the optional
    oauth_version is sent (and so signed).
    """
    auth = ClientAuth(
        key, secret, token=token, token_secret=token_secret, redirect_uri=callback, verifier=verifier
    )
    target = request.target
    # As `kit/http.py` sends it: what is signed is what is sent.
    url = target if "://" in target else moment.urls[request.host].rstrip("/") + target
    timestamp = str(int(moment.now.timestamp()))
    params = auth.get_oauth_params(moment.nonce, timestamp)
    if not version:
        params = [(name, value) for name, value in params if name != "oauth_version"]
    unsigned = prepare_headers(params, {})
    signature = auth.get_oauth_signature(request.method, url, unsigned, "")
    headers = prepare_headers([*params, ("oauth_signature", signature)], {})
    return request.with_headers(("Authorization", headers["Authorization"]))


def state_and_proof(nonce: str) -> tuple[str, str, str]:
    """A `state`, a PKCE verifier and its S256 challenge (RFC 7636) out of one move's nonce. The state is seen
    in the address that the person comes back with: it says nothing of the verifier."""
    state = hashlib.sha256(f"state {nonce}".encode()).hexdigest()[:32]
    verifier = f"{nonce}{nonce}"  # 43 characters at least
    return state, verifier, challenge(verifier)


def challenge(verifier: str) -> str:
    told: str = create_s256_code_challenge(verifier)
    return told
