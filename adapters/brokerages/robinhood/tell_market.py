"""Robinhood's sandbox: instruments and quotes in Robinhood's words (sheet, 3.3 and 3.6)."""

from decimal import Decimal

from adapters.brokerages.robinhood.tell import USD, Json, Teller, instant, places, terms
from adapters.sandbox.truth import TruthInstrument
from adapters.sandbox.universe import FOREIGN, SPLIT_RATIO


def instrument(tell: Teller, instrument: TruthInstrument) -> Json:
    adr = instrument.symbol == FOREIGN
    return {
        "id": instrument.uuid,
        "url": tell.url("instruments", instrument.uuid),
        "quote": tell.url("quotes", instrument.symbol),
        "fundamentals": tell.url("fundamentals", instrument.symbol),
        "splits": tell.url("instruments", instrument.uuid, "splits"),
        "state": "active",
        "market": tell.url("markets", "XNAS"),
        "simple_name": None,
        "name": instrument.name,
        "tradeable": True,
        "tradability": "tradable",
        "symbol": instrument.symbol,
        "bloomberg_unique": f"EQ{instrument.number:016d}",
        "margin_initial_ratio": "0.5000",
        "maintenance_ratio": "0.2500",
        "country": "US",
        "list_date": "1990-01-02",
        "min_tick_size": None,
        "type": "etp" if instrument.kind == "etf" else ("adr" if adr else "stock"),
        "tradable_chain_id": tell.chain(instrument.symbol),
        "fractional_tradability": "tradable",
        "tax_security_type": "stock",
    }


def splits(tell: Teller, instrument: TruthInstrument) -> Json:
    page: Json = {"next": None, "previous": None, "results": []}
    ident = instrument.uuid
    day = tell.books.split_on(ident)
    if day is None:
        return page
    new, old = (f"{part}.00000000" for part in SPLIT_RATIO)
    where = tell.url("instruments", ident)
    split = {"url": f"{where}splits/{ident}/", "instrument": where, "execution_date": day.isoformat()}
    return page | {"results": [split | {"multiplier": new, "divisor": old}]}


def quote(tell: Teller, instrument: TruthInstrument) -> Json:
    price, extended = places(instrument.price, 6), tell.extended()
    core = places(instrument.price + Decimal("0.05"), 6) if extended else price
    return {
        "symbol": instrument.symbol,
        "instrument": tell.url("instruments", instrument.uuid),
        "instrument_id": instrument.uuid,
        "last_trade_price": core,
        "last_extended_hours_trade_price": price if extended else None,
        "last_non_reg_trade_price": price if extended else None,
        "bid_price": places(instrument.price - Decimal("0.01"), 6),
        "bid_size": 100,
        "ask_price": places(instrument.price + Decimal("0.01"), 6),
        "ask_size": 200,
        "previous_close": price,
        "adjusted_previous_close": price,
        "previous_close_date": tell.play.truth.today.isoformat(),
        "trading_halted": False,
        "has_traded": True,
        "state": "active",
        "updated_at": instant(tell.asked.now),
    }


def option(tell: Teller, instrument: TruthInstrument) -> Json:
    option = terms(instrument)
    live = option.expiration >= tell.play.truth.today
    return {
        "id": instrument.uuid,
        "url": tell.url("options", "instruments", instrument.uuid),
        "chain_id": tell.chain(option.underlying),
        "chain_symbol": option.underlying,
        "expiration_date": option.expiration.isoformat(),
        "strike_price": places(option.strike, 4),
        "type": option.right,
        "state": "active" if live else "expired",
        "tradability": "tradable" if live else "untradable",
        "issue_date": "2020-01-02",
        "min_ticks": {"above_tick": "0.05", "below_tick": "0.01", "cutoff_price": "3.00"},
        "sellout_datetime": f"{option.expiration.isoformat()}T19:45:00+00:00",
        "created_at": "2020-01-02T05:00:00.000000Z",
        "updated_at": instant(tell.asked.now),
    }


def mark(tell: Teller, instrument: TruthInstrument) -> Json | None:
    """Market data of an option; null for one that has expired."""
    option = terms(instrument)
    if option.expiration < tell.play.truth.today:
        return None
    price = places(instrument.price, 6)
    greeks = dict.fromkeys(("delta", "gamma", "theta", "vega", "rho", "implied_volatility"), "0.100000")
    return {
        "adjusted_mark_price": price,
        "mark_price": price,
        "ask_price": price,
        "bid_price": price,
        "ask_size": 10,
        "bid_size": 12,
        "open_interest": 100,
        "volume": 20,
        "previous_close_price": price,
        "instrument": tell.url("options", "instruments", instrument.uuid),
        "instrument_id": instrument.uuid,
        "occ_symbol": option.occ,
        "symbol": option.underlying,
        "updated_at": instant(tell.asked.now),
        **greeks,
    }


def pair(tell: Teller, instrument: TruthInstrument) -> Json:
    dollar = {"id": USD, "code": "USD", "name": "US Dollar", "type": "fiat"}
    return {
        "id": tell.pair_id(instrument),
        "symbol": f"{instrument.symbol}-USD",
        "name": f"{instrument.name} to US Dollar",
        "asset_currency": tell.coin(instrument),
        "quote_currency": dollar,
        "tradability": "tradable",
        "min_order_size": "0.000001000000000000",
        "max_order_size": "20.0000000000000000",
        "min_order_price_increment": "0.010000000000000000",
        "min_order_quantity_increment": "0.000000010000000000",
    }


def coin_quote(tell: Teller, instrument: TruthInstrument) -> Json:
    price = places(instrument.price, 6)
    prices = dict.fromkeys(
        ("ask_price", "bid_price", "mark_price", "high_price", "low_price", "open_price"), price
    )
    ident = tell.pair_id(instrument)
    more = {"symbol": f"{instrument.symbol}USD", "id": ident, "volume": "0.000000"}
    return prices | more | {"updated_at": instant(tell.asked.now)}


def fundamentals(instrument: TruthInstrument) -> Json:
    """Only what clients cannot do without; the sheet does not describe it."""
    return {"symbol": instrument.symbol, "pe_ratio": None, "dividend_yield": None, "market_cap": None}
