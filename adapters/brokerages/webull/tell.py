"""Webull's sandbox: the truth in its words. All figures are texts, all names in lower_snake_case."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

Json = dict[str, Any]
FEES_TOLD = date(2026, 7, 18)
ZERO = Decimal(0)
TYPES = {
    "equity": "EQUITY",
    "etf": "EQUITY",
    "mutual_fund": "MUTUAL_FUND",
    "option": "OPTION",
    "crypto": "CRYPTO",
}
CLASSES = {"margin": "INDIVIDUAL_MARGIN", "cash": "INDIVIDUAL_CASH", "ira_roth": "ROTH_IRA"}
# What is told as a movement of cash: types, and sub types that take turns.
ACTIVITIES = {
    "DEPOSIT": ("DEPOSIT", ("ACH", "WIRE")),
    "WITHDRAWAL": ("WITHDRAW", ("ACH", "WIRE")),
    "FEE": ("FEES", ("SERVICE_FEE", "REGULATORY_FEE")),
    "INTEREST": ("INTERESTS", ("CREDIT_INTEREST",)),
    "MARGIN_INTEREST": ("INTERESTS", ("MARGIN_INTEREST",)),
    "DIVIDEND": ("CORPORATE_ACTION", ("CASH_DIVIDEND",)),
    "TAX": ("CORPORATE_ACTION", ("DIVIDEND_TAX", "FOREIGN_TAX_WITHHELD")),
    "TRANSFER_IN": ("JOURNAL", ("INTERNAL_IN",)),
    "TRANSFER_OUT": ("TRANSFER", ("INTERNAL_OUT",)),
}


def by_transfer(row: TruthTransaction) -> bool:
    """Whether it is told as a transfer: what moves in kind, and every second movement of cash."""
    return row.deed.startswith("TRANSFER") and (row.quantity is not None or row.number % 2 == 0)


def told(row: TruthTransaction) -> TruthTransaction:
    """Fees are told since a day of 2026, settlement of transfers only, no cash where securities move."""
    settles = row.settlement_date if by_transfer(row) else None
    row = replace(row, settlement_date=settles)
    if row.trade and row.trade_date < FEES_TOLD:
        return replace(row, fees=None, net=None)
    if by_transfer(row) and row.quantity is not None:
        return replace(row, gross=None, net=None)
    return row


def told_instrument(instrument: TruthInstrument, currency: str) -> TruthInstrument:
    return replace(instrument, kind="equity") if instrument.kind == "etf" else instrument


def symbol_of(instrument: TruthInstrument) -> str:
    if instrument.option is not None:
        return instrument.option.underlying
    return f"{instrument.symbol}USD" if instrument.kind == "crypto" else instrument.symbol


def instrument_id(instrument: TruthInstrument) -> str:
    return str(913_000_000 + instrument.number)


def figure(value: Decimal | None) -> str | None:
    """With two places at least, as money is written."""
    if value is None:
        return None
    text = plain(value)
    point = text.find(".")
    return f"{text}.00" if point < 0 else text + "0" * max(0, 3 - (len(text) - point))


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def millis(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000 + 0.5))


# ---- accounts, balances, positions


def account(known: TruthAccount, user: str) -> Json:
    return {
        "user_id": user,
        "account_id": known.key,
        "account_number": known.number,
        "account_type": "MARGIN" if known.kind == "margin" else "CASH",
        "account_label": known.name,
        "account_class": CLASSES[known.kind],
    }


def balance(known: TruthAccount) -> Json:
    value = sum((one.market_value for one in known.positions), ZERO)
    gain = sum((one.unrealized_gain for one in known.positions), ZERO)
    own = {
        "currency": known.currency,
        "cash_balance": figure(known.cash),
        "market_value": figure(value),
        "settled_cash": figure(known.settled_cash),
        "unsettled_cash": figure(known.cash - known.settled_cash),
        "buying_power": figure(known.buying_power),
        "day_buying_power": None,
        "unrealized_profit_loss": figure(gain),
        "net_liquidation_value": figure(known.total_value),
        "available_withdrawal": figure(max(known.settled_cash, ZERO)),
        "held_amount": "0.00",
        "frozen_amount": "0.00",
        "interests_unpaid": "0.00",
    }
    return {
        "total_asset_currency": known.currency,
        "total_cash_balance": figure(known.cash),
        "total_market_value": figure(value),
        "total_unrealized_profit_loss": figure(gain),
        "total_net_liquidation_value": figure(known.total_value),
        "day_trades_left": "3",
        "margin_ratio": "0.0000",
        "open_margin_calls": [],
        "account_currency_assets": [own],
    }


def position(held: TruthPosition, currency: str, place: int) -> Json:
    instrument = held.instrument
    common = {
        "quantity": plain(held.quantity),
        "cost_price": plain(held.average_cost),
        "last_price": plain(held.price),
        # It may lack; then it is quantity x price (3.3).
        "market_value": plain(held.market_value) if place % 5 else None,
    }
    row: Json = {
        "position_id": f"P{instrument.number}",
        "symbol": symbol_of(instrument),
        "symbol_name": instrument.name,
        "instrument_type": TYPES[instrument.kind],
        "currency": currency,
        **common,
        "unrealized_profit_loss": plain(held.unrealized_gain),
        "proportion": "0.1000",
        "option_strategy": None,
        "event_outcome": None,
        "legs": None,
    }
    option = instrument.option
    if option is None:
        return row | {"instrument_id": instrument_id(instrument), "exchange_code": "NSQ"}
    leg = (
        option_leg(instrument)
        | common
        | {
            "item_id": f"L{instrument.number}",
            "side": "SHORT" if held.quantity < 0 else "LONG",
            "quantity": plain(abs(held.quantity)),
            "available_quantity": plain(abs(held.quantity)),
            "option_exercise_price": plain(option.strike),
        }
    )
    return row | {"option_strategy": "SINGLE", "legs": [leg]}


def option_leg(instrument: TruthInstrument) -> Json:
    option = instrument.option
    if option is None:
        raise ValueError("it is no option")
    return {
        "symbol": option.underlying,
        "instrument_type": "OPTION",
        "option_type": option.right.upper(),
        "option_category": "AMERICAN",
        "option_expire_date": option.expiration.isoformat(),
        "option_contract_multiplier": plain(option.multiplier),
        "option_contract_deliverable": plain(option.multiplier),
        "expiration_type": "STANDARD",
    }


# ---- orders


def client_order_id(row: TruthTransaction) -> str:
    return row.uuid.replace("-", "")


def stem(client_order_id: str) -> str:
    """What the ids of an order, and of those that are told beside it, have in common."""
    return client_order_id[1:]


INTENTS = {
    "BUY": "BUY_TO_OPEN",
    "SELL": "SELL_TO_CLOSE",
    "SELL_SHORT": "SELL_TO_OPEN",
    "BUY_TO_COVER": "BUY_TO_CLOSE",
}


def order(row: TruthTransaction, *, detailed: bool = False) -> Json:
    """A filled order. Its fees stand in the detail only, and only since a day of 2026."""
    instrument = row.instrument
    if instrument is None:
        raise ValueError("an order names what is traded")
    quantity = abs(row.quantity or ZERO)
    side = "BUY" if (row.quantity or ZERO) > 0 else "SELL"
    placed = row.executed_at - timedelta(seconds=1)
    listed: Json = {
        "client_order_id": client_order_id(row),
        "order_id": f"O{row.number}",
        "symbol": symbol_of(instrument),
        "instrument_type": TYPES[instrument.kind],
        "side": "SHORT" if row.deed == "SELL_SHORT" else side,
        "order_type": "LIMIT" if row.number % 3 else "MARKET",
        "time_in_force": "DAY",
        "support_trading_session": "CORE",
        "entrust_type": "QTY",
        "total_quantity": plain(quantity),
        "filled_quantity": plain(quantity),
        "remain_quantity": "0",
        "limit_price": plain(row.price or ZERO) if row.number % 3 else None,
        "stop_price": None,
        "filled_price": plain(row.price or ZERO),
        "status": "FILLED",
        "position_intent": INTENTS.get(row.deed, row.deed),
        "place_time": millis(placed),
        "place_time_at": iso(placed),
        "filled_time": millis(row.executed_at),
        "filled_time_at": iso(row.executed_at),
        "option_strategy": None,
        "legs": None,
    }
    if instrument.option is not None:
        leg = option_leg(instrument) | {
            "id": f"G{row.number}",
            "quantity": plain(quantity),
            "side": side,
            "market": "US",
            "strike_price": plain(instrument.option.strike),
        }
        listed |= {"option_strategy": "SINGLE", "legs": [leg]}
    if detailed and row.trade_date >= FEES_TOLD:
        charged = figure(row.fees or ZERO)
        commission = charged if instrument.option is not None else "0.00"
        listed["commission"] = {"actual_commission": commission, "receivable_commission": commission}
        other = {"type": "TAF", "actual_value": charged, "receivable_value": charged}
        listed["fees"] = [] if instrument.option is not None else [other]
    return listed


def unfilled(row: TruthTransaction, status: str, word: str) -> Json:
    """An order like that one, of which nothing was filled."""
    nothing = {"filled_quantity": "0", "filled_price": None, "filled_time": None, "filled_time_at": None}
    like = order(row)
    again = {
        "client_order_id": f"{word}{stem(like['client_order_id'])}",
        "order_id": f"{like['order_id']}{word}",
    }
    return like | nothing | again | {"status": status, "remain_quantity": like["total_quantity"]}


def cancelled(row: TruthTransaction) -> Json:
    """An order that was cancelled before anything was filled, alone."""
    gone = unfilled(row, "CANCELLED", "y")
    head = {"client_order_id": gone["client_order_id"], "client_combo_order_id": None}
    return head | {"combo_type": "NORMAL", "orders": [gone]}


def group(row: TruthTransaction, *, detailed: bool = False) -> Json:
    """The order alone, or (every seventh) with the one that the fill has cancelled."""
    own = order(row, detailed=detailed)
    head = {"client_order_id": own["client_order_id"], "client_combo_order_id": None, "combo_type": "NORMAL"}
    if row.number % 7:
        return head | {"orders": [own]}
    both = [own, unfilled(row, "CANCELLED", "x")]
    return head | {"client_combo_order_id": f"C{row.number}", "combo_type": "OCO", "orders": both}


# ---- cash and transfers


def activity(row: TruthTransaction, known: TruthAccount) -> Json:
    amount = row.net
    if row.trade:
        word, sub = "TRADE", "BUY" if (row.quantity or ZERO) > 0 else "SELL"
    elif by_transfer(row):
        word, sub = "TRANSFER", "ACATS_IN" if (row.net or ZERO) > 0 else "ACATS_OUT"
    else:
        word, subs = ACTIVITIES[row.deed]
        sub = subs[row.number % len(subs)]
    return {
        "id": f"A{row.number}",
        "account_id": known.key,
        "account_number": known.number,
        "activity_type": word,
        "activity_sub_type": sub,
        "currency": row.currency,
        "market": "US",
        "symbol": None if row.instrument is None else symbol_of(row.instrument),
        "trade_date": row.trade_date.isoformat(),
        "net_amount": figure(amount),
        "biz_time": iso(row.executed_at),
    }


def transfer(row: TruthTransaction, known: TruthAccount) -> Json:
    coming = (row.quantity or row.net or ZERO) > 0
    settled = None if row.settlement_date is None else row.settlement_date.isoformat()
    return {
        "account_id": known.key,
        "transfer_method": "ACATS",
        "transfer_id": f"T{row.number}",
        "direction": "INCOMING" if coming else "OUTGOING",
        "status": "COMPLETED",
        "failure_reason": None,
        "acats_associated_number": None,
        "acats_transfer_types": "PARTIAL",
        "create_time": iso(row.executed_at),
        "update_time": iso(row.executed_at),
        "transfer_settlement_date": settled,
    }


def transfer_detail(row: TruthTransaction, known: TruthAccount) -> Json:
    listed = transfer(row, known)
    settled, instrument = listed["transfer_settlement_date"], row.instrument
    broker = {
        "broker_name": "EXAMPLE SECURITIES",
        "dtc_number": "0000",
        "account_type": "MARGIN",
        "account_number": "X",
    }
    listed |= {
        "acats_control_number": f"2026{row.number}",
        "contra_broker": broker,
        "cash": None,
        "positions": [],
    }
    if instrument is None or row.quantity is None:
        amount = {
            "amount": figure(abs(row.net or ZERO)),
            "currency": row.currency,
            "settlement_date": settled,
        }
        return listed | {"cash": amount}
    moved = plain(abs(row.quantity))
    position = {
        "asset_type": TYPES[instrument.kind],
        "symbol": instrument.symbol,
        "name": instrument.name,
        "cusip": instrument.cusip,
        "quantity": moved,
        "fee_quantity": "0",
        "total_quantity": moved,
        "transfer_price": plain(row.price or ZERO),
        "settlement_date": settled,
    }
    return listed | {"positions": [position]}
