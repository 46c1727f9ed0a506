"""What eToro tells, in its shapes: numbers as JSON numbers, names in another case at each endpoint (3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

Json = dict[str, Any]
ZERO = Decimal(0)
TYPES = {"equity": (5, "Stocks"), "etf": (6, "ETF"), "crypto": (10, "Crypto")}
MIRROR = 1_841_334


def instant(moment: datetime) -> str:
    """With seven digits, as .NET writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def number_of(instrument: TruthInstrument) -> int:
    return instrument.number + (100_000 if instrument.kind == "crypto" else 1_000)


def money_id(number: str) -> str:
    """A money account is known by a UUID; a trading account by its number, which ends with 0 here."""
    return number if number.endswith("0") else f"f0995efc-25a1-465e-bec3-{int(number):012d}"


# Positions (3.3, 3.4): each purchase is one, until the sale that closes it.


@dataclass(frozen=True, slots=True)
class Lot:
    opened: TruthTransaction
    closed: TruthTransaction | None = None

    @property
    def number(self) -> int:
        return 2_100_000_000 + self.opened.number

    @property
    def copied(self) -> bool:
        return self.opened.number % 4 == 0

    @property
    def instrument(self) -> TruthInstrument:
        assert self.opened.instrument is not None  # noqa: S101 - what is bought is something
        return self.opened.instrument


def lots(rows: Sequence[TruthTransaction]) -> tuple[list[Lot], list[Lot]]:
    """Those that are open, and those that are closed, the last one first; rows come newest first."""
    waiting: dict[str, list[Lot]] = {}
    closed: list[Lot] = []
    for row in reversed(rows):
        if row.instrument is None or row.quantity is None:
            continue
        alike = waiting.setdefault(row.instrument.symbol, [])
        if row.quantity > 0:
            alike.append(Lot(row))
            continue
        found = next(lot for lot in alike if lot.opened.quantity == -row.quantity)
        alike.remove(found)
        closed.append(Lot(found.opened, row))
    return [lot for alike in waiting.values() for lot in alike], closed[::-1]


def position(lot: Lot, cid: int, *, priced: bool, now: datetime) -> Json:
    """An open one; its result in an object of its own."""
    row, paid = lot.opened, -(lot.opened.gross or ZERO)
    units, rate = row.quantity or ZERO, row.price or ZERO
    told: Json = {
        "positionID": lot.number,
        "CID": cid,
        "openDateTime": f"{row.executed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "openRate": rate,
        "instrumentID": number_of(lot.instrument),
        "isBuy": True,
        "takeProfitRate": 0,
        "stopLossRate": Decimal("0.0001"),
        "mirrorID": MIRROR if lot.copied else 0,
        "parentPositionID": 0,
        "amount": paid,
        "leverage": 1,
        "orderID": row.order,
        "orderType": 17,
        "units": units,
        "totalFees": 0,
        "initialAmountInDollars": paid,
        "isTslEnabled": False,
        "stopLossVersion": 1,
        "isSettled": True,
        "redeemStatusID": 0,
        "initialUnits": units,
        "isPartiallyAltered": False,
        "unitsBaseValueDollars": units * rate,
        "isDiscounted": True,
        "openPositionActionType": 0,
        "settlementTypeID": 1,
        "isDetached": False,
        "openConversionRate": 1,
        "pnlVersion": 1,
        "totalExternalFees": 0,
        "totalExternalTaxes": 0,
        "isNoTakeProfit": True,
        "isNoStopLoss": True,
        "lotCount": units,
    }
    return told | ({"unrealizedPnL": _result(lot, now)} if priced else {})


def _result(lot: Lot, now: datetime) -> Json:
    price, units = lot.instrument.price, lot.opened.quantity or ZERO
    gain = units * price - units * (lot.opened.price or ZERO)
    margin, exposure = -(lot.opened.gross or ZERO), units * price
    return {
        "pnL": gain,
        "pnlAssetCurrency": gain,
        "exposureInAccountCurrency": exposure,
        "exposureInAssetCurrency": exposure,
        "marginInAccountCurrency": margin,
        "marginInAssetCurrency": margin,
        "marginCurrencyId": 1,
        "assetCurrencyId": 1,
        "closeRate": price,
        "closeConversionRate": 1,
        "timestamp": instant(now),
    }


def portfolio(account: TruthAccount, orders: list[Json], now: datetime, *, priced: bool) -> Json:
    """Copied positions are under their mirror, and every second one among the others as well."""
    cid, opened = int(account.number), lots(account.transactions)[0]
    told = [(lot, position(lot, cid, priced=priced, now=now)) for lot in opened]
    copied = [row for lot, row in told if lot.copied]
    gain = sum((held.unrealized_gain for held in account.positions), ZERO)
    empty = "ordersForOpen ordersForClose ordersForCloseMultiple stockOrders entryOrders exitOrders".split()
    return {
        "clientPortfolio": {
            "credit": account.cash,
            "bonusCredit": 0,
            **({"unrealizedPnL": gain, "accountCurrencyId": 1} if priced else {}),
            "positions": [row for lot, row in told if not lot.copied or lot.number % 8 == 0],
            "mirrors": [_mirror(cid, copied)] if copied else [],
            "orders": orders,
            **{name: [] for name in empty},
        }
    }


def _mirror(cid: int, positions: list[Json]) -> Json:
    invested = sum((row["amount"] for row in positions), ZERO)
    lists = (
        "entryOrders exitOrders parentMirrors ordersForOpen ordersForClose ordersForCloseMultiple"
        " delayedOrderForClose delayedOrderForOpen"
    )
    return {
        "mirrorID": MIRROR, "CID": cid, "parentCID": 14_370_798, "stopLossPercentage": 5, "isPaused": False,
        "copyExistingPositions": True, "availableAmount": 0, "stopLossAmount": 28,
        "initialInvestment": invested, "depositSummary": 0, "withdrawalSummary": 0, "positions": positions,
        "parentUsername": "someTrader", "closedPositionsNetProfit": 0,
        "startedCopyDate": "2026-05-23T13:31:57.007Z", "pendingForClosure": False, "mirrorCalculationType": 1,
        "mirrorStatusID": 0, **{name: [] for name in lists.split()},
    }  # fmt: skip


def closed(lot: Lot) -> Json:
    """A row of the history of trades."""
    first, last = lot.opened, lot.closed
    assert last is not None  # noqa: S101 - it is one of the closed
    paid = -(first.gross or ZERO)
    return {
        "netProfit": (last.gross or ZERO) - paid,
        "closeRate": last.price,
        "closeTimestamp": instant(last.executed_at),
        "positionId": lot.number,
        "instrumentId": number_of(lot.instrument),
        "isBuy": True,
        "leverage": 1,
        "openRate": first.price,
        "openTimestamp": instant(first.executed_at),
        "stopLossRate": Decimal("0.0001"),
        "takeProfitRate": 0,
        "trailingStopLoss": False,
        "orderId": first.order,
        "socialTradeId": 0,
        "parentPositionId": 0,
        "investment": paid,
        "initialInvestment": paid,
        "fees": last.fees or ZERO,
        "units": first.quantity,
    }


def aggregate(account: TruthAccount, now: datetime) -> Json:
    invested = sum((held.cost_basis for held in account.positions), ZERO)
    gain = sum((held.unrealized_gain for held in account.positions), ZERO)
    totals = {
        "accountAvailableCash": account.buying_power,
        "accountFrozenCash": 0,
        "accountCurrentPnl": gain,
        "accountTotalValue": account.total_value,
        "accountTotalUsedMargin": invested,
        "accountBalance": account.cash,
    }
    told = {"cid": int(account.number), "timestamp": instant(now), "accountCurrency": account.currency}
    return told | {"accountTotals": totals, "instrumentAggregates": [], "mirrors": []}


# Money accounts (3.2, 3.5).


def balance(account: TruthAccount) -> Json:
    trading = account.number.endswith("0")
    told: Json = {
        "accountId": money_id(account.number),
        "accountType": "trading" if trading else "cash",
        "subType": None,
        "balance": account.total_value,
        "currency": account.currency,
        "displayBalance": account.total_value,
        "displayCurrency": "USD",
        "exchangeRate": Decimal("1.0"),
    }
    return told


# What a deed is called, in turns: type and subtype.
WORDS = {
    "DEPOSIT": (
        ("bankTransfer", "transferReceived"), ("bankTransfer", "paymentReceived"), ("card", "refund"),
    ),
    "WITHDRAWAL": (
        ("card", "cardPayment"), ("bankTransfer", "transfer"), ("card", "cashWithdrawal"),
        ("bankTransfer", "directDebit"), ("card", "contactless"), ("card", "onlinePayment"),
    ),
    "FEE": (("card", "fee"),),
    "TRANSFER_IN": (("internalTransfer", "transferReceived"), ("internalTransfer", "cryptoToFiat")),
    "TRANSFER_OUT": (("internalTransfer", "transfer"),),
}  # fmt: skip


def entry(row: TruthTransaction, account: TruthAccount) -> Json:
    """A row of the ledger: an amount without a sign, as a text."""
    words, net = WORDS[row.type], row.net or ZERO
    kind, subtype = words[row.number % len(words)]
    bank = {"bankIdentifier": [], "description": row.description, "paymentReference": "X1"}
    return {
        "id": str(row.number),
        "accountId": money_id(account.number),
        "transactionType": kind,
        "transactionSubtype": subtype,
        "direction": "credit" if net > 0 else "debit",
        "status": "settled" if row.posted else "authorized",
        "amount": f"{abs(net):.2f}",
        "currency": row.currency,
        "originalAmount": None,
        "originalCurrency": None,
        "conversionRate": None,
        "postedAt": instant(row.executed_at),
        "counterparty": {"name": "A Sample", "type": "bank_account"},
        "cardTransactionDetails": None,
        "bankTransferTransactionDetails": bank if kind == "bankTransfer" else None,
        "internalTransferTransactionDetails": None,
    }


def money_account(account: TruthAccount) -> Json:
    bank = {"id": money_id(account.number), "accountName": "Sample Customer", "identifiers": []}
    bank |= {"region": "UK", "countryCode": "GB", "bankProvider": "Sample", "institutionName": "Sample"}
    told = {"id": money_id(account.number), "currency": account.currency, "status": "Active"}
    return told | {"bankAccount": bank, "cards": []}


# Market data (3.6).


def known(accounts: Iterable[TruthAccount]) -> dict[int, TruthInstrument]:
    """All that the customer has or had to do with, by eToro's numbers."""
    found: dict[int, TruthInstrument] = {}
    for account in accounts:
        for row in account.transactions:
            if row.instrument is not None:
                found[number_of(row.instrument)] = row.instrument
    return found


def display(instrument: TruthInstrument) -> Json:
    number, (kind, _) = number_of(instrument), TYPES[instrument.kind]
    image = {"instrumentID": number, "width": 35, "height": 35, "uri": "https://example.com/35.png"}
    return {
        "instrumentID": number, "instrumentDisplayName": instrument.name, "instrumentTypeID": kind,
        "exchangeID": 8 if instrument.kind == "crypto" else 4, "symbolFull": instrument.symbol,
        "stocksIndustryId": 3, "priceSource": "Nasdaq", "hasExpirationDate": False,
        "isInternalInstrument": False,
        "images": [image | {"backgroundColor": "#ffffff", "textColor": "#000000"}],
    }  # fmt: skip


def found(instrument: TruthInstrument) -> Json:
    """As the search tells it: in other cases."""
    return {
        "instrumentId": number_of(instrument),
        "displayname": instrument.name,
        "internalSymbolFull": instrument.symbol,
        "internalAssetClassName": TYPES[instrument.kind][1],
    }


def rate(instrument: TruthInstrument, now: datetime) -> Json:
    price = instrument.price
    names = "ask bid lastExecution unitMargin unitMarginAsk unitMarginBid".split()
    told: Json = {"instrumentID": number_of(instrument), **dict.fromkeys(names, price)}
    return told | {
        "conversionRateAsk": 1,
        "conversionRateBid": 1,
        "date": instant(now),
        "priceRateID": 12_345,
    }


def candles(instrument: TruthInstrument, interval: str, times: Sequence[datetime]) -> Json:
    number, prices = number_of(instrument), dict.fromkeys(("open", "high", "low", "close"), instrument.price)
    told = [{"instrumentID": number, "fromDate": instant(at), **prices, "volume": 100} for at in times]
    ranges = {f"range{name.capitalize()}": value for name, value in prices.items()}
    return {
        "interval": interval,
        "candles": [{"instrumentId": number, "candles": told, **ranges, "volume": 100 * len(told)}],
    }


def closing(instrument: TruthInstrument) -> Json:
    """A price of -1 and the year 1 mean that there is none; a blank stands for the T."""
    none = {"price": -1, "date": "0001-01-01 00:00:00Z"}
    price = {"price": instrument.price, "date": "2026-11-24 00:00:00Z"}
    prices = {"daily": price, "weekly": none, "monthly": none}
    told = {"instrumentId": number_of(instrument), "officialClosingPrice": instrument.price}
    return told | {"isMarketOpen": True, "closingPrices": prices}
