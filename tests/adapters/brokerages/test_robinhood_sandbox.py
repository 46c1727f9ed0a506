"""Robinhood's sign-in, move by move, and its sandbox: what it refuses, and that its truth comes out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import clickable
import conformance
import pytest

from adapters.brokerages.robinhood import CARD, PRIVATE, signin
from adapters.brokerages.robinhood.conversation import Continuing, LoggingIn, Opening, Viewing, Who
from adapters.brokerages.robinhood.sandbox import Robinhood
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.signin import Ask, Done, Given, Moment, Move, Send
from adapters.kit.wire import Request, Response, get, post_form, post_json
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageRateLimited,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    CredentialsRejected,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
TODAY = date(2026, 6, 1)
LOOK = Answer(approved=True)


class Table:
    """One sign-in at one sandbox, with a clock of its own; every state goes through its sealed form."""

    def __init__(
        self,
        proof: str = "",
        seed: int = 3,
        persona: str = "plain",
        stumbles: int = 0,
        *,
        interactive: bool = False,
    ) -> None:
        made = create("robinhood", seed, persona, TODAY, interactive=interactive)
        self.sandbox = cast("Robinhood", made)
        self.sandbox.gate.proof, self.sandbox.gate.stumbles = proof, stumbles
        self.now = NOW
        self.nonces = 0
        self.sent: list[Request] = []
        self._stage = Stage([self.sandbox])

    def moment(self) -> Moment:
        self.nonces += 1
        return Moment(self.now, f"{self.nonces:032x}")

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        url = request.target if "://" in request.target else f"{conformance.BASE}/robinhood{request.target}"
        headers = dict(request.headers)
        return self._stage.hear(
            request.method, url, headers, request.body, self.now, conformance.BASE
        ).response

    def begin(self, **fields: str) -> Move:
        given = Given({**self.sandbox.credentials(), **fields}, "")
        return self.go_on(signin.begin(given, self.moment()))

    def go_on(self, move: Move) -> Move:
        while isinstance(move, Send):
            move = signin.hear(self._sealed(move.state), self.send(move.request), self.moment())
        return move

    def answer(self, move: Move, answer: Answer) -> Move:
        assert isinstance(move, Ask)
        return self.go_on(signin.hear(self._sealed(move.state), answer, self.moment()))

    def code(self, kind: str) -> Answer:
        return Answer(code=self.sandbox.credentials()[f"{kind}_code"])

    @staticmethod
    def _sealed(state: object) -> Any:
        return PRIVATE.sign_in.unpack(PRIVATE.sign_in.pack(state))


def asked(move: Move) -> tuple[ChallengeKind, int | None]:
    assert isinstance(move, Ask)
    return move.challenge.kind, move.challenge.attempts_left


def granted(move: Move) -> Grant:
    assert isinstance(move, Done)
    return move.grant


# ---- the conversation


def test_a_password_alone_may_be_enough_and_the_device_is_remembered() -> None:
    table = Table()

    grant = granted(table.begin())

    assert grant.expires_at == NOW + timedelta(days=1)
    assert grant.values.keys() == {"access_token", "refresh_token", "device_token"}
    assert grant.values["device_token"] == "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize("field", ["username", "password"])
def test_wrong_credentials_are_rejected(field: str) -> None:
    with pytest.raises(CredentialsRejected):
        Table().begin(**{field: "nobody"})


@pytest.mark.parametrize(
    ("proof", "kind"),
    [
        ("sms", ChallengeKind.SMS_CODE),
        ("email", ChallengeKind.EMAIL_CODE),
        ("app", ChallengeKind.APP_CODE),
        ("mfa-app", ChallengeKind.APP_CODE),
        ("mfa-sms", ChallengeKind.SMS_CODE),
        ("challenge-sms", ChallengeKind.SMS_CODE),
        ("challenge-email", ChallengeKind.EMAIL_CODE),
    ],
)
def test_a_code_opens_the_door_and_a_wrong_one_costs_an_attempt(proof: str, kind: ChallengeKind) -> None:
    table = Table(proof)
    first = table.begin()

    second = table.answer(first, Answer(code="000000"))
    third = table.answer(second, table.code(proof.rpartition("-")[2]))

    assert asked(first) == (kind, 3)
    assert asked(second) == (kind, 2)
    assert granted(third).values["access_token"]


@pytest.mark.parametrize("proof", ["sms", "email", "app", "mfa-app", "challenge-sms"])
def test_with_no_attempt_left_the_sign_in_has_failed(proof: str) -> None:
    table = Table(proof)
    move = table.answer(table.answer(table.begin(), Answer(code="1")), Answer(code="2"))

    with pytest.raises(ChallengeWrong):
        table.answer(move, Answer(code="3"))


@pytest.mark.parametrize("proof", ["sms", "prompt", "mfa-app", "challenge-email"])
def test_an_answer_that_comes_too_late_is_told_so(proof: str) -> None:
    table = Table(proof)
    move = table.begin()
    table.now += timedelta(minutes=6)

    with pytest.raises(ChallengeExpired):
        table.answer(move, Answer(code="123456", approved=True))


def test_an_answer_without_a_code_is_asked_for_again() -> None:
    table = Table("sms")
    move = table.begin()

    assert table.answer(move, LOOK) == move


def test_an_approval_is_looked_for_until_it_is_there() -> None:
    table = Table("prompt")
    first = table.begin()
    assert isinstance(first, Ask)

    second = table.answer(first, LOOK)
    third = table.answer(second, LOOK)

    assert first.challenge.kind is ChallengeKind.DEVICE_APPROVAL
    assert first.challenge.poll_after == timedelta(seconds=5)
    assert first.challenge.expires_at == NOW + timedelta(minutes=5)
    assert second == first
    assert granted(third).values["access_token"]


def test_the_login_after_an_approval_is_the_same_device_and_the_same_request() -> None:
    table = Table("prompt")

    table.answer(table.answer(table.begin(), LOOK), LOOK)

    first, last = (request.body for request in table.sent if request.url == "/oauth2/token/")
    assert first == last


def test_a_brokerage_that_stumbles_after_the_approval_is_asked_again() -> None:
    table = Table("prompt", stumbles=2)
    move = table.answer(table.answer(table.begin(), LOOK), LOOK)

    assert asked(move)[0] is ChallengeKind.DEVICE_APPROVAL
    assert granted(table.answer(table.answer(move, LOOK), LOOK))


def heard(state: object, status: int, body: bytes) -> Move:
    return signin.hear(cast("Any", state), Response(status, {}, body), Moment(NOW, "0" * 32))


WHO = Who("name", "secret", "device", "request")
VIEWING = Viewing(WHO, "machine-1", NOW + timedelta(minutes=5))
CONTINUING = Continuing(WHO, "machine-1", NOW + timedelta(minutes=5))


def test_a_challenge_may_stand_in_the_inner_context_or_come_later() -> None:
    challenge = b'{"id":"c-1","type":"sms","status":"issued","remaining_attempts":3}'
    inner = heard(
        VIEWING, 200, b'{"context":null,"type_context":{"context":{"sheriff_challenge":%s}}}' % challenge
    )
    later = heard(VIEWING, 200, b'{"context":{"sheriff_challenge":null}}')

    assert asked(inner) == (ChallengeKind.SMS_CODE, 3)
    assert asked(later)[0] is ChallengeKind.DEVICE_APPROVAL


def test_a_challenge_that_was_met_elsewhere_goes_straight_on() -> None:
    challenge = b'{"id":"c-1","type":"prompt","status":"validated"}'

    move = heard(VIEWING, 200, b'{"context":{"sheriff_challenge":%s}}' % challenge)

    assert isinstance(move, Send)
    assert (move.request.method, move.request.url) == ("POST", "/pathfinder/inquiries/machine-1/user_view/")


@pytest.mark.parametrize(
    ("state", "status", "body", "failure"),
    [
        (VIEWING, 200, b'{"context":{"sheriff_challenge":{"id":"c","type":"iris"}}}', ChallengeUnsupported),
        (VIEWING, 200, b'{"context":{"sheriff_challenge":{"id":"../x","type":"sms"}}}', UnreadableReply),
        (CONTINUING, 200, b'{"type_context":{"result":"workflow_status_denied"}}', ChallengeWrong),
        (CONTINUING, 200, b"{}", UnreadableReply),
        (LoggingIn(WHO), 200, b"<html>", UnreadableReply),
        (LoggingIn(WHO), 200, b'{"access_token":"a","expires_in":"soon"}', UnreadableReply),
        (LoggingIn(WHO), 429, b"{}", BrokerageRateLimited),
        (LoggingIn(WHO), 200, b'{"mfa_required":true,"mfa_type":"pigeon"}', ChallengeUnsupported),
        (LoggingIn(WHO), 400, b'{"non_field_errors":["no"]}', CredentialsRejected),
        (LoggingIn(WHO, until=NOW), 403, b'{"verification_workflow":{"id":"w"}}', ChallengeExpired),
    ],
)
def test_what_leads_nowhere_ends_with_its_reason(
    state: object, status: int, body: bytes, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        heard(state, status, body)


def test_a_pending_workflow_is_looked_at_again_while_there_is_time() -> None:
    pending = b'{"verification_workflow":{"id":"w","workflow_status":"workflow_status_internal_pending"}}'
    late = Moment(NOW + timedelta(minutes=5), "0" * 32)

    assert asked(heard(CONTINUING, 200, pending))[0] is ChallengeKind.DEVICE_APPROVAL
    with pytest.raises(ChallengeExpired):
        signin.hear(CONTINUING, LOOK, late)


def test_no_state_shows_the_password_in_its_text() -> None:
    states = [LoggingIn(WHO), Opening(WHO), VIEWING, CONTINUING]

    assert not [state for state in states if "secret" in repr(state)]


# ---- renewal and revocation


def test_a_refresh_token_works_once_and_brings_a_new_pair() -> None:
    table = Table()
    grant = granted(table.begin())

    renewed = signin.take_renewal(
        grant, table.send(signin.ask_renewal(grant, table.moment())), table.moment()
    )

    assert renewed.values["refresh_token"] != grant.values["refresh_token"]
    assert renewed.values["device_token"] == grant.values["device_token"]
    again = table.send(signin.ask_renewal(grant, table.moment()))
    with pytest.raises(ReauthorizationRequired):
        signin.take_renewal(grant, again, table.moment())


def test_a_revoked_grant_reads_nothing_any_more() -> None:
    table = Table()
    grant = granted(table.begin())
    read = signin.authorise(get("/accounts/"), grant, table.moment())
    assert table.send(read).status == 200

    table.send(signin.ask_revocation(grant, table.moment()))

    assert table.send(read).status == 401
    assert table.send(signin.ask_renewal(grant, table.moment())).status == 401


# ---- what the sandbox refuses


def test_nothing_is_told_without_a_living_token() -> None:
    table = Table()
    grant = granted(table.begin())
    read = signin.authorise(get("/positions/"), grant, table.moment())

    bare = table.send(get("/positions/"))
    table.now += timedelta(days=1)
    late = table.send(read)

    assert (bare.status, bare.json) == (401, {"detail": "Incorrect authentication credentials."})
    assert (late.status, late.json) == (401, {"detail": "Invalid token."})


def reading(table: Table) -> Callable[..., Response]:
    grant = granted(table.begin())
    return lambda path, *query: table.send(signin.authorise(get(path, *query), grant, table.moment()))


def test_the_list_of_accounts_tells_only_the_first_without_its_flag() -> None:
    read = reading(Table())

    assert len(read("/accounts/").json["results"]) == 1
    assert len(read("/accounts/", ("default_to_all_accounts", "true")).json["results"]) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere/", 404), ("/orders", 404), ("/oauth2/token/", 405), ("/accounts/5XXX0000/", 404)],
)
def test_an_address_that_is_none_is_answered_as_django_does(path: str, status: int) -> None:
    response = reading(Table())(path)

    assert (response.status, list(response.json)) == (status, ["detail"])


def test_the_two_addresses_that_clients_write_without_a_slash_are_answered() -> None:
    table = Table()
    read, number = reading(table), table.sandbox.play.accounts[0].number

    assert read(f"/accounts/{number}").json == read(f"/accounts/{number}/").json
    assert read(f"/portfolios/{number}").status == 200


def test_a_page_goes_on_at_the_server_itself_and_a_made_up_cursor_nowhere() -> None:
    table = Table()
    read = reading(table)

    first = read("/orders/", ("page_size", "10")).json
    second = read(first["next"]).json

    assert first["next"].startswith(f"{conformance.BASE}/robinhood/orders/?cursor=")
    assert len(second["results"]) == 10
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    assert read("/orders/", ("cursor", "bm93aGVyZQ==")).status == 404


def test_unknown_symbols_are_null_and_a_bad_date_is_refused() -> None:
    read = reading(Table())

    assert read("/quotes/", ("symbols", "XMPL,NOPE")).json["results"][1] is None
    assert read("/orders/", ("updated_at[gte]", "yesterday")).status == 400


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post_form("/oauth2/token/", ("grant_type", "password")), 400),
        (post_form("/oauth2/token/", ("grant_type", "client_credentials")), 400),
        (post_json("/pathfinder/user_machine/", {"flow": "suv", "input": {"workflow_id": "w"}}), 404),
        (post_json("/pathfinder/user_machine/", {"flow": "other"}), 400),
        (get("/pathfinder/inquiries/m/user_view/"), 404),
        (get("/push/c/get_prompts_status/"), 404),
        (post_form("/challenge/c/respond/", ("response", "1")), 404),
    ],
)
def test_a_step_out_of_order_is_refused(request_: Request, status: int) -> None:
    assert Table().send(request_).status == status


async def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    asked_for: list[str] = []

    def answer(request: Request, url: str) -> Response:
        asked_for.append(url)
        elsewhere = b'"https://api.robinhood.com.example.com/accounts/?cursor=x"'
        return Response(200, {}, b'{"next":%s,"previous":null,"results":[]}' % elsewhere)

    door = CardDoor(CARD, PRIVATE, MemoryWire(answer), limited=False)

    with pytest.raises(UnreadableReply):
        await door.accounts(Grant({"access_token": "a"}))
    assert len(asked_for) == 1


# ---- everything comes out


async def signed_in(door: CardDoor, sandbox: Any) -> Grant:
    given = sandbox.credentials()
    outcome = await door.begin({"username": given["username"], "password": given["password"]}, "")
    while not isinstance(outcome, Grant):
        kind = outcome.challenge.kind
        code = None if kind is ChallengeKind.DEVICE_APPROVAL else given[kind.value]
        outcome = await door.hear(outcome.state, Answer(code=code, approved=code is None))
    return outcome


@pytest.mark.parametrize("seed", range(20))
async def test_what_the_sandbox_tells_comes_out_of_the_parser(seed: int) -> None:
    persona = ("plain", "mfa", "device-approval")[seed % 3]
    door, sandbox = conformance.played("robinhood", seed, persona)

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_an_empty_customer_has_accounts_and_nothing_in_them() -> None:
    door, sandbox = conformance.played("robinhood", persona="empty")

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert [(len(account["positions"]), len(account["transactions"])) for account in told] == [(0, 0)] * 3


async def test_rows_that_come_while_one_pages_are_read_once_and_none_is_lost() -> None:
    door, sandbox = conformance.played("robinhood", persona="growing")
    grant = await signed_in(door, sandbox)

    await conformance.read_all(door, grant)
    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_nothing_that_the_sandbox_tells_is_unknown_to_the_parser() -> None:
    door, sandbox = conformance.played("robinhood")
    grant = await signed_in(door, sandbox)
    account = (await door.accounts(grant)).rows[0]

    notes = [(await door.positions(grant, account)).notes, (await door.balances(grant, account)).notes]
    notes += [(await door.history(grant, account, feed.name, None, None)).notes for feed in door.feeds]

    assert not [note for note in notes if note.fields or note.words]


# ---- the page that stands for the phone


def test_a_person_says_yes_on_a_page_and_the_sign_in_goes_on() -> None:
    table = Table("prompt", interactive=True)
    empty = table.send(get("/_approve/"))
    move = table.begin()
    for _ in range(5):  # nobody approves by itself
        move = table.answer(move, LOOK)
    assert isinstance(move, Ask)

    (form,) = clickable.forms(table.send(get("/_approve/")).body)
    thanks = table.send(Request("POST", form.url))
    done = table.answer(move, LOOK)

    assert clickable.forms(empty.body) == []
    assert empty.headers["refresh"]
    assert thanks.status == 200
    assert isinstance(done, Done)
    assert clickable.forms(table.send(get("/_approve/")).body) == []
    assert table.send(Request("POST", "/_approve/nobody/")).status == 404
