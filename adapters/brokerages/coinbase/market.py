"""Coinbase's sandbox: products, prices and fees, as clients look them up beside a portfolio (3.7)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from adapters.brokerages.coinbase.tell import nanoseconds
from adapters.sandbox.asked import Asked
from adapters.sandbox.truth import TruthInstrument
from domain.money import plain

Json = dict[str, Any]
Tell = Callable[[TruthInstrument, Asked], Json]
TICK = Decimal("0.01")
FEES: Json = {  # JSON numbers beside texts: this answer mixes them
    "total_volume": 0,
    "total_fees": 0,
    "fee_tier": {"pricing_tier": "Intro", "taker_fee_rate": "0.012", "maker_fee_rate": "0.006"},
    "advanced_trade_only_volume": 0,
    "advanced_trade_only_fees": 0,
    "coinbase_pro_volume": 0,
    "coinbase_pro_fees": 0,
}


def product(coin: TruthInstrument, asked: Asked) -> Json:
    return {
        "product_id": f"{coin.symbol}-USD",
        "price": plain(coin.price),
        "price_percentage_change_24h": "-0.28",
        "volume_24h": "1000",
        "base_increment": "0.00000001",
        "quote_increment": "0.01",
        "base_min_size": "0.00000001",
        "quote_min_size": "1",
        "base_name": coin.name,
        "quote_name": "US Dollar",
        "status": "online",
        "trading_disabled": False,
        "product_type": "SPOT",
        "quote_currency_id": "USD",
        "base_currency_id": coin.symbol,
        "alias": "",
        "alias_to": [f"{coin.symbol}-USDC"],
        "view_only": False,
    }


def book(coin: TruthInstrument, asked: Asked) -> Json:
    bid, ask = coin.price - TICK, coin.price + TICK
    return {
        "product_id": f"{coin.symbol}-USD",
        "bids": [{"price": plain(bid), "size": "0.1"}],
        "asks": [{"price": plain(ask), "size": "0.1"}],
        "time": nanoseconds(asked.now),
    }


def whole_book(coin: TruthInstrument, asked: Asked) -> Json:
    """One price on either side, whatever depth is asked for."""
    middle = {"last": plain(coin.price), "mid_market": plain(coin.price)}
    return {"pricebook": book(coin, asked), "spread_absolute": plain(2 * TICK)} | middle


def trades(coin: TruthInstrument, asked: Asked) -> Json:
    """The last trade, at today's price; the truth knows no others."""
    last = {"trade_id": "1", "product_id": f"{coin.symbol}-USD", "price": plain(coin.price), "size": "0.1"}
    told = [last | {"time": nanoseconds(asked.now), "side": "BUY"}]
    return {
        "trades": told,
        "best_bid": plain(coin.price - TICK),
        "best_ask": plain(coin.price + TICK),
    }


def time(asked: Asked) -> Json:
    """What the official client asks before it signs, to know how far its clock is off."""
    millis = int(asked.now.timestamp() * 1000)
    return {
        "iso": nanoseconds(asked.now),
        "epochSeconds": str(millis // 1000),
        "epochMillis": str(millis),
    }
