"""Signing in by an OAuth 2.0 authorization code (RFC 6749, section 4.1), written down as data.

    begin: Ask(the page) ── the address that the person came back with ── Send(the code) ── Done(tokens)

What is a brokerage's own it does around this: a rule for its addresses before `begin`, odd refusals before
`hear`, another end of a login after `take_renewal`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from adapters.kit import oauth, rows
from adapters.kit.replies import failure_of, is_web_page
from adapters.kit.signin import Ask, Conversation, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get, post_form, post_json
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

LONGEST_ACCESS = timedelta(days=7)  # what an access token may live, to be believed
# Of the errors of a token's endpoint (section 5.2), those that are about our app and not about the code.
OURS = ("invalid_client", "unauthorized_client")


class ClientIn(Enum):
    """Where the app says who it is: HTTP Basic, members of the form, or members of a JSON body."""

    HEADER = "header"
    FORM = "form"
    JSON = "json"


class Refresh(Enum):
    """What a renewal says of the refresh token. KEPT: the old one stays good unless another comes. ROTATES:
    each is good once and the next one comes with the answer. RARE: most apps get none at all."""

    KEPT = "kept"
    ROTATES = "rotates"
    RARE = "rare"


@dataclass(frozen=True, slots=True)
class AtPage:
    """The person is in the browser. `proof` is the PKCE verifier, or nothing."""

    client: str
    secret: str = field(repr=False)
    callback: str
    state: str = field(repr=False)
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanging:
    """The code is being exchanged for tokens."""

    client: str
    secret: str = field(repr=False)


STATES = (AtPage, Exchanging)
State = AtPage | Exchanging


@dataclass(frozen=True, slots=True)
class CodeGrant:
    """A brokerage's code grant.

    `brokerage`: what people call it. `page` and `tokens`: host name and path of the consent page and of the
    token's endpoint; where codes and refresh tokens have endpoints of their own, `renewals` is the latter's.
    `client`: the credential fields that hold the app's id and secret; grants keep them by these names.
    `asked`: further parameters of the page (scope, audience). `public`: an app may have no secret. `proof`:
    PKCE; None means where there is no secret. `fixed`: the page hears who asks, for what, and a state; all
    else, the address to come back to as well, is registered. `consent`: what the person does beside signing
    in. `lasts`: when a login ends, however often its tokens are renewed. `refused`: statuses of the token's
    endpoint that mean no, unless they come with a web page, which some guard in front says. `explain`: what
    its answers mean, where the brokerage says more than that.
    """

    brokerage: str
    page: tuple[str, str]
    tokens: tuple[str, str]
    renewals: tuple[str, str] | None = None
    client: tuple[str, str] = ("client_id", "client_secret")
    client_in: ClientIn = ClientIn.FORM
    asked: tuple[tuple[str, str], ...] = ()
    public: bool = False
    proof: bool | None = False
    fixed: bool = False
    consent: str = "agree"
    lasts: timedelta | None = None
    refresh: Refresh = Refresh.KEPT
    refused: frozenset[int] = frozenset({400, 401})
    explain: Callable[[Response], Failure | None] | None = None

    @property
    def conversation(self) -> Conversation:
        return Conversation(self.begin, self.hear, STATES)

    def begin(self, given: Given, moment: Moment) -> Move:
        """The page, where the person agrees. Raises OperatorSettingMissing without an app, FieldInvalid
        without an address to come back to."""
        client, secret = (given.fields.get(name, "") for name in self.client)
        if not client or not (secret or self.public):
            raise OperatorSettingMissing(
                f"Neither the caller nor the operator gave the keys of an app that {self.brokerage} knows."
            )
        callback = "" if self.fixed else given.redirect_uri or given.fields.get("callback_url", "")
        if not callback and not self.fixed:
            raise FieldInvalid(
                "redirect_uri", f"{self.brokerage} sends people back to an address of the app only."
            )
        state, verifier, challenge = oauth.state_and_proof(moment.nonce)
        proved = not secret if self.proof is None else self.proof
        waiting = AtPage(client, secret, callback, state, verifier if proved else "")
        more = {"code_challenge": challenge, "code_challenge_method": "S256"} if proved else {}
        url = self._page(waiting, dict(self.asked) | more, moment)
        prompt = f"Sign in at {self.brokerage}, {self.consent}, and come back with the address you land on."
        return Ask(Challenge(ChallengeKind.REDIRECT, prompt, authorize_url=url), waiting)

    def _page(self, waiting: AtPage, more: dict[str, str], moment: Moment) -> str:
        host, path = self.page
        endpoint = moment.urls[host].rstrip("/") + path
        if self.fixed:
            pairs = {"client_id": waiting.client, **more, "state": waiting.state}
            return get(endpoint, *pairs.items()).target
        return oauth.authorize_url(endpoint, waiting.client, waiting.callback, waiting.state, **more)

    def hear(self, state: State, heard: Heard, moment: Moment) -> Move:
        match state, heard:
            case AtPage(), Answer(callback_url=str(url)):
                code = oauth.callback_value(url, "code", state.state)
                pairs = [("grant_type", "authorization_code"), ("code", code)]
                pairs += [("redirect_uri", state.callback)] if state.callback else []
                pairs += [("code_verifier", state.proof)] if state.proof else []
                request = self._request(self.tokens, state.client, state.secret, pairs)
                return Send(request, Exchanging(state.client, state.secret))
            case AtPage(), Answer():
                raise ChallengeWrong(
                    "This sign-in is answered by the whole address that the browser came back to."
                )
            case Exchanging(client, secret), Response(status=200):
                return Done(self._grant(dict(zip(self.client, (client, secret), strict=True)), heard, moment))
            case Exchanging(), Response():
                raise self._trouble(heard, moment) or self._refusal(heard)
            case _:
                raise AssertionError(f"no such move in the sign-in of {self.brokerage}")

    def _trouble(self, response: Response, moment: Moment) -> Failure | None:
        """Why there are no tokens; None where it is a plain no."""
        told = self.explain(response) if self.explain is not None else None
        if told is None and response.status < 500 and is_web_page(response):
            told = BrokerageUnavailable()
        if told is None and response.status in self.refused:
            return None
        return told or failure_of(response, moment.now) or BrokerageUnavailable()

    def _refusal(self, response: Response) -> Failure:
        """Whether the code was not taken, or we were not."""
        ours = response.status != 400 or any(word in response.text for word in OURS)
        if ours and "invalid_grant" not in response.text:
            return CredentialsRejected(f"{self.brokerage} does not accept the app's id and secret.")
        return ChallengeExpired(f"{self.brokerage} did not take the code. Sign in again.")

    def ask_renewal(self, grant: Grant, moment: Moment) -> Request:
        """Raises ReauthorizationRequired where there is nothing to renew by."""
        refresh = grant.values.get("refresh_token")
        if not refresh:
            raise ReauthorizationRequired
        client, secret = (grant.values.get(name, "") for name in self.client)
        pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh)]
        return self._request(self.renewals or self.tokens, client, secret, pairs)

    def take_renewal(self, grant: Grant, response: Response, moment: Moment) -> Grant:
        """New tokens; the end of the login stays where it was. Bodies of a refusal differ: all of them mean
        that the person has to come again."""
        if response.status != 200:
            raise self._trouble(response, moment) or ReauthorizationRequired()
        return self._grant(grant.values, response, moment, grant)

    def authorise(self, request: Request, grant: Grant, moment: Moment) -> Request:
        return request.with_headers(oauth.bearer(grant.values["access_token"]))

    def _request(
        self, place: tuple[str, str], client: str, secret: str, pairs: list[tuple[str, str]]
    ) -> Request:
        host, path = place
        if self.client_in is ClientIn.HEADER:
            return post_form(path, *pairs, host=host).with_headers(oauth.basic(client, secret))
        ours = [pair for pair in (("client_id", client), ("client_secret", secret)) if pair[1]]
        if self.client_in is ClientIn.JSON:
            return post_json(path, dict([*pairs, *ours]), host=host)
        return post_form(path, *pairs, *ours, host=host)

    def _grant(
        self, values: dict[str, str], response: Response, moment: Moment, former: Grant | None = None
    ) -> Grant:
        told = rows.fields(response.body)
        until = moment.now + _lifetime(told)
        refresh = rows.optional_text(told, "refresh_token")
        if refresh is None and self.refresh is not Refresh.ROTATES:
            refresh = values.get("refresh_token")
        if refresh is None and self.refresh is not Refresh.RARE:
            raise UnreadableReply("refresh_token is missing")
        tokens = {"access_token": rows.text(told, "access_token"), "refresh_token": refresh or ""}
        first_end = None if self.lasts is None else moment.now + self.lasts
        end = first_end if former is None else former.renewable_until
        return Grant(values | tokens, until, end if refresh else until)


def _lifetime(told: dict[str, object]) -> timedelta:
    seconds = rows.number(told, "expires_in")
    if not 0 < seconds <= int(LONGEST_ACCESS.total_seconds()):
        raise UnreadableReply("expires_in is not a plausible time")
    return timedelta(seconds=int(seconds))
