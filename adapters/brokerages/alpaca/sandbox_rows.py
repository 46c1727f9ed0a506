"""The truth in Alpaca's own words: rows as the Trading API sends them. Figures are decimal strings."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.kit.wire import Response
from adapters.sandbox.asked import say
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

Row = dict[str, object]
NEW_YORK = ZoneInfo("America/New_York")
OPENED = date(2019, 6, 12)

# Our deed in Alpaca's word; where there are several, the row's number chooses one.
WORDS = {
    "DIVIDEND": ("DIV", "DIVTXEX"),
    "CAPITAL_GAIN": ("DIVCGL", "DIVCGS"),
    "RETURN_OF_CAPITAL": ("DIVROC",),
    "STOCK_DIVIDEND": ("DIV",),
    "INTEREST": ("INT",),
    "MARGIN_INTEREST": ("INT",),
    "DEPOSIT": ("CSD", "CSR"),
    "WITHDRAWAL": ("CSW",),
    "FEE": ("FEE", "PTC", "DIVFEE"),
    "TAX": ("DIVNRA", "DIVFT", "DIVTW", "DIVWH", "WH"),
    "SPLIT": ("SPLIT",),
    "CASH_IN_LIEU": ("CIL",),
    "OPTION_EXPIRATION": ("OPEXP",),
    "OPTION_ASSIGNMENT": ("OPASN",),
    "OPTION_EXERCISE": ("OPEXC", "OPXRC"),
}


def error(status: int, code: int, message: str) -> Response:
    return say({"code": code, "message": message}, status)


def account(truth: TruthAccount) -> Row:
    longs = sum((p.market_value for p in truth.positions if p.quantity > 0), Decimal(0))
    shorts = sum((p.market_value for p in truth.positions if p.quantity < 0), Decimal(0))
    return {
        "id": truth.uuid,
        "account_number": truth.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "cash": plain(truth.cash),
        "buying_power": plain(truth.buying_power),
        "regt_buying_power": plain(truth.buying_power),
        "non_marginable_buying_power": plain(truth.cash),
        "options_buying_power": plain(truth.buying_power),
        "equity": plain(truth.total_value),
        "last_equity": plain(truth.total_value),
        "portfolio_value": plain(truth.total_value),
        "long_market_value": plain(longs),
        "short_market_value": plain(shorts),
        "initial_margin": "0",
        "maintenance_margin": "0",
        "last_maintenance_margin": "0",
        "sma": "0",
        "multiplier": "2",
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "shorting_enabled": True,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": False,
        "options_approved_level": 3,
        "options_trading_level": 3,
        "created_at": f"{OPENED.isoformat()}T22:47:07.99658Z",
    }


def symbol(instrument: TruthInstrument, *, slash: bool) -> str:
    """OCC without padding; coins with a slash in activities and orders, without in positions."""
    if instrument.kind == "crypto":
        return f"{instrument.symbol}/USD" if slash else f"{instrument.symbol}USD"
    return instrument.symbol.replace(" ", "")


def asset_class(instrument: TruthInstrument) -> str:
    return {"option": "us_option", "crypto": "crypto"}.get(instrument.kind, "us_equity")


def exchange(instrument: TruthInstrument) -> str:
    return {"option": "", "crypto": "CRYPTO"}.get(instrument.kind, "NASDAQ")


def position(truth: TruthPosition) -> Row:
    gain = truth.unrealized_gain
    percent = gain / abs(truth.cost_basis) if truth.cost_basis else Decimal(0)
    return {
        "asset_id": truth.instrument.uuid,
        "symbol": symbol(truth.instrument, slash=False),
        "exchange": exchange(truth.instrument),
        "asset_class": asset_class(truth.instrument),
        "asset_marginable": truth.instrument.kind == "equity",
        "qty": plain(truth.quantity),
        "qty_available": plain(truth.quantity),
        "avg_entry_price": plain(truth.average_cost),
        "side": "short" if truth.quantity < 0 else "long",
        "market_value": plain(truth.market_value),
        "cost_basis": plain(truth.cost_basis),
        "unrealized_pl": plain(gain),
        "unrealized_plpc": plain(percent.quantize(Decimal("0.0001"))),
        "unrealized_intraday_pl": "0",
        "unrealized_intraday_plpc": "0",
        "current_price": plain(truth.price),
        "lastday_price": plain(truth.price),
        "change_today": "0",
    }


@dataclass(frozen=True, slots=True)
class Fills:
    """How far an order was filled by each of its executions: Alpaca tells one row for each (3.3)."""

    done: dict[int, Decimal]
    whole: dict[int, Decimal]

    @classmethod
    def of(cls, rows: Iterable[TruthTransaction]) -> "Fills":
        """`rows` of one account, in any order."""
        done: dict[int, Decimal] = {}
        whole: dict[int, Decimal] = {}
        for row in sorted((row for row in rows if filled(row)), key=lambda row: row.number):
            whole[row.order] = whole.get(row.order, Decimal(0)) + abs(row.quantity or Decimal(0))
            done[row.number] = whole[row.order]
        return cls(done, whole)

    def left(self, row: TruthTransaction) -> Decimal:
        return self.whole[row.order] - self.done[row.number]


def filled(row: TruthTransaction) -> bool:
    """Whether a row is the execution of an order; shares of an exercise are not."""
    return row.trade and row.leg_of is None


def activity(row: TruthTransaction, fills: Fills) -> Row:
    return _fill(row, fills) if filled(row) else _event(row)


def traded(row: TruthTransaction) -> TruthInstrument:
    if row.instrument is None:
        raise ValueError("a trade has an instrument")
    return row.instrument


def _fill(row: TruthTransaction, fills: Fills) -> Row:
    quantity, left = row.quantity or Decimal(0), fills.left(row)
    side = "buy" if quantity > 0 else "sell_short" if row.deed == "SELL_SHORT" else "sell"
    return {
        "id": f"{_digits(row.executed_at)}::{row.uuid}",
        "activity_type": "FILL",
        "transaction_time": instant(row.executed_at),
        "type": "partial_fill" if left else "fill",
        "price": plain(row.price or Decimal(0)),
        "qty": plain(abs(quantity)),
        "side": side,
        "symbol": symbol(traded(row), slash=True),
        "leaves_qty": plain(left),
        "cum_qty": plain(fills.done[row.number]),
        "order_id": order_id(row.order),
        "order_status": "partially_filled" if left else "filled",
    }


def _event(row: TruthTransaction) -> Row:
    word = _word(row)
    told: Row = {
        "id": f"{row.trade_date:%Y%m%d}000000000::{row.uuid}",
        "activity_type": word,
        "date": row.trade_date.isoformat(),
        "net_amount": plain(row.net or Decimal(0)),
        "description": row.description,
        "status": "executed",
        "created_at": f"{row.trade_date.isoformat()}T09:00:00Z",
    }
    if row.deed in ("DIVIDEND", "STOCK_DIVIDEND"):
        told["activity_sub_type"] = "SDIV" if row.deed == "STOCK_DIVIDEND" else "CDIV"
    if row.deed == "DIVIDEND":
        # The number of shares that earned it: moves nothing.
        told |= {"qty": "2", "per_share_amount": plain((row.net or Decimal(0)) / 2)}
    if row.instrument is not None:
        told["symbol"] = symbol(row.instrument, slash=word != "CFEE")
        if row.instrument.cusip:
            told["cusip"] = row.instrument.cusip
    if row.quantity is not None:
        told["qty"] = plain(row.quantity)
    if row.price is not None:
        told["price"] = plain(row.price)
    return told


def _word(row: TruthTransaction) -> str:
    if row.leg_of is not None:
        return "OPTRD"
    if row.deed in ("TRANSFER_IN", "TRANSFER_OUT"):
        return ("ACATS", "JNLS")[row.number % 2] if row.quantity else ("ACATC", "JNLC", "JNL")[row.number % 3]
    if row.deed == "FEE" and row.instrument is not None and row.instrument.kind == "crypto":
        return "CFEE"
    words = WORDS[row.deed]
    return words[row.number % len(words)]


def _digits(moment: datetime) -> str:
    """Alpaca's ids begin with the New York time, to the millisecond."""
    return f"{moment.astimezone(NEW_YORK):%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def order_id(number: int) -> str:
    return made_up_id(f"order {number}")


def made_up_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
