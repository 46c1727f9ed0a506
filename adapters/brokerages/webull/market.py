"""Webull's sandbox: quotes, what can be traded, and what the first generation of paths told (3.7, 3.0)."""

from datetime import UTC
from typing import Any

from adapters.brokerages.webull import tell
from adapters.brokerages.webull.asked import Refused, after, whole
from adapters.brokerages.webull.gate import error
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition
from domain.money import plain

Json = dict[str, Any]
PROFILES = 1000  # on a page (3.7)


def _asked_for(asked: Asked, play: Play) -> list[TruthInstrument]:
    rows = (row.instrument for one in play.accounts for row in one.transactions)
    known = {one.symbol: one for one in rows if one is not None and one.option is None}
    names = asked.param("symbols").split(",") if asked.param("symbols") else sorted(known)
    missing = [name for name in names if name not in known]
    if missing:
        raise Refused(missing[0][:20])
    return [known[name] for name in names]


def snapshots(asked: Asked, play: Play) -> Response:
    if not asked.param("symbols") or not asked.param("category").startswith("US_"):
        return error(417, "UNSUPPORTED_CATEGORY", "category")
    traded = str(int(asked.now.astimezone(UTC).timestamp() * 1000))
    return say([_snapshot(one, traded) for one in _asked_for(asked, play)])


def _snapshot(one: TruthInstrument, traded: str) -> Json:
    same = dict.fromkeys(("price", "pre_close", "open", "high", "low", "ask", "bid"), plain(one.price))
    sizes = {"volume": "1000", "ask_size": "1", "bid_size": "1", "change": "0", "change_ratio": "0"}
    return {"symbol": one.symbol, "last_trade_time": traded} | same | sizes


def profiles(asked: Asked, play: Play) -> Response:
    found = [
        {
            "symbol": one.symbol,
            "name": one.name,
            "instrument_id": tell.instrument_id(one),
            "exchange_code": "NSQ",
            "currency": "USD",
            "lot_size": "1",
            "shortable": True,
            "marginable": True,
        }
        for one in _asked_for(asked, play)
    ]
    if asked.path.startswith("/trading"):
        return say({"data": found})
    told, size = asked.param("last_instrument_id"), whole(asked, "page_size", PROFILES, PROFILES)
    start = after(found, told, lambda one: str(one["instrument_id"]), "last_instrument_id") if told else 0
    return say(found[start : start + size])


# ---- the first generation


def first_accounts(known: tuple[TruthAccount, ...], user: str) -> list[Json]:
    """GET /app/subscriptions/list; its shape is by the official client's documentation only."""
    return [
        {"subscription_id": f"S{n}", "user_id": user, "account_id": one.key, "account_number": one.number}
        for n, one in enumerate(known)
    ]


def first_balance(known: TruthAccount) -> Json:
    """GET /account/balance (3.2)."""
    value = sum((one.market_value for one in known.positions), tell.ZERO)
    own = {
        "currency": known.currency,
        "net_liquidation_value": tell.figure(known.total_value),
        "positions_market_value": tell.figure(value),
        "cash_balance": tell.figure(known.cash),
        "margin_power": tell.figure(known.buying_power),
        "cash_power": tell.figure(max(known.cash, tell.ZERO)),
        "pending_incoming": "0.00",
        "cash_frozen": "0.00",
        "available_withdrawal": tell.figure(max(known.cash, tell.ZERO)),
    }
    return {
        "account_id": known.key,
        "total_asset_currency": known.currency,
        "total_asset": tell.figure(known.total_value),
        "total_market_value": tell.figure(value),
        "total_cash_balance": tell.figure(known.cash),
        "margin_utilization_rate": "0.00",
        "account_currency_assets": [own],
    }


def first_position(held: TruthPosition, currency: str) -> Json:
    """A row of GET /account/positions (3.3): its quantity is a number, all else is text."""
    return {
        "instrument_id": tell.instrument_id(held.instrument),
        "symbol": tell.symbol_of(held.instrument),
        "instrument_type": "STOCK" if held.instrument.option is None else "OPTION",
        "currency": currency,
        "unit_cost": plain(held.average_cost),
        "qty": held.quantity,
        "total_cost": plain(held.cost_basis),
        "last_price": plain(held.price),
        "market_value": plain(held.market_value),
        "unrealized_profit_loss": plain(held.unrealized_gain),
        "unrealized_profit_loss_rate": "0.0000",
        "holding_proportion": "0.1000",
    }
