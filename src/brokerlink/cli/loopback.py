"""Catching the brokerage's redirect: a page on this machine that waits for the browser to come back."""

import os
import select
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>brokerlink</title>
<body style="font-family:sans-serif;margin:4em auto;max-width:30em">
<h1>Thank you</h1><p>brokerlink has what it needs. You can close this window and go back to the terminal.</p>
"""


class _Handler(BaseHTTPRequestHandler):
    """Takes the one address it waits for; answers anything else (a favicon) with 404."""

    server: "Catcher"

    def do_GET(self) -> None:
        if urlsplit(self.path).path.rstrip("/") != self.server.path.rstrip("/"):
            self.send_error(404)
            return
        self.server.caught = self.server.origin + self.path
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(PAGE)))
        self.send_header("referrer-policy", "no-referrer")  # the address holds a code
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's own name
        """Nothing: the address holds a code."""


class Catcher(HTTPServer):
    """A server on the loopback address of a redirect URI."""

    def __init__(self, host: str, port: int, path: str, origin: str) -> None:
        self.path = path or "/"
        self.origin = origin
        self.caught: str | None = None
        super().__init__((host, port), _Handler)
        self.timeout = 5

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up in between is no news."""


def redirect_of(authorize_url: str) -> str:
    """Where an authorize page will send the person back to: its own redirect_uri or oauth_callback."""
    query = parse_qs(urlsplit(authorize_url).query)
    return next((query[name][0] for name in ("redirect_uri", "oauth_callback") if name in query), "")


def catcher(redirect_uri: str) -> Catcher | None:
    """A catcher for that address; None if it is not ours to listen on, needs TLS, or is taken."""
    parts = urlsplit(redirect_uri)
    hosts = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}
    host = hosts.get(parts.hostname or "")
    if parts.scheme != "http" or host is None:
        return None
    try:
        return Catcher(host, parts.port or 80, parts.path, f"{parts.scheme}://{parts.netloc}")
    except (OSError, ValueError):
        return None


def wait(server: Catcher | None, seconds: float, *, keyboard: bool) -> str | None:
    """The address the browser came back to, or the one that was pasted. None when time is up."""
    until = time.monotonic() + seconds
    sources: list[int] = [] if server is None else [server.fileno()]
    if keyboard:
        sources.append(sys.stdin.fileno())
    while sources and (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select(sources, [], [], left)
        if server is not None and server.fileno() in ready:
            server.handle_request()
            if server.caught:
                return server.caught
        elif ready:
            pasted = os.read(sys.stdin.fileno(), 16384).decode(errors="replace").strip()
            if pasted:
                return pasted
    return None
