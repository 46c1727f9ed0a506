"""Moomoo's enumerations and codes in our words. Pure."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.kit import rows
from domain.accounts import AccountKind
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.money import EXACTLY, HUNDRED
from domain.transactions import TransactionType

T = TransactionType
Row = dict[str, Any]

CURRENCIES = {1: "HKD", 2: "USD", 3: "CNH", 4: "JPY", 5: "SGD", 6: "AUD", 7: "CAD", 8: "MYR", 9: "NZD"}
NUMBERS = {code: number for number, code in CURRENCIES.items()}
NO_CURRENCY = "XXX"  # ISO 4217: one that we have no name for; it is counted

FIRMS = {
    1: ("Futu HK", "HKD"),
    2: ("moomoo US", "USD"),
    3: ("moomoo SG", "SGD"),
    4: ("moomoo AU", "AUD"),
    5: ("moomoo CA", "CAD"),
    6: ("moomoo MY", "MYR"),
    7: ("moomoo JP", "JPY"),
}
ACCOUNT_KINDS = {
    1: ("Cash", AccountKind.CASH),
    2: ("Margin", AccountKind.MARGIN),
    3: ("TFSA", AccountKind.OTHER),
    4: ("RRSP", AccountKind.RETIREMENT),
    5: ("Spousal RRSP", AccountKind.RETIREMENT),
    6: ("Derivatives", AccountKind.OTHER),
}
# trdMarket: whose money an account without a firm is in, and the clock its days go by.
FUTURES, FUNDS, CRYPTO_MARKET = frozenset({5, 10, 11, 12, 13}), frozenset({113, 123, 124, 125, 126}), 7
FUTURES_MARKET = 5
_HONG_KONG = ZoneInfo("Asia/Hong_Kong")
ZONES = {
    # Of futures OpenD tells times by a setting of its own, which is UTC+8 as it is installed.
    FUTURES_MARKET: _HONG_KONG,
    1: _HONG_KONG, 113: _HONG_KONG, 3: ZoneInfo("Asia/Shanghai"), 4: ZoneInfo("Asia/Shanghai"),
    6: ZoneInfo("Asia/Singapore"), 124: ZoneInfo("Asia/Singapore"), 8: ZoneInfo("Australia/Sydney"),
    15: ZoneInfo("Asia/Tokyo"), 126: ZoneInfo("Asia/Tokyo"), 111: ZoneInfo("Asia/Kuala_Lumpur"),
    125: ZoneInfo("Asia/Kuala_Lumpur"), 112: ZoneInfo("America/Toronto"),
}  # fmt: skip
MARKET_MONEY = {1: "HKD", 2: "USD", 3: "CNH", 4: "CNH", 6: "SGD", 8: "AUD", 15: "JPY", 111: "MYR", 112: "CAD",
                113: "HKD", 123: "USD", 124: "SGD", 125: "MYR", 126: "JPY", 7: "USD"}  # fmt: skip

# secMarket: what distinguishes the codes of a market that is not the US, and its clock by trdMarket.
US, CRYPTO = 2, 101
SUFFIXES = {
    1: "HK",
    31: "SH",
    32: "SZ",
    41: "SG",
    51: "JP",
    61: "AU",
    71: "MY",
    81: "CA",
    91: "FX",
    111: "EVENT",
}
SECURITY_CLOCKS = {1: 1, 31: 3, 32: 3, 41: 6, 51: 15, 61: 8, 71: 111, 81: 112}
LISTED = frozenset({1, 2, 31, 32, 41, 51, 61, 71, 81})

SIDES = {1: T.BUY, 2: T.SELL, 3: T.SELL_SHORT, 4: T.BUY_TO_COVER}
BUYS = frozenset({1, 4})

_OPTION = re.compile(r"([A-Z][A-Z.]{0,5})(\d{6})([CP])(\d{1,9})")
_COIN = re.compile(r"([A-Z0-9]{2,10}?)(?:[/-]?USDT?)?")

# cashFlowType is free text in OpenD's language: the first line with a word that it (else the remark) has.
SKIPPED = None
# The costs of trades are told by their orders' fees, their cash legs by the fills.
COSTS = ("commission", "platform fee", "sec fee", "settlement fee", "trading fee", "交易费", "交易費", "佣金",
         "平台使用费", "平台使用費")  # fmt: skip
CASH_WORDS: tuple[tuple[TransactionType | None, tuple[str, ...]], ...] = (
    (SKIPPED, ("stock trad", "trade settle", *COSTS)),
    (T.TAX, ("withh", "tax", "税", "稅")),
    (T.FEE, ("fee", "adr", "charge", "费", "費")),
    (T.DIVIDEND, ("dividend", "股息", "派息", "红利", "紅利")),
    (T.INTEREST, ("interest", "lending", "利息")),
    (T.FX_CONVERSION, ("exchange", "currency", "conversion", "兑换", "兌換", "换汇", "換匯")),
    (T.BUY, ("subscription", "申购", "申購", "认购", "認購")),
    (T.SELL, ("redemption", "赎回", "贖回")),
    (T.DEPOSIT, ("deposit", "存入", "入金", "存款")),
    (T.WITHDRAWAL, ("withdraw", "提款", "提现", "提現", "提取", "出金", "取款")),
    (T.TRANSFER_IN, ("transfer", "划转", "劃轉", "调拨", "調撥", "转账", "轉賬")),
    (T.ADJUSTMENT, ("adjust", "correction", "调整", "調整")),
    (SKIPPED, ("trade", "trading", "purchase", "sale", "buy", "sell", "bought", "sold", "成交", "交易",
               "买入", "買入", "卖出", "賣出")),
)  # fmt: skip


def number_of(row: Row, name: str) -> int | None:
    """An enumeration: a small number, or absent."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not -10_000 < value < 10_000:
        raise UnreadableReply(f"{name} is not a number of a list")
    return value


def figure(row: Row, name: str, places: int) -> Decimal | None:
    """A double without the noise of its arithmetic: amounts have 3 places, quantities and prices 8."""
    value = rows.optional_number(row, name)
    return None if value is None else rounded(value, places)


def rounded(value: Decimal, places: int) -> Decimal:
    return EXACTLY.quantize(value, Decimal(1).scaleb(-places))


def currency_of(row: Row, usual: str, words: Counter[str]) -> str:
    """Absent and 0 mean that it is not told."""
    number = number_of(row, "currency")
    if not number:
        return usual
    if number not in CURRENCIES:
        words[f"currency.{number}"] += 1
    return CURRENCIES.get(number, NO_CURRENCY)


def instrument_of(row: Row, currency: str, words: Counter[str]) -> Instrument:
    """From the code, which has no market in it: AAPL, 00700, AAPL261218C220000 (strike x 1000, unpadded)."""
    code, market = rows.text(row, "code"), number_of(row, "secMarket")
    place, name = number_of(row, "trdMarket"), rows.optional_text(row, "name")
    option = _OPTION.fullmatch(code)
    if option is not None and market in LISTED | {None} and place not in FUTURES:
        terms = _terms(option, HUNDRED if market in (US, None) else None)
        return replace(option_instrument(terms, name=name), currency=currency)
    if market == CRYPTO or place == CRYPTO_MARKET:
        coin = _COIN.fullmatch(code)
        return Instrument(InstrumentKind.CRYPTO, coin[1] if coin else code, currency, name)
    suffix = SUFFIXES.get(market) if market is not None else None
    symbol = f"{code}.{suffix}" if suffix else code
    if place in FUNDS:
        return Instrument(InstrumentKind.MUTUAL_FUND, symbol, currency, name)
    if place in FUTURES:
        return Instrument(InstrumentKind.FUTURE, symbol, currency, name)
    if market in LISTED:
        return Instrument(InstrumentKind.EQUITY, symbol, currency, name)
    if market not in SUFFIXES:
        words[f"secMarket.{market}"] += 1
    return Instrument(InstrumentKind.OTHER, symbol, currency, name)


def _terms(option: re.Match[str], multiplier: Decimal | None) -> OptionTerms:
    root, day, letter, strike = option.groups()
    try:
        expiration = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        raise UnreadableReply("an option's code has no valid expiration") from None
    right = Right.CALL if letter == "C" else Right.PUT
    return OptionTerms(root, expiration, right, Decimal(strike) / 1000, multiplier)


def cash_kind(
    word: str, remark: str, amount: Decimal, words: Counter[str], *, of_futures: bool = False
) -> TransactionType | None:
    """The type of a cash movement; None for the legs of trades, which are told elsewhere: only the type says
    that it is one. A remark that speaks of buying may be about a gift for it. Fills of futures do not tell
    what they moved: there the legs are gains and losses that stand nowhere else."""
    for told, skips in ((word, True), (remark, False)):
        text = told.lower().replace("cryptocurrency", "crypto")  # a coin is no conversion of currencies
        for kind, known in CASH_WORDS:
            if (skips or kind is not SKIPPED) and any(part in text for part in known):
                gains = kind is SKIPPED and of_futures and not any(part in text for part in COSTS)
                return T.OTHER if gains else _directed(kind, amount)
    words[f"cashFlowType.{word[:32]}"] += 1
    return T.OTHER


def _directed(kind: TransactionType | None, amount: Decimal) -> TransactionType | None:
    match kind:
        case T.INTEREST if amount < 0:
            return T.MARGIN_INTEREST
        case T.TRANSFER_IN if amount < 0:
            return T.TRANSFER_OUT
        case _:
            return kind
