"""Reading a list to its end, page by page."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Asking(Protocol):
    """A list request of any service."""

    page_size: int
    page_token: str


class Answering(Protocol):
    """A page of any service."""

    next_page_token: str


Asked = TypeVar("Asked", bound=Asking)
Answered = TypeVar("Answered", bound=Answering)


def collect(
    call: Callable[[Asked], Answered],
    request: Asked,
    items: Callable[[Answered], Iterable[Item]],
    limit: int | None = None,
) -> list[Item]:
    """All items, or the first `limit`. `request` is used up: its token moves with the pages."""
    found: list[Item] = []
    seen: set[str] = set()
    while limit is None or len(found) < limit:
        request.page_size = 500 if limit is None else min(500, limit - len(found))
        page = call(request)
        found.extend(items(page))
        token = page.next_page_token
        if not token or token in seen:  # a server that goes round in circles must not keep us
            break
        seen.add(token)
        request.page_token = token
    return found if limit is None else found[:limit]
