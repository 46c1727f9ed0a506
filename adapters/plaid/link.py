"""The sandbox's side: Link (2), a page that answers at once as somebody would who shares everything."""

from datetime import timedelta

from adapters.kit.wire import Response
from adapters.plaid.gate import ALNUM, LINK_SECONDS, MEND_SECONDS, Body, Gate, Refused, iso, only
from adapters.plaid.tell import Row
from adapters.sandbox.asked import Asked, redirect
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Play

HOST = "plaid"


class Link:
    """Link tokens and what became of them; `institution` is the id and the name that a person chooses."""

    def __init__(self, play: Play, gate: Gate, institution: tuple[str, str]) -> None:
        self.play = play
        self.gate = gate
        self.institution = institution
        self._links: dict[str, Body] = {}

    def create(self, asked: Asked, body: Body) -> Response:
        only(
            body, "products", "webhook", "redirect_uri", "hosted_link", "investments", "account_filters",
            "link_customization_name", "access_token", "additional_consented_products", "institution_id",
            "optional_products", "required_if_supported_products", "update",
            needs=("client_name", "language", "country_codes", "user"),
        )  # fmt: skip
        if not isinstance(body["client_name"], str) or len(body["client_name"]) > 30:
            raise Refused("INVALID_FIELD", "client_name must be at most 30 characters")
        if not isinstance(body["user"], dict) or not body["user"].get("client_user_id"):
            raise Refused("MISSING_FIELDS", "the following required fields are missing: user.client_user_id")
        mends = bool(body.get("access_token"))
        if mends:
            self.gate.item(body)
        if mends == bool(body.get("products")):
            raise Refused("INVALID_FIELD", "products must be given, and left out together with access_token")
        seconds = MEND_SECONDS if mends else LINK_SECONDS
        name = self.play.word(f"link {self.play.count('links')}", 32, ALNUM)
        token = f"link-sandbox-{name}{self.play.marker}"
        self.play.issue(token, "link", asked.now, seconds, name=name)
        until = asked.now + timedelta(seconds=seconds)
        told: Body = {"link_token": token, "expiration": iso(until)}
        self._links[name] = {
            "asked": body,
            "token": token,
            "made": iso(asked.now),
            "until": told["expiration"],
        }
        if "hosted_link" in body:
            told["hosted_link_url"] = f"{asked.base}/{HOST}/hl/{name}"
        return self.gate.say(told)

    def page(self, asked: Asked) -> Response:
        """The hosted page. It answers at once as somebody would who logs in and shares everything."""
        link = self._links.get(asked.names["name"])
        if link is None or self.play.grant(link["token"], "link", asked.now) is None:
            return say_page("Plaid", text("This link has expired."), status=404)
        if self.play.interactive and not asked.param("agreed"):
            where = f"{asked.base}/{HOST}{asked.path}"
            return say_page(
                "Plaid",
                text(f"{link['asked']['client_name']} asks to read {self.institution[1]}."),
                button("Log in and share", where, (("agreed", "yes"),)),
            )
        self._finish(link, asked)
        back = (link["asked"].get("hosted_link") or {}).get("completion_redirect_uri")
        return redirect(back) if back else say_page("Plaid", text("You are done. Close this page."))

    def _finish(self, link: Body, asked: Asked) -> None:
        wanted = link["asked"]
        if wanted.get("access_token"):
            self.gate.mended(self.gate.item(wanted), asked.now)
            link["session"] = self._session(link, [], asked)
            return
        item = self.gate.link(self.institution[0], wanted.get("webhook", ""), asked.now)
        added = {
            "public_token": self.gate.public_token(item, asked.now),
            "accounts": [],
            "institution": {"institution_id": item.institution_id, "name": self.institution[1]},
        }
        link["session"] = self._session(link, [added], asked)

    def _session(self, link: Body, added: list[Row], asked: Asked) -> Row:
        none = ("cra_item_add_results", "cra_update_results", "bank_income_results", "payroll_income_results")
        results = {
            "item_add_results": added,
            **{name: [] for name in none},
            "document_income_results": None,
        }
        return {
            "link_session_id": self.play.uuid("session"),
            "started_at": link["made"],
            "finished_at": iso(asked.now),
            "results": results,
        }

    def get(self, asked: Asked, body: Body) -> Response:
        only(body, needs=("link_token",))
        grant = self.play.grant(str(body["link_token"]), "link", asked.now)
        if grant is None:
            raise Refused("INVALID_LINK_TOKEN")
        link = self._links[grant.facts["name"]]
        wanted = link["asked"]
        metadata = {
            "initial_products": wanted.get("products") or [],
            "webhook": wanted.get("webhook"),
            "country_codes": wanted["country_codes"],
            "language": wanted["language"],
            "redirect_uri": wanted.get("redirect_uri"),
            "client_name": wanted["client_name"],
        }
        return self.gate.say(
            {
                "link_token": link["token"],
                "created_at": link["made"],
                "expiration": link["until"],
                "metadata": metadata,
                "link_sessions": [link["session"]] if "session" in link else [],
            }
        )
