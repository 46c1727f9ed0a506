"""The stage of a sandbox: secrets of the seed, grants that expire, rows that grow, routes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlencode

import msgspec
import pytest

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, number, redirect, say, say_text, to_json
from adapters.sandbox.create import create
from adapters.sandbox.ledger import Book
from adapters.sandbox.play import Play, Sandbox
from adapters.sandbox.router import Router

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


class MakeToy(Protocol):
    def __call__(self, seed: int = 1, persona: str = "plain", marker: str = "") -> Sandbox: ...


def asked(method: str = "GET", path: str = "/", host: str = "api", **more: object) -> Asked:
    told: dict[str, object] = {"query": (), "raw_query": "", "headers": {}, "body": b""} | more
    base = "http://127.0.0.1:9000/toy"
    return Asked(method, path, host=host, base=base, url=f"{base}{path}", now=NOW, **told)  # type: ignore[arg-type]


def test_secrets_are_fixed_by_the_seed_and_carry_the_marker(toy: MakeToy) -> None:
    one, same, other = toy(marker="PLANTED").play, toy(marker="PLANTED").play, toy(seed=2).play

    assert one.token("access", 0) == same.token("access", 0) != other.token("access", 0)
    assert one.token("access") == same.token("access")
    assert one.token("access") != one.token("access")
    assert one.token("refresh", 0).endswith("PLANTED")
    assert len(other.token("access", 0, length=44)) == 44
    assert one.code("sms") == same.code("sms") != one.code("email")
    assert one.code("sms", 8).isdigit()
    assert len(one.word("verifier", 5)) == 5
    assert one.uuid("machine", 3) == same.uuid("machine", 3) != one.uuid("machine", 4)


def test_a_grant_lives_until_it_expires_is_spent_or_revoked(toy: MakeToy) -> None:
    play = toy().play
    play.issue("a", "access", NOW, 1800, scope="api")
    play.issue("c", "code", NOW, 30)
    play.issue("k", "key", NOW)

    grant = play.grant("a", "access", NOW)
    assert grant is not None
    assert grant.facts == {"scope": "api"}
    assert play.grant("a", "refresh", NOW) is None
    assert play.grant("a", "access", LATER) is None
    assert play.grant("k", "key", LATER) is not None
    assert play.spend("c", "code", NOW) is not None
    assert play.spend("c", "code", NOW) is None
    play.revoke("key")
    assert play.grant("k", "key", NOW) is None
    assert play.find("k") is not None


def test_a_nonce_is_new_once(toy: MakeToy) -> None:
    play = toy().play

    assert [play.once("n"), play.once("n"), play.once("m")] == [True, False, True]


def test_a_revoked_customer_can_sign_in_first(toy: MakeToy) -> None:
    play = toy(persona="revoked").play

    assert [play.withdrawn() for _ in range(4)] == [False, False, True, True]
    assert [toy().play.withdrawn() for _ in range(4)] == [False] * 4


def test_an_account_is_found_by_any_of_its_names(toy: MakeToy) -> None:
    play = toy().play
    account = play.accounts[1]

    for name in (account.number, account.key, account.hash, account.uuid):
        assert play.account(name) is account
    assert play.account("other") is None


def test_a_growing_account_gets_rows_at_its_head_until_it_is_full(toy: MakeToy) -> None:
    play = toy(persona="growing").play
    account = play.accounts[0]

    first = play.rows(account)
    second = play.rows(account)
    for _ in range(50):
        play.rows(account)
    last = play.rows(account)

    assert first == account.transactions
    assert second[2:] == first
    assert last[-len(first) :] == first
    assert len(last) - len(first) == 40
    assert play.truth_now().accounts[0].transactions == last
    assert play.truth_now().accounts[1] == play.truth.accounts[1]
    assert [row.executed_at for row in last] == sorted((row.executed_at for row in last), reverse=True)
    assert len({row.number for row in last}) == len({row.uuid for row in last}) == len(last)
    assert all(row.trade_date.weekday() < 5 and row.trade_date < date(2026, 3, 10) for row in last)


def test_a_grown_account_still_reconciles(toy: MakeToy) -> None:
    play = toy(persona="growing").play
    for _ in range(9):
        play.rows(play.accounts[0])
    now = play.truth_now().accounts[0]

    book = Book(reversed(now.transactions))

    assert (
        now.cash
        == book.cash
        == sum((row.net or Decimal(0) for row in now.transactions if row.posted), Decimal(0))
    )
    assert now.positions == book.positions(play.profile)
    assert now.total_value == now.cash + sum(position.market_value for position in now.positions)
    assert now.cash != play.truth.accounts[0].cash


def test_a_plain_account_does_not_grow(toy: MakeToy) -> None:
    play = toy().play

    assert play.rows(play.accounts[0]) is play.rows(play.accounts[0])
    assert play.truth_now() is play.truth


def test_the_log_holds_no_query_and_no_header(toy: MakeToy) -> None:
    play = toy().play

    play.note(asked(path="/accounts", raw_query="token=SECRET", headers={"authorization": "SECRET"}), 200)

    assert "SECRET" not in repr(play.log)
    assert (play.log[0].path, play.log[0].status) == ("/accounts", 200)


def test_a_form_is_read_from_form_and_json_bodies_alike() -> None:
    body = urlencode({"code": "C0.a@", "blank": ""}).encode()

    assert asked(body=body).form() == {"code": "C0.a@", "blank": ""}
    told = asked(body=b'{"code":"1","n":2}', headers={"content-type": "application/json"})
    assert told.form() == {"code": "1", "n": "2"}
    assert asked(body=b"{").json() is None


def test_what_was_asked_can_be_read_in_parts() -> None:
    told = asked(query=(("a", "1"), ("a", "2")), headers={"authorization": "Bearer t0k"})

    assert (told.param("a"), told.params("a"), told.param("b", "x")) == ("1", ["1", "2"], "x")
    assert told.bearer == "t0k"
    assert asked(headers={"authorization": "Basic t0k"}).bearer == ""
    assert (told.at("api"), told.at("side")) == (
        "http://127.0.0.1:9000/toy",
        "http://127.0.0.1:9000/toy/side",
    )


def test_figures_are_written_without_exponents() -> None:
    assert to_json({"a": Decimal("1E+2"), "b": [Decimal("0.10")], "c": msgspec.Raw(b"4.0")}) == (
        b'{"a":100,"b":[0.1],"c":4.0}'
    )
    assert bytes(number(Decimal(4))) == b"4.0"
    assert bytes(number(Decimal("4.50"))) == b"4.5"


def test_answers_say_what_they_are() -> None:
    assert say({}, 429, retry_after="3").headers["retry-after"] == "3"
    assert say_text("x", 400).status == 400
    assert redirect("https://127.0.0.1/").headers == {"location": "https://127.0.0.1/"}


def route(method: str, path: str, host: str = "api") -> str:
    router = Router(lambda _: say_text("missing"), lambda _: say_text("wrong"), slash="optional")
    router.get("/a/{name}/", lambda told: say_text(f"a {told.names['name']}"))
    router.post("/a/{name}/b", lambda _: say_text("post"))
    router.get("/strict", lambda _: say_text("strict"), slash="as-written")
    router.get("/a/x", lambda _: say_text("side"), host="side")
    router.get("/v1/x.json", lambda _: say_text("dot"))
    answer: Response = router.answer(asked(method, path, host))
    return answer.text


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/a/one", "a one"),
        ("GET", "/a/one/", "a one"),
        ("HEAD", "/a/one/", "a one"),
        ("GET", "/a/X%20P%2FQ", "a X P/Q"),
        ("GET", "/a/one/b", "wrong"),
        ("POST", "/a/one/b/", "post"),
        ("GET", "/strict", "strict"),
        ("GET", "/strict/", "missing"),
        ("GET", "/v1/x_json", "missing"),
        ("GET", "/none", "missing"),
    ],
)
def test_a_path_finds_its_handler(method: str, path: str, said: str) -> None:
    assert route(method, path) == said


def test_a_host_has_paths_of_its_own() -> None:
    assert route("GET", "/a/x", "side") == "side"
    assert route("GET", "/a/y", "side") == "missing"


def test_unknown_sandboxes_and_personas_are_refused() -> None:
    with pytest.raises(LookupError, match="no sandbox"):
        create("nowhere")
    with pytest.raises(LookupError, match="no brokerage"):
        create("../x")
    with pytest.raises(LookupError, match="no persona"):
        create("nowhere", persona="odd")


def test_a_play_is_interactive_only_when_asked(toy: MakeToy) -> None:
    plain = toy().play

    assert not plain.interactive
    assert Play(plain.truth, plain.profile, interactive=True).interactive
