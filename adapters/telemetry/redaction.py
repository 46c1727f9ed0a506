"""What a log line may say: the keys it may have, and what may stand under each.

Two walls. A key that is not in `KEYS` is kept by name only. A value under a known key is cut to its kind:
a count is a number, a name has the shape of a name, and every text goes through the masks. A password
that looks like an ordinary word cannot be told from one: it stays out because no key is made for it.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from adapters.telemetry.masks import MAX_TEXT, OUR_ID, READ_AT_MOST, REDACTED, masked
from domain.errors import Failure

MAX_ITEMS = 20
LARGEST_COUNT = 10**12
_ID = re.compile(
    rf"{OUR_ID}|[0-9a-f]{{16}}(?:[0-9a-f]{{16}})?|[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}"
)
Kind = Callable[[object], object]


def text(value: object) -> object:
    """Free text: bounded, without control characters, secrets and account numbers masked."""
    match value:
        case None | bool():
            return value
        case Enum():
            return text(value.value)
        case Failure():
            return masked(value.message)  # our own sentence; see domain/errors.py
        case BaseException():
            return type(value).__name__  # another's text may hold anything
        case str():
            return masked(value)
        case int() | float() | Decimal():
            return masked(str(value))
        case date() | timedelta():
            return moment(value)
    return f"[{type(value).__name__}]"


def count(value: object) -> object:
    """A number, and nothing but a number."""
    if value is None or isinstance(value, bool):
        return value
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(number, int) and abs(number) < LARGEST_COUNT:
        return number
    if isinstance(number, float | Decimal) and math.isfinite(number):
        figure = float(number)  # durations and counts: figures of accounts never come here
        return round(figure, 3) if abs(figure) < LARGEST_COUNT else REDACTED
    return REDACTED


def name(value: object) -> object:
    """A word of ours or of a contract: a reason, a state, a method, a host."""
    told = value.value if isinstance(value, Enum) else value
    if isinstance(told, str) and re.fullmatch(r"[\w/\[.][\w./:\[\]*{}-]{0,119}", told, re.ASCII):
        return masked(told)
    return None if told is None else REDACTED


def identifier(value: object) -> object:
    """One of our ids, a UUID, a trace id. Whatever else stands there is looked at like any text."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    return None if value is None else name(value)


def caller_id(value: object) -> object:
    """What a caller calls a user: any short word, but nobody's address."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}", value):
        return value
    return identifier(value)


def moment(value: object) -> object:
    match value:
        case None:
            return None
        case date():  # datetime too
            return value.isoformat()
        case timedelta():
            return count(value)
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d[T0-9:.+Z -]{0,25}", value):
            return value
    return REDACTED


def path(value: object) -> object:
    """The path of a call: no query, and a star for each part that could name somebody."""
    if not isinstance(value, str):
        return None if value is None else REDACTED
    parts = re.split(r"[?#]", value[:READ_AT_MOST], maxsplit=1)[0].split("/")
    return "/".join(map(_part, parts))[:MAX_TEXT]


def _part(part: str) -> str:
    plain = re.fullmatch(r"v\d{1,2}|\{\w{1,40}\}|\*|[A-Za-z][A-Za-z_.-]{0,39}\d{0,2}|", part, re.ASCII)
    return part if plain and masked(part) == part else "*"


# ---- the allow-list

_NAMES = (
    "logger brokerage brokerage_id door door_id dataset feed state stage lane reason actor method host "
    "address kind engine version field word exception_type stamina.callable callable"
)
_IDENTIFIERS = (
    "correlation_id request_id connection_id account_id session_id run_id sync_run_id instrument_id "
    "transaction_id event_id kek_id data_key_id owner worker principal user"
)
_COUNTS = (
    "status exit_code milliseconds seconds attempt attempts count rows pages accounts positions "
    "transactions added "
    "modified removed unchanged unknown bytes size pid port sequence fence concurrency failures runs keys "
    "stamina.retry_num stamina.wait_for stamina.waited_so_far retry_num wait_for waited_so_far"
)
_MOMENTS = "since until retry_at next_retry_at expires_at renewable_until deadline as_of"
_TEXTS = "event message sentence fix setting"

KEYS: Mapping[str, Kind] = {
    **dict.fromkeys(_NAMES.split(), name),
    **dict.fromkeys(_IDENTIFIERS.split(), identifier),
    **dict.fromkeys(_COUNTS.split(), count),
    **dict.fromkeys(_MOMENTS.split(), moment),
    **dict.fromkeys(_TEXTS.split(), text),
    "user_id": caller_id,
    "path": path,
}


def redacted(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields as they may be shown: known keys by their kind, others by name only."""
    shown: dict[str, object] = {}
    for key, value in fields.items():
        kind = KEYS.get(key)
        if kind is None:
            shown[str(name(str(key)))] = REDACTED
        else:
            shown[key] = _each(kind, value)
    return shown


def _each(kind: Kind, value: object) -> object:
    """Lists by element; tables as names with counts, the form in which unknown words are reported."""
    match value:
        case Mapping():
            return {str(name(key)): count(told) for key, told in list(value.items())[:MAX_ITEMS]}
        case list() | tuple() | set() | frozenset():
            return [kind(told) for told in list(value)[:MAX_ITEMS]]
    return kind(value)
