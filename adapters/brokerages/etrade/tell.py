"""The truth in E*TRADE's words: its names, signs, times and oddities. Part of the sandbox."""

from datetime import date, datetime, time
from decimal import Decimal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

Json = dict[str, object]
NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
ZERO = Decimal(0)
TYPES = {"margin": ("INDIVIDUAL", "MARGIN"), "cash": ("INDIVIDUAL", "CASH"), "ira_roth": ("ROTHIRA", "CASH")}
SECURITY = {"equity": "EQ", "etf": "EQ", "mutual_fund": "MF", "option": "OPTN"}
# One deed, several words: which one a row gets depends on its number.
WORDS = {
    "BUY": ("Bought",),
    "SELL": ("Sold",),
    "DIVIDEND": ("Dividend", "Qualified Dividend"),
    "DIVIDEND_REINVESTMENT": ("Reinvestment",),
    "INTEREST": ("Interest Income", "Interest"),
    "MARGIN_INTEREST": ("Margin Interest", "Interest"),
    "DEPOSIT": ("Funds Received", "Transfer", "Contribution", "Wire", "Journal"),
    "WITHDRAWAL": ("Bill Payment", "POS", "Check", "Withdrawal", "Distribution", "Wire", "Transfer"),
    "TRANSFER_IN": ("Transfer", "Journal"),
    "TRANSFER_OUT": ("Transfer", "Journal"),
    "FEE": ("Fee", "Service Fee"),
    "TAX": ("Foreign Tax",),
    "SPLIT": ("Split",),
    "CASH_IN_LIEU": ("Cash in Lieu",),
    "ADJUSTMENT": ("Adjustment",),
    "OPTION_EXPIRATION": ("Expiration", "Option Expiration"),
    "OPTION_ASSIGNMENT": ("Assignment",),
    "OPTION_EXERCISE": ("Exercise",),
}
WITHOUT_DETAILS = frozenset({"Fee", "Bill Payment", "POS"})


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def midnight(day: date, zone: ZoneInfo = NEW_YORK) -> int:
    return milliseconds(datetime.combine(day, time(), zone))


def account(told: TruthAccount, *, blank: bool) -> Json:
    """`blank`: the name is one blank, and the description stands in for it."""
    kind, mode = TYPES[told.kind]
    return {
        "accountId": told.number,
        "accountIdKey": told.key,
        "accountMode": mode,
        "accountDesc": told.name if blank else "Brokerage",
        "accountName": " " if blank else told.name,
        "accountType": kind,
        "institutionType": "BROKERAGE",
        "accountStatus": "ACTIVE",
        "closedDate": 0,
        "shareWorksAccount": False,
        "fcManagedMssbClosedAccount": False,
    }


def balance(told: TruthAccount, customer: str, *, live: bool) -> Json:
    """The cash lies in the sweep fund, or is owed: `cashBalance` never tells it, and `netCash` has
    credit in it that is nobody's money."""
    kind, mode = TYPES[told.kind]
    margin = mode == "MARGIN"
    value = sum((position.market_value for position in told.positions), ZERO)
    long = sum((p.market_value for p in told.positions if p.market_value > 0), ZERO)
    computed: Json = {
        "cashAvailableForInvestment": max(told.cash, ZERO),
        "cashAvailableForWithdrawal": max(told.cash, ZERO),
        "totalAvailableForWithdrawal": max(told.cash, ZERO),
        "netCash": told.cash + (1000 if margin else 0),
        "cashBalance": ZERO,
        "settledCashForInvestment": max(told.cash, ZERO),
        "unSettledCashForInvestment": ZERO,
        "fundsWithheldFromPurchasePower": ZERO,
        "fundsWithheldFromWithdrawal": ZERO,
        "cashBuyingPower": told.buying_power / 2 if margin else told.buying_power,
        "shortAdjustBalance": ZERO,
        "accountBalance": told.cash,
        "OpenCalls": {"minEquityCall": ZERO, "fedCall": ZERO, "cashCall": ZERO, "houseCall": ZERO},
    }
    if margin:
        computed |= {
            "marginBuyingPower": told.buying_power,
            "dtMarginBuyingPower": ZERO,
            "dtCashBuyingPower": ZERO,
            "marginBalance": min(told.cash, ZERO),
            "regtEquity": told.total_value,
            "regtEquityPercent": Decimal(100),
        }
    if live:
        computed["RealTimeValues"] = {
            "totalAccountValue": told.total_value,
            "netMv": value,
            "netMvLong": long,
            "netMvShort": value - long,
        }
    return {
        "accountId": told.number,
        "accountType": kind,
        "optionLevel": "LEVEL_2",
        "accountDescription": customer,
        "quoteMode": 0,
        "dayTraderStatus": "NO_PDT",
        "accountMode": mode,
        "Cash": {"fundsForOpenOrdersCash": ZERO, "moneyMktBalance": max(told.cash, ZERO)},
        "Computed": computed,
    }


def product(told: TruthInstrument) -> Json:
    """Of an option, `symbol` is only the root."""
    if told.option is None:
        found: Json = {"symbol": told.symbol, "securityType": SECURITY[told.kind]}
        return found | {"securitySubType": "ETF"} if told.kind == "etf" else found
    option = told.option
    osi = told.symbol.replace(" ", "-")
    return {
        "symbol": option.underlying,
        "securityType": "OPTN",
        "callPut": option.right.upper(),
        "expiryYear": option.expiration.year,
        "expiryMonth": option.expiration.month,
        "expiryDay": option.expiration.day,
        "strikePrice": option.strike,
        "productId": {"symbol": osi, "typeCode": "OPTION"},
    }


def displayed(told: TruthInstrument) -> str:
    if told.option is None:
        return told.symbol
    option = told.option
    day = f"{option.expiration:%b} {option.expiration.day} '{option.expiration:%y}"
    return f"{option.underlying} {day} ${plain(option.strike)} {option.right.title()}"


def quote_symbol(told: TruthInstrument) -> str:
    if told.option is None:
        return told.symbol
    option = told.option
    day = f"{option.expiration.year}:{option.expiration.month}:{option.expiration.day}"
    return f"{option.underlying}:{day}:{option.right.upper()}:{option.strike:.6f}"


def position_id(told: TruthPosition, owner: TruthAccount) -> int:
    return 47_000_000_000 + told.instrument.number * 10 + int(owner.number[-1])


def position(
    told: TruthPosition, owner: TruthAccount, base: str, traded_at: int, *, view: str, signed: bool
) -> Json:
    """`signed`: figures of a short are negative; else only `positionType` tells that it is one."""
    short = told.quantity < 0
    turned = -1 if short and not signed else 1
    number = position_id(told, owner)
    units = told.quantity * told.instrument.multiplier
    first = next((r for r in reversed(owner.transactions) if r.instrument == told.instrument), None)
    acquired = -57_600_000 if first is None or told.instrument.option else midnight(first.trade_date)
    return {
        "positionId": number,
        "symbolDescription": displayed(told.instrument),
        "dateAcquired": acquired,
        "pricePaid": told.average_cost,
        "commissions": 0,
        "otherFees": 0,
        "quantity": told.quantity * turned,
        "positionIndicator": "TYPE5" if short else "TYPE2" if owner.kind == "margin" else "TYPE1",
        "positionType": "SHORT" if short else "LONG",
        "daysGain": 0,
        "daysGainPct": 0,
        "marketValue": told.market_value * turned,
        "totalCost": told.cost_basis * turned,
        "totalGain": told.unrealized_gain,
        "totalGainPct": 0,
        "pctOfPortfolio": 0,
        # Nobody knows whether the multiplier of an option is in it: here it is, every other time.
        "costPerShare": told.average_cost * (told.instrument.multiplier if signed else 1),
        "todayCommissions": 0,
        "todayFees": 0,
        "todayPricePaid": 0,
        "todayQuantity": 0,
        "adjPrevClose": told.price,
        "lotsDetails": f"{base}/v1/accounts/{owner.key}/portfolio/{number}.json",
        "quoteDetails": f"{base}/v1/market/quote/{quote(quote_symbol(told.instrument), safe=':')}.json",
        "Product": product(told.instrument),
        view: {
            "lastTrade": told.price,
            "lastTradeTime": traded_at,
            "change": 0,
            "changePct": 0,
            "volume": int(abs(units)) * 100,
            "quoteStatus": "REALTIME",
        },
    }


def totals(told: TruthAccount) -> Json:
    value = sum((each.market_value for each in told.positions), ZERO)
    gain = sum((each.unrealized_gain for each in told.positions), ZERO)
    return {
        "todaysGainLoss": 0,
        "todaysGainLossPct": 0,
        "totalMarketValue": value,
        "totalGainLoss": gain,
        "totalGainLossPct": 0,
        "totalPricePaid": value - gain,
        "cashBalance": told.cash,
    }


def lot(held: TruthPosition, owner: TruthAccount) -> Json:
    """All of a position as one lot."""
    number = position_id(held, owner)
    return {
        "positionId": number,
        "positionLotId": number + 1,
        "price": held.average_cost,
        "termCode": 0,
        "daysGain": 0,
        "daysGainPct": 0,
        "marketValue": held.market_value,
        "totalCost": held.cost_basis,
        "totalGain": held.unrealized_gain,
        "originalQty": held.quantity,
        "remainingQty": held.quantity,
        "availableQty": held.quantity,
        "settlementCurrency": "USD",
        "paymentCurrency": "USD",
    }


def transaction_id(row: TruthTransaction) -> str:
    return f"{row.trade_date:%y%j}{row.number:09d}"


def marker(row: TruthTransaction) -> str:
    return f"{transaction_id(row)}_{_dated(row) // 1000}"


def word(row: TruthTransaction) -> str:
    words = WORDS[row.type]
    return words[row.number % len(words)]


def _dated(row: TruthTransaction) -> int:
    """A pending row tells its instant; a posted one midnight of its day, on either coast."""
    if row.status == "PENDING":
        return milliseconds(row.executed_at)
    return midnight(row.trade_date, LOS_ANGELES if row.number % 2 else NEW_YORK)


def trade(row: TruthTransaction) -> Json:
    """What the list calls `brokerage`. A sale may come without its product."""
    pending = row.status == "PENDING"
    instrument = row.instrument
    settles = 0 if row.settlement_date is None else midnight(row.settlement_date, LOS_ANGELES)
    told: Json = {
        "product": {} if instrument is None else product(instrument),
        "quantity": row.quantity or 0,
        "price": row.price or 0,
        "settlementCurrency": row.currency,
        "paymentCurrency": row.currency,
        # Fees are in the amount; only now and then does a row own up to them.
        "fee": row.fees if row.fees and row.number % 3 == 0 else 0,
        "displaySymbol": " " if pending or instrument is None else displayed(instrument),
        "settlementDate": 0 if pending else settles,
    }
    if row.type == "SELL" and row.number % 7 == 0 and not pending and _plain_kind(instrument):
        del told["product"]
    return told


def _plain_kind(instrument: TruthInstrument | None) -> bool:
    """Whether the display form alone tells what it is; it does not tell a fund from a share."""
    return instrument is not None and instrument.kind in {"equity", "option"}


def transaction(row: TruthTransaction, owner: TruthAccount, base: str) -> Json:
    foreign = row.instrument is not None and row.instrument.name.endswith("ADR")
    name = row.description if row.instrument is None else row.instrument.name
    told: Json = {
        "transactionId": transaction_id(row),
        "accountId": owner.number,
        "transactionDate": _dated(row),
        "postDate": 0 if row.status == "PENDING" else midnight(row.trade_date, LOS_ANGELES),
        "amount": row.net or 0,
        "description": f"***{name}" if foreign else name,
        "transactionType": word(row),
        "memo": " ",
        "imageFlag": False,
        "instType": "BROKERAGE",
        "storeId": 0,
        "brokerage": trade(row),
    }
    if word(row) in WITHOUT_DETAILS:
        return told | {"description2": str(row.number)}
    # Malformed at E*TRADE as well: nothing answers there.
    address = f"{base}/v1/accounts/{owner.key}/transactions.json/{transaction_id(row)}?storeId=0"
    return told | {"detailsURI": address}


def capital(row: Json) -> Json:
    """The same row with the capital letters of answers that no `.json` in the path asks for."""
    inner = {"Product" if name == "product" else name: member for name, member in _members(row["brokerage"])}
    return {name: member for name, member in row.items() if name != "brokerage"} | {"Brokerage": inner}


def _members(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def details(row: TruthTransaction, owner: TruthAccount) -> Json:
    """The same row told alone: other case of keys, and the id is a number."""
    listed = trade(row)
    return {
        "transactionId": int(transaction_id(row)),
        "accountId": owner.number,
        "transactionDate": _dated(row),
        "postDate": 0 if row.status == "PENDING" else midnight(row.trade_date, LOS_ANGELES),
        "amount": row.net or 0,
        "description": row.description,
        "Category": {"categoryId": 0, "parentId": 0, "categoryName": "", "parentName": ""},
        "Brokerage": {
            "transactionType": word(row),
            "Product": listed.get("product", {}),
            "quantity": listed["quantity"],
            "price": listed["price"],
            "settlementCurrency": row.currency,
            "paymentCurrency": row.currency,
            "fee": listed["fee"],
            "memo": "",
            "orderNo": row.order,
        },
    }
