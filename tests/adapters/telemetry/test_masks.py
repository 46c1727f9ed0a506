"""What is taken out of a text, what stays, and that nothing an attacker writes costs much or gets through."""

import base64
import secrets
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.telemetry.masks import MAX_TEXT, masked

ID = "0123456789abcdef01234567"
KEY = base64.b64encode(secrets.token_bytes(32)).decode()

STAYS = [
    "sync ended",
    "The brokerage does not accept these credentials.",
    "BROKERAGE_RESPONSE_UNREADABLE",
    "/brokerlink.v1.ConnectionService/GetConnectSession",
    f"acc_{ID} con_{ID} run_{ID} txn_{ID}{ID}",
    "127.0.0.1:50051",
    "unix:/run/brokerlink.sock",
    "2026-11-25T13:25:00+00:00 and 2026-11-25",
    "429 after 3 attempts, 12.5 s",
]


@pytest.mark.parametrize("told", STAYS)
def test_what_operators_need_stays(told: str) -> None:
    assert masked(told) == told


HIDDEN = {
    "a password": ("login with password=hunter2", "hunter2"),
    "a quoted password with blanks": ('{"password": "correct horse \\" staple"}', "staple"),
    "a pair of a header list": ("[('X-Api-Key', 'abc'), (b'authorization', b'Bearer abcdef')]", "abc"),
    "basic authorisation": ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "OAuth 1.0a": ('Authorization: OAuth oauth_token="tkn", oauth_signature="sgn%3D"', "sgn"),
    "cookies": ("Set-Cookie: first=one; second=two; Path=/", "two"),
    "a bearer": ("sent with Bearer abc.def-ghi", "abc"),
    "a code in an address": ("GET https://host/callback?code=C0.b2&state=xyz", "C0.b2"),
    "the password of a database": ("postgresql://user:pa55@host/base", "pa55"),
    "a token after a colon": ("refresh_token: abc", "abc"),
    "a JWT": ("got eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl back", "c2lnbmF0dXJl"),
    "hexadecimal": ("key " + secrets.token_hex(20), None),
    "hexadecimal letters": ("deadbeef" * 5, None),
    "base64": ("key " + KEY, None),
    "urlsafe base64": ("key " + KEY.replace("+", "-").replace("/", "_"), None),
    "base64 without a digit": ("qWeRtYuIoPaSdFgHjKlZxCvBnM", None),
    "a TOTP seed": ("seed JBSWY3DPEHPK3PXP", None),
    "a UUID": ("device 0b1c9c2e-33b9-4c57-a56f-8a5d0e3d0a11", None),
    "an account number": ("account 840104290 is closed", "840104290"),
    "one with letters": ("account U1234567, 5PY12345", "12345"),
    "one with blanks": ("account 1234 5678 9012: closed", "9012"),
    "one with dashes": ("account 1234-5678", "5678"),
    "a code by SMS": ("you answered 482913", "482913"),
    "an address": ("mail to jane.doe@example.com", "jane"),
    "a telephone number": ("call +1 415 555 0100", "0100"),
    "a word broken by something invisible": ("to\u200bken=abc pass\x00word=def", "def"),
}


@pytest.mark.parametrize(("told", "secret"), HIDDEN.values(), ids=HIDDEN.keys())
def test_what_looks_like_a_secret_goes(told: str, secret: str | None) -> None:
    shown = masked(told)

    assert (secret or told.rsplit(maxsplit=1)[-1]) not in shown
    assert "[" in shown


@given(st.text())
@example("a\x1b[31mred\x1b[0m\x1b]0;title\x07\r\n2026 ERROR forged \u202e\u2066\u2028\ud800\x9b31m")
def test_no_line_is_forged_and_no_terminal_driven(told: str) -> None:
    shown = masked(told)

    assert len(shown) <= MAX_TEXT
    assert shown.isprintable()


def test_a_long_text_is_cut_and_never_leaves_half_a_secret() -> None:
    token = "Ab1" * 500
    for start in range(0, 4_100, 37):
        assert "Ab1" not in masked("word " * (start // 5) + token)
    assert masked("word " * 2_000).endswith("…")


@pytest.mark.parametrize(
    "evil",
    ["a", "a-", "1 ", "token", "a=?", "\"'", "A/1a", "eyJ", "://", "a@", "cookie", "x.y@", "\x1b]", "pin"],
)
def test_no_text_takes_long(evil: str) -> None:
    started = time.perf_counter()
    masked(evil * 500_000)
    masked((evil * 4_000)[:4_000])

    assert time.perf_counter() - started < 0.25
