"""The truth in OpenD's words: accounts, funds, positions, fills, orders, fees, cash (sheet, section 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

Row = dict[str, object]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Region:
    """Where an account lives: its firm, its market, its money, and the clock of that market."""

    firm: int
    market: int
    security: int
    currency: int
    zone: ZoneInfo
    chinese: bool = False


REGIONS = {
    "USD": Region(2, 2, 2, 2, ZoneInfo("America/New_York")),
    "HKD": Region(1, 1, 1, 1, ZoneInfo("Asia/Hong_Kong"), chinese=True),
}
PER_DOLLAR = {1: Decimal("7.8"), 2: Decimal(1)}
ACCOUNT_TYPES = {"cash": 1, "margin": 2}
SIDES = {"BUY": 1, "SELL": 2, "SELL_SHORT": 3, "BUY_TO_COVER": 4}
# cashFlowType in the language of OpenD; the second one for those who installed it in Chinese.
FLOWS = {
    "DEPOSIT": ("Deposit", "存入资金"),
    "WITHDRAWAL": ("Withdrawal", "提取资金"),
    "DIVIDEND": ("Dividends", "股息"),
    "TAX": ("Dividend Withholding Tax", "股息税"),
    "INTEREST": ("Interest", "利息收入"),
    "MARGIN_INTEREST": ("Margin Interest", "融资利息"),
    "FEE": ("ADR Fee", "代收费用"),
    "ADJUSTMENT": ("Cash Adjustment", "资金调整"),
}
TRADE = ("Stock Trading", "股票成交")
FILLED, LIMIT = 11, 1
PAPER_FUTURES = 11  # the market of American futures for play money
MICRO = Decimal("0.001")


def region(account: TruthAccount) -> Region:
    return REGIONS[account.currency]


def account(known: TruthAccount) -> Row:
    here = region(known)
    return {
        "trdEnv": 1,
        "accID": known.key,
        "trdMarketAuthList": [here.market],
        "accType": ACCOUNT_TYPES[known.kind],
        "cardNum": known.number,
        "securityFirm": here.firm,
        "uniCardNum": known.number[:-4] + "0" + known.number[-3:],
        "accStatus": 0,
        "accRole": 1,
    }


def paper_number(known: TruthAccount) -> str:
    return known.key[6:]


def paper_futures_number(known: TruthAccount) -> str:
    return "9" + known.key[7:]


def paper(known: TruthAccount) -> Row:
    """Each customer has a paper account as well: play money, and no deals."""
    here = region(known)
    markets = {"trdMarketAuthList": [here.market], "accType": 2, "simAccType": 1}
    return {"trdEnv": 0, "accID": paper_number(known), **markets, "securityFirm": here.firm, "accStatus": 0}


def paper_futures(known: TruthAccount) -> Row:
    """Accounts of futures are a list of their own: here it holds play money only."""
    own = {"accID": paper_futures_number(known), "trdMarketAuthList": [PAPER_FUTURES], "simAccType": 3}
    return paper(known) | own


def funds(known: TruthAccount, currency: int) -> Row:
    """Totals in the currency that was asked for; cash in each currency as it is."""
    here = region(known)
    rate = PER_DOLLAR[currency] / PER_DOLLAR[here.currency]
    values = [position.market_value for position in known.positions]
    gain = sum((position.unrealized_gain for position in known.positions), ZERO)
    other = next(number for number in PER_DOLLAR if number != here.currency)
    told: Row = {
        "power": known.buying_power * rate,
        "totalAssets": known.total_value * rate,
        "cash": known.cash * rate,
        "marketVal": sum(values, ZERO) * rate,
        "frozenCash": 0,
        "debtCash": max(-known.cash, ZERO) * rate,
        "avlWithdrawalCash": max(known.settled_cash, ZERO) * rate,
        "currency": currency,
        "availableFunds": max(known.cash, ZERO) * rate,
        "unrealizedPL": gain * rate,
        "cashInfoList": [
            {"currency": here.currency, "cash": known.cash, "availableBalance": known.settled_cash},
            {"currency": other, "cash": 0, "availableBalance": 0, "netCashPower": 0},
        ],
        "longMv": sum((value for value in values if value > 0), ZERO) * rate,
        "shortMv": sum((value for value in values if value < 0), ZERO) * rate,
        "riskStatus": 3,
        "marketInfoList": [{"trdMarket": here.market, "assets": sum(values, ZERO) * rate}],
    }
    return told


def no_funds(currency: int) -> Row:
    names = ("power", "totalAssets", "cash", "marketVal", "frozenCash", "debtCash", "avlWithdrawalCash")
    return {**dict.fromkeys(names, 1000000), "currency": currency}


def code(instrument: TruthInstrument) -> str:
    """Without the market; of an option the underlying, the day, C or P, and the strike x 1000, unpadded."""
    option = instrument.option
    if option is None:
        return instrument.symbol
    letter = "C" if option.right == "call" else "P"
    return f"{option.underlying}{option.expiration:%y%m%d}{letter}{int(option.strike * 1000)}"


def positions(known: TruthAccount) -> list[Row]:
    here = region(known)
    told = [_position(place, position, here) for place, position in enumerate(known.positions, 1)]
    return [*told, *_closed_today(known, here)]


def _position(place: int, position: TruthPosition, here: Region) -> Row:
    short = position.quantity < 0
    cost = abs(position.cost_basis)
    ratio = (position.unrealized_gain / cost * 100).quantize(Decimal("0.01")) if cost else ZERO
    return {
        "positionID": str(6_000_000_000_000_000_000 + position.instrument.number * 100 + place),
        "positionSide": 1 if short else 0,
        "code": code(position.instrument),
        "name": position.instrument.name,
        "qty": position.quantity,
        "canSellQty": position.quantity,
        "price": position.price,
        "costPrice": position.average_cost,
        "val": position.market_value,
        "plVal": position.unrealized_gain,
        "plRatio": ratio,
        "secMarket": here.security,
        "unrealizedPL": position.unrealized_gain,
        "currency": here.currency,
        "trdMarket": here.market,
        # What was realised before is folded in here: it is not what was paid.
        "dilutedCostPrice": position.average_cost - 2,
        "averageCostPrice": position.average_cost,
        "averagePlRatio": ratio,
    }


def _closed_today(known: TruthAccount, here: Region) -> Iterable[Row]:
    """What was sold today is still listed, with a quantity of 0."""
    if not known.positions:
        return
    names = ("qty", "canSellQty", "price", "costPrice", "val", "plVal", "td_trdVal", "averageCostPrice")
    yield {
        "positionID": "6999999999999999999",
        "positionSide": 0,
        "code": "XGON",
        "name": "SOLD TODAY INC",
        **dict.fromkeys(names, 0),
        "secMarket": here.security,
        "realizedPL": Decimal("12.5"),
        "currency": here.currency,
        "trdMarket": here.market,
    }


# ---- fills, orders, fees


def local(moment: datetime, here: Region) -> str:
    return f"{moment.astimezone(here.zone):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def stamp(moment: datetime) -> Decimal:
    return Decimal(int(moment.timestamp() * 1000)) / 1000


def order_id(row: TruthTransaction) -> str:
    return f"FT{row.order:018d}"


def fill(row: TruthTransaction, here: Region) -> Row:
    instrument, quantity, price = _traded(row)
    return {
        "trdSide": SIDES[row.type],
        "fillID": str(row.number),
        "fillIDEx": f"{row.number:020d}",
        "orderID": str(row.order),
        "orderIDEx": order_id(row),
        "code": code(instrument),
        "name": instrument.name,
        "qty": abs(quantity),
        "price": price,
        "createTime": local(row.executed_at, here),
        "secMarket": here.security,
        "createTimestamp": stamp(row.executed_at),
        "updateTimestamp": stamp(row.executed_at),
        "status": 0,
        "trdMarket": here.market,
    }


def order(fills: list[TruthTransaction], here: Region) -> Row:
    """All fills of one order, oldest first."""
    first, last = fills[0], fills[-1]
    instrument, _, price = _traded(first)
    filled = sum((abs(_traded(row)[1]) for row in fills), ZERO)
    paid = sum((abs(_traded(row)[1]) * _traded(row)[2] for row in fills), ZERO)
    return {
        "trdSide": SIDES[first.type],
        "orderType": LIMIT,
        "orderStatus": FILLED,
        "orderID": str(first.order),
        "orderIDEx": order_id(first),
        "code": code(instrument),
        "name": instrument.name,
        "qty": filled,
        "price": price,
        "createTime": local(first.executed_at, here),
        "updateTime": local(last.executed_at, here),
        "fillQty": filled,
        "fillAvgPrice": (paid / filled).quantize(MICRO),
        "secMarket": here.security,
        "createTimestamp": stamp(first.executed_at),
        "updateTimestamp": stamp(last.executed_at),
        "remark": "",
        "timeInForce": 0,
        "currency": here.currency,
        "trdMarket": here.market,
    }


def fee(fills: list[TruthTransaction]) -> Row:
    total = sum((row.fees or ZERO for row in fills), ZERO)
    items = [{"title": "Commission", "value": 0}, {"title": "Platform Fee", "value": total}]
    return {"orderIDEx": order_id(fills[0]), "feeAmount": total, "feeList": items}


def _traded(row: TruthTransaction) -> tuple[TruthInstrument, Decimal, Decimal]:
    if row.instrument is None or row.quantity is None or row.price is None:
        raise AssertionError("this row is no trade")
    return row.instrument, row.quantity, row.price


# ---- cash


def flow(row: TruthTransaction, here: Region) -> Row:
    """One movement of cash; a trade has one as well."""
    amount = row.net or ZERO
    words = TRADE if row.trade else FLOWS[row.type]
    ticker = f"{row.instrument.symbol} " if row.instrument else ""
    direction = 1 if amount > 0 else 2
    settled = row.settlement_date or row.trade_date
    return {
        "clearingDate": row.trade_date.isoformat(),
        "settlementDate": settled.isoformat(),
        "currency": here.currency,
        "cashFlowType": words[1] if here.chinese else words[0],
        "cashFlowDirection": direction if amount else 0,
        "cashFlowAmount": amount,
        "cashFlowRemark": f"{ticker}{row.description}",
        "cashFlowID": str(row.number),
        "createTime": local(datetime.combine(settled, time(2), here.zone), here),
    }
