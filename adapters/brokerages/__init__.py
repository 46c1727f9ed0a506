"""The brokerages we know: one folder each, and the one line to add."""

from importlib import import_module

from adapters.kit.card import Card

NAMES = (
    "ally",
    "alpaca",
    "coinbase",
    "etoro",
    "etrade",
    "fidelity",
    "ibkr",
    "merrill",
    "moomoo",
    "robinhood",
    "schwab",
    "sofi",
    "tastytrade",
    "tdameritrade",
    "tradestation",
    "tradier",
    "vanguard",
    "webull",
)


def card(name: str) -> Card:
    """The card of a brokerage. Its folder is loaded only now: what nobody asks for stays cold."""
    found: Card = import_module(f"adapters.brokerages.{name}").CARD
    return found
