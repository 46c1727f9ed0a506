"""Robinhood's sandbox: orders for shares, options and coins in Robinhood's words (sheet, 3.4)."""

from decimal import Decimal

from adapters.brokerages.robinhood.books import Item
from adapters.brokerages.robinhood.tell import (
    Json,
    Teller,
    day_text,
    eastern,
    instant,
    money,
    places,
    terms,
    traded,
)
from adapters.sandbox.truth import TruthTransaction

ZERO, ONE = Decimal(0), Decimal(1)


def order(tell: Teller, item: Item) -> Json:
    """An order for shares; without fills it still waits or was cancelled."""
    like, account = item.like, item.account
    instrument = traded(like)
    fills, filled = item.rows, sum((abs(row.quantity or ZERO) for row in item.rows), ZERO)
    buys = (like.quantity or ZERO) > 0
    state, waits = item.state or "filled", item.state == "confirmed"
    drip = None if like.reinvests is None else tell.play.uuid("reinvested", like.reinvests)
    url = tell.url("orders", item.id)
    at = instant(item.at)
    return {
        **_paid(item),
        "id": item.id,
        "ref_id": tell.play.uuid("ref", like.number),
        "url": url,
        "account": tell.url("accounts", account.number),
        "position": tell.url("positions", account.number, instrument.uuid),
        "cancel": f"{url}cancel/" if waits else None,
        "instrument": tell.url("instruments", instrument.uuid),
        "instrument_id": instrument.uuid,
        "cumulative_quantity": places(filled, 8),
        "state": state,
        "derived_state": state,
        "type": "market",
        "side": "buy" if buys else "sell",
        "time_in_force": "gfd",
        "trigger": "immediate",
        "price": places((like.price or ZERO) * Decimal("1.05"), 8) if buys else None,
        "stop_price": None,
        "quantity": places(filled or abs(like.quantity or ONE), 8),
        "reject_reason": None,
        "created_at": at,
        "updated_at": at,
        "last_transaction_at": at,
        "executions": [_execution(tell, row) for row in fills],
        "extended_hours": False,
        "market_hours": "regular_hours",
        "dollar_based_amount": None,
        "drip_dividend_id": drip,
        "investment_schedule_id": None,
        "total_notional": None,
        "last_trail_price": None,
        "placed_agent": "user" if drip is None else "drip",
        "order_form_version": 6,
        "tax_lot_selection_type": "fifo",
        "position_effect": "close" if like.deed in ("SELL", "BUY_TO_COVER") else "open",
        "is_primary_account": account is tell.play.accounts[0],
    }


def _paid(item: Item) -> Json:
    """The figures of all fills together: what was paid, on average and in fees."""
    fills = item.rows
    filled = sum((abs(row.quantity or ZERO) for row in fills), ZERO)
    fees = sum((row.fees or ZERO for row in fills), ZERO)
    booked = sum((abs(row.gross or ZERO) for row in fills), ZERO)
    spent = sum((abs(row.quantity or ZERO) * (row.price or ZERO) for row in fills), ZERO)
    return {
        "average_price": places(spent / filled, 8) if filled else None,
        "executed_notional": money(booked) if fills else None,
        "fees": places(fees, 2),
        "sec_fees": places(fees, 2),
        "taf_fees": "0.00",
        "cat_fees": "0.00",
        "sales_taxes": [],
    }


def _execution(tell: Teller, row: TruthTransaction) -> Json:
    return {
        "id": row.uuid,
        "price": places(row.price or ZERO, 8),
        "quantity": places(abs(row.quantity or ZERO), 8),
        "rounded_notional": places(abs(row.gross or ZERO), 8),
        "settlement_date": day_text(row.settlement_date),
        "timestamp": instant(row.executed_at),
        "trade_execution_date": row.trade_date.isoformat(),
        "ipo_access_execution_rank": None,
    }


def option_order(tell: Teller, item: Item) -> Json:
    like, account = item.like, item.account
    option = terms(traded(like))
    quantity = sum((abs(row.quantity or ZERO) for row in item.rows), ZERO)
    side, effect = _side_and_effect(like)
    at = instant(item.at)
    return {
        **_premium(item, quantity),
        "id": item.id,
        "ref_id": tell.play.uuid("ref", like.number),
        "account": tell.url("accounts", account.number),
        "account_number": account.number,
        "chain_id": tell.chain(option.underlying),
        "chain_symbol": option.underlying,
        "direction": "debit" if side == "buy" else "credit",
        "legs": [_leg(tell, item)],
        "price": places(like.price or ZERO, 8),
        "quantity": places(quantity, 5),
        "processed_quantity": places(quantity, 5),
        "canceled_quantity": "0.00000",
        "pending_quantity": "0.00000",
        "opening_strategy": f"long_{option.right}" if effect == "open" else None,
        "closing_strategy": f"long_{option.right}" if effect == "close" else None,
        "state": "filled",
        "time_in_force": "gfd",
        "trigger": "immediate",
        "type": "limit",
        "stop_price": None,
        "created_at": at,
        "updated_at": at,
        "cancel_url": None,
    }


def _side_and_effect(row: TruthTransaction) -> tuple[str, str]:
    """SELL_TO_OPEN is `sell` and `open`."""
    side, effect = row.deed.lower().split("_to_")
    return side, effect


def _premium(item: Item, quantity: Decimal) -> Json:
    fees = sum((row.fees or ZERO for row in item.rows), ZERO)
    premium = sum((abs(row.gross or ZERO) for row in item.rows), ZERO)
    net = sum((row.net or ZERO for row in item.rows), ZERO)
    regulatory = min(fees, Decimal("0.04"))
    return {
        "premium": places(premium / quantity, 8),
        "processed_premium": places(premium, 4),
        "net_amount": places(abs(net), 2),
        "net_amount_direction": "debit" if net < 0 else "credit",
        "regulatory_fees": places(regulatory, 2),
        "contract_fees": places(fees - regulatory, 2),
        "gold_savings": "0.00",
    }


def _leg(tell: Teller, item: Item) -> Json:
    instrument, option = traded(item.like), terms(traded(item.like))
    side, effect = _side_and_effect(item.like)
    return {
        "id": tell.play.uuid("order leg", item.like.number),
        "option": tell.url("options", "instruments", instrument.uuid),
        "side": side,
        "position_effect": effect,
        "ratio_quantity": 1,
        "expiration_date": option.expiration.isoformat(),
        "strike_price": places(option.strike, 4),
        "option_type": option.right,
        "executions": [
            {
                "id": row.uuid,
                "price": places(row.price or ZERO, 8),
                "quantity": places(abs(row.quantity or ZERO), 5),
                "settlement_date": day_text(row.settlement_date),
                "timestamp": instant(row.executed_at),
            }
            for row in item.rows
        ],
    }


def coin_order(tell: Teller, item: Item) -> Json:
    row = item.rows[0]
    at = eastern(row.executed_at)
    quantity, booked = abs(row.quantity or ZERO), abs(row.gross or ZERO)
    return {
        "id": item.id,
        "ref_id": tell.play.uuid("ref", row.number),
        "account_id": item.account.uuid,
        "currency_pair_id": tell.pair_id(traded(row)),
        "side": "buy" if (row.quantity or ZERO) > 0 else "sell",
        "type": "market",
        "state": "filled",
        "time_in_force": "gtc",
        "price": places(row.price or ZERO, 18),
        "stop_price": None,
        "quantity": places(quantity, 18),
        "cumulative_quantity": places(quantity, 18),
        "average_price": places(row.price or ZERO, 18),
        "rounded_executed_notional": places(booked, 2),
        "executions": [
            {
                "id": row.uuid,
                "effective_price": places(row.price or ZERO, 18),
                "quantity": places(quantity, 18),
                "timestamp": at,
            }
        ],
        "fees": places(row.fees or ZERO, 2),
        "cancel_url": None,
        "created_at": at,
        "updated_at": at,
        "last_transaction_at": at,
    }
