"""The sandbox's side: activities, as GET /accounts/{hash}/transactions tells them (section 3.4)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.brokerages.schwab.tell_portfolio import ASSET_TYPES, instrument_id
from adapters.sandbox.asked import number
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

NEW_YORK = ZoneInfo("America/New_York")
ZERO = Decimal(0)
FIRST_ID = 90_000_000_000
FIRST_ORDER = 1_002_500_000_000
Row = dict[str, Any]

WORDS = frozenset(
    {
        "TRADE",
        "RECEIVE_AND_DELIVER",
        "DIVIDEND_OR_INTEREST",
        "ACH_RECEIPT",
        "ACH_DISBURSEMENT",
        "CASH_RECEIPT",
        "CASH_DISBURSEMENT",
        "ELECTRONIC_FUND",
        "WIRE_OUT",
        "WIRE_IN",
        "JOURNAL",
        "MEMORANDUM",
        "MARGIN_CALL",
        "MONEY_MARKET",
        "SMA_ADJUSTMENT",
    }
)
# Words and descriptions by the type of the truth; a row takes one of them by its number.
TEXTS = {
    "DEPOSIT": (
        ("ACH_RECEIPT", "ACH RECEIPT"),
        ("CASH_RECEIPT", "MOBILE DEPOSIT"),
        ("WIRE_IN", "WIRED FUNDS RECEIVED"),
        ("ELECTRONIC_FUND", "ELECTRONIC FUNDING TRNSFR"),
    ),
    "WITHDRAWAL": (
        ("ACH_DISBURSEMENT", "ACH DISBURSEMENT"),
        ("CASH_DISBURSEMENT", "CHECK WITHDRAWAL"),
        ("WIRE_OUT", "WIRED FUNDS DISBURSED"),
        ("ELECTRONIC_FUND", "ELECTRONIC FUNDING TRNSFR"),
    ),
    "INTEREST": (
        ("DIVIDEND_OR_INTEREST", "SCHWAB1 INT 11/26-12/29"),
        ("DIVIDEND_OR_INTEREST", "BANK INT 111625-121525 SCHWAB BANK"),
    ),
    "MARGIN_INTEREST": (("DIVIDEND_OR_INTEREST", "MARGIN INTEREST 07/30-08/29"),),
    "TAX": (
        ("DIVIDEND_OR_INTEREST", "FOREIGN TAX WITHHELD"),
        ("DIVIDEND_OR_INTEREST", "NRA WITHHOLDING"),
        ("DIVIDEND_OR_INTEREST", "W-8 WITHHOLDING"),
        ("JOURNAL", "TAX WITHHOLDING"),
    ),
    "FEE": (("JOURNAL", "SERVICE FEE"), ("JOURNAL", "FEES")),
}
MOVES = {
    "OPTION_EXPIRATION": "REMOVAL OF OPTION DUE TO EXPIRATION",
    "OPTION_ASSIGNMENT": "REMOVAL OF OPTION DUE TO ASSIGNMENT",
    "OPTION_EXERCISE": "REMOVAL OF OPTION DUE TO EXERCISE",
    "STOCK_DIVIDEND": "STOCK DIVIDEND",
    "TRANSFER_IN": "TRANSFER OF SECURITY OR OPTION IN",
    "TRANSFER_OUT": "TRANSFER OF SECURITY OR OPTION OUT",
}
OPENING = frozenset({"BUY", "SELL_SHORT", "BUY_TO_OPEN", "SELL_TO_OPEN", "DIVIDEND_REINVESTMENT"})
CURRENCY = {
    "assetType": "CURRENCY",
    "status": "ACTIVE",
    "symbol": "CURRENCY_USD",
    "description": "USD currency",
    "instrumentId": 1,
    "closingPrice": number(ZERO),
}


def activity_rows(rows: Iterable[TruthTransaction], account: TruthAccount) -> list[Row]:
    """Newest first. Shares that an assignment brings are legs of its own TRADE."""
    listed = list(rows)
    legs = {row.leg_of: row for row in listed if row.leg_of is not None}
    return [_activity(row, legs.get(row.number), account) for row in listed if row.leg_of is None]


def _activity(row: TruthTransaction, shares: TruthTransaction | None, account: TruthAccount) -> Row:
    instant = f"{row.executed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000"
    traded = row.trade or shares is not None
    word, description = ("TRADE", "") if traded else _named(row)
    told: Row = {"activityId": FIRST_ID + row.number, "time": instant}
    if description:
        told["description"] = description
    told |= {
        "accountNumber": account.number,
        "type": word,
        "status": "PENDING" if row.status == "PENDING" else "VALID",
        "subAccount": "SHORT" if row.deed in ("SELL_SHORT", "BUY_TO_COVER") else account.kind.upper(),
        "tradeDate": instant if traded else _midnight(row.trade_date),
    }
    is_option = row.instrument is not None and row.instrument.kind == "option"
    if row.settlement_date is not None and not (row.trade and is_option):
        told["settlementDate"] = _midnight(row.settlement_date)
    if traded:
        told |= {"positionId": 2_700_000_000 + row.number, "orderId": FIRST_ORDER + row.order}
    told["netAmount"] = number((row.net or ZERO) + (ZERO if shares is None else shares.net or ZERO))
    told["transferItems"] = _items(row, shares)
    return told


def _items(row: TruthTransaction, shares: TruthTransaction | None) -> list[Row]:
    instrument, quantity = row.instrument, row.quantity
    if instrument is None or quantity is None:
        return [{"instrument": CURRENCY, "amount": number(row.net or ZERO), "cost": number(ZERO)}]
    leg = _leg(row, instrument, quantity)
    fees = _fees(row.fees or ZERO, option=instrument.kind == "option")
    if shares is not None and shares.instrument is not None:
        # The option's leg costs nothing; the shares may be mirrored (-N, +N, -N).
        many = shares.quantity or ZERO
        turn = {"positionEffect": "OPENING"}
        bought = _leg(shares, shares.instrument, many) | turn
        back = {"amount": number(-many), "cost": number(-(shares.gross or ZERO)), "positionEffect": "CLOSING"}
        mirrored = [bought, bought | back, bought] if row.number % 2 else [bought]
        return [*fees, leg | {"price": number(ZERO), "positionEffect": "CLOSING"}, *mirrored]
    if row.trade:
        return [*fees, leg | {"positionEffect": "OPENING" if row.deed in OPENING else "CLOSING"}]
    return [leg]


def _leg(row: TruthTransaction, instrument: TruthInstrument, quantity: Decimal) -> Row:
    told: Row = {
        "instrument": _instrument(instrument),
        "amount": number(quantity),
        "cost": number(row.gross or ZERO),
    }
    return told if row.price is None else told | {"price": number(row.price)}


def _fees(fees: Decimal, *, option: bool) -> list[Row]:
    """Several legs, some of them zero. The last cent comes without a `feeType`, as on futures options."""
    cent = min(fees, Decimal("0.01"))
    words = (("COMMISSION", fees - cent if option else ZERO), ("SEC_FEE", ZERO if option else fees - cent))
    told = [_fee(value) | {"feeType": word} for word, value in (*words, ("TAF_FEE", ZERO))]
    return [*told, _fee(cent)] if cent else told


def _fee(value: Decimal) -> Row:
    return {"instrument": CURRENCY, "amount": number(value), "cost": number(-value)}


def _instrument(instrument: TruthInstrument) -> Row:
    told: Row = {
        "assetType": ASSET_TYPES[instrument.kind],
        "status": "ACTIVE",
        "symbol": instrument.symbol,
        "instrumentId": instrument_id(instrument),
        "closingPrice": number(instrument.price),
    }
    option = instrument.option
    if option is None:
        words = {"equity": {"type": "COMMON_STOCK"}, "etf": {"type": "EXCHANGE_TRADED_FUND"}}
        return told | words.get(instrument.kind, {})
    deliverable = {
        "rootSymbol": option.underlying,
        "strikePercent": 100,
        "deliverableNumber": 1,
        "deliverableUnits": 100,
    }
    return told | {
        "description": instrument.name,
        "expirationDate": _midnight(option.expiration),
        "optionDeliverables": [deliverable],
        "optionPremiumMultiplier": int(option.multiplier),
        "putCall": option.right.upper(),
        "strikePrice": option.strike,
        "type": "VANILLA",
        "underlyingSymbol": option.underlying,
    }


def _named(row: TruthTransaction) -> tuple[str, str]:
    """The word and the description of what is no trade."""
    if row.type in TEXTS:
        texts = TEXTS[row.type]
        return texts[row.number % len(texts)]
    if row.instrument is None:
        return "JOURNAL", "JOURNALED FUNDS"
    if row.type == "DIVIDEND":
        symbol = f"QUALIFIED DIVIDEND~{row.instrument.symbol}"
        return "DIVIDEND_OR_INTEREST", row.instrument.name if row.number % 3 else symbol
    if row.type == "SPLIT":
        return "RECEIVE_AND_DELIVER", f"{row.instrument.name} STOCK SPLIT"
    return "RECEIVE_AND_DELIVER", MOVES[row.type]


def _midnight(day: date) -> str:
    """Midnight in New York, told in UTC: the day before where one looks at UTC alone."""
    return f"{datetime.combine(day, time(), NEW_YORK).astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000"
