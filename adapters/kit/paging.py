"""How answers are cut into raw rows and where they go on: one small value per manner of paging.

Each has `take(response, call) -> Rows`. Those that page also have `parameters(call)`, the query
parameters that ask for the page of the call's cursor.
"""

from dataclasses import dataclass

import msgspec

from adapters.kit.card import Call, Rows
from adapters.kit.wire import Response, decode, raw_fields, raw_rows
from domain.errors import UnreadableReply

Parameters = tuple[tuple[str, str | None], ...]


def dig(response: Response, path: tuple[str, ...]) -> bytes | msgspec.Raw:
    """The raw bytes under a path of keys. A missing key is an unreadable answer, never an empty one."""
    value: bytes | msgspec.Raw = response.body
    for key in path:
        members = raw_fields(value)
        if key not in members:
            raise UnreadableReply(f"the answer has no {key}")
        value = members[key]
    return value


@dataclass(frozen=True, slots=True)
class OnePage:
    """Everything in one answer: `rows` cuts a list (under `path`), `whole` takes it as one row."""

    path: tuple[str, ...] = ()

    def rows(self, response: Response, call: Call) -> Rows:
        return Rows(raw_rows(dig(response, self.path)))

    def whole(self, response: Response, call: Call) -> Rows:
        return Rows([bytes(dig(response, self.path))])


@dataclass(frozen=True, slots=True)
class AfterLast:
    """The next page starts after the `item` of the last row. A page that is not full is the last."""

    parameter: str
    item: str
    size: int
    size_parameter: str

    def parameters(self, call: Call) -> Parameters:
        return ((self.size_parameter, str(self.size)), (self.parameter, call.cursor))

    def take(self, response: Response, call: Call) -> Rows:
        rows = raw_rows(response.body)
        if len(rows) < self.size:
            return Rows(rows)
        last = decode(rows[-1])
        cursor = last.get(self.item) if isinstance(last, dict) else None
        if not isinstance(cursor, str) or not cursor:
            raise UnreadableReply(f"the last row has no {self.item} to go on from")
        if cursor == call.cursor:
            raise UnreadableReply("the same page comes again")
        return Rows(rows, cursor)


@dataclass(frozen=True, slots=True)
class NextLink:
    """The answer holds the address of the next page, absolute; the wire refuses other hosts."""

    path: tuple[str, ...] = ("results",)
    link: str = "next"

    def take(self, response: Response, call: Call) -> Rows:
        rows = raw_rows(dig(response, self.path))
        members = raw_fields(response.body)
        if self.link not in members:
            raise UnreadableReply(f"the answer has no {self.link}")
        link = decode(members[self.link])
        if link is not None and not isinstance(link, str):
            raise UnreadableReply(f"{self.link} is not an address")
        if link and link == call.cursor:
            raise UnreadableReply("the same page comes again")
        return Rows(rows, link or None)
