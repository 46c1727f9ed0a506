"""Alpaca's rows into our nouns. Pure.

Signs: `net_amount` is + into the account, as ours. `qty` of a FILL is unsigned, its `side` tells;
elsewhere it is signed. Positions carry shorts as negative. Figures are decimal strings.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from adapters.kit import rows
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Request, get
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind, option_from_occ, option_instrument
from domain.money import HUNDRED, ZERO
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType

_OCC = re.compile(r"[A-Z0-9.]{1,6}\d{6}[CP]\d{8}")
# A coin and what it is priced in, of an old fill: new ones have a slash between them. Shares have at most
# five letters.
_PAIR = re.compile(r"(?=.{6,})([A-Z0-9]{2,10}?)(USDT|USDC|USD|BTC)")
_CLOSED = frozenset({"ACCOUNT_CLOSED", "REJECTED", "SUBMISSION_FAILED"})
_OPEN = rows.names(
    "ONBOARDING SUBMITTED ACCOUNT_UPDATED APPROVAL_PENDING ACTIVE ACTION_REQUIRED APPROVED DISABLED INACTIVE"
    " LIMITED PAPER_ONLY AML_REVIEW"
)

# Section 3.3 (types) and 5 (mapping). None: the direction decides, see `_directed`.
TYPES: dict[str, TransactionType | None] = {
    "CSD": T.DEPOSIT,
    "CSW": T.WITHDRAWAL,
    "CSR": T.DEPOSIT,
    "ACATC": None,
    "ACATS": None,
    "JNL": None,
    "JNLC": None,
    "JNLS": None,
    "DIV": T.DIVIDEND,
    "DIVTXEX": T.DIVIDEND,
    "DIVCGL": T.CAPITAL_GAIN,
    "DIVCGS": T.CAPITAL_GAIN,
    "DIVROC": T.RETURN_OF_CAPITAL,
    "DIVFEE": T.FEE,
    "DIVFT": T.TAX,
    "DIVNRA": T.TAX,
    "DIVTW": T.TAX,
    "DIVWH": T.TAX,
    "WH": T.TAX,
    "INTNRA": T.TAX,
    "INTTW": T.TAX,
    "INT": T.INTEREST,
    "FEE": T.FEE,
    "CFEE": T.FEE,
    "PTC": T.FEE,
    "PTR": T.FEE,
    "SUB": T.FEE,
    "SPLIT": T.SPLIT,
    "SSP": T.SPLIT,
    "SPIN": T.SPINOFF,
    "SSO": T.SPINOFF,
    "MA": T.MERGER,
    "REORG": T.MERGER,
    "VOF": T.MERGER,
    "NC": T.SYMBOL_CHANGE,
    "SC": T.SYMBOL_CHANGE,
    "CIL": T.CASH_IN_LIEU,
    "OPASN": T.OPTION_ASSIGNMENT,
    "OPEXC": T.OPTION_EXERCISE,
    "OPXRC": T.OPTION_EXERCISE,
    "OPEXP": T.OPTION_EXPIRATION,
    "OPTRD": None,
    "FXTRD": T.FX_CONVERSION,
    "FXCNV": T.FX_CONVERSION,
    "SWP": T.SWEEP,
    "CORR": T.ADJUSTMENT,
    # "others -> other" (section 5)
    "OPCSH": T.OTHER,
    "OPCA": T.OTHER,
    "ECEXP": T.OTHER,
    "EXTRD": T.OTHER,
    "ALLOC": T.OTHER,
    "DTCS": T.OTHER,
    "DVF": T.OTHER,
    "FIMAT": T.OTHER,
    "INTPNL": T.OTHER,
    "INVPNL": T.OTHER,
    "MEM": T.OTHER,
    "SEG": T.OTHER,
    "OCT": T.OTHER,
    "MISC": T.OTHER,
    "TRD": T.OTHER,
    "TRANS": T.OTHER,
}
SIDES = {"buy": T.BUY, "sell": T.SELL, "sell_short": T.SELL_SHORT}
# A correction stands under its id in place of what that told before.
STATUSES = {
    "executed": TransactionStatus.POSTED,
    "correct": TransactionStatus.POSTED,
    "canceled": TransactionStatus.REMOVED,
}
# Types whose `qty` moves securities. On a dividend it is only the number of shares that earned it.
_MOVES_SECURITIES = frozenset(
    {T.TRANSFER_IN, T.TRANSFER_OUT, T.SPLIT, T.SPINOFF, T.MERGER, T.SYMBOL_CHANGE, T.OPTION_ASSIGNMENT,
     T.OPTION_EXERCISE, T.OPTION_EXPIRATION, T.STOCK_DIVIDEND, T.BUY, T.SELL, T.FEE, T.OTHER, T.ADJUSTMENT}
)  # fmt: skip

_ACCOUNT = frozenset(
    "id account_number status crypto_status currency cash buying_power regt_buying_power"
    " non_marginable_buying_power options_buying_power equity last_equity portfolio_value long_market_value"
    " short_market_value initial_margin maintenance_margin last_maintenance_margin sma multiplier"
    " accrued_fees"
    " pending_transfer_in pending_transfer_out shorting_enabled trading_blocked transfers_blocked"
    " account_blocked trade_suspended_by_user options_approved_level options_trading_level created_at"
    " pattern_day_trader daytrade_count daytrading_buying_power".split()
)
_POSITION = frozenset(
    "asset_id symbol exchange asset_class asset_marginable qty qty_available avg_entry_price side"
    " market_value"
    " cost_basis unrealized_pl unrealized_plpc unrealized_intraday_pl unrealized_intraday_plpc current_price"
    " lastday_price change_today swap_rate avg_entry_swap_rate usd".split()
)
_FILL = frozenset(
    "id account_id activity_type type transaction_time price qty side symbol leaves_qty cum_qty order_id"
    " order_status".split()
)
_OTHER = frozenset(
    "id account_id activity_type activity_sub_type date net_amount symbol qty price per_share_amount"
    " description status cusip created_at currency group_id".split()
)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """GET /v2/account (3.1). The key's one account; the account number names it for ever. Those of play money
    begin with PA, and say so in their name."""
    row = rows.fields(raw)
    rows.note_unknown(row, _ACCOUNT, "account", scene.notes)
    number, status = rows.text(row, "account_number"), rows.text(row, "status")
    if status not in _CLOSED | _OPEN:
        scene.notes.words[f"status.{status[:32]}"] += 1
    leverage = rows.optional_number(row, "multiplier")
    kind = AccountKind.MARGIN if leverage is not None and leverage > 1 else AccountKind.CASH
    yield AccountTold(
        key=number,
        name=f"Alpaca{' paper' if number.startswith('PA') else ''} {number[-4:]}",
        number=number,
        kind=kind,
        currency=rows.text(row, "currency"),
        open=status not in _CLOSED,
        raw=raw,
    )


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """The same answer as balance. `cash` is negative when borrowed."""
    row = rows.fields(raw)
    yield Balance(
        currency=rows.text(row, "currency"),
        cash=rows.number(row, "cash"),
        buying_power=rows.optional_number(row, "buying_power"),
        total_value=rows.number(row, "equity"),
    )


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """GET /v2/positions (3.2). Shorts come with negative qty, value and cost; prices may be null."""
    row = rows.fields(raw)
    rows.note_unknown(row, _POSITION, "position", scene.notes)
    quantity = rows.number(row, "qty")
    if quantity != 0 and rows.text(row, "side") != ("long" if quantity > 0 else "short"):
        raise UnreadableReply("side and the sign of qty do not agree")
    cost = rows.optional_number(row, "cost_basis")
    yield Position(
        instrument=_held(row, scene),
        quantity=quantity,
        currency=scene.account.currency if scene.account else "USD",
        average_cost=rows.optional_number(row, "avg_entry_price"),
        cost_basis=cost,
        price=rows.optional_number(row, "current_price"),
        market_value=rows.optional_number(row, "market_value"),
        unrealized_gain=rows.optional_number(row, "unrealized_pl"),
        flags=(Flag.COST_UNKNOWN,) if cost == 0 and quantity != 0 else (),
        raw=raw,
    )


def ask_activities(call: Call) -> Request:
    """Newest first; `after` is left out for the whole history."""
    return get(
        "/v2/account/activities",
        ("direction", "desc"),
        ("after", f"{call.since.isoformat()}T00:00:00Z" if call.since else None),
        ("page_size", "100"),
        ("page_token", call.cursor),
    )


def activity(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """One row of GET /v2/account/activities (3.3): a fill, or anything else."""
    row = rows.fields(raw)
    yield _fill(row, raw, scene) if row.get("activity_type") == "FILL" else _event(row, raw, scene)


def _fill(row: dict[str, Any], raw: bytes, scene: Scene) -> Transaction:
    rows.note_unknown(row, _FILL, "fill", scene.notes)
    executed = rows.instant(row.get("transaction_time"), "transaction_time")
    symbol, side = rows.text(row, "symbol"), rows.text(row, "side")
    if side not in SIDES:
        raise UnreadableReply("the side of a fill says neither buy nor sell")
    instrument, currency = _named(symbol), scene.account.currency if scene.account else "USD"
    quantity, buys = rows.number(row, "qty"), side == "buy"
    price: Decimal | None = rows.number(row, "price")
    pair = _pair(symbol)
    if pair is not None and pair[1] not in ("USD", currency):
        scene.notes.words["pair.priced_in_a_coin"] += 1  # what that was in money is told nowhere
        price = None
    gross = None if price is None else _worth(instrument, -quantity if buys else quantity, price)
    return Transaction(
        source_key=rows.text(row, "id"),
        type=SIDES[side],
        trade_date=rows.market_day(executed),
        currency=currency,
        source_type=f"FILL {side}",
        executed_at=executed,
        instrument=instrument,
        quantity=quantity if buys else -quantity,
        price=price,
        gross=gross,
        fees=ZERO,  # fees are daily rows of their own (4, quirks)
        net=gross,
        raw=raw,
    )


def _worth(instrument: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
    return quantity * price * (HUNDRED if instrument.kind is InstrumentKind.OPTION else 1)


def _event(row: dict[str, Any], raw: bytes, scene: Scene) -> Transaction:
    rows.note_unknown(row, _OTHER, "activity", scene.notes)
    word = rows.text(row, "activity_type")
    net = rows.optional_number(row, "net_amount")
    quantity = rows.optional_number(row, "qty")
    kind = _kind(word, rows.optional_text(row, "activity_sub_type"), net, quantity, scene)
    symbol = rows.optional_text(row, "symbol")
    cusip = rows.optional_text(row, "cusip")
    status = STATUSES.get(rows.optional_text(row, "status") or "executed")
    if status is None:
        raise UnreadableReply("the status of an activity is none of those that are documented")
    return Transaction(
        source_key=rows.text(row, "id"),
        type=kind,
        trade_date=rows.day(row.get("date"), "date"),
        currency=rows.optional_text(row, "currency") or (scene.account.currency if scene.account else "USD"),
        source_type=" ".join(filter(None, (word, rows.optional_text(row, "activity_sub_type")))),
        status=status,
        instrument=None if symbol is None else _named(symbol, cusip),
        quantity=quantity if kind in _MOVES_SECURITIES else None,
        price=rows.optional_number(row, "price"),
        gross=net,
        net=net,
        description=rows.optional_text(row, "description") or "",
        removed_reason="CANCELLED_BY_BROKERAGE" if status is TransactionStatus.REMOVED else None,
        raw=raw,
    )


def _kind(
    word: str, sub: str | None, net: Decimal | None, quantity: Decimal | None, scene: Scene
) -> TransactionType:
    if word not in TYPES:
        scene.notes.words[f"activity_type.{word[:32]}"] += 1
        return T.OTHER
    kind = TYPES[word]
    if kind is None:
        direction = net or quantity or ZERO
        incoming = direction > 0
        if word == "OPTRD":  # where no shares are told, money that goes says that they came
            return T.BUY if (quantity > 0 if quantity else (net or ZERO) < 0) else T.SELL
        return T.TRANSFER_IN if incoming else T.TRANSFER_OUT
    if kind is T.INTEREST and net is not None and net < 0:
        return T.MARGIN_INTEREST
    if word == "DIV" and sub == "SDIV":
        return T.STOCK_DIVIDEND
    return kind


def _held(row: dict[str, Any], scene: Scene) -> Instrument:
    symbol = rows.text(row, "symbol")
    own = (("alpaca:asset", rows.text(row, "asset_id")),)
    match rows.text(row, "asset_class"):
        case "us_equity":
            return Instrument(InstrumentKind.EQUITY, symbol, identifiers=own)
        case "us_option":
            return option_instrument(option_from_occ(symbol, HUNDRED), *own)
        case "crypto" | "crypto_perp":
            return Instrument(InstrumentKind.CRYPTO, _coin(symbol), identifiers=own)
        case other:
            scene.notes.words[f"asset_class.{other[:32]}"] += 1
            return Instrument(InstrumentKind.OTHER, symbol, identifiers=own)


@lru_cache(maxsize=4096)
def _named(symbol: str, cusip: str | None = None) -> Instrument:
    """An instrument from its symbol alone: activities do not tell the class."""
    if _OCC.fullmatch(symbol):
        return option_instrument(option_from_occ(symbol, HUNDRED))
    pair = _pair(symbol)
    if pair is not None:
        return Instrument(InstrumentKind.CRYPTO, pair[0])
    return Instrument(InstrumentKind.EQUITY, symbol, identifiers=(("cusip", cusip),) if cusip else ())


@lru_cache(maxsize=4096)
def _pair(symbol: str) -> tuple[str, str] | None:
    """BTC and USD from `BTC/USD` and (old fills, fees) `BTCUSD`; None for a share."""
    if "/" in symbol:
        coin, _, priced_in = symbol.partition("/")
        return coin, priced_in
    found = _PAIR.fullmatch(symbol)
    return None if found is None else (found[1], found[2])


def _coin(symbol: str) -> str:
    """BTC from `BTC/USD` and (positions) `BTCUSD`."""
    return symbol.partition("/")[0] if "/" in symbol else symbol.removesuffix("USD")
