"""TradeStation, signing in: OAuth 2.0 code grant at Auth0, renewed every 20 minutes.

A refresh token lives for ever, and no answer brings another; keys for which it rotates get a new one each
time, for 24 hours altogether (2.3).
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.brokerages.tradestation.reads import explain
from adapters.kit import rows
from adapters.kit.code_grant import CodeGrant, State
from adapters.kit.signin import Conversation, Done, Heard, Moment, Move
from adapters.kit.wire import Response
from domain.ports.brokerage import Grant

AUDIENCE = "https://api.tradestation.com"  # SIM's as well
SCOPES = "openid offline_access MarketData ReadAccount"  # no more than what is read
ROTATING_LASTS = timedelta(hours=24)
BEGAN = "signed_in_at"

LOGIN = CodeGrant(
    "TradeStation",
    page=("signin", "/authorize"),
    tokens=("signin", "/oauth/token"),
    asked=(("audience", AUDIENCE), ("scope", SCOPES)),
    public=True,
    proof=None,
    refused=frozenset({400, 401, 403}),
    explain=explain,
)


def hear(state: State, heard: Heard, moment: Moment) -> Move:
    """The grant keeps when the login began."""
    move = LOGIN.hear(state, heard, moment)
    if not isinstance(move, Done):
        return move
    return Done(replace(move.grant, values={**move.grant.values, BEGAN: moment.now.isoformat()}))


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """A refresh token that comes replaces the old one, and says that the key's rotate: then the login ends a
    day after it began. None that comes: the old one stays good."""
    renewed = LOGIN.take_renewal(grant, response, moment)
    if rows.optional_text(rows.fields(response.body), "refresh_token") is None:
        return renewed
    began = datetime.fromisoformat(grant.values[BEGAN]).astimezone(UTC)
    return replace(renewed, renewable_until=began + ROTATING_LASTS)


CONVERSATION = Conversation(LOGIN.begin, hear, LOGIN.conversation.states)
