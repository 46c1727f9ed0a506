"""eToro's rows and answers as its tests write them: positions, open and closed, an entry of the ledger."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from adapters.sandbox.asked import to_json
from domain.accounts import AccountKind, AccountTold
from domain.ports.brokerage import Notes

D = Decimal
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
TRADING = AccountTold(
    "7765001", "", "7765001", AccountKind.OTHER, routing={"type": "trading", "environment": "real"}
)
DEMO = AccountTold(
    "7765002", "", "7765002", AccountKind.OTHER, routing={"type": "trading", "environment": "demo"}
)
MONEY = AccountTold("f0995efc", "", "f0995efc", AccountKind.CASH, "GBP", {"type": "cash"})
REFERENCES: dict[str, Any] = {
    "instrument:1001": {"instrumenttypeid": 5, "symbolfull": "XMPL", "instrumentdisplayname": "Example"},
    "instrument:18": {"instrumenttypeid": 2, "symbolfull": "GOLD", "instrumentdisplayname": "Gold"},
    "types:": {"5": "Stocks", "2": "Commodities", "6": "ETF", "10": "Crypto"},
}
RESULT: dict[str, Any] = {
    "pnL": D("4.21"), "exposureInAccountCurrency": D("104.21"), "closeRate": D("210.58"),
    "closeConversionRate": 1, "timestamp": "2026-08-20T15:02:11.51Z",
}  # fmt: skip
LOT: dict[str, Any] = {
    "positionID": 2150896001, "CID": 7765001, "openDateTime": "2026-08-01T07:44:26.103Z",
    "openRate": D("202.07"), "instrumentID": 1001, "isBuy": True, "mirrorID": 0, "amount": D("100.0"),
    "leverage": 1,
    "units": D("0.494878"), "totalFees": 0, "initialAmountInDollars": D("100.0"),
    "initialUnits": D("0.494878"),
    "unitsBaseValueDollars": D("100.0"), "settlementTypeID": 1, "openConversionRate": 1,
    "unrealizedPnL": RESULT,
}  # fmt: skip
CLOSED: dict[str, Any] = {
    "netProfit": D("12.34"), "closeRate": D("215.10"), "closeTimestamp": "2026-07-01T14:30:01.12Z",
    "positionId": 2150890001, "instrumentId": 1001, "isBuy": True, "leverage": 1, "openRate": D("190.02"),
    "openTimestamp": "2026-03-11T15:31:00.4123456Z", "orderId": 13904638, "investment": D("93.50"),
    "initialInvestment": D("93.50"), "fees": D("0.5"), "units": D("0.492053"),
}  # fmt: skip
ENTRY: dict[str, Any] = {
    "id": "12345", "accountId": "f0995efc", "transactionType": "bankTransfer",
    "transactionSubtype": "transferReceived", "direction": "credit", "status": "settled", "amount": "100.00",
    "currency": "GBP", "postedAt": "2026-05-03T10:16:12Z",
    "bankTransferTransactionDetails": {"description": "top up"},
}  # fmt: skip


def scene(**references: Any) -> Scene:
    return Scene(TRADING, REFERENCES | references, Notes(), NOW)


def call(account: AccountTold = TRADING, since: date | None = None, cursor: str | None = None) -> Call:
    return Call(account, since, NOW.date(), cursor, NOW)


def answer(body: object, status: int = 200) -> Response:
    return Response(status, {}, to_json(body))


def portfolio(*positions: dict[str, Any], mirrored: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"clientPortfolio": {"positions": list(positions), "mirrors": [{"positions": list(mirrored)}]}}
