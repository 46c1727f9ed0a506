"""Robinhood's sandbox: signing in, with every proof that Robinhood may ask for (sheet, 2B)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Grant, Play
from adapters.sandbox.router import Router

CLIENT_ID = "c82SH0WZOsabOXGP2sxqcj34FxkvfnWRZBKlBjFS"
DAY, LONG_SESSION = 86_400, 2_562_387
WINDOW = 300  # seconds that a workflow lives
ATTEMPTS = 3
POLLS = 2  # so many looks, and the customer has approved
PROOFS = ("none", "prompt", "sms", "email", "app", "mfa-app", "mfa-sms", "challenge-sms", "challenge-email")
REFUSED = "Unable to log in with provided credentials."
NEW_YORK = ZoneInfo("America/New_York")
Json = dict[str, Any]


@dataclass(slots=True)
class Gate:
    """What stands before the data. `proof` fixes what is asked for, else the persona decides.

    `stumbles`: how often `continue` answers 500 after the approval, as the real one does now and then.
    """

    play: Play
    proof: str = ""
    stumbles: int = 0

    def asks_for(self) -> str:
        if self.proof:
            return self.proof
        match self.play.persona:
            case "device-approval":
                return "prompt"
            case "mfa":
                return ("sms", "app")[self.play.seed % 2]
            case _:
                return "none"

    def code(self, kind: str) -> str:
        return self.play.code(kind)

    def announce(self) -> list[str]:
        customer = self.play.customer
        lines = [f"sign in as {customer.username} with {customer.password}"]
        lines += [f"code by {kind}: {self.code(kind)}" for kind in ("sms", "email", "app")]
        by_itself = f"is approved at look {POLLS}"
        approved = "waits for your click on the page /_approve/" if self.play.interactive else by_itself
        return [*lines, f"a sign-in in the app {approved}"]

    def routes(self, router: Router) -> None:
        router.post("/oauth2/token/", self._token)
        router.post("/oauth2/revoke_token/", self._revoke)
        router.post("/challenge/{id}/respond/", self._respond)
        router.post("/pathfinder/user_machine/", self._machine)
        router.get("/pathfinder/inquiries/{id}/user_view/", self._view)
        router.post("/pathfinder/inquiries/{id}/user_view/", self._continue)
        router.get("/push/{id}/get_prompts_status/", self._prompt)
        if self.play.interactive:
            router.get("/_approve/", self._approve_page)
            router.post("/_approve/{id}/", self._approve)

    def refuses(self, asked: Asked) -> Response | None:
        """Why a request for data is not answered, if it is not."""
        if not asked.bearer:
            return say({"detail": "Incorrect authentication credentials."}, 401)
        if self.play.grant(asked.bearer, "access", asked.now) is None or self.play.withdrawn():
            return say({"detail": "Invalid token."}, 401)
        return None

    # ---- tokens

    def _token(self, asked: Asked) -> Response:
        form = asked.form()
        match form.get("grant_type"):
            case "password":
                return self._password(asked, form)
            case "refresh_token":
                return self._refresh(asked, form)
            case _:
                return say({"error": "unsupported_grant_type"}, 400)

    def _password(self, asked: Asked, form: dict[str, str]) -> Response:
        missing = _missing(form, "client_id", "scope", "username", "password", "device_token", "expires_in")
        if missing is not None:
            return missing
        customer = self.play.customer
        if form["client_id"] != CLIENT_ID:
            return say({"error": "invalid_client"}, 401)
        if (form["username"], form["password"]) != (customer.username, customer.password):
            return say({"detail": REFUSED}, 400)
        device, proof = form["device_token"], self.asks_for()
        if proof == "none" or self.play.grant(device, "device", asked.now) is not None:
            return self._pair(asked, device, form)
        if proof.startswith("mfa-"):
            kind = proof.removeprefix("mfa-")
            if form.get("mfa_code") == self.code(kind):
                return self._pair(asked, device, form)
            if form.get("mfa_code"):
                return say({"detail": "Please enter a valid code."}, 400)
            return say({"mfa_required": True, "mfa_type": kind})
        if proof.startswith("challenge-"):
            done = self.play.grant(asked.header("x-robinhood-challenge-response-id"), "challenge", asked.now)
            if done is not None and done.facts["status"] == "validated":
                return self._pair(asked, device, form)
            challenge = self._challenge(proof.removeprefix("challenge-"), asked.now, device)
            return say({"detail": "Request blocked, challenge issued.", "challenge": challenge}, 400)
        workflow = self.play.uuid("workflow")
        self.play.issue(workflow, "workflow", asked.now, WINDOW, device=device, status="pending")
        return say({"verification_workflow": _workflow(workflow, "internal_pending")}, 403)

    def _refresh(self, asked: Asked, form: dict[str, str]) -> Response:
        missing = _missing(form, "client_id", "scope", "refresh_token", "device_token", "expires_in")
        if missing is not None:
            return missing
        known = self.play.grant(form["refresh_token"], "refresh", asked.now)
        if known is None or known.facts["device"] != form["device_token"] or self.play.withdrawn():
            return say({"detail": "Invalid token."}, 401)
        self.play.spend(form["refresh_token"], "refresh", asked.now)
        return self._pair(asked, form["device_token"], form)

    def _pair(self, asked: Asked, device: str, form: dict[str, str]) -> Response:
        lasts = LONG_SESSION if form.get("long_session", "").lower() == "true" else DAY
        self.play.issue(device, "device", asked.now)
        access = self.play.token("access", length=120)
        refresh = self.play.token("refresh", length=30)
        self.play.issue(access, "access", asked.now, lasts)
        self.play.issue(refresh, "refresh", asked.now, device=device)
        told: Json = {
            "access_token": access,
            "expires_in": lasts,
            "token_type": "Bearer",
            "scope": "internal",
            "refresh_token": refresh,
            "mfa_code": None,
            "backup_code": None,
            "user_uuid": self.play.customer.uuid,
        }
        if form.get("create_read_only_secondary_token", "").lower() == "true":
            reading = self.play.token("read", length=120)
            self.play.issue(reading, "access", asked.now, lasts, scope="read")
            told["read_only_secondary_access_token"] = reading
        return say(told)

    def _revoke(self, asked: Asked) -> Response:
        form = asked.form()
        if form.get("client_id") != CLIENT_ID:
            return say({"error": "invalid_client"}, 401)
        if self.play.spend(form.get("token", ""), "refresh", asked.now) is not None:
            self.play.revoke("access")
        return say({})

    # ---- the verification workflow

    def _machine(self, asked: Asked) -> Response:
        told = asked.json()
        if not isinstance(told, dict) or told.get("flow") != "suv" or not isinstance(told.get("input"), dict):
            return say({"detail": "JSON parse error."}, 400)
        workflow = self.play.grant(str(told["input"].get("workflow_id")), "workflow", asked.now)
        if workflow is None or workflow.facts["device"] != told.get("device_id"):
            return _lost()
        machine = self.play.uuid("machine")
        challenge = self._challenge(self.asks_for(), asked.now, workflow.facts["device"])["id"]
        self.play.issue(machine, "machine", asked.now, WINDOW, workflow=workflow.token, challenge=challenge)
        return say({"id": machine})

    def _view(self, asked: Asked) -> Response:
        machine = self.play.grant(asked.names["id"], "machine", asked.now)
        challenge = None if machine is None else self.play.find(machine.facts["challenge"])
        if machine is None or challenge is None:
            return _lost()
        machine.used += 1
        context: Json = {
            "initial_alert": None,
            "sheriff_flow_id": "login_suv",
            "fallback_cta_text": "Verify with bank instead",
            "sheriff_challenge": _told(challenge),
            "verification_workflow_id": machine.facts["workflow"],
        }
        return say(
            {
                "page": "ChallengePage",
                "type": "page",
                "sequence": 0,
                "state_name": "Challenge",
                "prev_state_name": "EntryPoint",
                "polling_interval": None,
                "context": context,
                "type_context": {"page": "ChallengePage", "context": context},
                "renderable_platforms": {"android": "all", "iOS": "all", "web": "all"},
                "http_status": 200,
                "should_replace_current_page": False,
                "toast": None,
                "locality": "US",
            }
        )

    def _continue(self, asked: Asked) -> Response:
        machine = self.play.grant(asked.names["id"], "machine", asked.now)
        told = asked.json()
        if machine is None:
            return _lost()
        if told != {"sequence": 0, "user_input": {"status": "continue"}}:
            return say({"detail": "JSON parse error."}, 400)
        challenge = self.play.find(machine.facts["challenge"])
        if challenge is None or challenge.facts["status"] != "validated":
            return say({"verification_workflow": _workflow(machine.facts["workflow"], "internal_pending")})
        if self.stumbles > 0:
            self.stumbles -= 1
            return say({"detail": "Internal server error."}, 500)
        self.play.issue(challenge.facts["device"], "device", asked.now)
        result = {"result": "workflow_status_approved", "result_type": "security.verification-result"}
        return say({"type": "result", "type_context": result})

    def _prompt(self, asked: Asked) -> Response:
        challenge = self.play.grant(asked.names["id"], "challenge", asked.now)
        if challenge is None or challenge.facts["type"] != "prompt":
            return _lost()
        challenge.used += 1
        if challenge.used >= POLLS and not self.play.interactive:
            challenge.facts["status"] = "validated"
        return say({"challenge_status": challenge.facts["status"]})

    # ---- challenges

    def _challenge(self, kind: str, now: datetime, device: str) -> Json:
        ident = self.play.uuid("challenge")
        issued = self.play.issue(
            ident, "challenge", now, WINDOW, type=kind, status="issued", left=str(ATTEMPTS), device=device
        )
        return _told(issued) | {"user": self.play.customer.uuid, "alternate_type": None}

    def _respond(self, asked: Asked) -> Response:
        challenge = self.play.grant(asked.names["id"], "challenge", asked.now)
        if challenge is None:
            late = self.play.find(asked.names["id"])
            if late is None or late.kind != "challenge":
                return _lost()
            return say({"challenge": _told(late) | {"status": "expired"}}, 400)
        left = int(challenge.facts["left"])
        if challenge.facts["type"] == "prompt":
            return _lost()
        if left <= 0 or asked.form().get("response") != self.code(challenge.facts["type"]):
            challenge.facts["left"] = str(max(0, left - 1))
            return say({"challenge": _told(challenge)}, 400)
        challenge.facts |= {"status": "validated", "left": "0"}
        done = {"alternate_type": None, "updated_at": _stamp(asked.now), "flow_id": "login_suv"}
        return say(_told(challenge) | done | {"mfa_status": "app"})

    # ---- the phone, for a person at a browser

    def _approve_page(self, asked: Asked) -> Response:
        waiting = [grant for grant in self._prompts(asked) if grant.facts["status"] == "issued"]
        if not waiting:
            page = say_page("Robinhood", text("Nobody is signing in right now. This page looks again."))
            return Response(page.status, {**page.headers, "refresh": "3"}, page.body)
        parts = [
            text(f"Somebody signs in as {self.play.customer.username}, since {grant.issued_at:%H:%M:%S} UTC.")
            + button("Yes, it is me", f"{asked.base}/_approve/{grant.token}/", post=True)
            for grant in waiting
        ]
        return say_page("Is it you who signs in?", *parts)

    def _approve(self, asked: Asked) -> Response:
        for grant in self._prompts(asked):
            if grant.token == asked.names["id"]:
                grant.facts["status"] = "validated"
                return say_page("Thank you", text("The sign-in goes on by itself."))
        return say_page("Robinhood", text("This sign-in has ended."), status=404)

    def _prompts(self, asked: Asked) -> list[Grant]:
        many = self.play.counters.get("uuid challenge", 0)
        found = (self.play.grant(self.play.uuid("challenge", n), "challenge", asked.now) for n in range(many))
        return [grant for grant in found if grant is not None and grant.facts["type"] == "prompt"]


def _told(challenge: Grant) -> Json:
    left = int(challenge.facts["left"])
    expires = challenge.issued_at + timedelta(seconds=WINDOW)
    return {
        "id": challenge.token,
        "type": challenge.facts["type"],
        "status": challenge.facts["status"],
        "expires_at": _stamp(expires),
        "remaining_retries": left,
        "remaining_attempts": left,
    }


def _workflow(ident: str, status: str) -> Json:
    return {"id": ident, "workflow_status": f"workflow_status_{status}"}


def _missing(form: dict[str, str], *names: str) -> Response | None:
    missing = {name: ["This field is required."] for name in names if not form.get(name)}
    return say(missing, 400) if missing else None


def _lost() -> Response:
    return say({"detail": "Not found."}, 404)


def _stamp(moment: datetime) -> str:
    """With the offset of New York, as challenges tell it."""
    return moment.astimezone(UTC).astimezone(NEW_YORK).isoformat(timespec="microseconds")
