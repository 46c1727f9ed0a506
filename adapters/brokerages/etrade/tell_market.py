"""Orders and quotes out of the truth, in E*TRADE's words. Part of the sandbox."""

from datetime import datetime

from adapters.brokerages.etrade.tell import NEW_YORK, SECURITY, ZERO, Json, milliseconds, product
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction


def order(
    number: int,
    instrument: TruthInstrument,
    fills: list[TruthTransaction],
    owner: TruthAccount,
    base: str,
    state: str,
) -> Json:
    """An order out of fills. Numbers are small and count within the account. One that is not executed is
    like one that was, and has filled nothing."""
    first, last = fills[0], fills[-1]
    quantity = sum((abs(row.quantity or ZERO) for row in fills), ZERO)
    value = sum((abs(row.gross or ZERO) for row in fills), ZERO)
    units = quantity * instrument.multiplier
    done = state == "EXECUTED"
    filled: Json = {"averageExecutionPrice": round(value / units, 4) if units else 0} if done else {}
    return {
        "orderId": number,
        "details": f"{base}/v1/accounts/{owner.key}/orders/{number}.json",
        "orderType": SECURITY[instrument.kind],
        "OrderDetail": [
            {
                "placedTime": milliseconds(first.executed_at),
                **_ended(milliseconds(last.executed_at), state),
                "orderValue": value,
                "status": state,
                "orderTerm": "GOOD_FOR_DAY",
                "priceType": "MARKET",
                "limitPrice": 0,
                "stopPrice": 0,
                "marketSession": "REGULAR",
                "allOrNone": False,
                "netPrice": 0,
                "netBid": 0,
                "netAsk": 0,
                "gcd": 0,
                "ratio": "",
                "Instrument": [
                    {
                        "symbolDescription": instrument.name,
                        "orderAction": _action(first),
                        "quantityType": "QUANTITY",
                        "orderedQuantity": quantity,
                        "filledQuantity": quantity if done else ZERO,
                        **filled,
                        "estimatedCommission": ZERO,
                        "estimatedFees": sum((row.fees or ZERO for row in fills), ZERO),
                        "Product": product(instrument),
                    }
                ],
            }
        ],
    }


def _ended(at: int, state: str) -> Json:
    """When an order was executed, in milliseconds. Of a cancelled one the recorded figure has 32 bits: the
    whole seconds of its end, cut off at the front. One that waits has none."""
    if state == "CANCELLED":
        return {"executedTime": at // 1000 * 1000 % 2**32}
    return {"executedTime": at} if state == "EXECUTED" else {}


def status(told: Json) -> object:
    """The status of an order as it is told."""
    match told["OrderDetail"]:
        case [{"status": found}]:
            return found
    raise ValueError("an order has one detail")


def _action(row: TruthTransaction) -> str:
    """The order knows what the transaction does not say: short, open, close."""
    side, _, rest = row.deed.partition("_TO_")
    if rest in {"OPEN", "CLOSE"}:
        return f"{side}_{rest}"
    return {"SELL_SHORT": "SELL_SHORT", "BUY_TO_COVER": "BUY_TO_COVER", "SELL": "SELL"}.get(row.deed, "BUY")


def quoted(told: TruthInstrument, traded_at: int) -> Json:
    detail: Json = {
        "companyName": told.name,
        "symbolDescription": told.name,
        "lastTrade": told.price,
        "previousClose": told.price,
        "changeClose": 0,
        "changeClosePercentage": 0,
        "timeOfLastTrade": traded_at,
    }
    if told.kind == "mutual_fund":
        kind, detail = "MutualFund", detail | {"netAssetValue": told.price, "sevenDayCurrentYield": 0}
    else:
        spread = {"ask": told.price, "askSize": 100, "bid": told.price, "bidSize": 100, "bidExchange": " "}
        kind, detail = "All", detail | spread | {"adjustedFlag": False, "totalVolume": 1200345}
    clock = datetime.fromtimestamp(traded_at, NEW_YORK)
    return {
        "dateTime": f"{clock:%H:%M:%S %Z %m-%d-%Y}",
        "dateTimeUTC": traded_at,
        "quoteStatus": "CLOSING",
        "ahFlag": "false",
        "hasMiniOptions": False,
        kind: detail,
        "Product": product(told),
    }
