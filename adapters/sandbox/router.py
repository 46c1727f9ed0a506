"""Which handler answers a method and a path, and what a brokerage says to the others."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked

Handler = Callable[[Asked], Response]


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    host: str
    pattern: re.Pattern[str]
    handler: Handler


class Router:
    """Routes of one sandbox.

    `missing` answers what no path matches, `wrong_method` (else `missing`) what only another method
    would match: each brokerage has its own bodies for these. `slash` says how paths end:
    "as-written", "optional" (with or without) for the whole brokerage; a route may differ.
    """

    def __init__(
        self, missing: Handler, wrong_method: Handler | None = None, slash: str = "as-written"
    ) -> None:
        self._missing = missing
        self._wrong_method = wrong_method or missing
        self._slash = slash
        self._routes: list[_Route] = []

    def add(self, method: str, template: str, handler: Handler, host: str = "api", slash: str = "") -> None:
        """`template` has {names}: each stands for one part of the path; the handler finds them,
        percent-decoded, in `asked.names`. Earlier routes win. HEAD is answered as GET."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        if (slash or self._slash) == "optional":
            pattern = pattern.rstrip("/") + "/?"
        self._routes.append(_Route(method, host, re.compile(pattern), handler))

    def get(self, template: str, handler: Handler, host: str = "api", slash: str = "") -> None:
        self.add("GET", template, handler, host, slash)

    def post(self, template: str, handler: Handler, host: str = "api", slash: str = "") -> None:
        self.add("POST", template, handler, host, slash)

    def answer(self, asked: Asked) -> Response:
        method = "GET" if asked.method == "HEAD" else asked.method
        elsewhere = False
        for route in self._routes:
            found = route.pattern.fullmatch(asked.path) if route.host == asked.host else None
            if found is None:
                continue
            if route.method != method:
                elsewhere = True
                continue
            names = {name: unquote(value) for name, value in found.groupdict().items()}
            return route.handler(replace(asked, names=names))
        return self._wrong_method(asked) if elsewhere else self._missing(asked)
