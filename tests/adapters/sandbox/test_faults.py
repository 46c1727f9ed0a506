"""Mutated answers, planned faults, personas."""

import gzip
import json
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

import pytest

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.faults import GARBAGE_AFTER, GARBAGE_WAYS, Fault, Faulty, parse_fault
from adapters.sandbox.mutations import ALIASES, BOMB_BYTES, MUTATIONS, Mutation, bomb
from adapters.sandbox.play import Sandbox
from adapters.sandbox.reply import Reply, ordinary
from adapters.sandbox.stage import Stage

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
OWN = "http://127.0.0.1:9000"
ANSWERS = {
    "envelope": say({"results": [{"id": "700012345", "qty": "5.00", "n": 3}], "next": None, "total": 1}),
    "array": say([{"symbol": "XMPL", "qty": "5", "price": 1}, {"symbol": "XETF", "qty": "7", "price": 2}]),
    "object": say({"cash": "12.50", "id": "a-b", "open": True}),
    "numbers": Response(200, {"content-type": "application/json"}, b'{"a":{"cash":4.0,"big":700012345}}'),
    "empty list": say([]),
    "form": Response(200, {}, b"oauth_token=a%2B&oauth_token_secret=b"),
    "text": Response(200, {}, b"renewed"),
    "nothing": Response(204, {}, b""),
    "refusal": say({"message": "no"}, 404),
}
BROKEN = sorted(name for name, mutation in MUTATIONS.items() if not mutation.sound)


class MakeToy(Protocol):
    def __call__(self, seed: int = 1, persona: str = "plain", marker: str = "") -> Sandbox: ...


def mutated(name: str, answer: Response) -> Reply:
    return MUTATIONS[name].change(answer, NOW)


def ask(faulty: Faulty, path: str = "/nothing", method: str = "GET", now: datetime = NOW) -> Reply:
    return Stage([faulty]).hear(method, OWN + path, {}, b"", now, OWN)


def test_the_catalogue_is_large_and_described() -> None:
    assert len(BROKEN) >= 34
    assert all(mutation.summary and mutation.name == name for name, mutation in MUTATIONS.items())
    assert set(ALIASES.values()) | set(GARBAGE_WAYS) <= set(MUTATIONS)


@pytest.mark.parametrize("kind", sorted(ANSWERS))
@pytest.mark.parametrize("name", BROKEN)
def test_every_mutation_alters_every_answer(name: str, kind: str) -> None:
    answer = ANSWERS[kind]

    assert mutated(name, answer) != ordinary(answer)


def test_broken_json_is_no_json() -> None:
    for name in (
        "cut-json",
        "nan",
        "infinity",
        "trailing-garbage",
        "plain-text",
        "xml-instead",
        "empty-body",
    ):
        body = mutated(name, ANSWERS["numbers"]).body
        with pytest.raises(ValueError, match=r".+"):
            json.loads(body, parse_constant=lambda word: int(f"no {word}"))


def test_figures_change_and_ids_do_not() -> None:
    told = json.loads(mutated("string-for-number", ANSWERS["envelope"]).body)

    assert told["results"][0] == {"id": "700012345", "qty": "twelve", "n": "twelve"}
    assert b'"big":700012345' in mutated("huge-exponent", ANSWERS["numbers"]).body
    assert b'"cash":1E+1000000' in mutated("huge-exponent", ANSWERS["numbers"]).body
    assert len(mutated("huge-digits", ANSWERS["numbers"]).body) > 5000


def test_the_member_that_matters_is_dropped() -> None:
    assert json.loads(mutated("missing-key", ANSWERS["envelope"]).body) == {"next": None, "total": 1}
    assert json.loads(mutated("missing-key", ANSWERS["object"]).body) == {"cash": "12.50"}
    assert json.loads(mutated("missing-key", ANSWERS["array"]).body)[0] == {"symbol": "XMPL"}


def test_the_list_is_where_the_damage_is() -> None:
    assert json.loads(mutated("empty-list", ANSWERS["envelope"]).body)["results"] == []
    assert json.loads(mutated("empty-list-as-object", ANSWERS["envelope"]).body)["results"] == {}
    assert json.loads(mutated("null-row", ANSWERS["array"]).body)[0] is None
    assert len(json.loads(mutated("repeated-row", ANSWERS["array"]).body)) == 3
    assert isinstance(json.loads(mutated("wrong-type", ANSWERS["envelope"]).body)["results"], dict)
    assert isinstance(json.loads(mutated("wrong-type", ANSWERS["object"]).body), list)


def test_deep_nesting_defeats_a_recursive_reader() -> None:
    with pytest.raises(RecursionError):
        json.loads(mutated("deep-nesting", ANSWERS["envelope"]).body)


def test_the_bomb_is_small_and_inflates_to_a_quarter_of_a_gigabyte() -> None:
    unpacker = zlib.decompressobj(31)
    size = len(unpacker.decompress(bomb(), 1 << 20))
    while unpacker.unconsumed_tail:
        size += len(unpacker.decompress(unpacker.unconsumed_tail, 1 << 22))

    assert size == BOMB_BYTES + 2 >= 200 * 1024 * 1024
    assert len(bomb()) < 1024 * 1024
    assert bomb() is bomb()


def test_sound_answers_say_the_same() -> None:
    real = ANSWERS["array"]

    assert gzip.decompress(mutated("gzip", real).body) == real.body
    assert mutated("slow", real).delay > 0
    assert [{"x_new_member": "new"} | row for row in json.loads(real.body)] == json.loads(
        mutated("unknown-key", real).body
    )


def test_too_many_says_until_when() -> None:
    assert dict(mutated("429", ANSWERS["array"]).headers)["retry-after"] == "2"
    until = parsedate_to_datetime(dict(mutated("429-date", ANSWERS["array"]).headers)["retry-after"])
    assert until == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429@3", Fault("429", "", 3, 3)),
        ("500@3-5", Fault("500", "", 3, 5)),
        ("500@3-", Fault("500", "", 3, None)),
        ("nan@*", Fault("nan")),
        ("reset@/v2/positions", Fault("reset", "/v2/positions")),
        ("reset@/v2/positions#2", Fault("reset", "/v2/positions", 2, 2)),
        ("drip@/orders#2-4", Fault("drip", "/orders", 2, 4)),
        ("drip@/orders#2-", Fault("drip", "/orders", 2, None)),
        ("alpaca:401@1", Fault("401", "", 1, 1, "alpaca")),
        ("rate-limit@3", Fault("429", "", 3, 3)),
    ],
)
def test_a_fault_is_read_from_its_text(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault
    assert parse_fault(str(fault)) == fault


@pytest.mark.parametrize(
    "text", ["", "429", "429@", "odd@3", "429@0", "429@5-3", "429@x", "429@/p#x", "a b:429@3"]
)
def test_a_wrong_fault_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_fault(text)


def test_a_planned_fault_strikes_when_it_should(toy: MakeToy) -> None:
    faulty = Faulty(toy(), faults=[parse_fault("503@2-3"), parse_fault("410@/echo#2")])

    seen = [ask(faulty, path).status for path in ("/nothing", "/nothing", "/nothing", "/echo/a", "/echo/a")]

    assert seen == [204, 503, 503, 200, 410]
    assert faulty.mishaps == Counter({"503": 2, "410": 1})
    assert [heard.note for heard in faulty.sandbox.play.log] == ["", "503", "503", "", "410"]


def test_faults_of_other_brokerages_are_not_ours(toy: MakeToy) -> None:
    faulty = Faulty(toy(), faults=[parse_fault("alpaca:503@*"), parse_fault("toy:410@2")])

    assert [ask(faulty).status for _ in range(3)] == [204, 410, 204]


def test_faults_can_be_planned_anew(toy: MakeToy) -> None:
    faulty = Faulty(toy(), faults=[parse_fault("503@*")])
    before = ask(faulty).status

    faulty.set_faults([parse_fault("410@1")])

    assert [before, ask(faulty).status, ask(faulty).status] == [503, 410, 204]


def test_what_was_not_heard_changes_nothing(toy: MakeToy) -> None:
    faulty = Faulty(toy(), faults=[parse_fault("reset@1"), parse_fault("reset-after@2")])
    calls: list[str] = []
    answer = faulty.sandbox.answer

    class Listening:
        def __getattr__(self, name: str) -> object:
            return getattr(sandbox, name)

        def answer(self, asked: Asked) -> Response:
            calls.append(asked.path)
            return answer(asked)

    sandbox = faulty.sandbox
    faulty.sandbox = Listening()  # type: ignore[assignment]

    assert [ask(faulty).reset, ask(faulty).reset] == [True, True]
    assert len(calls) == 1


def test_a_sandbox_may_bring_its_own_words(toy: MakeToy) -> None:
    faulty = Faulty(toy(), faults=[parse_fault("401@1"), parse_fault("403@2")])

    assert ask(faulty).body == b'{"detail":"toy says no"}'
    assert ask(faulty).body == b'{"message":"forbidden."}'


def test_latency_and_slowness_delay_and_change_nothing_else(toy: MakeToy) -> None:
    fast, late, slow = Faulty(toy()), Faulty(toy(), latency=0.05), Faulty(toy(persona="slow"))

    assert ask(fast, "/echo/a").body == ask(late, "/echo/a").body == ask(slow, "/echo/a").body
    assert ask(fast).delay == 0
    assert ask(late).delay == 0.05
    assert ask(slow).delay > 1


def test_rate_limited_refuses_every_fifth_and_what_is_over_the_quota(toy: MakeToy) -> None:
    calm, hasty = Faulty(toy(persona="rate-limited")), Faulty(toy(persona="rate-limited"))

    calmly = [ask(calm, now=NOW + timedelta(seconds=n)).status for n in range(50)]
    hastily = [ask(hasty).status for _ in range(50)]

    assert Counter(calmly) == {204: 40, 429: 10}
    assert Counter(hastily) == {204: 20, 429: 30}


def test_flaky_fails_now_and_then_and_never_twice_at_the_same(toy: MakeToy) -> None:
    faulty = Faulty(toy(persona="flaky"))

    for n in range(200):
        replies = [ask(faulty, f"/echo/{n}") for _ in range(3)]
        fine = [reply.status == 200 and not reply.reset for reply in replies]
        assert fine[0] or fine[1]
        assert fine[1] or fine[2]
    assert 60 < sum(faulty.mishaps.values()) < 240
    assert ask(faulty, "/token/", "POST").status == 400


def test_garbage_comes_after_the_first_answers(toy: MakeToy) -> None:
    faulty = Faulty(toy(persona="garbage"))

    clean = [ask(faulty, "/echo/a") for _ in range(GARBAGE_AFTER)]
    rest = [ask(faulty, "/echo/a") for _ in range(20)]

    assert all(reply == clean[0] for reply in clean)
    assert all(reply != clean[0] for reply in rest)


def test_a_persona_can_change_but_not_the_truth(toy: MakeToy) -> None:
    faulty = Faulty(toy(), persona="slow")

    faulty.set_persona("growing")
    assert faulty.persona == "growing"
    with pytest.raises(ValueError, match="another truth"):
        faulty.set_persona("large")
    with pytest.raises(ValueError, match="no persona"):
        faulty.set_persona("odd")


def test_the_same_seed_fails_the_same_way(toy: MakeToy) -> None:
    one, two = Faulty(toy(persona="flaky")), Faulty(toy(persona="flaky"))

    assert [ask(one, f"/echo/{n}") for n in range(40)] == [ask(two, f"/echo/{n}") for n in range(40)]


def test_only_sound_mutations_may_pass() -> None:
    sound = {mutation.name for mutation in MUTATIONS.values() if mutation.sound}

    assert sound == {"204", "empty-list", "repeated-row", "unknown-key", "gzip", "slow"}
    assert isinstance(MUTATIONS["204"], Mutation)
