"""The sandbox's side: keys, link tokens, public tokens, items and what is refused in Plaid's words (2, 4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.kit.wire import Response
from adapters.plaid.tell import plaid_id
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play

LINK_SECONDS = 4 * 3600
MEND_SECONDS = 30 * 60
PUBLIC_SECONDS = 30 * 60
SANDBOX_LOGIN_LASTS = timedelta(days=30)  # then sandbox items ask for a login
VERSION = "2020-09-14"
ALNUM = "abcdefghijkmnopqrstuvwxyz0123456789"
DOCS = "https://plaid.com/docs/errors/"

# error_code: (error_type, HTTP status, error_message)
ERRORS = {
    "INVALID_API_KEYS": ("INVALID_INPUT", 400, "invalid client_id or secret provided"),
    "INVALID_ACCESS_TOKEN": ("INVALID_INPUT", 400, "could not find matching access token"),
    "INVALID_PUBLIC_TOKEN": ("INVALID_INPUT", 400, "provided public token is expired, used or unknown"),
    "ADDITIONAL_CONSENT_REQUIRED": ("INVALID_INPUT", 400, "the user has not consented to this product"),
    "UNAUTHORIZED_ENVIRONMENT": ("INVALID_INPUT", 400, "you are not enabled for this environment"),
    "INVALID_LINK_TOKEN": ("INVALID_INPUT", 400, "invalid link_token provided"),
    "INVALID_INSTITUTION": ("INVALID_INPUT", 400, "invalid institution_id provided"),
    "INVALID_WEBHOOK_VERIFICATION_KEY_ID": ("INVALID_INPUT", 400, "invalid key_id provided"),
    "ITEM_NOT_FOUND": ("ITEM_ERROR", 400, "the item could not be found; it may have been removed"),
    "ITEM_LOGIN_REQUIRED": ("ITEM_ERROR", 400, "the login details of this item have changed"),
    "PRODUCT_NOT_READY": ("ITEM_ERROR", 400, "the requested product is not yet ready"),
    "NO_INVESTMENT_ACCOUNTS": ("ITEM_ERROR", 400, "no valid investment account(s) found for this item"),
    "NO_ACCOUNTS": ("ITEM_ERROR", 400, "no valid accounts were found for this item"),
    "PRODUCTS_NOT_SUPPORTED": ("ITEM_ERROR", 400, "the products are not supported by this institution"),
    "INSTITUTION_DOWN": ("INSTITUTION_ERROR", 400, "this institution is not currently responding"),
    "INSTITUTION_NOT_RESPONDING": ("INSTITUTION_ERROR", 400, "this institution is not responding"),
    "INVALID_BODY": ("INVALID_REQUEST", 400, "the request body is no JSON object"),
    "INVALID_FIELD": ("INVALID_REQUEST", 400, "a field is not valid"),
    "MISSING_FIELDS": ("INVALID_REQUEST", 400, "a required field is missing"),
    "UNKNOWN_FIELDS": ("INVALID_REQUEST", 400, "a field is not recognised"),
    "NOT_FOUND": ("INVALID_REQUEST", 404, "requested endpoint was not found"),
    "INVESTMENT_HOLDINGS_GET_LIMIT": ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded for holdings"),
    "INVESTMENT_TRANSACTIONS_LIMIT": ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded for transactions"),
    "RATE_LIMIT": ("RATE_LIMIT_EXCEEDED", 429, "rate limit exceeded"),
    "INTERNAL_SERVER_ERROR": ("API_ERROR", 500, "an unexpected error occurred"),
    "PLANNED_MAINTENANCE": ("API_ERROR", 500, "scheduled maintenance"),
}  # fmt: skip

Body = dict[str, Any]
Handler = Callable[[Asked, Body], Response]


class Refused(Exception):
    """Plaid says no: `code` of ERRORS, and what else is said."""

    def __init__(self, code: str, message: str = "", reason: str | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.reason = code, message, reason


def error_object(code: str, message: str = "", reason: str | None = None) -> Body:
    """As it stands in answers, in items and in webhooks."""
    kind, _, words = ERRORS[code]
    return {
        "error_type": kind,
        "error_code": code,
        "error_code_reason": reason,
        "error_message": message or words,
        "display_message": None,
        "documentation_url": DOCS + kind.lower().replace("_", "-"),
        "suggested_action": None,
    }


@dataclass(slots=True)
class Item:
    """A login at an institution. `broken`: (error_code, reason) while it does not work."""

    item_id: str
    institution_id: str
    access_token: str
    webhook: str
    made_at: datetime
    broken: tuple[str, str | None] | None = None
    removed: bool = False


class Gate:
    """Who may ask, and for which item."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.client_id = play.word("plaid client id", 24, "0123456789abcdef")
        self.secret = play.token("plaid secret", 0, 30, "0123456789abcdef")
        self.items: dict[str, Item] = {}

    def request_id(self) -> str:
        return self.play.word(f"request {self.play.count('requests')}", 15, ALNUM)

    def say(self, value: Mapping[str, object]) -> Response:
        return say({**value, "request_id": self.request_id()})

    def refuse(self, refused: Refused) -> Response:
        told = error_object(refused.code, refused.message, refused.reason)
        return say({**told, "request_id": self.request_id()}, ERRORS[refused.code][1])

    def checked(self, asked: Asked) -> Body:
        """The body, if the keys are right. Keys in the body count as well as in the headers."""
        body = asked.json()
        if not isinstance(body, dict) or "json" not in asked.header("content-type"):
            raise Refused("INVALID_BODY")
        client, secret = body.pop("client_id", ""), body.pop("secret", "")
        client, secret = asked.header("plaid-client-id") or client, asked.header("plaid-secret") or secret
        if (client, secret) != (self.client_id, self.secret):
            raise Refused("INVALID_API_KEYS")
        if asked.header("plaid-version") not in {"", VERSION}:
            raise Refused("INVALID_FIELD", "Plaid-Version is not a version of the API")
        return body

    # Items.

    def link(self, institution_id: str, webhook: str, now: datetime) -> Item:
        """A new login: another item, with ids that nobody has seen before."""
        n = self.play.count("items")
        item_id = plaid_id("item", str(self.play.seed), self.play.profile.brokerage, str(n))
        item = Item(item_id, institution_id, self._access_token(), webhook, now)
        self.items[item_id] = item
        return item

    def _access_token(self) -> str:
        return f"access-sandbox-{self.play.uuid('access')}{self.play.marker}"

    def rotate(self, item: Item) -> str:
        item.access_token = self._access_token()
        return item.access_token

    def public_token(self, item: Item, now: datetime) -> str:
        token = f"public-sandbox-{self.play.uuid('public')}{self.play.marker}"
        self.play.issue(token, "public", now, PUBLIC_SECONDS, item=item.item_id)
        return token

    def exchanged(self, token: str, now: datetime) -> Item:
        grant = self.play.spend(token, "public", now)
        if grant is None:
            raise Refused("INVALID_PUBLIC_TOKEN")
        return self.items[grant.facts["item"]]

    def item(self, body: Body) -> Item:
        token = body.get("access_token")
        found = next((item for item in self.items.values() if item.access_token == token), None)
        if found is None:
            raise Refused("INVALID_ACCESS_TOKEN")
        if found.removed:
            raise Refused("ITEM_NOT_FOUND")
        return found

    def working(self, body: Body, now: datetime) -> Item:
        """The item of a call for data, if its login still works."""
        item = self.item(body)
        if self.play.withdrawn():
            item.broken = ("ITEM_LOGIN_REQUIRED", "OAUTH_INVALID_TOKEN")
        if item.broken is None and now - item.made_at > SANDBOX_LOGIN_LASTS:
            item.broken = ("ITEM_LOGIN_REQUIRED", None)
        if item.broken is not None:
            raise Refused(item.broken[0], reason=item.broken[1])
        return item

    def mended(self, item: Item, now: datetime) -> None:
        """The person has logged in again."""
        item.broken, item.made_at = None, now


def only(body: Body, *names: str, needs: tuple[str, ...] = ()) -> None:
    """Unknown members are refused, and so is what lacks one that is needed."""
    for name in body:
        if name not in names and name not in needs:
            raise Refused("UNKNOWN_FIELDS", f"the following fields are not recognized: {name}")
    for name in needs:
        if body.get(name) in (None, ""):
            raise Refused("MISSING_FIELDS", f"the following required fields are missing: {name}")


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
