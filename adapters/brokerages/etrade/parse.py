"""E*TRADE's rows into our nouns. Pure.

Signs: `amount` is + cash into the account, fees already in it; `quantity` is + bought, - sold. Of a
short position both signs were seen, so `positionType` decides. Figures are JSON numbers, or text where
XML was turned into JSON.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.kit import rows
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.money import HUNDRED, ZERO
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
CENT = Decimal("0.01")
ONE = Decimal(1)

ACCOUNT_KINDS: dict[str, AccountKind | None] = {  # None: the account's mode decides
    "INDIVIDUAL": None, "PDT_ACCOUNT": None, "JOINT": AccountKind.JOINT, "CUSTODIAL": AccountKind.CUSTODIAL,
    "IRA": AccountKind.IRA_TRADITIONAL, "ROTHIRA": AccountKind.IRA_ROTH, "SEP_IRA": AccountKind.IRA_OTHER,
    "TRUST": AccountKind.TRUST, "CORPORATE": AccountKind.OTHER, "STOCK_PLAN": AccountKind.OTHER,
}  # fmt: skip
# Pattern day traders trade on margin.
ACCOUNT_MODES = {
    "CASH": AccountKind.CASH, "MARGIN": AccountKind.MARGIN, "PDT ACCOUNT": AccountKind.MARGIN,
}  # fmt: skip

# Words in lower case: the spelling of the rarer ones is not confirmed. None: see `_kind`.
TYPES: dict[str, TransactionType | None] = {
    "bought": T.BUY, "sold": T.SELL, "bought to open": T.BUY_TO_OPEN, "sold to open": T.SELL_TO_OPEN,
    "bought to close": T.BUY_TO_CLOSE, "sold to close": T.SELL_TO_CLOSE,
    "bought to cover": T.BUY_TO_COVER, "sold short": T.SELL_SHORT,
    "dividend": T.DIVIDEND, "qualified dividend": T.DIVIDEND, "reinvestment": T.DIVIDEND_REINVESTMENT,
    "interest income": T.INTEREST, "interest": T.INTEREST, "margin interest": T.MARGIN_INTEREST,
    "funds received": T.DEPOSIT, "contribution": T.DEPOSIT,
    "bill payment": None, "pos": None, "check": None, "withdrawal": None, "distribution": None, "wire": None,
    "transfer": None, "journal": None,
    "fee": T.FEE, "service fee": T.FEE, "foreign tax": T.TAX,
    "cash in lieu": T.CASH_IN_LIEU, "split": T.SPLIT,
    "exchange received in": T.MERGER, "exchange delivered out": T.MERGER, "reorganization": T.MERGER,
    "redemption": T.MERGER, "corporate action": T.MERGER,
    "exercise": T.OPTION_EXERCISE, "assignment": T.OPTION_ASSIGNMENT,
    "expiration": T.OPTION_EXPIRATION, "option expiration": T.OPTION_EXPIRATION,
    "adjustment": T.ADJUSTMENT,
}  # fmt: skip
_TRADES = {
    T.BUY, T.SELL, T.SELL_SHORT, T.BUY_TO_COVER,
    T.BUY_TO_OPEN, T.SELL_TO_OPEN, T.BUY_TO_CLOSE, T.SELL_TO_CLOSE,
}  # fmt: skip
# Types whose quantity moves securities. On a dividend it would be the shares that earned it.
_MOVES = _TRADES | {
    T.DIVIDEND_REINVESTMENT, T.TRANSFER_IN, T.TRANSFER_OUT, T.SPLIT, T.MERGER, T.OPTION_EXERCISE,
    T.OPTION_ASSIGNMENT, T.OPTION_EXPIRATION, T.ADJUSTMENT, T.OTHER,
}  # fmt: skip
# What one unit of a price stands for; kinds that are missing are priced in ways the sheet does not tell.
_MULTIPLIERS = {
    InstrumentKind.EQUITY: ONE, InstrumentKind.ETF: ONE, InstrumentKind.MUTUAL_FUND: ONE,
    InstrumentKind.OPTION: HUNDRED,
}  # fmt: skip
_KINDS = {
    "EQ": InstrumentKind.EQUITY, "MF": InstrumentKind.MUTUAL_FUND, "MMF": InstrumentKind.CASH_EQUIVALENT,
    "BOND": InstrumentKind.BOND, "INDX": InstrumentKind.INDEX,
}  # fmt: skip
# "XMPL Mar 20 '26 $110 Call": all that tells the contract where `product` is missing.
_DISPLAYED = re.compile(r"(\S{1,6}) ([A-Z][a-z]{2} \d{1,2} '\d{2}) \$(\d+(?:\.\d+)?) (Call|Put)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ACCOUNT = _words(
    "accountId accountIdKey accountMode accountDesc accountName accountType institutionType accountStatus"
    " closedDate shareWorksAccount shareWorksSource fcManagedMssbClosedAccount instNo"
)
_BALANCE = _words(
    "accountId accountType optionLevel accountDescription quoteMode dayTraderStatus accountMode Cash Computed"
    " Margin Lending institutionType asOfDate accountDesc OpenCalls"
)
_POSITION = _words(
    "positionId accountId symbolDescription dateAcquired pricePaid price commissions otherFees quantity"
    " positionIndicator positionType change changePct daysGain daysGainPct marketValue totalCost totalGain"
    " totalGainPct pctOfPortfolio costPerShare todayCommissions todayFees todayPricePaid todayQuantity"
    " adjPrevClose lotsDetails quoteDetails osiKey quoteStatus quotestatus dateTimeUTC Product Quick"
)
_TRANSACTION = _words(
    "transactionId accountId transactionDate postDate amount description description2 transactionType memo"
    " imageFlag instType storeId brokerage Brokerage category Category detailsURI"
)
_BROKERAGE = _words(
    "product Product quantity price settlementCurrency paymentCurrency fee displaySymbol settlementDate"
    " transactionType memo checkNo orderNo"
)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """`accountIdKey` goes into every path; the number that people see names the account.

    Closed accounts, and those of E*TRADE's bank, stay listed and refuse every read.
    """
    row = rows.fields(raw)
    rows.note_unknown(row, _ACCOUNT, "account", scene.notes)
    number = rows.text(row, "accountId")
    brokerage = rows.text(row, "institutionType").upper() == "BROKERAGE"
    yield AccountTold(
        key=number,
        name=rows.optional_text(row, "accountName") or rows.optional_text(row, "accountDesc") or number,
        number=number,
        kind=_account_kind(row, scene),
        routing={"accountIdKey": rows.text(row, "accountIdKey")},
        open=brokerage and rows.text(row, "accountStatus").upper() != "CLOSED",
        raw=raw,
    )


def _account_kind(row: dict[str, Any], scene: Scene) -> AccountKind:
    word = rows.text(row, "accountType").upper()
    if word not in ACCOUNT_KINDS:
        scene.notes.words[f"accountType.{word[:32]}"] += 1
    kind = ACCOUNT_KINDS.get(word, AccountKind.OTHER)
    if kind is not None:
        return kind
    mode = (rows.optional_text(row, "accountMode") or "none").upper()
    if mode not in ACCOUNT_MODES:
        scene.notes.words[f"accountMode.{mode[:32]}"] += 1
    return ACCOUNT_MODES.get(mode, AccountKind.OTHER)


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """`cashBalance` is 0 while the money lies in the sweep fund, and `netCash` holds margin credit:
    cash is what is left of the total without the market value. They serve only where that is not told."""
    row = rows.fields(raw)
    rows.note_unknown(row, _BALANCE, "balance", scene.notes)
    computed = rows.mapping(row, "Computed")
    live = live_values(computed)
    total, value = rows.optional_number(live, "totalAccountValue"), rows.optional_number(live, "netMv")
    if total is not None and value is not None:
        cash: Decimal | None = total - value
    else:
        cash = rows.optional_number(computed, "netCash")
        cash = rows.optional_number(computed, "cashBalance") if cash is None else cash
    power = None
    # The mode that the list of accounts tells may lag behind; this one does not.
    mode = (rows.optional_text(row, "accountMode") or "").upper()
    if ACCOUNT_MODES.get(mode) is AccountKind.MARGIN:
        power = rows.optional_number(computed, "marginBuyingPower")
    if power is None:
        power = rows.optional_number(computed, "cashBuyingPower")
    yield Balance("USD", cash=cash, buying_power=power, total_value=total)


def live_values(computed: rows.Row) -> dict[str, Any]:
    """What an account is worth by the prices of now: absent from old answers, and from E*TRADE's sandbox."""
    return rows.optional_mapping(computed, "RealTimeValues") or rows.optional_mapping(
        computed, "realTimeValues"
    )


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """One holding. Totals carry the multiplier; `costPerShare` is not used, nobody knows whether it does."""
    row = rows.fields(raw)
    rows.note_unknown(row, _POSITION, "position", scene.notes)
    short = _side(row, scene)
    quantity = rows.number(row, "quantity")
    cost, value = rows.optional_number(row, "totalCost"), rows.optional_number(row, "marketValue")
    if short:
        # Told as positive or as negative already: never negate twice.
        quantity = -abs(quantity)
        cost = cost if cost is None else -abs(cost)
        value = value if value is None else -abs(value)
    quick = rows.optional_mapping(row, "Quick")
    price = rows.optional_number(quick, "lastTrade")
    yield Position(
        instrument=_instrument(rows.mapping(row, "Product"), scene),
        quantity=quantity,
        currency="USD",
        average_cost=rows.optional_number(row, "pricePaid"),
        cost_basis=cost,
        price=None if price == 0 and value else price,  # 0 stands for unknown where there is a value
        market_value=value,
        unrealized_gain=rows.optional_number(row, "totalGain"),
        flags=(Flag.COST_UNKNOWN,) if cost == 0 and quantity != 0 else (),
        as_of=_seconds(quick, "lastTradeTime"),
        raw=raw,
    )


def _side(row: dict[str, Any], scene: Scene) -> bool:
    word = rows.text(row, "positionType").upper()
    if word not in {"LONG", "SHORT"}:
        scene.notes.words[f"positionType.{word[:32]}"] += 1
    return word == "SHORT"


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """One row of the history. A pending row (`postDate` 0) tells the instant, a posted one its day only:
    midnight in New York or on the Pacific coast, which is the same day in New York."""
    row = rows.fields(raw)
    rows.note_unknown(row, _TRANSACTION, "transaction", scene.notes)
    trade = rows.optional_mapping(row, "brokerage") or rows.optional_mapping(row, "Brokerage")
    rows.note_unknown(trade, _BROKERAGE, "brokerage", scene.notes)
    # The details of one row may lack when it posted, and keep the type inside.
    alone = "Category" in row
    word = rows.text(trade if alone and "transactionType" in trade else row, "transactionType")
    moment = rows.epoch_milliseconds(row.get("transactionDate"), "transactionDate")
    pending = (rows.optional_number(row, "postDate") if alone else rows.number(row, "postDate")) == 0
    net = rows.number(row, "amount")
    instrument = _traded(trade, scene)
    kind = _kind(word, net, trade, instrument, scene)
    gross, fees = _split(kind, net, trade, instrument, scene)
    settles = rows.optional_number(trade, "settlementDate") or ZERO
    moves = kind in _MOVES
    yield Transaction(
        source_key=rows.text(row, "transactionId"),
        type=kind,
        trade_date=rows.market_day(moment),
        currency=rows.optional_text(trade, "settlementCurrency") or "USD",
        source_type=word,
        status=TransactionStatus.PENDING if pending else TransactionStatus.POSTED,
        executed_at=moment if pending else None,
        # 0 while pending; before 1970 as elsewhere where E*TRADE does not know a day.
        settlement_date=rows.market_day(rows.epoch_milliseconds(settles, "settlementDate"))
        if settles > 0
        else None,
        instrument=instrument,
        quantity=_told(trade, "quantity") if moves else None,
        price=_told(trade, "price") if moves else None,
        gross=gross,
        fees=fees,
        net=net,
        description=rows.optional_text(row, "description") or "",
        raw=raw,
    )


def _kind(
    word: str, net: Decimal, trade: dict[str, Any], instrument: Instrument | None, scene: Scene
) -> TransactionType:
    name = " ".join(word.lower().split())
    if name not in TYPES:
        scene.notes.words[f"transactionType.{word[:32]}"] += 1
        return T.OTHER
    kind = TYPES[name]
    if kind is None:
        quantity = _told(trade, "quantity")
        if name in {"transfer", "journal"} and instrument is not None and quantity is not None:
            return T.TRANSFER_IN if quantity > 0 else T.TRANSFER_OUT
        return T.DEPOSIT if net > 0 else T.WITHDRAWAL
    return T.MARGIN_INTEREST if kind is T.INTEREST and net < 0 else kind


def _split(
    kind: TransactionType, net: Decimal, trade: dict[str, Any], instrument: Instrument | None, scene: Scene
) -> tuple[Decimal | None, Decimal | None]:
    """Gross and fees. `amount` has the fees in it and `fee` mostly says 0, so of a trade the fees are what
    lies between its value and the amount. Where of a sale a tenth or less came in, the price is for something
    else than we took it for (a small contract, a bond without its product): fees are unknown."""
    if kind not in _TRADES:
        return net, None
    told = _told(trade, "fee")
    if told is not None and told > 0:
        return net + told, told
    multiplier = None if instrument is None else _MULTIPLIERS.get(instrument.kind)
    value = rows.number(trade, "quantity") * rows.number(trade, "price")
    if not value or multiplier is None:
        return net, None
    try:
        gross = (-value * multiplier).quantize(CENT)
    except InvalidOperation:
        raise UnreadableReply("quantity and price are absurd") from None
    if 0 < gross >= 10 * net:
        scene.notes.words["amount.far_below_value"] += 1
        return net, None
    if gross - net >= 0:
        return gross, gross - net
    if net - gross <= CENT:  # a cent of rounding is no fee
        return net, ZERO
    scene.notes.words["amount.above_value"] += 1
    return net, None


def _traded(trade: dict[str, Any], scene: Scene) -> Instrument | None:
    """The instrument of a row. `product` may be empty or missing on a sale: then the display form tells."""
    product = rows.optional_mapping(trade, "product") or rows.optional_mapping(trade, "Product")
    if rows.optional_text(product, "symbol"):
        return _instrument(product, scene)
    shown = rows.optional_text(trade, "displaySymbol")
    if shown is None:
        return None
    found = _DISPLAYED.fullmatch(shown)
    if found is None:
        return Instrument(InstrumentKind.EQUITY if " " not in shown else InstrumentKind.OTHER, shown)
    root, expires, strike, right = found.groups()
    try:
        day = datetime.strptime(expires, "%b %d '%y").date()  # noqa: DTZ007  a calendar day
    except ValueError:
        raise UnreadableReply("displaySymbol has no valid expiration") from None
    return option_instrument(OptionTerms(root, day, Right[right.upper()], Decimal(strike), HUNDRED))


def _instrument(product: dict[str, Any], scene: Scene) -> Instrument:
    symbol, word = rows.text(product, "symbol"), rows.text(product, "securityType").upper()
    if word == "OPTN":
        return option_instrument(_terms(symbol, product))
    if word == "EQ" and rows.optional_text(product, "securitySubType") == "ETF":
        return Instrument(InstrumentKind.ETF, symbol)
    if word not in _KINDS:
        scene.notes.words[f"securityType.{word[:32]}"] += 1
    return Instrument(_KINDS.get(word, InstrumentKind.OTHER), symbol)


def _terms(root: str, product: dict[str, Any]) -> OptionTerms:
    """`symbol` is only the root; the contract is built from its parts."""
    parts = [rows.number(product, f"expiry{part}") for part in ("Year", "Month", "Day")]
    right = rows.text(product, "callPut").upper()
    if right not in {"CALL", "PUT"}:
        raise UnreadableReply("callPut is neither CALL nor PUT")
    try:
        expires = date(*(int(part) for part in parts))
    except (ValueError, OverflowError):
        raise UnreadableReply("an option has no valid expiration") from None
    return OptionTerms(root, expires, Right[right], rows.number(product, "strikePrice"), HUNDRED)


def _told(row: dict[str, Any], name: str) -> Decimal | None:
    """A figure that E*TRADE fills with 0 where it has none."""
    return rows.optional_number(row, name) or None


def _seconds(row: dict[str, Any], name: str) -> datetime | None:
    """An instant from epoch seconds, as quotes have them; 0 is unknown."""
    seconds = rows.optional_number(row, name)
    return None if not seconds else rows.epoch_milliseconds(seconds * 1000, name)
