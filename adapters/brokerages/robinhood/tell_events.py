"""Robinhood's sandbox: what happens besides orders, in Robinhood's words: option events, dividends, interest,
transfers, fees (sheet, 3.5)."""

from datetime import timedelta
from decimal import Decimal

from adapters.brokerages.robinhood.books import Item
from adapters.brokerages.robinhood.tell import (
    Json,
    Teller,
    instant,
    money,
    places,
    terms,
    traded,
)

ZERO = Decimal(0)
SHARES = Decimal(10)  # a dividend is told as so much for each of so many shares


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
