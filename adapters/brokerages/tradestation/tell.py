"""What TradeStation tells, in its shapes: every figure a text, times in whole seconds of UTC (3)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

Json = dict[str, Any]
TYPES = {"margin": "Margin", "cash": "Cash"}
# `BuyOrSell` and `OpenOrClose` of a deed. What an option says that is sold to open is not sure: see `leg`.
SIDES = {
    "BUY": ("Buy", "Open"), "SELL": ("Sell", "Close"), "SELL_SHORT": ("SellShort", "Open"),
    "BUY_TO_COVER": ("BuyToCover", "Close"), "BUY_TO_OPEN": ("Buy", "Open"),
    "BUY_TO_CLOSE": ("Buy", "Close"), "SELL_TO_OPEN": ("Sell", "Open"), "SELL_TO_CLOSE": ("Sell", "Close"),
}  # fmt: skip
ZERO = Decimal(0)


def instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def symbol(instrument: TruthInstrument) -> str:
    """Root, one blank, day, right, and a strike without padding (3.6)."""
    option = instrument.option
    if option is None:
        return instrument.symbol
    letter = "C" if option.right == "call" else "P"
    return f"{option.underlying} {option.expiration:%y%m%d}{letter}{plain(option.strike)}"


# Accounts, balances, positions (3.1 to 3.3).


def account(told: TruthAccount) -> Json:
    return {
        "AccountID": told.number,
        "Currency": told.currency,
        "Status": "Active",
        "AccountType": TYPES[told.kind],
        "Alias": told.name,
        "AccountDetail": {
            "IsStockLocateEligible": False,
            "EnrolledInRegTProgram": told.kind == "margin",
            "RequiresBuyingPowerWarning": told.kind == "margin",
            "DayTradingQualified": True,
            "OptionApprovalLevel": 1,
            "PatternDayTrader": False,
        },
    }


def balance(told: TruthAccount) -> Json:
    held = told.positions
    gain, cost = (sum((getattr(p, n) for p in held), ZERO) for n in ("unrealized_gain", "cost_basis"))
    options = sum((p.market_value for p in held if p.instrument.option), ZERO)
    return {
        "AccountID": told.number,
        "AccountType": TYPES[told.kind],
        "CashBalance": plain(told.cash),
        "BuyingPower": plain(told.buying_power),
        "Equity": plain(told.total_value),
        "MarketValue": plain(sum((p.market_value for p in held), ZERO)),
        "TodaysProfitLoss": "-12.4",
        "UnclearedDeposit": "0",
        "Commission": "0",
        "BalanceDetail": {
            "CostOfPositions": plain(cost),
            "DayTrades": "0",
            "MaintenanceRate": "0",
            "OptionBuyingPower": plain(told.cash),
            "OptionsMarketValue": plain(options),
            "OvernightBuyingPower": plain(told.buying_power),
            "RequiredMargin": "0",
            "RealizedProfitLoss": "0",
            "UnrealizedProfitLoss": plain(gain),
            "UnsettledFunds": "0",
        },
    }


def opening_balance(told: TruthAccount) -> Json:
    detail = {
        "AccountBalance": plain(told.cash),
        "CashAvailableToWithdraw": plain(max(ZERO, told.cash)),
        "DayTradingMarginableBuyingPower": plain(told.buying_power),
        "DayTrades": "0",
        "Equity": plain(told.total_value),
        "NetCash": plain(told.cash),
        "OptionBuyingPower": plain(told.cash),
        "OptionValue": "0",
        "OvernightBuyingPower": plain(told.buying_power),
    }
    return {"AccountID": told.number, "AccountType": TYPES[told.kind], "BalanceDetail": detail}


def position(told: TruthAccount, held: TruthPosition) -> Json:
    """The signs of a short one's totals are not sure: here they have none."""
    instrument, price = held.instrument, held.price
    cost, gain = abs(held.cost_basis), held.unrealized_gain
    row = {
        "AccountID": told.number,
        "AveragePrice": plain(held.average_cost),
        "AssetType": "STOCKOPTION" if instrument.option else "STOCK",
        "Last": plain(price),
        "Bid": plain(price),
        "Ask": plain(price),
        "ConversionRate": "1",
        "DayTradeRequirement": "0",
        "InitialRequirement": "0",
        "MaintenanceMargin": "0",
        "PositionID": f"6463{instrument.number:04d}",
        "LongShort": "Short" if held.quantity < 0 else "Long",
        "Quantity": plain(held.quantity),
        "Symbol": symbol(instrument),
        "Timestamp": "2026-03-16T16:53:37Z",
        "TodaysProfitLoss": "-5",
        "TotalCost": plain(cost),
        "MarketValue": plain(abs(held.market_value)),
        "MarkToMarketPrice": plain(price),
        "UnrealizedProfitLoss": plain(gain),
        "UnrealizedProfitLossPercent": f"{gain * 100 / cost:.3f}" if cost else "0",
        "UnrealizedProfitLossQty": f"{gain / held.quantity:.4f}",
    }
    if instrument.option is not None:
        row["ExpirationDate"] = midnight(instrument.option.expiration)
    return row


# Orders (3.5).


def leg(row: TruthTransaction) -> Json:
    """The words of shorts vary in case, and options sold to open in the word itself."""
    side, turn = SIDES[row.deed]
    if row.deed == "SELL_TO_OPEN" and row.number % 2:
        side = "SellShort"
    if row.deed == "BUY_TO_COVER" or (row.deed == "SELL_SHORT" and row.number % 2):
        side = side.upper()
    instrument, size = row.instrument, plain(abs(row.quantity or ZERO))
    assert instrument is not None  # noqa: S101 - what is traded is something
    told: Json = {
        "AssetType": "STOCKOPTION" if instrument.option else "STOCK",
        "BuyOrSell": side,
        "ExecQuantity": size,
        "ExecutionPrice": plain(row.price or ZERO),
        "OpenOrClose": turn,
        "QuantityOrdered": size,
        "QuantityRemaining": "0",
        "Symbol": symbol(instrument),
    }
    if (option := instrument.option) is not None:
        told |= {
            "ExpirationDate": midnight(option.expiration),
            "OptionType": option.right.upper(),
            "StrikePrice": plain(option.strike),
            "Underlying": option.underlying,
        }
    return told


def order(number: str, row: TruthTransaction) -> Json:
    at = instant(row.executed_at)
    return {
        "AccountID": number,
        "CommissionFee": plain(row.fees or ZERO),
        "ClosedDateTime": at,
        "Currency": row.currency,
        "Duration": "DAY",
        "FilledPrice": plain(row.price or ZERO),
        "GoodTillDate": midnight(row.trade_date),
        "Legs": [leg(row)],
        "OrderID": str(row.order),
        "OpenedDateTime": at,
        "OrderType": "Market",
        "PriceUsedForBuyingPower": plain(row.price or ZERO),
        "Routing": "Intelligent",
        "Status": "FLP" if row.number % 7 == 0 else "FLL",
        "StatusDescription": "Partial Fill (UROut)" if row.number % 7 == 0 else "Filled",
        "UnbundledRouteFee": "0",
    }


def unfilled(told: Json, code: str, words: str, suffix: str) -> Json:
    """An order like that one of which nothing was executed, whatever its price says."""
    legs = [one | {"ExecQuantity": "0", "QuantityRemaining": one["QuantityOrdered"]} for one in told["Legs"]]
    row = told | {"Legs": legs, "Status": code, "StatusDescription": words, "FilledPrice": "0"}
    row |= {"OrderID": told["OrderID"] + suffix, "CommissionFee": "0"}
    if code == "ACK":
        del row["ClosedDateTime"]
    return row


# Market data (3.6).


def quote(instrument: TruthInstrument) -> Json:
    price = plain(instrument.price)
    named = dict.fromkeys(
        "Open High Low PreviousClose Last Ask Bid High52Week Low52Week Close VWAP".split(), price
    )
    sizes = dict.fromkeys("AskSize BidSize Volume PreviousVolume LastSize".split(), "100")
    times = {f"{name}52WeekTimestamp": "2025-09-02T00:00:00Z" for name in ("High", "Low")}
    flags = dict.fromkeys("IsDelayed IsHardToBorrow IsBats IsHalted".split(), False)
    rest = {
        "NetChange": "0", "NetChangePct": "0", "DailyOpenInterest": "0", "TickSizeTier": "0",
        "TradeTime": "2026-03-16T16:53:37Z", "LastVenue": "ARCX", "MarketFlags": flags,
    }  # fmt: skip
    return {"Symbol": symbol(instrument)} | named | sizes | times | rest


def detail(instrument: TruthInstrument) -> Json:
    option = instrument.option
    told: Json = {
        "AssetType": "STOCKOPTION" if option else "STOCK",
        "Country": "United States",
        "Currency": "USD",
        "Description": instrument.name,
        "Exchange": "NASDAQ",
        "Symbol": symbol(instrument),
        "Root": option.underlying if option else instrument.symbol,
        "PriceFormat": {
            "Format": "Decimal", "Decimals": "2", "IncrementStyle": "Simple", "Increment": "0.01",
            "PointValue": "100" if option else "1",
        },
        "QuantityFormat": {
            "Format": "Decimal", "Decimals": "0", "IncrementStyle": "Simple", "Increment": "1",
            "MinimumTradeQuantity": "1",
        },
    }  # fmt: skip
    if option is not None:
        told |= {
            "ExpirationDate": midnight(option.expiration),
            "OptionType": option.right.capitalize(),
            "StrikePrice": plain(option.strike),
            "Underlying": option.underlying,
        }
    return told


def bar(instrument: TruthInstrument, moment: datetime) -> Json:
    named = dict.fromkeys(("Open", "High", "Low", "Close"), plain(instrument.price))
    volumes = {"TotalVolume": "585251", "DownVolume": 292_000, "UpVolume": 293_251}
    ticks = dict.fromkeys("DownTicks UpTicks UnchangedTicks UnchangedVolume TotalTicks".split(), 0)
    rest = {"TimeStamp": instant(moment), "Epoch": int(moment.timestamp() * 1000), "OpenInterest": "0"}
    return (
        named | volumes | ticks | rest | {"IsRealtime": False, "IsEndOfHistory": False, "BarStatus": "Closed"}
    )


def known(accounts: Iterable[TruthAccount]) -> dict[str, TruthInstrument]:
    """All that the customer has or had to do with, by TradeStation's symbol."""
    found: dict[str, TruthInstrument] = {}
    for one in accounts:
        held = [position.instrument for position in one.positions]
        traded = [row.instrument for row in one.transactions if row.instrument]
        found.update((symbol(instrument), instrument) for instrument in (*traded, *held))
    return found
