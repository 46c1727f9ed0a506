"""OAuth 1.0a as a sandbox checks it (RFC 5849), computed on its own: nothing is shared with who signs."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from adapters.sandbox.asked import Asked


def encoded(text: str) -> str:
    """RFC 5849's percent-encoding: unreserved letters stay, a blank is %20."""
    return quote(text.encode(), safe="-._~")


def signature(
    method: str, url: str, pairs: list[tuple[str, str]], consumer_secret: str, token_secret: str
) -> str:
    """HMAC-SHA1 over method, address and sorted parameters, in Base64. `url` has no query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if parts.port and (parts.scheme, parts.port) not in {("http", 80), ("https", 443)}:
        host = f"{host}:{parts.port}"
    address = f"{parts.scheme.lower()}://{host}{parts.path or '/'}"
    listed = sorted((encoded(name), encoded(value)) for name, value in pairs)
    normal = "&".join(f"{name}={value}" for name, value in listed)
    text = "&".join((method.upper(), encoded(address), encoded(normal)))
    key = f"{encoded(consumer_secret)}&{encoded(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signatures(
    asked: Asked, told: dict[str, str], consumer_secret: str, token_secret: str, real: str
) -> list[str]:
    """What the signature of a request may be. A client that believes to speak to the real host, whose name
    ends in `real`, signs that name."""
    pairs = [(name, value) for name, value in told.items() if name not in {"realm", "oauth_signature"}]
    pairs += parse_qsl(asked.raw_query, keep_blank_values=True)
    if asked.header("content-type").startswith("application/x-www-form-urlencoded"):
        pairs += parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True)
    address = asked.url.partition("?")[0]
    addresses, parts = [address], urlsplit(address)
    if (parts.hostname or "").endswith(real):
        addresses.append(f"https://{parts.hostname}{parts.path}")
    return [signature(asked.method, each, pairs, consumer_secret, token_secret) for each in addresses]


def header(asked: Asked) -> dict[str, str] | None:
    """The parameters of the Authorization header; None where it is none of OAuth, or a broken one."""
    scheme, _, rest = asked.header("authorization").partition(" ")
    if scheme.lower() != "oauth":
        return None
    told: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or len(value) < 2 or value[0] != '"' or value[-1] != '"' or unquote(name) in told:
            return None
        told[unquote(name)] = unquote(value[1:-1])
    return told
