"""Masks: what is taken out of any text before it is shown, because it looks like a secret or a number.

Bounded, because others choose what stands in these texts: each pattern walks a text about once.
"""

import re

MAX_TEXT = 500
READ_AT_MOST = 4_000
REDACTED, SECRET, NUMBER, ADDRESS = "[redacted]", "[secret]", "[number]", "[address]"

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?", re.DOTALL)
OUR_ID = r"(?:acc|con|evt|ins|key|own|run|ses|txn)_[0-9a-f]{24}(?:[0-9a-f]{24})?(?![\w-])"
_DATE = r"(?:19|20)\d\d-\d\d-\d\d(?:T\d\d(?=:))?(?![\w-])"
_TOKEN = re.compile(rf"(?P<keep>(?<![\w-])(?:{OUR_ID}|{_DATE}))|[A-Za-z0-9][A-Za-z0-9_~-]*")
_PLAIN = re.compile(r"[A-Za-z][a-z]{0,14}(?:[ .,_-][a-z]{1,14}){0,12}\.?")
_HEX = re.compile(r"[0-9a-fA-F]+")
_WORDLIKE = re.compile(r"[A-Z]+[a-z]*|[a-z]+")

_SENSITIVE = (
    r"passw(?:or)?d|passphrase|passcode|pwd|secret|token|credential|apikey|(?<![a-z])key(?:_?id)?|signature|"
    r"verifier|nonce|session|otp|\bpin\b|mfa|ssn|(?<![a-z])code"
)
_IS = r"""(?:["']?\s*(?:=>|[:=])\s*|["'],\s*)"""  # name=value, "name": value, ('name', 'value')
_VALUE = r"""b?(?!\[secret\])(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&})\]]+)"""
_BASE64 = r"[A-Za-z0-9+/]"
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Headers that hold several values: all that follows.
    (re.compile(rf"(?i)((?:proxy-)?authorization|(?:set-)?cookie)({_IS}).*"), rf"\1\2{SECRET}"),
    (re.compile(r"([A-Za-z][\w+.-]{0,30}://)[^\s/@]{1,400}@"), rf"\1{SECRET}@"),
    (re.compile(r"([?&;][^=\s&]{1,64}=)[^&\s\"']+"), rf"\1{SECRET}"),
    (re.compile(r"(?i)\b(bearer|basic|oauth|digest)\s+[^\s,;]{6,}"), rf"\1 {SECRET}"),
    (
        re.compile(rf"(?i)(?<![\w.-])([\w.-]{{0,40}}(?:{_SENSITIVE})[\w.-]{{0,40}}{_IS}){_VALUE}"),
        rf"\1{SECRET}",
    ),
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)*"), SECRET),
    (
        re.compile(
            rf"(?<!{_BASE64})(?={_BASE64}*[0-9])(?={_BASE64}*[A-Z])(?={_BASE64}*[a-z]){_BASE64}{{20,}}={{0,2}}"
        ),
        SECRET,
    ),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), ADDRESS),
    (re.compile(r"(?<![\w:.-])(?!(?:19|20)\d\d-\d\d-\d\d\b)\+?\d(?:[ -]?\d){5,}(?![\w-]|\.\d)"), NUMBER),
)


def masked(told: str) -> str:
    if _PLAIN.fullmatch(told):
        return told
    clean = _without_controls(_bounded(told))
    for pattern, mask in _MASKS:
        clean = pattern.sub(mask, clean)
    clean = _TOKEN.sub(_token, clean)
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 1] + "…"


def _bounded(told: str) -> str:
    """What is looked at. Never a part of a long word: half a secret may not look like one."""
    if len(told) <= READ_AT_MOST:
        return told
    start, blank, _ = told[:READ_AT_MOST].rpartition(" ")
    return start + " …" if blank else REDACTED


def _without_controls(told: str) -> str:
    """No escape sequences, no line breaks, nothing that is invisible or turns the direction of writing."""
    if told.isascii() and told.isprintable():
        return told
    plain = _ANSI.sub("", told)
    # isprintable: False for control, format (bidi, zero width), surrogate, private and separator characters.
    return "".join(mark if mark.isprintable() else " " if mark.isspace() else "" for mark in plain)


def _token(found: re.Match[str]) -> str:
    token = found.group()
    if found["keep"]:
        return token
    digits = sum(mark.isdigit() for mark in token)
    if len(token) >= 16 and 0 < digits < len(token):
        return SECRET
    if len(token) >= 20 and not digits and _random(token):
        return SECRET
    if digits >= 6 or (digits >= 4 and len(token) >= 7 and digits < len(token)):
        return NUMBER
    return token


def _random(letters: str) -> bool:
    """Whether long letters are no words: hexadecimal, too long, or small and large ones in short turns."""
    longest = max(map(len, re.split(r"[_~-]", letters)))
    runs = len(_WORDLIKE.findall(letters))
    return _HEX.fullmatch(letters) is not None or longest >= 40 or len(letters) < 3.5 * runs
