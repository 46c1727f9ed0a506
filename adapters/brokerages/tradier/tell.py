"""What Tradier tells, in its shapes: lists wrapped twice, one element as an object, none as "null" (3)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any

import msgspec

from adapters.sandbox.truth import Customer, TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

CLASSES = {"margin": "individual", "cash": "individual", "ira_roth": "roth_ira"}
ALLOWED = 120


def listed(name: str, rows: Sequence[object]) -> object:
    """Two or more as a list, one as itself, none as a word."""
    if not rows:
        return "null"
    return {name: rows[0] if len(rows) == 1 else list(rows)}


def long(value: Decimal) -> msgspec.Raw:
    """A figure with the long tail of zeros that Tradier's have."""
    text = plain(value)
    return msgspec.Raw(f"{text}{'' if '.' in text else '.'}00000000000000000000".encode())


def limits(now: datetime, used: int) -> dict[str, str]:
    """Of the minute: how much may be asked, how much was, and the millisecond in which it ends (4)."""
    expiry = (int(now.timestamp()) // 60 + 1) * 60_000
    return {
        "x-ratelimit-allowed": str(ALLOWED),
        "x-ratelimit-used": str(min(used, ALLOWED)),
        "x-ratelimit-available": str(max(ALLOWED - used, 0)),
        "x-ratelimit-expiry": str(expiry),
    }


def clock(now: datetime) -> object:
    told = {"date": now.date().isoformat(), "state": "open", "timestamp": int(now.timestamp())}
    return {"clock": told}


# Accounts and balances (3.1, 3.2).


def profile(customer: Customer, accounts: Sequence[TruthAccount]) -> object:
    told = [
        {
            "account_number": account.number,
            "classification": CLASSES[account.kind],
            "date_created": "2016-08-01T21:08:55.000Z",
            "day_trader": False,
            "option_level": 6,
            "status": "active",
            "type": "margin" if account.kind == "margin" else "cash",
            "last_update_date": "2016-08-01T21:08:55.000Z",
        }
        for account in accounts
    ]
    name = f"{customer.first_name} {customer.last_name}"
    inside = listed("account", told)
    return {
        "profile": {
            "id": f"id-{customer.username}",
            "name": name,
            **(inside if isinstance(inside, dict) else {}),
        }
    }


def balances(account: TruthAccount) -> object:
    margin = account.kind == "margin"
    value = sum((held.market_value for held in account.positions), Decimal(0))
    longs = sum((held.market_value for held in account.positions if held.quantity > 0), Decimal(0))
    of_type: dict[str, object] = (
        {
            "fed_call": 0, "maintenance_call": 0, "option_buying_power": long(account.cash),
            "stock_buying_power": long(account.buying_power), "stock_short_value": 0, "sweep": 0,
        }
        if margin
        else {"cash_available": long(account.buying_power), "sweep": 0, "unsettled_funds": 0}
    )  # fmt: skip
    return {
        "balances": {
            "account_number": account.number,
            "account_type": "margin" if margin else "cash",
            "total_equity": long(account.total_value),
            "equity": 0,
            "total_cash": long(account.cash),
            "market_value": long(value),
            "open_pl": long(sum((held.unrealized_gain for held in account.positions), Decimal(0))),
            "close_pl": 0,
            "long_market_value": long(longs),
            "short_market_value": long(value - longs),
            "pending_cash": 0,
            "pending_orders_count": 0,
            "uncleared_funds": 0,
            "margin" if margin else "cash": of_type,
        }
    }


# Positions and quotes (3.3, 3.7).


def symbol(instrument: TruthInstrument) -> str:
    """Options without padding."""
    return instrument.symbol.replace(" ", "") if instrument.option else instrument.symbol


def positions(account: TruthAccount) -> object:
    told = [_position(held, 130_000 + n) for n, held in enumerate(account.positions)]
    return {"positions": listed("position", told)}


def _position(held: TruthPosition, number: int) -> object:
    return {
        "cost_basis": held.cost_basis,
        "date_acquired": "2018-08-08T14:41:11.405Z",
        "id": number,
        "quantity": long(held.quantity),
        "symbol": symbol(held.instrument),
    }


def quotes(wanted: Sequence[str], accounts: Iterable[TruthAccount]) -> object:
    """Of what the customer has or had."""
    known: dict[str, TruthInstrument] = {}
    for account in accounts:
        instruments = [held.instrument for held in account.positions]
        instruments += [row.instrument for row in account.transactions if row.instrument]
        known.update((symbol(one), one) for one in instruments)
    told = [_quote(known[one]) for one in wanted if one in known]
    lost = [one for one in wanted if one not in known]
    found: dict[str, Any] = {}
    if told:
        found["quote"] = told[0] if len(told) == 1 else told
    if lost:
        found["unmatched_symbols"] = {"symbol": lost[0] if len(lost) == 1 else lost}
    return {"quotes": found}


def _quote(instrument: TruthInstrument) -> object:
    option = instrument.option
    told: dict[str, object] = {
        "symbol": symbol(instrument),
        "description": instrument.name,
        "exch": "Q",
        "type": "stock" if option is None else "option",
        "last": instrument.price,
        "change": 0,
        "volume": 25_288_395,
        "open": None,
        "high": None,
        "low": None,
        "close": None,  # while the market is open
        "bid": instrument.price,
        "ask": instrument.price,
        "prevclose": instrument.price,
        "trade_date": 1_557_168_406_000,
    }
    if option is not None:
        told |= {
            "underlying": option.underlying,
            "strike": option.strike,
            "contract_size": int(option.multiplier),
            "expiration_date": option.expiration.isoformat(),
            "option_type": option.right,
            "root_symbol": option.underlying,
        }
    return told


# History (3.5).

WORDS = {
    "DIVIDEND": "dividend", "INTEREST": "interest", "MARGIN_INTEREST": "interest", "FEE": "fee", "TAX": "tax",
    "DEPOSIT": "ach", "WITHDRAWAL": "wire", "TRANSFER_IN": "transfer", "TRANSFER_OUT": "transfer",
    "ADJUSTMENT": "adjustment", "OPTION_EXPIRATION": "option", "OPTION_ASSIGNMENT": "option",
    "OPTION_EXERCISE": "option",
}  # fmt: skip
ENDINGS = {"OPTION_EXPIRATION": "expired", "OPTION_ASSIGNMENT": "assignment", "OPTION_EXERCISE": "exercise"}


def word(row: TruthTransaction) -> str:
    return "trade" if row.trade else WORDS[row.type]


def event(row: TruthTransaction) -> object:
    kind = word(row)
    # Nothing names an option that ended but its description.
    detail: dict[str, object] = {"description": row.description, "quantity": long(row.quantity or Decimal(0))}
    if kind == "trade" and row.instrument is not None:
        detail |= {
            "commission": 0,
            "price": row.price,
            "symbol": symbol(row.instrument),
            "trade_type": "Option" if row.instrument.option else "Equity",
        }
    if kind == "option":
        detail["option_type"] = ENDINGS[row.type]
    return {"amount": row.net, "date": f"{row.trade_date.isoformat()}T00:00:00Z", "type": kind, kind: detail}


def xml(body: bytes) -> bytes:
    """The same answer for whoever does not ask for JSON."""

    def element(name: str, value: object) -> str:
        if isinstance(value, list):
            return "".join(element(name, one) for one in value)
        if isinstance(value, dict):
            inside = "".join(element(key, member) for key, member in value.items())
        else:
            inside = "" if value is None else escape(str(value))
        return f"<{name}>{inside}</{name}>"

    told = msgspec.json.decode(body)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>' + "".join(element(k, v) for k, v in told.items())
    ).encode()
