"""Plaid, played by us for one institution: Link on a page, items, investments, the calls of its own sandbox.

Written from the fact sheet that the README names; the numbers in brackets are its sections. A brokerage's
sandbox holds one and lets it answer for the host "plaid" (and for the root, where Plaid is its only door).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from adapters.kit.wire import Response
from adapters.plaid.gate import (
    Body,
    Gate,
    Handler,
    Item,
    Refused,
    error_object,
    iso,
    only,
)
from adapters.plaid.link import HOST, Link
from adapters.plaid.notices import Notices
from adapters.plaid.tell import Row, Speech, newest_first, within
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.router import Router
from adapters.sandbox.truth import TruthAccount

OTHERS = (("ins_109508", "First Platypus Bank", False), ("ins_127287", "Platypus OAuth Bank", True))
RETURN = "https://app.example/plaid/return"
MOST = 500
DATA = ("account_ids", "count", "offset", "async_update", "min_last_updated_datetime")


@dataclass(frozen=True, slots=True)
class Sent:
    """A webhook on its way: where to, its header Plaid-Verification, and its very bytes."""

    url: str
    verification: str
    body: bytes


OTHER_PRODUCTS = tuple(
    f"/{path}"
    for path in "transactions/get transactions/sync transactions/refresh transactions/recurring/get"
    " liabilities/get auth/get identity/get".split()
)


class PlaidDesk:
    """Plaid for one customer of one institution."""

    def __init__(
        self,
        play: Play,
        institution: str,
        institution_id: str,
        *,
        settlement_fund: str = "",
        oauth: bool = True,
    ) -> None:
        self.play = play
        self.gate = Gate(play)
        self.institutions = ((institution_id, institution, oauth), *OTHERS)
        self.fund = settlement_fund
        self.notices = Notices(play)
        self.sent: list[Sent] = []
        self.link = Link(play, self.gate, (institution_id, institution))
        self._router = Router(missing=lambda asked: self.gate.refuse(Refused("NOT_FOUND")))
        self._routes()

    def answer(self, asked: Asked) -> Response:
        return self._router.answer(replace(asked, host=HOST))

    def credentials(self) -> dict[str, str]:
        return {
            "plaid_client_id": self.gate.client_id,
            "plaid_secret": self.gate.secret,
            "plaid_redirect_uri": RETURN,
        }

    def announce(self) -> list[str]:
        return [
            f"Plaid client id {self.gate.client_id}, secret {self.gate.secret}",
            f"institution {self.institutions[0][0]} ({self.institutions[0][1]}) at Plaid",
            "a public token without a browser: POST /sandbox/public_token/create",
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """Plaid's own words for a status (4). How long to wait it never says."""
        holdings, history = "holdings" in asked.path, "transactions" in asked.path
        limit = "INVESTMENT_HOLDINGS_GET_LIMIT" if holdings else "INVESTMENT_TRANSACTIONS_LIMIT"
        words = {
            401: "ITEM_LOGIN_REQUIRED",
            429: limit if holdings or history else "RATE_LIMIT",
            500: "INTERNAL_SERVER_ERROR",
        }
        if status not in words:
            return None
        told = self.gate.refuse(Refused(words[status]))
        return replace(told, headers={**told.headers, "retry-after": ""})

    def _routes(self) -> None:
        for path, handler in (
            ("/link/token/create", self.link.create),
            ("/link/token/get", self.link.get),
            ("/item/public_token/exchange", self._exchange),
            ("/item/access_token/invalidate", self._invalidate),
            ("/item/get", self._item_get),
            ("/item/remove", self._item_remove),
            ("/item/webhook/update", self._webhook_update),
            ("/accounts/get", self._accounts),
            ("/accounts/balance/get", self._accounts),
            ("/investments/holdings/get", self._holdings),
            ("/investments/transactions/get", self._transactions),
            ("/investments/refresh", self._refresh),
            ("/institutions/get", self._institutions),
            ("/institutions/search", self._search),
            ("/institutions/get_by_id", self._institution),
            ("/sandbox/public_token/create", self._sandbox_create),
            ("/sandbox/item/reset_login", self._sandbox_reset),
            ("/sandbox/item/fire_webhook", self._sandbox_fire),
            ("/webhook_verification_key/get", self._key),
        ):
            self._router.post(path, self._posted(handler), host=HOST)
        for path in OTHER_PRODUCTS:
            self._router.post(path, self._posted(self._unsupported), host=HOST)
        self._router.get("/hl/{name}", self.link.page, host=HOST)

    def _posted(self, handler: Handler) -> Any:  # noqa: ANN401  a router's handler
        def heard(asked: Asked) -> Response:
            try:
                return handler(asked, self.gate.checked(asked))
            except Refused as refused:
                return self.gate.refuse(refused)

        return heard

    def _unsupported(self, asked: Asked, body: Body) -> Response:
        """These institutions have investments; a client that asks for more is told so, not sent away."""
        self.gate.working(body, asked.now)
        raise Refused("PRODUCTS_NOT_SUPPORTED")

    # Items.

    def _exchange(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("public_token",))
        item = self.gate.exchanged(str(body["public_token"]), asked.now)
        return self.gate.say({"access_token": item.access_token, "item_id": item.item_id})

    def _item(self, item: Item) -> Row:
        broken = None if item.broken is None else error_object(item.broken[0], reason=item.broken[1])
        return {
            "item_id": item.item_id,
            "institution_id": item.institution_id,
            "institution_name": self._named(item.institution_id)[1],
            "webhook": item.webhook or None,
            "error": broken,
            "available_products": ["balance"],
            "billed_products": ["investments"],
            "products": ["investments"],
            "consent_expiration_time": None,
            "update_type": "background",
            "auth_method": None,
        }

    def _item_get(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("access_token",))
        item = self.gate.item(body)
        read = {"last_successful_update": iso(asked.now), "last_failed_update": None}
        return self.gate.say(
            {"item": self._item(item), "status": {"investments": read, "last_webhook": None}}
        )

    def _item_remove(self, asked: Asked, body: Body) -> Response:
        only(body, "reason_code", "reason_note", needs=("access_token",))
        self.gate.item(body).removed = True
        return self.gate.say({})

    def _invalidate(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("access_token",))
        return self.gate.say({"new_access_token": self.gate.rotate(self.gate.item(body))})

    def _webhook_update(self, asked: Asked, body: Body) -> Response:
        only(body, "webhook", needs=("access_token",))
        item = self.gate.item(body)
        item.webhook = str(body.get("webhook") or "")
        return self.gate.say({"item": self._item(item)})

    # Data (3.1 to 3.4).

    def _speech(self, item: Item) -> Speech:
        return Speech(item.item_id, self.play.profile.brokerage, self.fund)

    def _wanted(self, body: Body, speech: Speech) -> list[TruthAccount]:
        """The accounts of the option `account_ids`; all of them without."""
        options = body.get("options") or {}
        if not isinstance(options, dict):
            raise Refused("INVALID_FIELD", "options must be an object")
        only(options, *DATA)
        ids = options.get("account_ids")
        known = {speech.account_id(account): account for account in self.play.accounts}
        if ids is None:
            return list(known.values())
        if not isinstance(ids, list) or not ids or not known.keys() >= set(ids):
            raise Refused("INVALID_FIELD", "failed to find requested account ID for requested item")
        return [account for identifier, account in known.items() if identifier in ids]

    def _accounts(self, asked: Asked, body: Body) -> Response:
        only(body, "options", needs=("access_token",))
        item = self.gate.working(body, asked.now)
        speech = self._speech(item)
        told = [speech.account(account) for account in self._wanted(body, speech)]
        return self.gate.say({"accounts": told, "item": self._item(item)})

    def _holdings(self, asked: Asked, body: Body) -> Response:
        only(body, "options", needs=("access_token",))
        item = self.gate.working(body, asked.now)
        speech, today = self._speech(item), self.play.truth.today
        accounts = self._wanted(body, speech)
        held = {p.instrument.symbol: p.instrument for account in accounts for p in account.positions}
        securities = [speech.security(instrument, today) for instrument in held.values()]
        if any(account.cash for account in accounts):
            securities.append(speech.cash_security(accounts[0].currency, today))
        return self.gate.say(
            {
                "accounts": [speech.account(account) for account in accounts],
                "holdings": [row for account in accounts for row in speech.holdings(account, today)],
                "securities": securities,
                "item": self._item(item),
                "is_investments_fallback_item": False,
            }
        )

    def _transactions(self, asked: Asked, body: Body) -> Response:
        only(body, "options", needs=("access_token", "start_date", "end_date"))
        item = self.gate.working(body, asked.now)
        speech, today = self._speech(item), self.play.truth.today
        accounts = self._wanted(body, speech)
        start, end = _day(body, "start_date"), _day(body, "end_date")
        if start > end:
            raise Refused("INVALID_FIELD", "start_date must be before end_date")
        options = body.get("options") or {}
        count, offset = _whole(options, "count", 100, 1, MOST), _whole(options, "offset", 0, 0, 10**9)
        owners = {row.uuid: (row, account) for account in accounts for row in self.play.rows(account)}
        rows = newest_first(row for row, _ in owners.values() if within(row, start, end, today))
        page = rows[offset : offset + count]
        named = {row.instrument.symbol: row.instrument for row in page if row.instrument is not None}
        securities = [speech.security(instrument, today) for instrument in named.values()]
        if not self.fund and any(row.instrument is None for row in page):
            securities.append(speech.cash_security(accounts[0].currency, today))
        return self.gate.say(
            {
                "item": self._item(item),
                "accounts": [speech.account(account) for account in accounts],
                "securities": securities,
                "investment_transactions": [speech.transaction(*owners[row.uuid]) for row in page],
                "total_investment_transactions": len(rows),
                "is_investments_fallback_item": False,
            }
        )

    def _refresh(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("access_token",))
        self.gate.working(body, asked.now)
        return self.gate.say({})

    # Institutions.

    def _named(self, institution_id: str) -> tuple[str, str, bool]:
        found = next((known for known in self.institutions if known[0] == institution_id), None)
        if found is None:
            raise Refused("INVALID_INSTITUTION")
        return found

    def _told(self, known: Iterable[tuple[str, str, bool]]) -> list[Row]:
        return [
            {
                "institution_id": identifier,
                "name": name,
                "products": ["investments"],
                "country_codes": ["US"],
                "routing_numbers": [],
                "oauth": oauth,
                "connection_availability": "SUPPORTED",
            }
            for identifier, name, oauth in known
        ]

    def _institutions(self, asked: Asked, body: Body) -> Response:
        only(body, "options", "offset", needs=("count", "country_codes"))
        offset = _whole(body, "offset", 0, 0, 10**6)
        page = self.institutions[offset : offset + _whole(body, "count", 1, 1, MOST)]
        return self.gate.say({"institutions": self._told(page), "total": len(self.institutions)})

    def _search(self, asked: Asked, body: Body) -> Response:
        only(body, "products", "options", needs=("query", "country_codes"))
        query, wanted = str(body["query"]).lower(), body.get("products") or []
        fitting = [known for known in self.institutions if query in known[1].lower()]
        reads = set(wanted) <= {"investments"}
        return self.gate.say({"institutions": self._told(fitting if reads else [])})

    def _institution(self, asked: Asked, body: Body) -> Response:
        only(body, "options", needs=("institution_id", "country_codes"))
        (told,) = self._told([self._named(str(body["institution_id"]))])
        if (body.get("options") or {}).get("include_status"):
            parts = {"success": 0.98, "error_plaid": 0.01, "error_institution": 0.01}
            updates = {
                "status": "HEALTHY",
                "last_status_change": iso(asked.now),
                "breakdown": {**parts, "refresh_interval": "NORMAL"},
            }
            told["status"] = {"investments_updates": updates}
        return self.gate.say({"institution": told})

    # What only Plaid's sandbox has (2.5).

    def _sandbox_create(self, asked: Asked, body: Body) -> Response:
        only(body, "options", "user_token", needs=("institution_id", "initial_products"))
        identifier, _, _ = self._named(str(body["institution_id"]))
        options = body.get("options") or {}
        if options.get("override_password", "pass_good") != "pass_good":
            raise Refused("INVALID_FIELD", "override_password is not one of the sandbox's")
        item = self.gate.link(identifier, str(options.get("webhook") or ""), asked.now)
        return self.gate.say({"public_token": self.gate.public_token(item, asked.now)})

    def _sandbox_reset(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("access_token",))
        self.gate.item(body).broken = ("ITEM_LOGIN_REQUIRED", None)
        return self.gate.say({"reset_login": True})

    def _sandbox_fire(self, asked: Asked, body: Body) -> Response:
        """The webhook is put into `sent`: a sandbox only answers."""
        only(body, "webhook_type", "options", needs=("access_token", "webhook_code"))
        item = self.gate.item(body)
        if not item.webhook:
            raise Refused("INVALID_FIELD", "the item has no webhook")
        kind = str(body.get("webhook_type") or "HOLDINGS")
        told = self.notices.body(item, kind, str(body["webhook_code"]))
        self.sent.append(Sent(item.webhook, self.notices.signed(told, asked.now), told))
        return self.gate.say({"webhook_fired": True})

    def _key(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("key_id",))
        return self.gate.say({"key": self.notices.key(body["key_id"], asked.now)})


def _day(body: Body, name: str) -> date:
    try:
        return date.fromisoformat(str(body[name]))
    except ValueError:
        raise Refused("INVALID_FIELD", f"{name} must be a date in the form YYYY-MM-DD") from None


def _whole(options: Body, name: str, default: int, least: int, most: int) -> int:
    told = options.get(name, default)
    if not isinstance(told, int) or isinstance(told, bool) or not least <= told <= most:
        raise Refused("INVALID_FIELD", f"{name} must be between {least} and {most}")
    return told
