"""TradeStation's rows into our nouns. Pure; numbers in brackets are sections of the sheet.

Signs: positions are negative where they are short, but not surely all of their figures: those are given the
sign of the quantity. Quantities of orders are unsigned; the first word of `BuyOrSell` gives them theirs. All
figures are texts.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from adapters.kit import rows
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.instruments import Instrument, InstrumentKind, option_from_occ, option_instrument
from domain.money import HUNDRED, ZERO
from domain.positions import Balance, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

K, T = InstrumentKind, TransactionType
Row = dict[str, Any]
TYPES = {
    "Cash": AccountKind.CASH, "Margin": AccountKind.MARGIN, "Futures": AccountKind.OTHER,
    "DVP": AccountKind.OTHER, "Crypto": AccountKind.CRYPTO,
}  # fmt: skip
STATUSES = frozenset({
    "Active", "Closed", "Closing Transaction Only", "Margin Call - Closing Transactions Only", "Inactive",
    "Liquidating Transactions Only", "Restricted", "90 Day Restriction-Closing Transaction Only",
})  # fmt: skip
KINDS = {"STOCK": K.EQUITY, "STOCKOPTION": K.OPTION, "INDEXOPTION": K.OPTION, "FUTURE": K.FUTURE}
_OPTION = re.compile(r"([^ ]{1,6}) (\d{6})([CP])(\d{1,5}(?:\.\d{1,3})?)")

# (3.5) Codes of orders. DOA, BRO and LAT stand among the open ones there, and never move again in practice.
ENDINGS = {"ASS": T.OPTION_ASSIGNMENT, "EXE": T.OPTION_EXERCISE}
OVER = frozenset("FLL FLP CAN OUT EXP TSC UCH SCN RJR REJ ASS EXE DOA BRO LAT".split())
ALIVE = frozenset(
    "ACK DON OPN PLA REC STT DIS CND OSO STP SUS FPR RPD RSN UCN CHG BRC BRF COR ECN OTHER RJC".split()
)

_ACCOUNT = frozenset("AccountID Currency Status AccountType Alias AltID AccountDetail".split())
_BALANCE = frozenset(
    "AccountID AccountType CashBalance BuyingPower Equity MarketValue TodaysProfitLoss UnclearedDeposit"
    " Commission BalanceDetail CurrencyDetails".split()
)
_POSITION = frozenset(
    "AccountID AveragePrice AssetType Last Bid Ask ConversionRate DayTradeRequirement ExpirationDate"
    " InitialRequirement MaintenanceMargin PositionID LongShort Quantity Symbol Timestamp TodaysProfitLoss"
    " TotalCost MarketValue MarkToMarketPrice UnrealizedProfitLoss UnrealizedProfitLossPercent"
    " UnrealizedProfitLossQty".split()
)
_ORDER = frozenset(
    "AccountID AdvancedOptions ClosedDateTime CommissionFee ConditionalOrders ConversionRate Currency"
    " Duration FilledPrice GoodTillDate GroupName Legs LimitPrice MarketActivationRules OpenedDateTime"
    " OrderID OrderType PriceUsedForBuyingPower RejectReason Routing ShowOnlyQuantity Spread Status"
    " StatusDescription StopPrice TimeActivationRules TrailingStop UnbundledRouteFee".split()
)
_LEG = frozenset(
    "AssetType BuyOrSell ExecQuantity ExecutionPrice ExpirationDate OpenOrClose OptionType QuantityOrdered"
    " QuantityRemaining StrikePrice Symbol Underlying".split()
)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """An account of GET /brokerage/accounts (3.1)."""
    row = rows.fields(raw)
    rows.note_unknown(row, _ACCOUNT, "account", scene.notes)
    number, word, status = (rows.text(row, name) for name in ("AccountID", "AccountType", "Status"))
    if word not in TYPES:
        scene.notes.words[f"account.{word[:32]}"] += 1
    if status not in STATUSES:
        scene.notes.words[f"account.{status[:32]}"] += 1
    yield AccountTold(
        key=number,
        name=rows.optional_text(row, "Alias") or f"TradeStation {word}",
        number=number,
        kind=TYPES.get(word, AccountKind.OTHER),
        currency=rows.text(row, "Currency"),
        open=status != "Closed",
        raw=raw,
    )


def balances(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """A row of GET …/balances (3.2). Where a futures account keeps cash in several currencies, the cash of
    each; what it is worth altogether is told in its own."""
    row = rows.fields(raw)
    rows.note_unknown(row, _BALANCE, "balance", scene.notes)
    own = scene.account.currency if scene.account else "USD"
    cash = {own: rows.number(row, "CashBalance")}
    details = row.get("CurrencyDetails")
    if isinstance(details, list) and len(details) > 1:
        told = {rows.text(one, "Currency"): rows.number(one, "CashBalance") for one in _objects(row, details)}
        cash = told if own in told else {own: ZERO, **told}
    for currency, amount in cash.items():
        whole = currency == own
        yield Balance(
            currency=currency,
            cash=amount,
            buying_power=rows.optional_number(row, "BuyingPower") if whole else None,
            total_value=rows.number(row, "Equity") if whole else None,
        )


def _objects(row: Row, members: list[Any]) -> list[Row]:
    return [rows.mapping({"a member of the list": member}, "a member of the list") for member in members]


def needs_symbol(raw: bytes) -> Iterator[str]:
    yield "symbol:" + rows.text(rows.fields(raw), "Symbol")


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A row of GET …/positions (3.3). What a future is told to be worth is its notional, which nobody has:
    its value and cost stay unknown. Costs are in the account's currency, all else in the symbol's."""
    row = rows.fields(raw)
    rows.note_unknown(row, _POSITION, "position", scene.notes)
    quantity, symbol = rows.number(row, "Quantity"), rows.text(row, "Symbol")
    if rows.optional_text(row, "LongShort") == "Short":
        quantity = -abs(quantity)
    looked_up = scene.references.get(f"symbol:{symbol}", {})
    rate = rows.optional_number(row, "ConversionRate")
    own = scene.account.currency if scene.account else "USD"
    abroad = rate is not None and rate != 1
    currency = rows.optional_text(looked_up, "Currency") if abroad else own
    instrument = _instrument(row, symbol, currency, scene, rows.optional_text(looked_up, "Description"))
    notional = instrument.kind is K.FUTURE
    price, value = rows.number(row, "Last"), _signed(rows.number(row, "MarketValue"), quantity)
    _compared(instrument, quantity, price, value, scene)
    if currency is None:  # the look-up failed: figures in nobody knows what are none
        scene.notes.words["position.currency_unknown"] += 1
        yield Position(instrument, quantity, own, raw=raw)
        return
    yield Position(
        instrument=instrument,
        quantity=quantity,
        currency=currency,
        average_cost=rows.number(row, "AveragePrice"),
        cost_basis=None if notional or abroad else _signed(rows.number(row, "TotalCost"), quantity),
        price=price,
        market_value=None if notional else value,
        unrealized_gain=rows.optional_number(row, "UnrealizedProfitLoss"),
        raw=raw,
    )


def _signed(figure: Decimal, quantity: Decimal) -> Decimal:
    return -abs(figure) if quantity < 0 else abs(figure)


def _compared(
    instrument: Instrument, quantity: Decimal, price: Decimal, value: Decimal, scene: Scene
) -> None:
    """Count what is worth quite another sum than its quantity at its price: a contract of another size."""
    if instrument.kind is not K.FUTURE and price and value:
        computed = quantity * price * _units(instrument)
        if not computed / 2 <= value <= computed * 2 and not computed * 2 <= value <= computed / 2:
            scene.notes.words["position.value_does_not_add_up"] += 1


def _instrument(
    row: Row, symbol: str, currency: str | None, scene: Scene, name: str | None = None
) -> Instrument:
    """Options are written `XMPL 260619C110` (3.6). One that is not keeps its symbol, and is counted."""
    word = rows.text(row, "AssetType").upper()
    if word not in KINDS:
        scene.notes.words[f"AssetType.{word[:32]}"] += 1
    kind = KINDS.get(word, K.OTHER)
    found = _OPTION.fullmatch(symbol) if kind is K.OPTION else None
    if found is not None:
        root, day, right, strike = found.groups()
        occ = f"{root:<6}{day}{right}{int(Decimal(strike) * 1000):08d}"
        return option_instrument(option_from_occ(occ, HUNDRED), name=name)
    if kind is K.OPTION:
        scene.notes.words["option.symbol"] += 1
    return Instrument(kind, symbol, currency=currency, name=name)


def _units(instrument: Instrument) -> Decimal:
    return HUNDRED if instrument.kind is K.OPTION else Decimal(1)


# What orders have done.


def order(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A transaction for each leg of an order that was executed, whatever became of the rest of it (3.5).

    As long as the order lives, more may come: the row is pending, and dated by its opening if need be.
    """
    row = rows.fields(raw)
    rows.note_unknown(row, _ORDER, "order", scene.notes)
    account_id, number = rows.text(row, "AccountID"), rows.text(row, "OrderID")
    legs = _objects(row, rows.sequence(row, "Legs"))
    executed = [(n, leg) for n, leg in enumerate(legs) if rows.number(leg, "ExecQuantity")]
    status = _status(row, legs, scene)
    # The fee is that of the whole order; it holds the fees of routing already (5).
    fee = rows.optional_number(row, "CommissionFee")
    for place, leg in executed:
        rows.note_unknown(leg, _LEG, "leg", scene.notes)
        yield _filled(row, leg, f"{account_id}:{number}:{place}", status, fee, scene, raw)
        fee = ZERO if fee is not None else None


def _status(row: Row, legs: list[Row], scene: Scene) -> TransactionStatus:
    code = rows.text(row, "Status")
    if code not in OVER | ALIVE:
        scene.notes.words[f"order.{code[:32]}"] += 1
    lives = code not in OVER and any(rows.optional_number(leg, "QuantityRemaining") for leg in legs)
    return TransactionStatus.PENDING if lives else TransactionStatus.POSTED


def _filled(
    row: Row,
    leg: Row,
    key: str,
    status: TransactionStatus,
    fee: Decimal | None,
    scene: Scene,
    raw: bytes,
) -> Transaction:
    currency = rows.text(row, "Currency")
    instrument = _instrument(leg, rows.text(leg, "Symbol"), currency, scene)
    kind, sign = _kind(row, leg, instrument, scene)
    quantity = sign * abs(rows.number(leg, "ExecQuantity"))
    price = rows.optional_number(leg, "ExecutionPrice")
    if price is None and len(rows.sequence(row, "Legs")) == 1:
        # Of several legs it is the price of all together; and zero means that none is known.
        price = rows.optional_number(row, "FilledPrice") or None
    gross = _gross(instrument, kind, quantity, price)
    moment = rows.instant(row.get("ClosedDateTime") or row.get("OpenedDateTime"), "ClosedDateTime")
    told = (rows.text(row, "Status"), rows.text(leg, "BuyOrSell"), rows.optional_text(leg, "OpenOrClose"))
    return Transaction(
        source_key=key,
        type=kind,
        trade_date=rows.market_day(moment),
        currency=currency,
        source_type=" ".join(word for word in told if word),
        status=status,
        executed_at=moment,
        instrument=instrument,
        quantity=quantity,
        price=price,
        gross=gross,
        fees=fee,
        net=None if gross is None else gross - (fee or ZERO),
        description=rows.optional_text(row, "StatusDescription") or "",
        raw=raw,
    )


def _gross(
    instrument: Instrument, kind: TransactionType, quantity: Decimal, price: Decimal | None
) -> Decimal | None:
    """The trade of a future moves no cash but its fees; nor does the end of an option by itself."""
    if instrument.kind is K.FUTURE or kind in ENDINGS.values():
        return ZERO
    return None if price is None else -quantity * price * _units(instrument)


def _kind(row: Row, leg: Row, instrument: Instrument, scene: Scene) -> tuple[TransactionType, int]:
    """The side by the first word of `BuyOrSell`, whose case and spacing vary; opening or closing by
    `OpenOrClose`, or by the word itself where it says so."""
    word = rows.text(leg, "BuyOrSell").lower().replace(" ", "")
    turn = (rows.optional_text(leg, "OpenOrClose") or "").lower()
    buys = word.startswith("buy")
    if not buys and not word.startswith("sell"):
        scene.notes.words[f"BuyOrSell.{word[:32]}"] += 1
        return T.OTHER, 1
    sign = 1 if buys else -1
    option = instrument.kind is K.OPTION
    code = rows.text(row, "Status")
    if option and code in ENDINGS:
        return ENDINGS[code], sign
    opens = word.endswith(("short", "toopen")) or (turn == "open" and not word.endswith("close"))
    closes = word.endswith(("cover", "toclose")) or (turn == "close" and not opens)
    if option and (opens or closes):
        found = ((T.SELL_TO_OPEN, T.BUY_TO_OPEN) if opens else (T.SELL_TO_CLOSE, T.BUY_TO_CLOSE))[buys]
        return found, sign
    if buys:
        return (T.BUY_TO_COVER if closes else T.BUY), sign
    return (T.SELL_SHORT if opens else T.SELL), sign
