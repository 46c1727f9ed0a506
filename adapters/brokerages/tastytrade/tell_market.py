"""Quotes and instruments, in tastytrade's shapes (3.6)."""

from collections.abc import Sequence
from datetime import datetime

from adapters.brokerages.tastytrade.tell import Json, instant, named, symbol, text
from adapters.sandbox.truth import TruthAccount, TruthInstrument
from domain.money import plain


def known(accounts: Sequence[TruthAccount]) -> dict[str, TruthInstrument]:
    """By tastytrade's symbol: all that the customer has or had."""
    found: dict[str, TruthInstrument] = {}
    for one in accounts:
        instruments = [held.instrument for held in one.positions]
        instruments += [row.instrument for row in one.transactions if row.instrument]
        found.update((symbol(instrument), instrument) for instrument in instruments)
    return found


def quote(instrument: TruthInstrument, now: datetime) -> Json:
    price = text(instrument.price)
    prices = ("bid", "ask", "mid", "mark", "last", "open", "close", "prev-close")
    return dict.fromkeys(prices, price) | {
        **named(instrument), "updated-at": instant(now), "bid-size": "1.0", "ask-size": "1.0",
        "close-price-type": "Unknown", "prev-close-price-type": "Final", "volume": "0.0",
        "summary-date": now.date().isoformat(), "prev-close-date": now.date().isoformat(),
        "is-trading-halted": False, "halt-start-time": -1, "halt-end-time": -1,
    }  # fmt: skip


def equity(instrument: TruthInstrument) -> Json:
    return {
        "id": instrument.number, "symbol": symbol(instrument), "instrument-type": "Equity",
        "cusip": instrument.cusip, "description": instrument.name, "short-description": instrument.name,
        "is-index": False, "listed-market": "XNAS", "lendability": "Easy To Borrow", "is-closing-only": False,
        "market-time-instrument-collection": "Equity", "is-options-closing-only": False, "active": True,
        "is-fractional-quantity-eligible": True, "is-illiquid": False, "is-etf": False,
        "is-fraud-risk": False,
        "streamer-symbol": symbol(instrument), "borrow-rate": "0.0", "bypass-manual-review": False,
    }  # fmt: skip


def option(instrument: TruthInstrument) -> Json:
    terms = instrument.option
    if terms is None:
        raise AssertionError("no option")
    letter, expires = terms.right[0].upper(), terms.expiration
    return {
        "symbol": symbol(instrument), "instrument-type": "Equity Option", "active": True,
        "strike-price": text(terms.strike), "root-symbol": terms.underlying,
        "underlying-symbol": terms.underlying, "expiration-date": expires.isoformat(),
        "exercise-style": "American", "shares-per-contract": int(terms.multiplier), "option-type": letter,
        "option-chain-type": "Standard", "expiration-type": "Regular", "settlement-type": "PM",
        "stops-trading-at": f"{expires.isoformat()}T21:00:00.000+00:00",
        "market-time-instrument-collection": "Equity Option", "days-to-expiration": 0,
        "expires-at": f"{expires.isoformat()}T21:00:00.000+00:00", "is-closing-only": False,
        "streamer-symbol": f".{terms.underlying}{expires:%y%m%d}{letter}{plain(terms.strike)}",
    }  # fmt: skip
