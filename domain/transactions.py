"""Transactions: types, signs, and what stays the same when one is told again."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from domain.instruments import Instrument
from domain.quick import quickly_made


class TransactionType(Enum):
    BUY = "buy"
    SELL = "sell"
    SELL_SHORT = "sell_short"
    BUY_TO_COVER = "buy_to_cover"
    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"
    OPTION_EXPIRATION = "option_expiration"
    OPTION_ASSIGNMENT = "option_assignment"
    OPTION_EXERCISE = "option_exercise"
    DIVIDEND = "dividend"
    DIVIDEND_REINVESTMENT = "dividend_reinvestment"
    STOCK_DIVIDEND = "stock_dividend"
    SUBSTITUTE_DIVIDEND = "substitute_dividend"
    CAPITAL_GAIN = "capital_gain"
    RETURN_OF_CAPITAL = "return_of_capital"
    INTEREST = "interest"
    STAKING_REWARD = "staking_reward"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    SWEEP = "sweep"
    FEE = "fee"
    MARGIN_INTEREST = "margin_interest"
    TAX = "tax"
    SPLIT = "split"
    MERGER = "merger"
    SPINOFF = "spinoff"
    SYMBOL_CHANGE = "symbol_change"
    CASH_IN_LIEU = "cash_in_lieu"
    FX_CONVERSION = "fx_conversion"
    ADJUSTMENT = "adjustment"
    OTHER = "other"


# The six types of the old system, as filters over ours.
GROUPS: dict[str, frozenset[TransactionType]] = {
    "buy": frozenset(
        {
            TransactionType.BUY,
            TransactionType.BUY_TO_COVER,
            TransactionType.BUY_TO_OPEN,
            TransactionType.BUY_TO_CLOSE,
            TransactionType.DIVIDEND_REINVESTMENT,
        }
    ),
    "sell": frozenset(
        {
            TransactionType.SELL,
            TransactionType.SELL_SHORT,
            TransactionType.SELL_TO_OPEN,
            TransactionType.SELL_TO_CLOSE,
        }
    ),
    "dividend": frozenset(
        {
            TransactionType.DIVIDEND,
            TransactionType.STOCK_DIVIDEND,
            TransactionType.SUBSTITUTE_DIVIDEND,
            TransactionType.CAPITAL_GAIN,
            TransactionType.RETURN_OF_CAPITAL,
        }
    ),
    "deposit": frozenset({TransactionType.DEPOSIT}),
    "withdrawal": frozenset({TransactionType.WITHDRAWAL}),
    "transfer": frozenset({TransactionType.TRANSFER_IN, TransactionType.TRANSFER_OUT}),
}


class TransactionStatus(Enum):
    PENDING = "pending"
    POSTED = "posted"
    REMOVED = "removed"


@quickly_made
@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of cash or securities, as a brokerage tells it, in our signs.

    `source_key` is the brokerage's own stable id of the row; None where it gives none (then the row's
    fingerprint and its occurrence number name it). `quantity`: + into the account. `gross`, `net`: + is
    cash into the account; `fees` and `taxes` are positive; net = gross - fees - taxes. `trade_date` is
    the calendar date in the market's zone; `executed_at` the instant, where one is told.
    `source_type` is the brokerage's own word for the type. `raw` is the row as it came.
    """

    source_key: str | None
    type: TransactionType
    trade_date: date
    currency: str
    source_type: str
    status: TransactionStatus = TransactionStatus.POSTED
    executed_at: datetime | None = None
    settlement_date: date | None = None
    instrument: Instrument | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    gross: Decimal | None = None
    fees: Decimal | None = None
    taxes: Decimal | None = None
    net: Decimal | None = None
    description: str = ""
    removed_reason: str | None = None
    raw: bytes = field(default=b"", compare=False)
