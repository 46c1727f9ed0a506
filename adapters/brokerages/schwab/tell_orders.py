"""The sandbox's side: orders, drawn from the fills (section 3.5). They can be read, not placed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.brokerages.schwab.tell_portfolio import ASSET_TYPES, cusip, instrument_id
from adapters.brokerages.schwab.tell_transactions import FIRST_ID, FIRST_ORDER, OPENING
from adapters.sandbox.asked import number
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

Row = dict[str, Any]
ZERO = Decimal(0)


def order_rows(account: TruthAccount) -> list[tuple[datetime, Row]]:
    """Each order with the time it was entered, newest first."""
    orders: dict[int, list[TruthTransaction]] = {}
    for row in account.transactions:
        if row.trade and row.leg_of is None and row.reinvests is None and row.instrument is not None:
            orders.setdefault(row.order, []).append(row)
    told = [
        _order(order, fills, fills[0].instrument, account)
        for order, fills in orders.items()
        if fills[0].instrument is not None
    ]
    return [_cancelled(*told[0]), *told] if told else []


def _cancelled(entered: datetime, like: Row) -> tuple[datetime, Row]:
    """An order like that one, which was called off: what it shows as its execution is none."""
    quantity, nothing = like["quantity"], number(ZERO)
    none = {"activityType": "EXECUTION", "activityId": like["orderId"] + 7_000_000_000}
    none |= {"executionType": "CANCELED", "quantity": quantity, "orderRemainingQuantity": nothing}
    own = {"orderId": like["orderId"] + 500_000, "status": "CANCELED", "closeTime": _instant(entered)}
    left = {"filledQuantity": nothing, "remainingQuantity": nothing, "cancelable": False, "editable": False}
    return entered, like | own | left | {"orderActivityCollection": [none]}


def _order(
    order: int, fills: list[TruthTransaction], instrument: TruthInstrument, account: TruthAccount
) -> tuple[datetime, Row]:
    first = fills[-1]
    filled = first.posted
    total = sum((abs(fill.quantity or ZERO) for fill in fills), ZERO)
    entered = first.executed_at - timedelta(seconds=2)
    leg = {
        "orderLegType": ASSET_TYPES[instrument.kind],
        "legId": 1,
        "instrument": {
            "assetType": ASSET_TYPES[instrument.kind],
            "cusip": cusip(instrument),
            "symbol": instrument.symbol,
            "instrumentId": instrument_id(instrument),
        },
        "instruction": first.deed,
        "positionEffect": "OPENING" if first.deed in OPENING else "CLOSING",
        "quantity": number(total),
    }
    told: Row = {
        "session": "NORMAL",
        "duration": "DAY",
        "orderType": "LIMIT",
        "complexOrderStrategyType": "NONE",
        "quantity": number(total),
        "filledQuantity": number(total if filled else ZERO),
        "remainingQuantity": number(ZERO if filled else total),
        "requestedDestination": "AUTO",
        "destinationLinkName": "CDRG",
        "price": number(first.price or ZERO),
        "orderLegCollection": [leg],
        "orderStrategyType": "SINGLE",
        "orderId": FIRST_ORDER + order,
        "cancelable": not filled,
        "editable": not filled,
        "status": "FILLED" if filled else "WORKING",
        "enteredTime": _instant(entered),
        "tag": "API_TOS:TRADE_ALL",
        "accountNumber": int(account.number),  # an integer here and nowhere else
    }
    if filled:
        told["closeTime"] = _instant(fills[0].executed_at)
        told["orderActivityCollection"] = [_execution(fill, instrument) for fill in reversed(fills)]
    return entered, told


def _execution(fill: TruthTransaction, instrument: TruthInstrument) -> Row:
    quantity = number(abs(fill.quantity or ZERO))
    leg = {
        "legId": 1,
        "quantity": quantity,
        "mismarkedQuantity": number(ZERO),
        "price": number(fill.price or ZERO),
        "time": _instant(fill.executed_at),
        "instrumentId": instrument_id(instrument),
    }
    return {
        "activityType": "EXECUTION",
        "activityId": FIRST_ID + fill.number,
        "executionType": "FILL",
        "quantity": quantity,
        "orderRemainingQuantity": number(ZERO),
        "executionLegs": [leg],
    }


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000"
