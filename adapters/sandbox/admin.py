"""The sandboxes' own pages under /_sandbox/: truth, log and figures to read, faults to plan.

GET  /_sandbox/                     which sandboxes there are, with their figures
GET  /_sandbox/<id>/truth           the truth now, as JSON to compare with
GET  /_sandbox/<id>/log             the requests so far: method, host, path, status, mishap
GET  /_sandbox/<id>/stats           how many requests, statuses, mishaps
GET  /_sandbox/<id>/credentials     what a client needs to sign in
POST /_sandbox/<id>/faults          {"faults": ["429@3"]} instead of those planned before
POST /_sandbox/<id>/persona         {"persona": "slow"}
POST /_sandbox/<id>/revoke          the customer takes the consent back; /restore gives it again
POST /_sandbox/clock                {"ahead": 86400}: the sandboxes' clocks run ahead by so many seconds
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from adapters.kit.wire import Response
from adapters.sandbox.asked import say
from adapters.sandbox.compare import instant_text
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage

PREFIX = "/_sandbox"


@dataclass(slots=True)
class Clock:
    """How far the sandboxes' time runs ahead of the world's."""

    ahead: timedelta = timedelta(0)


def stats(faulty: Faulty) -> dict[str, object]:
    """What a sandbox has seen so far."""
    return {
        "requests": faulty.requests,
        "statuses": {str(status): many for status, many in sorted(faulty.statuses.items())},
        "mishaps": dict(sorted(faulty.mishaps.items())),
        "persona": faulty.persona,
        "faults": [str(fault) for fault in faulty.faults],
    }


def answer(stage: Stage, clock: Clock, method: str, path: str, body: bytes) -> Response:
    """One admin request; `path` begins with /_sandbox."""
    words = [word for word in path.removeprefix(PREFIX).split("/") if word]
    match method, words:
        case "GET", []:
            return say({id_: stats(faulty) for id_, faulty in stage.faulty.items()})
        case "POST", ["clock"]:
            return _set_clock(clock, body)
        case _, [id_, noun] if id_ in stage.faulty:
            faulty = stage.faulty[id_]
            return _read(faulty, noun) if method == "GET" else _change(faulty, noun, body)
        case _:
            return say({"error": "there is nothing here"}, 404)


def _read(faulty: Faulty, noun: str) -> Response:
    play = faulty.sandbox.play
    match noun:
        case "truth":
            return say(play.truth_now().as_json(play.profile))
        case "log":
            lines = [
                {
                    "at": instant_text(heard.at),
                    "method": heard.method,
                    "host": heard.host,
                    "path": heard.path,
                    "status": heard.status,
                    "mishap": heard.note,
                }
                for heard in play.log
            ]
            return say({"requests": lines})
        case "stats":
            return say(stats(faulty))
        case "credentials":
            return say(faulty.sandbox.credentials())
        case _:
            return say({"error": "there is nothing here"}, 404)


def _change(faulty: Faulty, noun: str, body: bytes) -> Response:
    try:
        given: object = json.loads(body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return say({"error": "the body is no JSON object"}, 400)
    play = faulty.sandbox.play
    try:
        match noun, given:
            case "faults", {"faults": [*texts]}:
                faulty.set_faults([parse_fault(str(text)) for text in texts])
            case "persona", {"persona": str(persona)}:
                faulty.set_persona(persona)
            case "revoke", _:
                play.revoked = True
            case "restore", _:
                play.revoked = False
                play.revoked_after = 1 << 60
            case _:
                return say({"error": "there is no such thing to change, or not so"}, 400)
    except ValueError as wrong:
        return say({"error": str(wrong)}, 400)
    return say(stats(faulty))


def _set_clock(clock: Clock, body: bytes) -> Response:
    try:
        # Seconds that a tester turns the clock on by: no figure of an account.
        clock.ahead = timedelta(seconds=float(json.loads(body)["ahead"]))
    except (ValueError, TypeError, KeyError, OverflowError):
        return say({"error": 'the body must be {"ahead": seconds}'}, 400)
    return say({"ahead": int(clock.ahead.total_seconds())})
