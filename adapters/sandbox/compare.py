"""The truth in our normalised words, as JSON: what the service's answers are compared with.

    account      number key name kind currency balance positions transactions
    balance      currency cash settled_cash buying_power total_value
    position     instrument quantity currency average_cost cost_basis price market_value unrealized_gain
    transaction  number type status trade_date executed_at settlement_date instrument quantity price
                 gross fees taxes net currency description
    instrument   kind symbol name cusip option{underlying expiration right strike multiplier}

Figures are plain decimal text, instants ISO with six digits and Z. What a brokerage cannot tell is
null; what is not compared is missing. Transactions are newest first, positions by symbol.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.money import plain

if TYPE_CHECKING:
    from adapters.sandbox.profile import Profile
    from adapters.sandbox.truth import Truth, TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

Json = dict[str, object]


def truth_json(truth: Truth, profile: Profile) -> Json:
    return {
        "brokerage": truth.brokerage,
        "seed": truth.seed,
        "persona": truth.persona,
        "today": truth.today.isoformat(),
        "accounts": [account_json(account, profile) for account in truth.accounts],
    }


def account_json(account: TruthAccount, profile: Profile) -> Json:
    balance: Json = {
        "currency": account.currency,
        "cash": plain(account.cash),
        "settled_cash": plain(account.settled_cash),
        "buying_power": plain(account.buying_power),
        "total_value": plain(account.total_value),
    }
    number = account.number if profile.tell_number is None else profile.tell_number(account.number)
    told: Json = {
        "number": number,
        "key": account.key,
        "name": account.name,
        "kind": account.kind,
        "currency": account.currency,
    }
    return _visible("account", told, profile) | {
        "balance": _visible("balance", balance, profile),
        "positions": [position_json(position, profile, account.currency) for position in account.positions],
        "transactions": [transaction_json(row, profile) for row in account.transactions],
    }


def position_json(position: TruthPosition, profile: Profile, currency: str = "USD") -> Json:
    if profile.tell_position is not None:
        position = profile.tell_position(position)
    told: Json = {
        "instrument": instrument_json(position.instrument, profile, currency),
        "quantity": plain(position.quantity),
        "currency": currency,
        "average_cost": plain(position.average_cost),
        "cost_basis": plain(position.cost_basis),
        "price": plain(position.price),
        "market_value": plain(position.market_value),
        "unrealized_gain": plain(position.unrealized_gain),
    }
    return _visible("position", told, profile, position.instrument.kind)


def transaction_json(row: TruthTransaction, profile: Profile) -> Json:
    groups = [row.type, "trades" if row.trade else "others"]
    if row.status == "PENDING":
        groups.append("pending")
    if row.leg_of is not None:
        groups.append("legs")
    if profile.tell is not None:
        row = profile.tell(row)
    told: Json = {
        "number": row.number,
        "type": row.type,
        "status": row.status,
        "trade_date": row.trade_date.isoformat(),
        "executed_at": instant_text(row.executed_at),
        "settlement_date": None if row.settlement_date is None else row.settlement_date.isoformat(),
        "instrument": None
        if row.instrument is None
        else instrument_json(row.instrument, profile, row.currency),
        "quantity": _figure(row.quantity),
        "price": _figure(row.price),
        "gross": _figure(row.gross),
        "fees": _figure(row.fees),
        "taxes": _figure(row.taxes),
        "net": _figure(row.net),
        "currency": row.currency,
        "description": row.description,
    }
    return _visible("transaction", told, profile, *groups)


def instrument_json(instrument: TruthInstrument, profile: Profile, currency: str = "USD") -> Json:
    if profile.tell_instrument is not None:
        instrument = profile.tell_instrument(instrument, currency)
    option = instrument.option
    terms: Json | None = None
    if option is not None:
        terms = {
            "underlying": option.underlying,
            "expiration": option.expiration.isoformat(),
            "right": option.right,
            "strike": plain(option.strike),
            "multiplier": plain(option.multiplier),
        }
    told: Json = {
        "kind": instrument.kind,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "cusip": instrument.cusip or None,
        "option": terms,
    }
    return _visible("instrument", told, profile, instrument.kind)


def instant_text(instant: datetime) -> str:
    """ISO in UTC with six digits and Z: the one form in which instants are compared."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _visible(noun: str, told: Json, profile: Profile, *groups: str) -> Json:
    shown: Json = {}
    for name, value in told.items():
        full = f"{noun}.{name}"
        if full in profile.uncompared:
            continue
        hidden = full in profile.hidden or any(f"{full}/{group}" in profile.hidden for group in groups)
        shown[name] = None if hidden else value
    return shown
