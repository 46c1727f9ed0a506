"""The catalogue of wrong answers: every way in which a brokerage has been seen to answer badly."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

from adapters.kit.wire import Response
from adapters.sandbox import damage
from adapters.sandbox.reply import Reply, ordinary

JSON_TYPE = ("content-type", "application/json")
HTML_TYPE = ("content-type", "text/html; charset=utf-8")
BOMB_BYTES = 256 * 1024 * 1024
RETRY_AFTER = 2

Change = Callable[[Response, datetime], Reply]


@dataclass(frozen=True, slots=True)
class Mutation:
    """`heard`: the brokerage did what was asked, and only the answer is wrong. Without it the request
    never reached it, so that asking again works.

    `sound`: the answer is well-formed and may be taken at its word; the others must never be.
    """

    name: str
    summary: str
    change: Change
    heard: bool = True
    sound: bool = False


def status(code: int, text: str) -> Change:
    """An error with a small JSON body of the gateway in front of the brokerage."""
    body = f'{{"message":"{text}"}}'.encode()
    return lambda _response, _now: Reply(code, (JSON_TYPE,), body)


def page(code: int, title: str, text: str) -> Change:
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>".encode()
    return lambda _response, _now: Reply(code, (HTML_TYPE,), body)


def body_of(change: Callable[[bytes], bytes]) -> Change:
    """The real answer with another body."""
    return lambda response, _now: replace(
        ordinary(response), status=_ok(response), body=change(response.body)
    )


def figures(number: str, text: str) -> Change:
    return body_of(lambda body: damage.each_figure(body, number.encode(), text))


def fixed(body: bytes, *headers: tuple[str, str]) -> Change:
    return lambda response, _now: Reply(_ok(response), headers or (JSON_TYPE,), body)


def _ok(response: Response) -> int:
    # A 204 or 3xx cannot carry a body: what is damaged pretends to be an ordinary answer.
    return response.status if response.status >= 400 else 200


def _too_many(_response: Response, _now: datetime) -> Reply:
    body = b'{"message":"rate limit exceeded"}'
    return Reply(429, (JSON_TYPE, ("retry-after", str(RETRY_AFTER))), body)


def _too_many_until(_response: Response, now: datetime) -> Reply:
    until = format_datetime((now + timedelta(seconds=RETRY_AFTER)).astimezone(UTC), usegmt=True)
    return Reply(429, (JSON_TYPE, ("retry-after", until)), b'{"message":"rate limit exceeded"}')


def _truncated(response: Response, _now: datetime) -> Reply:
    body = response.body if len(response.body) > 1 else b'{"results":[]}'
    return replace(ordinary(response), status=_ok(response), body=body, cut=len(body) // 2)


def _bomb(response: Response, _now: datetime) -> Reply:
    return Reply(_ok(response), (JSON_TYPE, ("content-encoding", "gzip")), bomb())


def _zipped(response: Response, _now: datetime) -> Reply:
    real = ordinary(response)
    if not real.body:
        return real
    headers = (*real.headers, ("content-encoding", "gzip"))
    return replace(real, headers=headers, body=gzip.compress(real.body, mtime=0))


def _broken_zip(response: Response, _now: datetime) -> Reply:
    headers = (JSON_TYPE, ("content-encoding", "gzip"))
    return Reply(_ok(response), headers, b"\x1f\x8b" + response.body[:64])


def _drip(response: Response, _now: datetime) -> Reply:
    return Reply(_ok(response), (JSON_TYPE,), b"", drip=0.2)


def _elsewhere(_response: Response, _now: datetime) -> Reply:
    return Reply(302, (("location", "https://elsewhere.invalid/login"),), b"")


@cache
def bomb() -> bytes:
    """A quarter of a megabyte that inflates to a quarter of a gigabyte of blanks. Made once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1024 * 1024)
    parts = [packer.compress(b"[")]
    parts.extend(packer.compress(block) for _ in range(BOMB_BYTES // len(block)))
    return b"".join((*parts, packer.compress(b"]"), packer.flush()))


_DIGITS = "9" * 5000
_LOGIN = (
    '<form action="/login" method="post"><input name="user"><input name="password" type="password"></form>'
)
_XML = b'<?xml version="1.0" encoding="UTF-8"?><Error><code>1</code><message>unexpected</message></Error>'
_PLAIN_TYPE = ("content-type", "text/plain")
_PROXY_WORDS = b"upstream connect error or disconnect/reset before headers"

_ALL = (
    Mutation("400", "bad request", status(400, "bad request")),
    Mutation("401", "not authorized", status(401, "request is not authorized")),
    Mutation("403", "forbidden", status(403, "forbidden.")),
    Mutation("404", "not found", status(404, "not found")),
    Mutation("410", "gone", status(410, "gone")),
    Mutation("429", "too many, with Retry-After in seconds", _too_many, heard=False),
    Mutation("429-date", "too many, with Retry-After as an HTTP date", _too_many_until, heard=False),
    Mutation("500", "internal error", status(500, "internal server error"), heard=False),
    Mutation("502", "bad gateway", page(502, "502 Bad Gateway", "nginx"), heard=False),
    Mutation("503", "unavailable", status(503, "service unavailable"), heard=False),
    Mutation("504", "gateway timeout", status(504, "gateway timeout"), heard=False),
    Mutation(
        "maintenance-html",
        "a page that says maintenance, with 503",
        page(503, "Scheduled maintenance", "We will be back soon."),
        heard=False,
    ),
    Mutation("html-200", "a page that says maintenance, with 200", page(200, "Maintenance", "Back soon.")),
    Mutation("login-page-200", "a page to log in, with 200", page(200, "Log in", _LOGIN)),
    Mutation("truncated", "the connection ends before Content-Length", _truncated),
    Mutation("cut-json", "half of the JSON, properly sent", body_of(damage.cut_in_half)),
    Mutation("missing-key", "the member that matters is gone", body_of(damage.without_key)),
    Mutation("null-body", "null", fixed(b"null")),
    Mutation("empty-body", "nothing, with 200", fixed(b"")),
    Mutation("empty-object", "{}", fixed(b"{}")),
    Mutation(
        "empty-list-as-object", "an empty object where a list belongs", body_of(damage.empty_list_as_object)
    ),
    Mutation("error-200", "an error, with 200", fixed(b'{"error":"internal","message":"try again"}')),
    Mutation(
        "wrong-type", "an object where a list belongs, or a list for an object", body_of(damage.wrong_type)
    ),
    Mutation("string-for-number", "words where figures belong", figures('"twelve"', "twelve")),
    Mutation("bool-for-number", "true where figures belong", figures("true", "true")),
    Mutation("object-for-number", "objects where figures belong", figures("{}", "{}")),
    Mutation("nan", "NaN where figures belong", figures("NaN", "NaN")),
    Mutation("infinity", "Infinity where figures belong", figures("Infinity", "Infinity")),
    Mutation("huge-exponent", "1E+1000000 where figures belong", figures("1E+1000000", "1E+1000000")),
    Mutation("huge-digits", "figures of 5,000 digits", figures(_DIGITS, _DIGITS)),
    Mutation("null-members", "every member of the top object is null", body_of(damage.each_member_null)),
    Mutation("null-row", "a null inside the list", body_of(damage.null_row)),
    Mutation("text-row", "a text inside the list", body_of(damage.text_row)),
    Mutation("deep-nesting", "100,000 lists in one another", body_of(damage.nested)),
    Mutation("gzip-bomb", "a small body that inflates to 256 MB", _bomb),
    Mutation("broken-gzip", "Content-Encoding gzip, and no gzip", _broken_zip),
    Mutation("drip", "one blank every 0.2 s, for ever", _drip),
    Mutation(
        "reset",
        "closed without an answer, not heard",
        lambda r, _: replace(ordinary(r), reset=True),
        heard=False,
    ),
    Mutation(
        "reset-after", "closed without an answer, but heard", lambda r, _: replace(ordinary(r), reset=True)
    ),
    Mutation("hang", "no answer at all", lambda r, _: replace(ordinary(r), hang=True)),
    Mutation("redirect-elsewhere", "302 to another host", _elsewhere),
    Mutation("nul-bytes", "NUL bytes inside a text", body_of(lambda body: damage.in_a_string(body, b"\0\0"))),
    Mutation(
        "bad-utf8", "no UTF-8 inside a text", body_of(lambda body: damage.in_a_string(body, b"\xff\xfe\xc3"))
    ),
    Mutation("plain-text", "the words of a proxy, with 200", fixed(_PROXY_WORDS, _PLAIN_TYPE)),
    Mutation("xml-instead", "XML where JSON belongs", fixed(_XML, ("content-type", "application/xml"))),
    Mutation("trailing-garbage", "the JSON and something behind it", body_of(lambda body: body + b"}]oops")),
    Mutation("204", "no content", lambda _r, _n: Reply(204), sound=True),
    Mutation(
        "empty-list", "the list is empty, and all else is right", body_of(damage.empty_list), sound=True
    ),
    Mutation("repeated-row", "the first row twice", body_of(damage.repeated_row), sound=True),
    Mutation("unknown-key", "a member nobody knows in every object", body_of(damage.unknown_key), sound=True),
    Mutation("gzip", "compressed, properly", _zipped, sound=True),
    Mutation("slow", "three seconds late", lambda r, _: ordinary(r).later(3.0), sound=True),
)

MUTATIONS: dict[str, Mutation] = {mutation.name: mutation for mutation in _ALL}
ALIASES = {"rate-limit": "429", "maintenance": "maintenance-html", "5xx": "500"}
