"""Schwab, signing in: OAuth 2.0 code grant in the browser, renewed every 30 minutes, for 7 days."""

from datetime import timedelta
from urllib.parse import urlsplit

from adapters.kit.code_grant import STATES, ClientIn, CodeGrant
from adapters.kit.signin import Conversation, Given, Moment, Move
from domain.errors import FieldInvalid

LOGIN = CodeGrant(
    "Schwab",
    page=("api", "/v1/oauth/authorize"),
    tokens=("api", "/v1/oauth/token"),
    client=("app_key", "app_secret"),
    client_in=ClientIn.HEADER,
    consent="choose the accounts to share",
    # Section 2.3: the refresh token dies 7 days after the login; refreshes do not extend it.
    lasts=timedelta(days=7),
)


def begin(given: Given, moment: Moment) -> Move:
    """Schwab registers https addresses only (section 1), and would show an "Access Denied" page instead."""
    address = urlsplit(given.redirect_uri or given.fields.get("callback_url", ""))
    if address.scheme != "https" or address.hostname in {None, "localhost"}:
        raise FieldInvalid(
            "redirect_uri", "Schwab sends people back to the app's registered https address only."
        )
    return LOGIN.begin(given, moment)


CONVERSATION = Conversation(begin, LOGIN.hear, STATES)
