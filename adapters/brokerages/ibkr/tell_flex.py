"""The truth as Flex XML: statements with all their sections. Part of the sandbox."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.sax.saxutils import quoteattr

from adapters.brokerages.ibkr.spelling import Attributes, Query, element, section
from adapters.brokerages.ibkr.tell import booked, conid, execution, isin
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

ZERO = Decimal(0)
CATEGORIES = {"equity": "STK", "etf": "STK", "option": "OPT", "mutual_fund": "FUND"}
# One deed, several spellings: which one a row gets depends on its number.
CASH = {
    "DEPOSIT": ("Deposits/Withdrawals", "Deposits & Withdrawals"),
    "WITHDRAWAL": ("Deposits & Withdrawals", "Deposits/Withdrawals"),
    "DIVIDEND": ("Dividends",),
    "RETURN_OF_CAPITAL": ("Dividends",),
    "TAX": ("Withholding Tax",),
    "INTEREST": ("Broker Interest Received",),
    "MARGIN_INTEREST": ("Broker Interest Paid",),
    "FEE": ("Other Fees", "Advisor Fees", "Commission Adjustments"),
}
TRANSFERS = ("ACATS", "INTERNAL", "ATON", "FOP")
ACTIONS = {"SPLIT": "FS", "STOCK_DIVIDEND": "SD"}
ENDS = {
    "OPTION_EXPIRATION": ("Ep", "Expiration"), "OPTION_ASSIGNMENT": ("A", "Assignment"),
    "OPTION_EXERCISE": ("Ex", "Exercise"),
}  # fmt: skip
TRADES = frozenset(
    "BUY SELL SELL_SHORT BUY_TO_COVER BUY_TO_OPEN BUY_TO_CLOSE SELL_TO_OPEN SELL_TO_CLOSE"
    " DIVIDEND_REINVESTMENT".split()
)
CONVERSION = "FX_CONVERSION"
TYPES = TRADES | {CONVERSION} | CASH.keys() | ACTIONS.keys() | ENDS.keys() | {"TRANSFER_IN", "TRANSFER_OUT"}
EFFECTS = {"SELL": "C", "BUY_TO_COVER": "C", "BUY_TO_CLOSE": "C", "SELL_TO_CLOSE": "C"}
ACCOUNT_TYPES = {
    "margin": ("Individual", "Margin"),
    "other": ("Individual", ""),
    "ira_other": ("IRA", "Cash"),
}


def statement(
    owner: TruthAccount,
    rows: list[TruthTransaction],
    days: tuple[date, date],
    opened: date,
    now: datetime,
    query: Query,
) -> list[str]:
    """The statement of one account; `rows` are those of these days, the oldest first."""
    own = {"accountId": owner.number, "acctAlias": owner.name, "model": ""}
    start, end = (query.on(day) for day in days)
    head = {
        "accountId": owner.number,
        "fromDate": start,
        "toDate": end,
        "period": "",
        "whenGenerated": query.at(now),
    }
    kind, capabilities = ACCOUNT_TYPES[owner.kind]
    known = own | {
        "currency": owner.currency, "name": "Sample Customer", "accountType": kind,
        "accountCapabilities": capabilities, "dateOpened": query.on(opened), "dateClosed": "",
    }  # fmt: skip
    trades = [row for row in rows if row.type in TRADES or row.type in ENDS]
    changed = [row for row in rows if row.type == CONVERSION and not row.foreign]
    opening = f"<FlexStatement {' '.join(f'{k}={quoteattr(v)}' for k, v in head.items())}>"
    return [
        opening,
        element("AccountInformation", known),
        *section("EquitySummaryInBase", _equity(owner, own, days[1], query)),
        *section("CashReport", _cash_report(owner, own, (start, end), query)),
        *section(
            "OpenPositions",
            (line for p in owner.positions for line in _position(p, owner, own, days[1], query)),
        ),
        *section(
            "Trades",
            (
                *(line for row in trades for line in _trade(row, owner, own, query)),
                *(_conversion(row, owner, own, query) for row in changed),
            ),
        ),
        *section("OptionEAE", (_end(row, owner, own, query) for row in trades if row.type in ENDS)),
        *section(
            "CorporateActions", (_action(row, owner, own, query) for row in rows if row.type in ACTIONS)
        ),
        *section(
            "CashTransactions",
            (line for row in rows if row.type in CASH for line in _cash(row, owner, own, query)),
        ),
        *section(
            "Transfers",
            (_transfer(row, owner, own, query) for row in rows if row.type.startswith("TRANSFER_")),
        ),
        *section("SecuritiesInfo", []),
        "</FlexStatement>",
    ]


def _equity(owner: TruthAccount, own: Attributes, end: date, query: Query) -> list[str]:
    """A row for each of the last days; only the latest is today's worth."""
    days = [end - timedelta(days=n) for n in (0, 2, 1)]
    return [
        element(
            "EquitySummaryByReportDateInBase",
            own
            | {
                "currency": owner.currency,
                "reportDate": query.on(day),
                "cash": query.figure(owner.cash),
                "total": query.figure(owner.total_value - n),
            },
        )
        for n, day in enumerate(days)
    ]


def _cash_report(owner: TruthAccount, own: Attributes, days: tuple[str, str], query: Query) -> list[str]:
    told = {
        "fromDate": days[0], "toDate": days[1], "startingCash": "0", "endingCash": query.figure(owner.cash),
        "endingSettledCash": query.figure(owner.settled_cash),
    }  # fmt: skip
    return [
        element("CashReportCurrency", own | {"currency": currency} | told)
        for currency in ("BASE_SUMMARY", owner.currency)
    ]


def _instrument(told: TruthInstrument | None, currency: str, own: Attributes) -> Attributes:
    start = own | {"currency": currency, "fxRateToBase": "1"}
    if told is None:
        return start | {"assetCategory": "", "symbol": "", "description": "", "conid": "", "multiplier": "0"}
    option = told.option
    found = start | {
        "assetCategory": CATEGORIES[told.kind],
        "subCategory": {"etf": "ETF", "equity": "COMMON"}.get(told.kind, ""),
        "symbol": told.symbol,
        "description": told.name,
        "conid": str(conid(told)),
    }
    if option is None:
        code = isin(told)
        return found | {
            "securityID": code, "securityIDType": "ISIN", "cusip": told.cusip, "isin": code,
            "listingExchange": "NASDAQ", "multiplier": "1", "strike": "", "expiry": "", "putCall": "",
        }  # fmt: skip
    return found | {
        "securityID": "", "securityIDType": "", "cusip": "", "isin": "", "listingExchange": "CBOE",
        "underlyingSymbol": option.underlying, "multiplier": plain(option.multiplier),
        "strike": plain(option.strike), "expiry": f"{option.expiration:%Y%m%d}",
        "putCall": option.right[0].upper(),
    }  # fmt: skip


def _position(
    told: TruthPosition, owner: TruthAccount, own: Attributes, day: date, query: Query
) -> list[str]:
    """The whole of a holding; where the query has lots as well, one lot beside it."""
    short = told.quantity < 0
    attributes = _instrument(told.instrument, owner.currency, own) | {
        "reportDate": query.on(day),
        "position": query.figure(told.quantity),
        "markPrice": query.figure(told.price),
        "costBasisPrice": query.figure(told.average_cost),
        "fifoPnlUnrealized": query.figure(told.unrealized_gain),
        "side": "Short" if short else "Long",
        "levelOfDetail": "SUMMARY",
        "openDateTime": "",
    }
    if query.money:
        attributes |= {
            "positionValue": query.figure(told.market_value),
            "costBasisMoney": query.figure(told.cost_basis),
        }
    lots = [element("OpenPosition", attributes | {"levelOfDetail": "LOT"})] if query.sums else []
    return [element("OpenPosition", attributes), *lots]


def ids(row: TruthTransaction) -> Attributes:
    return {"tradeID": str(5_500_000_000 + row.number), "transactionID": str(18_000_000_000 + row.number)}


def _trade(row: TruthTransaction, owner: TruthAccount, own: Attributes, query: Query) -> list[str]:
    quantity, price = row.quantity or ZERO, row.price or ZERO
    gross, fees = row.gross or ZERO, row.fees or ZERO
    bought = quantity > 0
    codes = [ENDS[row.type][0]] if row.type in ENDS else []
    if row.type == "DIVIDEND_REINVESTMENT":
        codes.append("R")
    if row.leg_of is not None:
        codes.append("Ex" if row.number % 2 else "A")
    codes.append("P")
    fractional = quantity != quantity.to_integral_value()
    word = "BookTrade" if booked(row) else "FracShare" if fractional and row.number % 2 else "ExchTrade"
    attributes = _instrument(row.instrument, owner.currency, own) | ids(row) | {
        "reportDate": query.on(row.trade_date),
        "dateTime": query.at(row.executed_at),
        "tradeDate": query.on(row.trade_date),
        "settleDateTarget": query.on(row.settlement_date or row.trade_date),
        "transactionType": word,
        "exchange": "--" if booked(row) else "ISLAND",
        "quantity": query.figure(quantity),
        "tradePrice": query.figure(price),
        "taxes": "0",
        "ibCommission": query.figure(-fees),
        "ibCommissionCurrency": owner.currency,
        "openCloseIndicator": "C" if row.type in ENDS else EFFECTS.get(row.type, "O"),
        "notes": ";".join(codes),
        "buySell": "BUY" if bought else "SELL",
        "ibOrderID": str(row.order),
        "ibExecID": "" if booked(row) else execution(row),
        "levelOfDetail": "EXECUTION",
        "isAPIOrder": "N",
    }  # fmt: skip
    if query.money:
        attributes |= {
            "tradeMoney": query.figure(-gross),
            "proceeds": query.figure(gross),
            "netCash": query.figure(row.net or ZERO),
        }
    elif row.number % 2:
        attributes["tradeMoney"] = query.figure(-gross)
    told = element("Trade", attributes)
    if not query.sums or booked(row):
        return [told]
    # An order, and its symbol's sum, tell the same money once more.
    beside = attributes | {"transactionID": "", "ibExecID": "", "levelOfDetail": "ORDER"}
    return [
        element("Order", beside),
        told,
        element("SymbolSummary", beside | {"levelOfDetail": "SYMBOL_SUMMARY"}),
    ]


def _conversion(row: TruthTransaction, owner: TruthAccount, own: Attributes, query: Query) -> str:
    """Both legs in one row: the foreign money is its quantity."""
    gross, rate, fees = row.gross or ZERO, row.price or ZERO, row.fees or ZERO
    pair = {"assetCategory": "CASH", "symbol": row.description, "description": row.description}
    attributes = own | ids(row) | pair | {
        "currency": owner.currency,
        "conid": "12087797",
        "multiplier": "1",
        "dateTime": query.at(row.executed_at),
        "tradeDate": query.on(row.trade_date),
        "settleDateTarget": query.on(row.settlement_date or row.trade_date),
        "transactionType": "ExchTrade",
        "quantity": query.figure(-gross / rate),
        "tradePrice": query.figure(rate),
        "taxes": "0",
        "ibCommission": query.figure(-fees),
        "ibCommissionCurrency": owner.currency,
        "openCloseIndicator": "",
        "notes": "AFx",
        "buySell": "BUY" if gross < 0 else "SELL",
        "ibExecID": execution(row),
        "levelOfDetail": "EXECUTION",
    }  # fmt: skip
    if query.money:
        attributes |= {"proceeds": query.figure(gross), "netCash": query.figure(row.net or ZERO)}
    return element("Trade", attributes)


def _end(row: TruthTransaction, owner: TruthAccount, own: Attributes, query: Query) -> str:
    return element(
        "OptionEAE",
        _instrument(row.instrument, owner.currency, own)
        | {
            "date": query.on(row.trade_date),
            "transactionType": ENDS[row.type][1],
            "quantity": query.figure(row.quantity or ZERO),
            "tradePrice": "0.0000",
            "markPrice": "0.0000",
            "proceeds": "0.00",
            "commisionsAndTax": "0.00",
            "tradeID": ids(row)["tradeID"],
        },
    )


def _action(row: TruthTransaction, owner: TruthAccount, own: Attributes, query: Query) -> str:
    return element(
        "CorporateAction",
        _instrument(row.instrument, owner.currency, own)
        | {
            "description": row.description,
            "reportDate": query.on(row.trade_date),
            "dateTime": query.at(row.executed_at),
            "amount": "0",
            "proceeds": "0",
            "value": "0",
            "quantity": query.figure(row.quantity or ZERO),
            "type": ACTIONS[row.type],
            "actionID": str(130_000_000 + row.number),
            "transactionID": ids(row)["transactionID"],
        },
    )


def _cash(row: TruthTransaction, owner: TruthAccount, own: Attributes, query: Query) -> list[str]:
    words = CASH[row.type]
    capital = " (Return of Capital)" if row.type == "RETURN_OF_CAPITAL" else ""
    attributes = _instrument(row.instrument, owner.currency, own) | {
        "description": row.description + capital,
        "dateTime": query.at(row.executed_at),
        "settleDate": query.on(row.settlement_date or row.trade_date),
        "amount": query.figure(row.net or ZERO),
        "type": words[row.number % len(words)],
        "tradeID": "",
        "code": "",
        "transactionID": ids(row)["transactionID"],
        "reportDate": query.on(row.trade_date),
        "clientReference": "",
        "levelOfDetail": "DETAIL",
    }
    summed = [element("CashTransaction", attributes | {"transactionID": "", "levelOfDetail": "SUMMARY"})]
    return [element("CashTransaction", attributes), *(summed if query.sums else [])]


def _transfer(row: TruthTransaction, owner: TruthAccount, own: Attributes, query: Query) -> str:
    """Securities or cash; the quantity of what goes out is told with or without its sign."""
    quantity, cash = row.quantity or ZERO, row.net or ZERO
    worth = abs(quantity * (row.price or ZERO))
    plain_cash = (
        {"assetCategory": "CASH", "symbol": "--", "description": "--"} if row.instrument is None else {}
    )
    return element(
        "Transfer",
        _instrument(row.instrument, owner.currency, own)
        | plain_cash
        | {
            "reportDate": query.on(row.trade_date),
            "dateTime": query.at(row.executed_at),
            "date": query.on(row.trade_date),
            "settleDate": query.on(row.settlement_date or row.trade_date),
            "type": TRANSFERS[row.number % len(TRANSFERS)],
            "direction": "IN" if row.type == "TRANSFER_IN" else "OUT",
            "company": "--",
            "quantity": query.figure(abs(quantity) if row.number % 2 else quantity),
            "transferPrice": "0",
            "positionAmount": query.figure(worth),
            "cashTransfer": query.figure(cash),
            "transactionID": ids(row)["transactionID"],
        },
    )
