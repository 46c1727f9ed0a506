"""FDX, played by us for one provider: consent, tokens, accounts, holdings, transactions, in any dialect.

Written from the fact sheet that the README names; the numbers in brackets are its sections. A brokerage's
sandbox holds one desk for each dialect it is spoken to in, and gives it the requests for the desk's hosts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from adapters.fdx.gate import Gate
from adapters.fdx.tell import Row, Speech, posted_on
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.router import Handler, Router
from adapters.sandbox.truth import TruthAccount, TruthTransaction

RETURN = "https://app.example/fdx/return"
HUB_HOSTS, OWN_HOSTS = ("idp", "products"), ("consent", "fdx")
LATELY = timedelta(days=15)  # the window of a question without bounds
HISTORY = timedelta(days=731)
MOST = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and where the next begins; None at the end."""

    rows: list[TruthTransaction]
    offset: int
    size: int
    next: int | None


class FdxDesk:
    """One provider for one customer. `style`: "akoya", "v5" or "v6"; `name` begins its credentials."""

    def __init__(self, play: Play, style: str, *, name: str = "fdx", provider: str = "") -> None:
        self.play = play
        self.speech = Speech(style)
        self.hub = style == "akoya"
        self.hosts = HUB_HOSTS if self.hub else OWN_HOSTS
        self.name = name
        self.gate = Gate(play, name, provider if self.hub else "", RETURN)
        self.failing: frozenset[str] = frozenset()  # numbers of accounts that the provider cannot tell
        self._router = Router(missing=lambda asked: self.gate.refuse(404, 404, "Not found"))
        self._routes()

    def answer(self, asked: Asked) -> Response:
        response = self._router.answer(asked)
        header = "x-akoya-interaction-id" if self.hub else "x-fapi-interaction-id"
        told = "" if self.hub else asked.header(header)
        response.headers[header] = told or self.play.uuid("interaction")
        return response

    def credentials(self) -> dict[str, str]:
        known = {"client_id": self.gate.client_id, "client_secret": self.gate.secret, "redirect_uri": RETURN}
        known |= {"provider": self.gate.provider} if self.hub else {}
        return {f"{self.name}_{key}": value for key, value in known.items()}

    def announce(self) -> list[str]:
        where = f"provider {self.gate.provider} at Akoya" if self.hub else f"FDX {self.speech.style}"
        return [
            f"{where}: client id {self.gate.client_id}, secret {self.gate.secret}, leads back to {RETURN}"
        ]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        """The provider's own words for a status (4). None says how long to wait."""
        words = {
            401: (602, "Customer not authorized"),
            404: (701, "Account not found"),
            405: (405, "Method not allowed"),
            408: (408, "The provider took too long"),
            409: (705, "Account is closed"),
            429: (1207, "Too many requests"),
            500: (500, "Internal server error"),
            501: (501, "Not implemented"),
            503: (503, "Service unavailable"),
        }
        if status not in words:
            return None
        told = self.gate.refuse(status, *words[status])
        return replace(told, headers={**told.headers, "retry-after": ""})

    def _routes(self) -> None:
        route, (auth, data) = self._router, self.hosts
        route.get("/auth" if self.hub else "/authorize", self.gate.consent, host=auth)
        route.post("/token", self.gate.token, host=auth)
        for path in ("/revoke", "/token/revoke"):
            route.post(path, self.gate.revoke, host=auth)
        hub = (
            ("/accounts-info/v2/{provider}", self._listed(self._named)),
            ("/balances/v2/{provider}", self._listed(self._money)),
            ("/accounts/v2/{provider}", self._listed(self._whole)),
            ("/transactions/v2/{provider}/{id}", self._one(self._transactions)),
            ("/customers/v2/{provider}/current", self._customer),
        )
        own = (
            ("/accounts", self._all),
            ("/accounts/{id}", self._one(self._account)),
            ("/accounts/{id}/transactions", self._one(self._transactions)),
            ("/customers/current", self._customer),
        )
        for path, handler in hub if self.hub else own:
            route.get(path, self._data(handler), host=data)

    # Who may ask (2, 4).

    def _data(self, handler: Handler) -> Handler:
        def heard(asked: Asked) -> Response:
            if self.gate.admitted(asked) is None:
                return self.gate.refuse(401, 602, "Customer not authorized")
            if self.hub and asked.names["provider"] != self.gate.provider:
                return self.gate.refuse(403, 403, "No subscription to this provider")
            if "json" not in asked.header("accept") and "*" not in asked.header("accept"):
                return self.gate.refuse(406, 406, "Not acceptable")
            if not self.hub and not _is_uuid(asked.header("x-fapi-interaction-id")):
                return self.gate.refuse(400, 400, "x-fapi-interaction-id must be a UUID")
            return handler(asked)

        return heard

    def _one(self, handler: Callable[[Asked, TruthAccount], Response]) -> Handler:
        def found(asked: Asked) -> Response:
            account = self._by_id().get(asked.names["id"])
            return (
                self.gate.refuse(404, 701, "Account not found")
                if account is None
                else handler(asked, account)
            )

        return found

    def _by_id(self) -> dict[str, TruthAccount]:
        return {self.speech.account_id(account): account for account in self.play.accounts}

    # Accounts (3.1, 3.2).

    def _named(self, account: TruthAccount, now: datetime) -> Row:
        return self.speech.named(account)

    def _money(self, account: TruthAccount, now: datetime) -> Row:
        return {name: value for name, value in self._whole(account, now).items() if name != "holdings"}

    def _whole(self, account: TruthAccount, now: datetime) -> Row:
        return self.speech.account(account, now)

    def _listed(self, told: Callable[[TruthAccount, datetime], Row]) -> Handler:
        def answer(asked: Asked) -> Response:
            unknown = {name for name, _ in asked.query} - {"accountIds", "mode", "offset", "limit"}
            if unknown or asked.param("mode", "raw") not in {"raw", "standard"}:
                return self.gate.refuse(400, 400, "Invalid input")
            wanted = [part for part in asked.param("accountIds").split(",") if part]
            known = self._by_id()
            if not known.keys() >= set(wanted):
                return self.gate.refuse(404, 701, "Account not found")
            asked_for = [known[one] for one in wanted] if wanted else list(known.values())
            shown = [account for account in asked_for if account.number not in self.failing]
            rows: list[Row] = [self.speech.wrapped("Account", told(one, asked.now)) for one in shown]
            if not wanted and len(shown) == len(asked_for):
                rows.append({"depositAccount": {"accountId": "dep-1", "accountType": "CHECKING"}})
            return say({"accounts": rows}, 200 if len(shown) == len(asked_for) else 206)

        return answer

    def _all(self, asked: Asked) -> Response:
        """One account a page, so that clients learn to go on."""
        start = asked.param("pageKey") or asked.param("offset") or "0"
        if not start.isdigit() or int(start) > len(self.play.accounts):
            return self.gate.refuse(400, 400, "Invalid input")
        here, accounts = int(start), self.play.accounts
        page: Row = {"totalElements": len(accounts)}
        if here + 1 < len(accounts):
            page |= self._next(here + 1)
        told = [self.speech.wrapped("Account", self.speech.named(one)) for one in accounts[here : here + 1]]
        return say({"page": page, "accounts": told})

    def _account(self, asked: Asked, account: TruthAccount) -> Response:
        return say(self.speech.wrapped("Account", self.speech.account(account, asked.now)))

    def _customer(self, asked: Asked) -> Response:
        who = self.play.customer
        name = {"first": who.first_name, "last": who.last_name}
        return say({"customerId": who.uuid, "name": name, "email": [who.email]})

    # History (3.4).

    def _transactions(self, asked: Asked, account: TruthAccount) -> Response:
        names = {name for name, _ in asked.query}
        if names - {"startTime", "endTime", "offset", "pageKey", "limit", "mode"}:
            return self.gate.refuse(400, 400, "Invalid input")
        window = self._window(asked)
        if isinstance(window, Response):
            return window
        size, offset = asked.param("limit", "50" if self.hub else "100"), asked.param("offset") or "0"
        offset = asked.param("pageKey") or offset
        if not (size.isdigit() and offset.isdigit() and 0 < int(size) <= MOST):
            return self.gate.refuse(400, 400, "Invalid input")
        page = self._page(account, window, int(offset), int(size))
        told = [self.speech.wrapped("Transaction", self.speech.transaction(r, account)) for r in page.rows]
        around = {"links": self._links(asked, page)} if self.hub else {"page": self._next(page.next)}
        return say(around | {"transactions": told})

    def _window(self, asked: Asked) -> tuple[datetime, datetime] | Response:
        told = [asked.param("startTime"), asked.param("endTime")]
        if not any(told):
            return asked.now - LATELY, asked.now
        bounds = [_bound(text, instants=self.hub) for text in told]
        if bounds[0] is None or bounds[1] is None:
            return self.gate.refuse(400, 702, "Invalid start or end date")
        if bounds[0] > bounds[1]:
            return self.gate.refuse(400, 703, "Invalid date range")
        return bounds[0], bounds[1]

    def _page(self, account: TruthAccount, window: tuple[datetime, datetime], offset: int, size: int) -> Page:
        start = max(window[0], datetime.combine(self.play.truth.today, datetime.min.time(), UTC) - HISTORY)
        rows = [row for row in self.play.rows(account) if start <= _midnight(row) <= window[1]]
        rows.sort(key=posted_on, reverse=True)
        following = offset + size if offset + size < len(rows) else None
        return Page(rows[offset : offset + size], offset, size, following)

    def _next(self, at: int | None) -> Row:
        """v6 pages by a key, and still tells the offset; v5 by the offset alone."""
        if at is None:
            return {}
        key = {"nextPageKey": str(at)} if self.speech.flat else {}
        return {"nextOffset": str(at)} | key

    def _links(self, asked: Asked, page: Page) -> Row:
        """Relative, the query encoded with its keys sorted; left out at the ends."""
        places = {"next": page.next, "prev": max(0, page.offset - page.size) if page.offset else None}
        return {
            name: {"href": self._link(asked, at, page.size)} for name, at in places.items() if at is not None
        }

    def _link(self, asked: Asked, at: int, size: int) -> str:
        kept = {n: v for n, v in asked.query if n in {"startTime", "endTime", "mode"}}
        query = sorted({**kept, "offset": str(at), "limit": str(size)}.items())
        return f"{asked.path}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query)


def _midnight(row: TruthTransaction) -> datetime:
    return datetime.combine(posted_on(row), datetime.min.time(), UTC)


def _bound(told: str, *, instants: bool) -> datetime | None:
    """The hub wants ISO 8601 in UTC; elsewhere a day will do."""
    if instants and not told.endswith("Z"):
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_uuid(told: str) -> bool:
    try:
        return str(UUID(told)) == told
    except ValueError:
        return False
