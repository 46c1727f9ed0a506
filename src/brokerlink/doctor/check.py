"""One line of the doctor: what was looked at, whether it is well, and what to do if it is not."""

from dataclasses import dataclass

from brokerlink.settings import Problem


@dataclass(frozen=True, slots=True)
class Check:
    """`fix` says what to do where it is not ok; where it is, what could be done better soon."""

    name: str
    ok: bool
    sentence: str
    fix: str = ""


def good(name: str, sentence: str, fix: str = "") -> Check:
    return Check(name, ok=True, sentence=sentence, fix=fix)


def bad(name: str, sentence: str, fix: str) -> Check:
    return Check(name, ok=False, sentence=sentence, fix=fix)


def of(problem: Problem, name: str) -> Check:
    return bad(name, problem.sentence, problem.fix)
