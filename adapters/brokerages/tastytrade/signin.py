"""tastytrade, signing in: OAuth 2.0 with a personal grant, or in the browser for a trusted partner's app (2).

The login with user name and password ended on 2026-02-11. Refresh tokens do not expire; access tokens live
900 seconds. The token's endpoint answers flat and with underscores, unlike all others.
"""

from dataclasses import dataclass, field, replace

from adapters.brokerages.tastytrade.reads import explain
from adapters.kit.code_grant import ClientIn, CodeGrant
from adapters.kit.signin import Conversation, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Response
from domain.challenges import Answer
from domain.errors import ChallengeUnsupported, CredentialsRejected, ReauthorizationRequired
from domain.ports.brokerage import Grant

PARTNER = CodeGrant(
    "tastytrade",
    page=("my", "/auth.html"),
    tokens=("api", "/oauth/token"),
    client=("app_id", "app_secret"),
    client_in=ClientIn.JSON,
    asked=(("scope", "read"),),
    explain=explain,
)
# A personal grant names no app: its refresh token is renewed like any other, from the first moment on.
PERSONAL = replace(PARTNER, client=("client_id", "client_secret"))


@dataclass(frozen=True, slots=True)
class Renewing:
    """The personal grant's refresh token is being tried."""

    values: dict[str, str] = field(repr=False)


def begin(given: Given, moment: Moment) -> Move:
    values = {name: given.fields[name] for name in ("client_secret", "refresh_token")}
    return Send(PERSONAL.ask_renewal(Grant(values), moment), Renewing(values))


def hear(state: Renewing, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response():
            try:
                return Done(PERSONAL.take_renewal(Grant(state.values), heard, moment))
            except ReauthorizationRequired:
                # The body of a bad grant is not settled (2a): any refusal means it.
                raise CredentialsRejected from None
        case Answer():
            raise ChallengeUnsupported


CONVERSATION = Conversation(begin, hear, (Renewing,))
