"""The sandbox's side: accounts, balances, holdings and history, as XML turned into JSON. Sheet: ally, 3."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

NEW_YORK = ZoneInfo("America/New_York")
ZERO = Decimal(0)
Row = dict[str, Any]
TYPES = {"equity": "CS", "etf": "CS", "option": "OPT"}
CASH, MARGIN, SHORT = "1", "2", "5"
SIDES = {"BUY_TO_COVER": "1", "SELL_SHORT": "5"}
# What bookkeeping rows say of a deed; a row takes one of them by its number.
TEXTS = {
    "DIVIDEND": ("CASH DIVIDEND",), "INTEREST": ("INTEREST ON CREDIT BALANCE",),
    "MARGIN_INTEREST": ("MARGIN INTEREST CHARGED",), "TAX": ("FOREIGN TAX WITHHELD ON DIVIDEND",),
    "DEPOSIT": ("ACH DEPOSIT", "WIRE IN"), "WITHDRAWAL": ("ACH DISBURSEMENT", "WITHDRAWAL BY WIRE"),
    "FEE": ("SERVICE FEE", "FEES"), "SPLIT": ("STOCK SPLIT",), "OPTION_EXPIRATION": ("EXPIRED",),
    "OPTION_ASSIGNMENT": ("ASSIGNED",), "OPTION_EXERCISE": ("EXERCISED",),
}  # fmt: skip


def listed(rows: list[Row]) -> Any:  # noqa: ANN401  a list, its one element, or nothing
    """As XML lists become JSON: one element is no list."""
    return rows[0] if len(rows) == 1 else rows


def summary(account: TruthAccount) -> Row:
    return {
        "account": account.number,
        "accountbalance": balance(account),
        "accountholdings": holdings(account),
    }


def balance(account: TruthAccount) -> Row:
    securities = plain(account.total_value - account.cash)
    return {
        "account": account.number,
        "accountvalue": plain(account.total_value),
        "buyingpower": {
            "cashavailableforwithdrawal": plain(account.cash), "daytrading": "0", "equitypercentage": "100",
            "options": plain(account.cash), "soddaytrading": "0", "sodoptions": plain(account.cash),
            "sodstock": plain(account.buying_power), "stock": plain(account.buying_power),
        },
        "fedcall": "0",
        "housecall": "0",
        "money": {
            "accruedinterest": "0", "cash": plain(account.cash), "cashavailable": plain(account.cash),
            "marginbalance": "0", "mmf": "0", "total": plain(account.cash), "uncleareddeposits": "0",
            "unsettledfunds": "0", "yield": "0",
        },
        "securities": {
            "longoptions": "0", "longstocks": "0", "options": "0", "shortoptions": "0", "shortstocks": "0",
            "stocks": "0", "total": securities,
        },
    }  # fmt: skip


def holdings(account: TruthAccount) -> Row:
    """Nothing held: an empty object in place of the list."""
    rows = [_holding(position, account) for position in account.positions]
    worth = plain(account.total_value - account.cash)
    return {"displaydata": {}, "holding": listed(rows) if rows else {}, "totalsecurities": worth}


def _holding(position: TruthPosition, account: TruthAccount) -> Row:
    """A short holding is told by the account that it lies in, its quantity has no sign."""
    short, option = position.quantity < 0, position.instrument.option
    return {
        "accounttype": SHORT if short else MARGIN if account.kind == "margin" else CASH,
        "assetclass": {},
        "change": "0.12",
        "costbasis": plain(abs(position.cost_basis)),
        "gainloss": plain(position.unrealized_gain),
        "instrument": _instrument(position.instrument),
        "marketvalue": plain(position.market_value),
        "marketvaluechange": "0",
        "price": plain(position.price),
        "purchaseprice": plain(position.average_cost),
        "qty": plain(abs(position.quantity)),
        "quote": {"change": "0.12", "lastprice": plain(position.price)},
        "underlying": {} if option is None else {"sym": option.underlying},
    }


def _instrument(instrument: TruthInstrument) -> Row:
    option = instrument.option
    told = {
        "cusip": instrument.cusip,
        "desc": instrument.name,
        "factor": "0",
        "sectyp": TYPES[instrument.kind],
        "sym": instrument.symbol if option is None else option.underlying,
    }
    if option is None:
        return told
    return told | {
        "cfi": "OC" if option.right == "call" else "OP",
        "matdt": _midnight(option.expiration),
        "mmy": f"{option.expiration:%Y%m}",
        "mult": plain(option.multiplier),
        "putcall": "1" if option.right == "call" else "0",
        "strkpx": plain(option.strike),
    }


def activity(row: TruthTransaction, account: TruthAccount) -> Row:
    """Bookkeeping rows name no security where they are of cash."""
    instrument, traded = row.instrument, row.trade
    names = instrument is not None and bool(row.quantity)
    words = TEXTS.get(row.type, ("",))
    name = "" if instrument is None else f" {instrument.name}"
    text = row.description if traded else f"{words[row.number % len(words)]}{name}"
    quantity = row.quantity or ZERO
    short = row.type in SIDES
    return {
        "activity": "Trade" if traded else "Bookkeeping",
        "amount": plain(row.net or ZERO),
        "date": _midnight(row.trade_date),
        "desc": text,
        "symbol": instrument.symbol.replace(" ", "") if instrument is not None and names else "",
        "transaction": {
            "accounttype": SHORT if short else MARGIN if account.kind == "margin" else CASH,
            **_costs(row),
            "description": text,
            "price": plain(row.price or ZERO),
            "quantity": plain(abs(quantity) if traded else quantity),
            "security": _security(instrument if names else None),
            "settlementdate": _midnight(row.settlement_date or row.trade_date),
            "side": SIDES.get(row.type, "1" if quantity > 0 else "2") if traded else "",
            "source": "sample",
            "tradedate": _midnight(row.trade_date),
            "transactionid": _identifier(row),
            "transactiontype": "Trade" if traded else "Bookkeeping",
        },
    }


def _identifier(row: TruthTransaction) -> str:
    """Some bookkeeping rows have none, and some share one."""
    if not row.trade and row.number % 9 == 0:
        return ""
    return "22000000000" if not row.trade and row.number % 9 == 1 else f"22{row.number:09d}"


def _costs(row: TruthTransaction) -> Row:
    fees = row.fees or ZERO
    cent = min(fees, Decimal("0.01"))
    return {"commission": plain(fees - cent), "fee": "0", "secfee": plain(cent)}


def _security(instrument: TruthInstrument | None) -> Row:
    if instrument is None:
        return {"cusip": "", "id": "", "sectyp": "", "sym": ""}
    option = instrument.option
    return {
        "cusip": instrument.cusip,
        "id": instrument.symbol.replace(" ", ""),
        "sectyp": TYPES[instrument.kind],
        "sym": instrument.symbol if option is None else option.underlying,
    }


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).isoformat()
