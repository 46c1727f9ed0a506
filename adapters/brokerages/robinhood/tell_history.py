"""Robinhood's sandbox: orders, events and cash in Robinhood's words (sheet, 3.4 and 3.5)."""

from datetime import timedelta
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
SHARES = Decimal(10)  # a dividend is told as so much for each of so many shares


def order(tell: Teller, item: Item) -> Json:
    """An order for shares; without fills it still waits or was cancelled."""
    like, account = item.like, item.account
    instrument = traded(like)
    fills, filled = item.rows, sum((abs(row.quantity or ZERO) for row in item.rows), ZERO)
    buys = (like.quantity or ZERO) > 0
    fees = sum((row.fees or ZERO for row in fills), ZERO)
    booked = sum((abs(row.gross or ZERO) for row in fills), ZERO)
    spent = sum((abs(row.quantity or ZERO) * (row.price or ZERO) for row in fills), ZERO)
    state, waits = item.state or "filled", item.state == "confirmed"
    drip = None if like.reinvests is None else tell.play.uuid("reinvested", like.reinvests)
    url = tell.url("orders", item.id)
    at = instant(item.at)
    return {
        "id": item.id,
        "ref_id": tell.play.uuid("ref", like.number),
        "url": url,
        "account": tell.url("accounts", account.number),
        "position": tell.url("positions", account.number, instrument.uuid),
        "cancel": f"{url}cancel/" if waits else None,
        "instrument": tell.url("instruments", instrument.uuid),
        "instrument_id": instrument.uuid,
        "cumulative_quantity": places(filled, 8),
        "average_price": places(spent / filled, 8) if filled else None,
        "fees": places(fees, 2),
        "sec_fees": places(fees, 2),
        "taf_fees": "0.00",
        "cat_fees": "0.00",
        "sales_taxes": [],
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
        "executed_notional": money(booked) if fills else None,
        "last_trail_price": None,
        "placed_agent": "user" if drip is None else "drip",
        "order_form_version": 6,
        "tax_lot_selection_type": "fifo",
        "position_effect": "close" if like.deed in ("SELL", "BUY_TO_COVER") else "open",
        "is_primary_account": account is tell.play.accounts[0],
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
    instrument, option = traded(like), terms(traded(like))
    quantity = sum((abs(row.quantity or ZERO) for row in item.rows), ZERO)
    fees = sum((row.fees or ZERO for row in item.rows), ZERO)
    premium = sum((abs(row.gross or ZERO) for row in item.rows), ZERO)
    net = sum((row.net or ZERO for row in item.rows), ZERO)
    side, effect = like.deed.lower().replace("_to_", " ").split()
    at = instant(item.at)
    regulatory = min(fees, Decimal("0.04"))
    return {
        "id": item.id,
        "ref_id": tell.play.uuid("ref", like.number),
        "account": tell.url("accounts", account.number),
        "account_number": account.number,
        "chain_id": tell.chain(option.underlying),
        "chain_symbol": option.underlying,
        "direction": "debit" if side == "buy" else "credit",
        "legs": [
            {
                "id": tell.play.uuid("order leg", like.number),
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
        ],
        "premium": places(premium / quantity, 8),
        "processed_premium": places(premium, 4),
        "net_amount": places(abs(net), 2),
        "net_amount_direction": "debit" if net < 0 else "credit",
        "regulatory_fees": places(regulatory, 2),
        "contract_fees": places(fees - regulatory, 2),
        "gold_savings": "0.00",
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


# ---- events and cash


def event(tell: Teller, item: Item) -> Json:
    """Shares that an exercise or assignment moves are told with it, not as an order."""
    row, moved = item.rows[0], item.rows[1:]
    instrument, account = traded(row), item.account
    long = (row.quantity or ZERO) < 0
    cash = sum((share.gross or ZERO for share in moved), ZERO)
    paying = cash < 0 if moved else long
    at = instant(row.executed_at)
    return {
        "id": row.uuid,
        "account": tell.url("accounts", account.number),
        "account_number": account.number,
        "chain_id": tell.chain(terms(instrument).underlying),
        "option": tell.url("options", "instruments", instrument.uuid),
        "option_id": instrument.uuid,
        "position": tell.url("options", "positions", instrument.uuid),
        "quantity": places(abs(row.quantity or ZERO), 4),
        "type": row.deed.removeprefix("OPTION_").lower(),
        "state": "confirmed",
        "direction": "debit" if paying else "credit",
        "event_date": row.trade_date.isoformat(),
        "equity_components": [
            {
                "id": share.uuid,
                "instrument": tell.url("instruments", traded(share).uuid),
                "symbol": traded(share).symbol,
                "side": "buy" if (share.quantity or ZERO) > 0 else "sell",
                "price": places(share.price or ZERO, 4),
                "quantity": places(abs(share.quantity or ZERO), 8),
            }
            for share in moved
        ],
        "cash_component": None,
        "total_cash_amount": places(abs(cash), 2),
        "underlying_price": None,
        "source_ref_id": None,
        "created_at": at,
        "updated_at": at,
    }


def dividend(tell: Teller, item: Item) -> Json:
    row, account = item.rows[0], item.account
    gross, taxes = row.gross or ZERO, row.taxes or ZERO
    instrument, paid = traded(row), row.posted
    drip = tell.books.reinvested(account).get(row.number)
    state = "pending" if not paid else ("paid" if drip is None else "reinvested")
    return {
        "id": row.uuid,
        "url": tell.url("dividends", row.uuid),
        "account": tell.url("accounts", account.number),
        "instrument": tell.url("instruments", instrument.uuid),
        "amount": places(gross, 2),
        "rate": places(gross / SHARES, 10),
        "position": places(SHARES, 8),
        "withholding": places(taxes, 2),
        "record_date": (row.trade_date - timedelta(days=14)).isoformat(),
        "payable_date": row.trade_date.isoformat(),
        "paid_at": instant(row.executed_at) if paid else None,
        "state": state,
        "cash_dividend_id": tell.play.uuid("cash dividend", row.number),
        "drip_enabled": drip is not None,
        "drip_order_id": None if drip is None else tell.play.uuid("drip", row.number),
        "drip_order_quantity": None if drip is None else places(drip.quantity or ZERO, 8),
        "nra_withholding": "0",
        "is_primary_account": account is tell.play.accounts[0],
    }


def sweep(tell: Teller, item: Item) -> Json:
    row = item.rows[0]
    return {
        "id": row.uuid,
        "account_number": item.account.number,
        "amount": money(row.gross or ZERO),
        "direction": "credit",
        "pay_date": row.trade_date.isoformat(),
        "pay_period_start": row.trade_date.replace(day=1).isoformat(),
        "pay_period_end": row.trade_date.isoformat(),
        "payout_type": "end_of_month_payment",
        "reason": "interest_payment",
    }


def transfer(tell: Teller, item: Item) -> Json:
    """That a transfer tells its account is unconfirmed."""
    row = item.rows[0]
    amount, at = row.gross or ZERO, instant(row.executed_at)
    return {
        "id": row.uuid,
        "url": tell.url("ach", "transfers", row.uuid),
        "ref_id": tell.play.uuid("ref", row.number),
        "account": tell.url("accounts", item.account.number),
        "amount": places(abs(amount), 2),
        "direction": "deposit" if amount > 0 else "withdraw",
        "state": "completed" if row.posted else "pending",
        "rhs_state": "submitted",
        "early_access_amount": "0.00",
        "expected_landing_date": (row.trade_date + timedelta(days=4)).isoformat(),
        "fees": "0.00",
        "status_description": "",
        "cancel": None,
        "ach_relationship": tell.url("ach", "relationships", tell.play.uuid("bank", 1)),
        "created_at": at,
        "updated_at": at,
    }


def received(tell: Teller, item: Item) -> Json:
    row = item.rows[0]
    return {
        "id": row.uuid,
        "account_number": item.account.number,
        "amount": money(abs(row.gross or ZERO)),
        "direction": "credit" if (row.gross or ZERO) > 0 else "debit",
        "state": "completed" if row.posted else "pending",
        "created_at": instant(row.executed_at),
        "originator_name": "SAMPLE BANK",
    }


def charge(tell: Teller, item: Item) -> Json:
    """Margin interest: a part of the bill was credited."""
    row = item.rows[0]
    credit = Decimal("0.50")
    return {
        "id": row.uuid,
        "account": tell.url("accounts", item.account.number),
        "amount": places(abs(row.gross or ZERO) + credit, 2),
        "credit": places(credit, 2),
        "created_at": instant(row.executed_at),
    }


def fee(tell: Teller, item: Item) -> Json:
    row = item.rows[0]
    return {
        "id": row.uuid,
        "account_number": item.account.number,
        "amount": places(abs(row.gross or ZERO), 2),
        "created_at": instant(row.executed_at),
        "credit": "0.00",
        "refunds": [],
        "subscription": tell.url("subscription", "subscriptions", tell.play.uuid("gold", 1)),
    }


def stock_loan(tell: Teller, item: Item) -> Json:
    row = item.rows[0]
    return {
        "id": row.uuid,
        "account_number": item.account.number,
        "amount": places(row.gross or ZERO, 2),
        "record_date": row.trade_date.isoformat(),
        "created_at": instant(row.executed_at),
    }


def unified_transfer(tell: Teller, item: Item) -> Json:
    row = item.rows[0]
    return {
        "id": row.uuid,
        "amount": places(abs(row.gross or ZERO), 2),
        "direction": "pull" if (row.gross or ZERO) > 0 else "push",
        "state": "completed" if row.posted else "pending",
        "transfer_type": "originated_ach",
        "created_at": instant(row.executed_at),
    }
