"""How the sandbox hears and speaks: parameters, errors with codes, JSON and XML. Part of the sandbox."""

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import unquote
from xml.sax.saxutils import escape

from adapters.kit.wire import Response
from adapters.sandbox import asked as plain_answers
from adapters.sandbox.asked import Asked
from domain.money import plain

Json = dict[str, object]


class Refusal(Exception):
    """An error of E*TRADE's own: a code and a message, in the format of the answer."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def whole(asked: Asked, name: str, default: int, code: int) -> int:
    text = asked.param(name) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise Refusal(code, f"Please enter valid {name}")
    return int(text)


def days(asked: Asked, first: str, last: str) -> tuple[date | None, date | None]:
    """Both or none, as MMDDYYYY."""
    texts = asked.param(first), asked.param(last)
    if not any(texts):
        return None, None
    if not all(texts):
        raise Refusal(2002, "Please enter both start date and end date")
    try:
        days = [datetime.strptime(text, "%m%d%Y").date() for text in texts]  # noqa: DTZ007  a calendar day
    except ValueError:
        raise Refusal(2004, "Please enter dates as MMDDYYYY") from None
    if len(texts[0]) != 8 or len(texts[1]) != 8:
        raise Refusal(2004, "Please enter dates as MMDDYYYY")
    if days[0] > days[1]:
        raise Refusal(2003, "Please enter valid date range")
    return days[0], days[1]


def opaque(marker: str) -> str:
    return "eNp" + base64.urlsafe_b64encode(marker.encode()).decode()


def clear(opaque: str) -> str:
    try:
        return base64.urlsafe_b64decode(opaque.removeprefix("eNp")).decode()
    except ValueError:
        raise Refusal(2001, "Please enter valid pageMarkers") from None


def normal(symbol: str) -> str:
    """The one way to write a symbol: the strike of an option with six places."""
    parts = unquote(symbol).upper().split(":")
    if len(parts) == 6:
        try:
            parts[5] = f"{Decimal(parts[5]):.6f}"
        except ArithmeticError:
            return symbol
    return ":".join(parts)


def _wants_json(asked: Asked) -> bool:
    return asked.path.endswith(".json") or "application/json" in asked.header("accept")


def say(asked: Asked, value: Json) -> Response:
    if _wants_json(asked):
        return plain_answers.say(value)
    text = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + "".join(_xml(value))
    return plain_answers.say_text(text, kind="application/xml")


def error(asked: Asked, refusal: Refusal) -> Response:
    body: Json = {"Error": {"code": refusal.code, "message": refusal.message}}
    return replace(say(asked, body), status=refusal.status)


def _xml(value: object) -> Iterable[str]:
    """The same names as elements; a list is its elements one after the other."""
    match value:
        case dict():
            for name, member in value.items():
                for one in member if isinstance(member, list | tuple) else (member,):
                    yield f"<{name}>"
                    yield from _xml(one)
                    yield f"</{name}>"
        case bool():
            yield "true" if value else "false"
        case Decimal():
            yield plain(value)
        case _:
            yield escape(str(value))
