"""The truth in the Web API's words: accounts, ledgers, positions, trades. Part of the sandbox."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

from adapters.sandbox.asked import number
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

Json = dict[str, object]
ZERO = Decimal(0)
TYPES = {
    "margin": ("INDIVIDUAL", "PMRGN"),
    "other": ("INDIVIDUAL", "STKNOPT"),
    "ira_other": ("IRA", "STKNOPT"),
}
CLASSES = {"equity": "STK", "etf": "STK", "option": "OPT", "mutual_fund": "FUND"}
NOISE = Decimal("1.00000003")  # what a 32-bit float makes of a price


def conid(told: TruthInstrument) -> int:
    """One contract has one id for all customers."""
    if told.option is None:
        return 900_000_000 + told.number
    digest = hashlib.sha256(told.symbol.encode()).digest()
    return 300_000_000 + int.from_bytes(digest[:8], "big") % 500_000_000


def isin(told: TruthInstrument) -> str:
    """Country, CUSIP, and the check digit of Luhn over letters as numbers."""
    digits = "".join(str(int(sign, 36)) for sign in f"US{told.cusip}")
    doubled = [int(d) * (2 if n % 2 == 0 else 1) for n, d in enumerate(reversed(digits))]
    return f"US{told.cusip}{-sum(d // 10 + d % 10 for d in doubled) % 10}"


def account(told: TruthAccount, customer: str, *, alias: bool) -> Json:
    kind, trading = TYPES[told.kind]
    return {
        "id": told.number,
        "PrepaidCrypto-Z": False,
        "PrepaidCrypto-P": False,
        "brokerageAccess": True,
        "accountId": told.number,
        "accountVan": told.number,
        "accountTitle": customer,
        "displayName": customer,
        "accountAlias": told.name if alias else None,
        "accountStatus": 1_551_657_600_000,
        "currency": told.currency,
        "type": kind,
        "tradingType": trading,
        "businessType": "INDEPENDENT",
        "category": "",
        "ibEntity": "IBLLC-US",
        "faclient": False,
        "clearingStatus": "O",
        "covestor": False,
        "noClientTrading": False,
        "trackVirtualFXPortfolio": False,
        "acctCustType": kind,
        "parent": {"mmc": [], "accountId": "", "isMParent": False, "isMChild": False, "isMultiplex": False},
        "desc": told.number,
    }


def ledger(told: TruthAccount, now: datetime) -> Json:
    """One row for the currency of the account and one for BASE, which is the same sum here."""

    def worth(*kinds: str) -> object:
        return number(sum((p.market_value for p in told.positions if p.instrument.kind in kinds), ZERO))

    def row(currency: str) -> Json:
        return {
            "commoditymarketvalue": number(ZERO),
            "futuremarketvalue": number(ZERO),
            "settledcash": number(told.settled_cash),
            "exchangerate": 1,
            "sessionid": 1,
            "cashbalance": number(told.cash),
            "corporatebondsmarketvalue": number(ZERO),
            "warrantsmarketvalue": number(ZERO),
            "netliquidationvalue": number(told.total_value),
            "interest": number(ZERO),
            "unrealizedpnl": number(sum((p.unrealized_gain for p in told.positions), ZERO)),
            "stockmarketvalue": worth("equity", "etf"),
            "moneyfunds": number(ZERO),
            "currency": currency,
            "realizedpnl": number(ZERO),
            "funds": worth("mutual_fund"),
            "acctcode": told.number,
            "issueroptionsmarketvalue": number(ZERO),
            "key": "LedgerList",
            "timestamp": int(now.timestamp()),
            "severity": 0,
            "stockoptionmarketvalue": worth("option"),
            "futuresonlypnl": number(ZERO),
            "tbondsmarketvalue": number(ZERO),
            "futureoptionmarketvalue": number(ZERO),
            "cashbalancefxsegment": number(ZERO),
            "secondkey": currency,
            "tbillsmarketvalue": number(ZERO),
            "dividends": number(ZERO),
            "cryptocurrencyvalue": number(ZERO),
        }

    whole: Json = {told.currency: dict(row(told.currency), endofbundle=1)}
    whole["BASE"] = row("BASE")
    return whole


def summary(told: TruthAccount, now: datetime, *, none: bool) -> Json:
    """`none`: isNull is spelt isNone."""
    stamp = int(now.timestamp()) * 1000

    def amount(value: Decimal, words: str | None = None) -> Json:
        currency = None if words else told.currency
        return {
            "amount": number(value), "currency": currency, ("isNone" if none else "isNull"): False,
            "timestamp": stamp, "value": words, "severity": 0,
        }  # fmt: skip

    figures = {
        "netliquidation": told.total_value, "buyingpower": told.buying_power,
        "settledcash": told.settled_cash,
        "totalcashvalue": told.cash, "availablefunds": max(told.cash, ZERO), "accruedcash": ZERO,
    }  # fmt: skip
    texts = {"accountcode": told.number, "accounttype": TYPES[told.kind][0], "accountready": "true"}
    rows: Json = {name: amount(ZERO, words) for name, words in texts.items()}
    rows.update({name: amount(value) for name, value in figures.items()})
    return rows


def described(told: TruthInstrument) -> str:
    option = told.option
    if option is None:
        return told.symbol
    shown = f"{option.expiration:%b%Y}".upper()
    terms = f"{shown} {plain(option.strike)} {option.right[0].upper()}"
    return f"{option.underlying}   {terms} [{told.symbol} {plain(option.multiplier)}]"


def definition(told: TruthInstrument, currency: str) -> Json:
    """A row of /trsrv/secdef."""
    option = told.option
    found: Json = {
        "conid": conid(told),
        "currency": currency,
        "name": told.name,
        "assetClass": CLASSES[told.kind],
        "ticker": told.symbol if option is None else option.underlying,
        "type": {"etf": "ETF", "equity": "COMMON"}.get(told.kind),
        "listingExchange": "NASDAQ",
        "countryCode": "US",
    }
    if option is None:
        return found | {"strike": "0", "multiplier": number(ZERO), "expiry": None, "putOrCall": None}
    return found | {
        "strike": plain(option.strike),
        "multiplier": number(option.multiplier),
        "expiry": f"{option.expiration:%Y%m%d}",
        "putOrCall": option.right[0].upper(),
    }


def position(told: TruthPosition, owner: TruthAccount, *, bare: bool, noisy: bool, size: int | None) -> Json:
    """`bare`: only the fields that every recorded answer had. `size`: of a page, where rows state it."""
    instrument = told.instrument
    always: Json = {
        "acctId": owner.number,
        "conid": conid(instrument),
        "contractDesc": described(instrument),
        "position": number(told.quantity),
        "mktPrice": number((told.price * NOISE).quantize(Decimal("1E-12")) if noisy else told.price),
        "mktValue": number(told.market_value),
        "currency": owner.currency,
        "avgCost": number(told.average_cost * instrument.multiplier),
        "avgPrice": number(told.average_cost),
        "unrealizedPnl": number(told.unrealized_gain),
        "assetClass": CLASSES[instrument.kind],
    }
    sized: Json = {} if size is None else {"pageSize": size}
    if bare:
        del always["contractDesc"]
        return always | sized
    whole = definition(instrument, owner.currency)
    return whole | always | {
        "realizedPnl": number(ZERO),
        "exchs": None,
        "exerciseStyle": None,
        "conExchMap": [],
        "undConid": 0,
        "model": "",
        "time": 12,
        "chineseName": "&#x793A;",
        "allExchanges": "AMEX,NYSE",
        "lastTradingDay": whole["expiry"],
        "group": "Computers",
        "sector": "Technology",
        "sectorGroup": "Computers",
        "hasOptions": True,
        "fullName": instrument.symbol,
        "isUS": True,
        "incrementRules": [{"lowerEdge": number(ZERO), "increment": number(Decimal("0.01"))}],
        "displayRule": {"magnification": 0, "displayRuleStep": []},
        "isEventContract": False,
    } | sized  # fmt: skip


def execution(row: TruthTransaction) -> str:
    return f"{row.number:08x}.{row.order % 0x7FFFFFFF:08x}.01.01"


def booked(row: TruthTransaction) -> bool:
    """Whether it is a book entry (the end of an option, and the shares of it) and no execution."""
    return row.leg_of is not None or row.type.startswith("OPTION_")


def trade(row: TruthTransaction, owner: TruthAccount, username: str) -> Json:
    """A row of /iserver/account/trades. Numbers come as numbers or as text."""
    if row.instrument is None or row.quantity is None or row.price is None or row.gross is None:
        raise AssertionError("a trade has these")
    bought = row.quantity > 0
    size = abs(row.quantity)
    symbol = row.instrument.symbol if row.instrument.option is None else row.instrument.option.underlying
    text = row.number % 2 == 0
    return {
        "execution_id": execution(row),
        "symbol": symbol,
        "supports_tax_opt": "1",
        "side": "B" if bought else "S",
        "order_description": f"{'Bot' if bought else 'Sold'} {plain(size)} @ {plain(row.price)} on ISLAND",
        "trade_time": f"{row.executed_at.astimezone(UTC):%Y%m%d-%H:%M:%S}",
        "trade_time_r": int(row.executed_at.timestamp()) * 1000,
        "size": plain(size) if text else number(size),
        "price": plain(row.price),
        "submitter": username,
        "exchange": "ISLAND",
        "commission": number(row.fees or ZERO) if text else plain(row.fees or ZERO),
        "net_amount": number(abs(row.gross)),
        "account": owner.number,
        ("acountCode" if text else "accountCode"): owner.number,
        "account_allocation_name": owner.number,
        "company_name": row.instrument.name,
        "contract_description_1": symbol,
        "sec_type": CLASSES[row.instrument.kind],
        "listing_exchange": "NASDAQ.NMS",
        "conid": str(conid(row.instrument)) if text else conid(row.instrument),
        ("conidex" if text else "conidEx"): str(conid(row.instrument)),
        "clearing_id": "IB",
        "clearing_name": "IB",
        "liquidation_trade": "0",
        "is_event_trading": "0",
        "order_id": row.order % 0x7FFFFFFF,
    }
