"""Coinbase's sandbox: products, prices and fees, as clients look them up beside a portfolio (3.7)."""

from decimal import Decimal
from typing import Any

from adapters.brokerages.coinbase.tell import nanoseconds
from adapters.sandbox.asked import Asked
from adapters.sandbox.truth import TruthInstrument
from domain.money import plain

Json = dict[str, Any]
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


def product(coin: TruthInstrument) -> Json:
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
