"""The sandbox's side: accounts, balances and positions, as GET /accounts tells them (section 3.2)."""

import hashlib
from decimal import Decimal
from typing import Any

from adapters.sandbox.asked import number
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition

ZERO = Decimal(0)
Row = dict[str, Any]

ASSET_TYPES = {
    "equity": "EQUITY",
    "etf": "COLLECTIVE_INVESTMENT",
    "mutual_fund": "MUTUAL_FUND",
    "option": "OPTION",
}


def account_row(account: TruthAccount, *, positions: bool, odd: bool = False) -> Row:
    """One element of the answer. An account that holds nothing has no `positions` at all.

    `odd`: the quantity of the side that is not held is false.
    """
    held: Row = {
        "type": account.kind.upper(),
        "accountNumber": account.number,
        "roundTrips": 0,
        "isDayTrader": False,
        "isClosingOnlyRestricted": False,
        "pfcbFlag": False,
    }
    if positions and account.positions:
        held["positions"] = [_position(position, odd=odd) for position in account.positions]
    current = _current(account)
    held["initialBalances"] = {
        "accountValue": number(account.total_value),
        "cashBalance": number(account.cash),
        "liquidationValue": number(account.total_value),
        "isInCall": False,
        "pendingDeposits": number(ZERO),
    }
    held["currentBalances"] = current
    held["projectedBalances"] = {"isInCall": False} | {
        name: current[name]
        for name in ("availableFunds", "buyingPower", "cashAvailableForTrading", "maintenanceCall")
        if name in current
    }
    total = number(account.total_value)
    return {
        "securitiesAccount": held,
        "aggregatedBalance": {"currentLiquidationValue": total, "liquidationValue": total},
    }


def _current(account: TruthAccount) -> Row:
    worth = {
        "longMarketValue": _worth(account, "equity", "etf", long=True),
        "shortMarketValue": _worth(account, "equity", "etf", long=False),
        "longOptionMarketValue": _worth(account, "option", long=True),
        "shortOptionMarketValue": _worth(account, "option", long=False),
        "mutualFundValue": _worth(account, "mutual_fund", long=True),
    }
    common = {
        "accruedInterest": ZERO,
        "cashBalance": account.cash,
        "cashReceipts": ZERO,
        "liquidationValue": account.total_value,
        "moneyMarketFund": ZERO,
        "savings": ZERO,
        "pendingDeposits": ZERO,
        "bondValue": ZERO,
    }
    power = account.buying_power
    if account.kind == "cash":
        own = {
            "cashAvailableForTrading": power,
            "cashAvailableForWithdrawal": power,
            "cashCall": ZERO,
            "longNonMarginableMarketValue": worth["longMarketValue"],
            "totalCash": account.cash,
            "cashDebitCallValue": ZERO,
            "unsettledCash": ZERO,
        }
    else:
        own = {
            "availableFunds": account.cash,
            "availableFundsNonMarginableTrade": account.cash,
            "buyingPower": power,
            "buyingPowerNonMarginableTrade": account.cash,
            "dayTradingBuyingPower": power * 2,
            "equity": account.total_value,
            "equityPercentage": Decimal(100),
            "longMarginValue": worth["longMarketValue"],
            "maintenanceCall": ZERO,
            "maintenanceRequirement": ZERO,
            "marginBalance": ZERO,
            "regTCall": ZERO,
            "shortBalance": ZERO,
            "shortMarginValue": worth["shortMarketValue"],
            "sma": account.cash,
        }
    return {name: number(value) for name, value in (common | worth | own).items()}


def _worth(account: TruthAccount, *kinds: str, long: bool) -> Decimal:
    held = [p for p in account.positions if p.instrument.kind in kinds and (p.quantity > 0) == long]
    return sum((position.market_value for position in held), ZERO)


def _position(position: TruthPosition, *, odd: bool) -> Row:
    long = position.quantity > 0
    side, many = "Long" if long else "Short", abs(position.quantity)
    nothing = False if odd else number(ZERO)
    return {
        "shortQuantity": nothing if long else number(many),
        "averagePrice": number(position.average_cost),
        "currentDayProfitLoss": number(ZERO),
        "currentDayProfitLossPercentage": number(ZERO),
        "longQuantity": number(many) if long else nothing,
        "settledLongQuantity": number(many if long else ZERO),
        "settledShortQuantity": number(ZERO if long else position.quantity),
        "instrument": _instrument(position.instrument),
        "marketValue": number(position.market_value),
        "maintenanceRequirement": number(ZERO),
        f"average{side}Price": number(position.average_cost),
        f"taxLotAverage{side}Price": number(position.average_cost),
        f"{side.lower()}OpenProfitLoss": number(position.unrealized_gain),
        f"previousSession{side}Quantity": number(many),
        "currentDayCost": number(ZERO),
    }


def _instrument(instrument: TruthInstrument) -> Row:
    told: Row = {
        "assetType": ASSET_TYPES[instrument.kind],
        "cusip": cusip(instrument),
        "symbol": instrument.symbol,
        "netChange": number(ZERO),
    }
    option = instrument.option
    if option is not None:
        words = {"type": "VANILLA", "putCall": option.right.upper(), "underlyingSymbol": option.underlying}
        return told | {"description": instrument.name} | words
    if instrument.kind == "etf":
        return told | {"description": instrument.name, "type": "EXCHANGE_TRADED_FUND"}
    if instrument.kind == "mutual_fund":
        return told | {"description": instrument.name}
    return told  # equities usually have no description


def cusip(instrument: TruthInstrument) -> str:
    """Options have one of Schwab's own making: root, month and day as letters, year, strike."""
    option = instrument.option
    if option is None:
        return instrument.cusip
    month = chr(ord("A" if option.right == "call" else "M") + option.expiration.month - 1)
    day = "0123456789ABCDEFGHIJKLMNOPQRSTUV"[option.expiration.day]
    return f"0{option.underlying}.{month}{day}{option.expiration.year % 10}{int(option.strike * 1000):07d}"


def instrument_id(instrument: TruthInstrument) -> int:
    """The same for the same instrument, whoever holds it."""
    return 1_000_000 + int(hashlib.sha256(instrument.symbol.encode()).hexdigest()[:12], 16) % 10**9
