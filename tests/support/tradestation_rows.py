"""Rows of TradeStation's answers, and what reads them."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.ports.brokerage import Notes

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("11000001", "TradeStation", "11000001", AccountKind.MARGIN)
STOCK: dict[str, Any] = {
    "AssetType": "STOCK", "BuyOrSell": "Buy", "ExecQuantity": "40", "ExecutionPrice": "105.25",
    "OpenOrClose": "Open", "QuantityOrdered": "40", "QuantityRemaining": "0", "Symbol": "XMPL",
}  # fmt: skip
OPTION = STOCK | {
    "AssetType": "STOCKOPTION", "BuyOrSell": "SellShort", "ExecQuantity": "2", "ExecutionPrice": "3.2",
    "QuantityOrdered": "2", "Symbol": "XMPL 260619C110", "Underlying": "XMPL", "OptionType": "CALL",
    "StrikePrice": "110", "ExpirationDate": "2026-06-19T00:00:00Z",
}  # fmt: skip
FUTURE = STOCK | {"AssetType": "FUTURE", "Symbol": "ESH26", "ExecQuantity": "1", "ExecutionPrice": "6000"}
ORDER: dict[str, Any] = {
    "AccountID": "11000001", "CommissionFee": "1.2", "ClosedDateTime": "2026-03-16T16:53:37Z",
    "Currency": "USD", "Duration": "GTC", "FilledPrice": "105.25", "GoodTillDate": "2026-06-14T00:00:00Z",
    "Legs": [STOCK], "OrderID": "286234131", "OpenedDateTime": "2026-03-12T16:53:30Z", "OrderType": "Limit",
    "LimitPrice": "105.3", "PriceUsedForBuyingPower": "105.3", "Routing": "Intelligent", "Status": "FLL",
    "StatusDescription": "Filled", "UnbundledRouteFee": "0.31",
}  # fmt: skip
POSITION: dict[str, Any] = {
    "AccountID": "11000001", "AveragePrice": "105.25", "AssetType": "STOCK", "Last": "106.1",
    "ConversionRate": "1", "LongShort": "Long", "Quantity": "40", "Symbol": "XMPL", "TotalCost": "4210",
    "MarketValue": "4244", "UnrealizedProfitLoss": "34",
}  # fmt: skip
BALANCE = {"AccountID": "11000001", "CashBalance": "5000", "BuyingPower": "3790", "Equity": "4950"}


def scene(**references: Any) -> Scene:
    return Scene(ACCOUNT, references, Notes(), NOW)


def call(since: date | None = None, cursor: str | None = None) -> Call:
    return Call(ACCOUNT, since, NOW.date(), cursor, NOW)


def answer(body: object, status: int = 200, **headers: str) -> Response:
    return Response(status, headers, body if isinstance(body, bytes) else msgspec.json.encode(body))
