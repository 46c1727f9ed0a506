"""The small pages on which a person says yes to a sandbox: plain, without scripts, everything escaped."""

from collections.abc import Iterable
from html import escape

from adapters.kit.wire import Response

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1.5rem}"
    "h1{font-size:1.6rem}"
    "button{font:inherit;padding:.5rem 1.5rem;border:0;border-radius:.4rem;background:#1a5fb4;color:#fff;"
    "cursor:pointer}"
    "input[readonly]{font:1.6rem ui-monospace,monospace;padding:.4rem .8rem;border:1px solid #999;"
    "border-radius:.4rem}"
    "footer{margin-top:3rem;font-size:.85rem;color:#666}"
)
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    # The address and the page hold tokens and codes.
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
_FOOT = "<footer>A sandbox on this machine. No real account is behind it.</footer>"


def say_page(title: str, *parts: str, status: int = 200) -> Response:
    """A page of parts that the functions below have made; `title` is plain text."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
    )
    page = f"{head}<body><h1>{escape(title)}</h1>{''.join(parts)}{_FOOT}</body></html>"
    return Response(status, dict(_HEADERS), page.encode())


def text(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def link(words: str, address: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(words)}</a></p>'


def button(words: str, address: str, hidden: Iterable[tuple[str, str]] = (), *, post: bool = False) -> str:
    """A button that leads to an address, with these parameters in its query (or its body)."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden
    )
    method = "post" if post else "get"
    return (
        f'<form method="{method}" action="{escape(address)}">{fields}<button>{escape(words)}</button></form>'
    )


def shown(label: str, code: str) -> str:
    """Something to be copied by hand."""
    return (
        f'<p><label>{escape(label)}<br><input readonly value="{escape(code)}" size="{len(code)}"></label></p>'
    )
