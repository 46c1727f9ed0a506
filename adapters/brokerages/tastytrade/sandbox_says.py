"""How tastytrade's sandbox wraps what it says: data with its context, lists with pages, errors (3, 4)."""

from collections.abc import Sequence

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say

USUAL = 250  # rows of a page


def envelope(data: object, asked: Asked, status: int = 200) -> Response:
    return say({"data": data, "context": asked.path}, status)


def listed(
    items: Sequence[object], asked: Asked, page: int = 0, size: int = 0, total: int | None = None
) -> Response:
    """A list; with `total`, the page of one."""
    told: dict[str, object] = {"data": {"items": list(items)}, "context": asked.path}
    if total is not None:
        told["api-version"] = "v1"
        told["pagination"] = {
            "per-page": size,
            "page-offset": page,
            "item-offset": page * size,
            "total-items": total,
            "total-pages": -(-total // size),
            "current-item-count": len(items),
            "previous-link": None,
            "next-link": None,
            "paging-link-template": None,
        }
    return say(told)


def refuse(status: int, code: str, words: str, *domains: str) -> Response:
    """`domains`: what of the request is wrong."""
    error: dict[str, object] = {"code": code, "message": words}
    if domains:
        error["errors"] = [{"domain": domain, "reason": "is invalid"} for domain in domains]
    return say({"error": error}, status)


def unknown() -> Response:
    return refuse(404, "record_not_found", "Couldn't find the record")
