"""Rows of Interactive Brokers' Flex statements, and what is read of them."""

import json
from decimal import Decimal
from typing import Any

from adapters.brokerages.ibkr import history, statement
from domain.ports.brokerage import Notes
from domain.transactions import Transaction

D = Decimal
STOCK = {
    "accountId": "U7654321", "currency": "USD", "assetCategory": "STK", "symbol": "ACME",
    "description": "ACME CORP",
    "conid": "900000001", "securityID": "US0000000001", "securityIDType": "ISIN", "cusip": "000000000",
    "isin": "US0000000001", "multiplier": "1",
}  # fmt: skip
OPTION = STOCK | {
    "assetCategory": "OPT", "symbol": "ACME  261016P00125000", "conid": "900000003", "securityID": "",
    "securityIDType": "", "cusip": "", "isin": "", "multiplier": "100", "strike": "125", "expiry": "20261016",
    "putCall": "P", "underlyingSymbol": "ACME",
}  # fmt: skip
TRADE = STOCK | {
    "tradeID": "5500000001", "dateTime": "20261006;101502", "tradeDate": "20261006",
    "settleDateTarget": "20261007", "transactionType": "ExchTrade", "quantity": "50", "tradePrice": "131.2",
    "tradeMoney": "6560", "proceeds": "-6560", "taxes": "0",
    "ibCommission": "-1", "ibCommissionCurrency": "USD",
    "netCash": "-6561", "openCloseIndicator": "O", "notes": "P",
    "transactionID": "18000000001", "buySell": "BUY",
    "ibExecID": "00012abc.00000001.01.01", "levelOfDetail": "EXECUTION",
}  # fmt: skip
CASH = STOCK | {
    "dateTime": "20261015;202000", "settleDate": "20261016", "amount": "37.5", "type": "Dividends",
    "description": "ACME(US0000000001) CASH DIVIDEND USD 0.25 PER SHARE (Ordinary Dividend)",
    "transactionID": "18000000030", "reportDate": "20261015", "levelOfDetail": "DETAIL",
}  # fmt: skip
TRANSFER = STOCK | {
    "date": "20261020", "type": "ACATS", "direction": "IN", "quantity": "10", "transferPrice": "0",
    "positionAmount": "512.3", "cashTransfer": "0", "transactionID": "18000000040",
}  # fmt: skip
ACTION = STOCK | {
    "dateTime": "20261009;202500", "reportDate": "20261012", "proceeds": "0", "quantity": "40", "type": "FS",
    "actionID": "130000001", "transactionID": "18000000015",
}  # fmt: skip


def read(element: str, row: dict[str, str], **changed: str) -> tuple[list[Transaction], Notes]:
    notes = Notes()
    told = {"element": element, **row, **changed}
    return list(history.transactions(told, b"raw", notes)), notes


def one(element: str, row: dict[str, str], **changed: str) -> Transaction:
    (found,), notes = read(element, row, **changed)
    assert not notes.fields
    assert not notes.words
    return found


EAE = OPTION | {
    "date": "20261016", "transactionType": "Expiration", "quantity": "2", "tradePrice": "0.0000",
    "proceeds": "0.00", "commisionsAndTax": "-0.50", "tradeID": "5500000009",
}  # fmt: skip


def xml(*rows: tuple[str, dict[str, str]], account: str = "U7654321") -> bytes:
    told = "".join(
        f"<{name} {' '.join(f'{key}={json.dumps(value)}' for key, value in row.items())}/>\n"
        for name, row in rows
    )
    return (
        '<FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1">\n'
        f'<FlexStatement accountId="{account}" fromDate="20261001" toDate="20261031">\n{told}'
        "</FlexStatement></FlexStatements></FlexQueryResponse>"
    ).encode()


def counted(*rows: tuple[str, dict[str, str]]) -> tuple[list[dict[str, Any]], list[Any]]:
    (found,) = statement.document(xml(*rows))  # type: ignore[misc]  # no error answer
    told, skipped = history.counted(found)
    return [row for row, _ in told], skipped
