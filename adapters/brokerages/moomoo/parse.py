"""OpenD's rows into our nouns. Pure.

Signs: `qty` is unsigned, a side tells (of a position: 0 long, 1 short; of a fill: 1 and 4 buy, 2 and 3 sell).
Cash flows are signed as ours. Figures are doubles: they are rounded to what they can mean. Absent is unknown.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from adapters.brokerages.moomoo import words
from adapters.brokerages.moomoo.speech import REAL
from adapters.kit import rows
from adapters.kit.card import Scene
from adapters.kit.wire import decode, raw_fields, raw_rows
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageUnavailable,
    HistoryUnavailable,
    PermissionInsufficient,
    UnreadableReply,
)
from domain.instruments import Instrument
from domain.money import quotient
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

AMOUNT, UNITS = 3, 8  # places
LONG, SHORT = 0, 1
SUMMARY = 1  # positionType of the line above the legs of a combination
CANCELLED, PAYOUT = 1, 3
# trdCategory, and how its list of accounts is named among the references.
OTHER_LISTS = {2: "futures:2", 3: "coins:3"}
# How an OpenD of before there were coins may refuse to list them (10.4); what passes is no such word.
REFUSALS = {
    f"coins.{failure.reason}" for failure in (UnreadableReply, HistoryUnavailable, PermissionInsufficient)
}

_ACCOUNT = frozenset(
    "trdEnv accID trdMarketAuthList accType cardNum securityFirm simAccType uniCardNum accStatus"
    " accRole jpAccType competitionAccName".split()
)
_FUNDS = frozenset(
    "power totalAssets cash marketVal frozenCash debtCash avlWithdrawalCash currency availableFunds"
    " unrealizedPL realizedPL riskLevel initialMargin maintenanceMargin cashInfoList maxPowerShort"
    " netCashPower longMv shortMv pendingAsset maxWithdrawal riskStatus marginCallMargin isPdt pdtSeq"
    " beginningDTBP remainingDTBP dtCallAmount dtStatus securitiesAssets fundAssets bondAssets"
    " marketInfoList cryptoMv exposureLevel exposureLimit usedLimit remainingLimit".split()
)
_POSITION = frozenset(
    "positionID positionSide code name qty canSellQty price costPrice val plVal plRatio secMarket"
    " td_plVal td_trdVal td_buyVal td_buyQty td_sellVal td_sellQty unrealizedPL realizedPL currency"
    " trdMarket dilutedCostPrice averageCostPrice averagePlRatio comboID strategyType positionType"
    " accID jpAccType payoutIfWin".split()
)
_FILL = frozenset(
    "trdSide fillID fillIDEx orderID orderIDEx code name qty price createTime counterBrokerID"
    " counterBrokerName secMarket createTimestamp updateTimestamp status trdMarket jpAccType".split()
)
_FLOW = frozenset(
    "clearingDate settlementDate currency cashFlowType cashFlowDirection cashFlowAmount"
    " cashFlowRemark cashFlowID createTime".split()
)


def needed_by_account(raw: bytes) -> Iterable[str]:
    category = rows.fields(raw).get("trdCategory")
    return () if category is None else (OTHER_LISTS[category],)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """2001. An account of the first list, or all that another list has besides."""
    row = rows.fields(raw)
    if "trdCategory" not in row:
        yield from _account(row, raw, scene)
        return
    for other in _listed(OTHER_LISTS[row["trdCategory"]], scene):
        told = rows.fields(other)
        if rows.text(told, "accID") not in row["known"]:
            yield from _account(told, other, scene)


def _listed(name: str, scene: Scene) -> list[bytes]:
    """Raises BrokerageUnavailable where a list could not be had just now: no list is not an empty one."""
    found: list[bytes] | None = scene.references.get(name)
    if found is None and not REFUSALS & scene.notes.words.keys():
        raise BrokerageUnavailable("OpenD did not list all accounts.")
    return found or []


def _account(row: dict[str, Any], raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """Paper accounts are left out: they have no deals and no cash flow. Disabled ones are closed."""
    rows.note_unknown(row, _ACCOUNT, "account", scene.notes)
    if words.number_of(row, "trdEnv") != REAL:
        return
    key = rows.text(row, "accID")
    markets = rows.sequence(row, "trdMarketAuthList")
    if not key.isdigit() or not markets or not all(type(market) is int for market in markets):
        raise UnreadableReply("an account has no number or no market")
    firm, home = words.FIRMS.get(
        words.number_of(row, "securityFirm") or 0, ("moomoo", words.MARKET_MONEY.get(markets[0], "USD"))
    )
    told = words.number_of(row, "accType")
    if told not in words.ACCOUNT_KINDS:
        scene.notes.words[f"accType.{told}"] += 1
    label, kind = words.ACCOUNT_KINDS.get(told or 0, ("Account", AccountKind.OTHER))
    if markets[0] in words.FUTURES:
        label = "Futures"
    elif markets[0] == words.CRYPTO_MARKET:
        label, kind = "Crypto", AccountKind.CRYPTO
    yield AccountTold(
        key=key,
        name=f"{firm} {label}",
        number=rows.optional_text(row, "cardNum") or rows.optional_text(row, "uniCardNum") or key,
        kind=kind,
        currency=home,
        routing={"account": key, "market": str(markets[0])},
        open=words.number_of(row, "accStatus") != 1,
        raw=raw,
    )


def balances(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """2101. Totals are in the currency that was asked for; cash is told for each currency on its own."""
    row = rows.fields(raw)
    rows.note_unknown(row, _FUNDS, "funds", scene.notes)
    home = words.currency_of(row, _currency(scene), scene.notes.words)
    cash = _cash(row, scene)
    power, total = words.figure(row, "power", AMOUNT), rows.number(row, "totalAssets")
    own = cash.pop(home, None) if cash else words.rounded(rows.number(row, "cash"), AMOUNT)
    yield Balance(home, own, power, None, words.rounded(total, AMOUNT))
    yield from (Balance(currency, amount) for currency, amount in cash.items() if amount)


def _cash(row: dict[str, Any], scene: Scene) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for entry in rows.sequence(row, "cashInfoList") if row.get("cashInfoList") is not None else []:
        if not isinstance(entry, dict):
            raise UnreadableReply("a line of cash is not an object")
        currency = words.currency_of(entry, "", scene.notes.words)
        amount = words.figure(entry, "cash", AMOUNT)
        if currency and amount is not None:
            found[currency] = found.get(currency, Decimal(0)) + amount
    return found


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """2102. What was closed today stays in the list with a quantity of 0: it is held no more."""
    row = rows.fields(raw)
    rows.note_unknown(row, _POSITION, "position", scene.notes)
    told = words.rounded(rows.number(row, "qty"), UNITS)
    if not told or words.number_of(row, "positionType") == SUMMARY:
        return
    side = words.number_of(row, "positionSide")
    if side not in (LONG, SHORT):
        scene.notes.words[f"positionSide.{side}"] += 1
    sign = {LONG: 1, SHORT: -1}.get(-1 if side is None else side, 1 if told > 0 else -1)
    currency = words.currency_of(row, _currency(scene), scene.notes.words)
    instrument = words.instrument_of(row, currency, scene.notes.words)
    quantity, average, value = sign * abs(told), _average(row), words.figure(row, "val", AMOUNT)
    if words.number_of(row, "trdMarket") in words.FUTURES:
        value = None  # told as 0 there
    diluted = rows.optional_number(row, "averageCostPrice") is None
    yield Position(
        instrument=instrument,
        quantity=quantity,
        currency=currency,
        average_cost=average,
        cost_basis=_times(instrument, quantity, average),
        price=words.figure(row, "price", UNITS),
        market_value=None if value is None else sign * abs(value),
        unrealized_gain=words.figure(
            row, "unrealizedPL" if row.get("unrealizedPL") is not None else "plVal", AMOUNT
        ),
        flags=(Flag.SUSPECT_COST,) if diluted and average is not None and average <= 0 else (),
        raw=raw,
    )


def _average(row: dict[str, Any]) -> Decimal | None:
    """What was paid for a unit; else the diluted cost, which has realised gains in it and may be negative."""
    for name in ("averageCostPrice", "dilutedCostPrice", "costPrice"):
        found = words.figure(row, name, UNITS)
        if found is not None:
            return found
    return None


def _times(instrument: Instrument, quantity: Decimal, price: Decimal | None) -> Decimal | None:
    """What so many units come to; unknown where nobody tells what a contract is made of (Hong Kong)."""
    multiplier = Decimal(1) if instrument.option is None else instrument.option.multiplier
    unsaid = instrument.kind.value in {"future", "other"}
    if price is None or multiplier is None or unsaid:
        return None
    return words.rounded(quantity * price * multiplier, AMOUNT)


# ---- fills


def needed_by_fill(raw: bytes) -> Iterable[str]:
    """The order says the currency and how much of it is filled, its fee what that cost."""
    order = rows.optional_text(rows.fields(raw), "orderIDEx")
    return (f"order:{order}", f"fee:{order}") if order else ()


def fill(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """2211, 2222. A fill that was cancelled is told again, with status 1."""
    row = rows.fields(raw)
    rows.note_unknown(row, _FILL, "fill", scene.notes)
    order, side = rows.optional_text(row, "orderIDEx"), words.number_of(row, "trdSide")
    named = scene.references.get(f"order:{order}", {})
    market = words.number_of(row, "trdMarket") or 0
    usual = words.MARKET_MONEY.get(market, _currency(scene))
    currency = words.currency_of(named, usual, scene.notes.words)
    instrument = words.instrument_of(row, currency, scene.notes.words)
    quantity = words.rounded(rows.number(row, "qty"), UNITS)
    price = words.rounded(rows.number(row, "price"), UNITS)
    if side not in words.SIDES:
        scene.notes.words[f"trdSide.{side}"] += 1
    signed = quantity if side in words.BUYS else -quantity
    gross = _times(instrument, -signed, price)
    fees = _share(scene.references.get(f"fee:{order}"), quantity, named)
    status = words.number_of(row, "status")
    gone = status == CANCELLED
    executed, day = _moment(row)
    yield Transaction(
        source_key=f"fill:{rows.optional_text(row, 'fillIDEx') or rows.text(row, 'fillID')}",
        type=TransactionType.OTHER if status == PAYOUT else words.SIDES.get(side or 0, TransactionType.OTHER),
        trade_date=day,
        currency=currency,
        source_type=f"trdSide {side}" + (f" status {status}" if status else ""),
        status=TransactionStatus.REMOVED if gone else TransactionStatus.POSTED,
        executed_at=executed,
        instrument=instrument,
        quantity=signed if side in words.SIDES else None,
        price=price,
        gross=gross if side in words.SIDES else None,
        fees=fees,
        net=None if gross is None or fees is None or side not in words.SIDES else gross - fees,
        description=rows.optional_text(row, "name") or "",
        removed_reason="CANCELLED_BY_BROKERAGE" if gone else None,
        raw=raw,
    )


def _share(fee: Decimal | None, quantity: Decimal, order: dict[str, Any]) -> Decimal | None:
    """The part of an order's fee that this fill carries by its quantity: the same on any page."""
    filled = words.figure(order, "fillQty", UNITS)
    if fee is None or not filled:
        return None
    return fee if quantity == filled else quotient(fee * quantity, filled)


def _moment(row: dict[str, Any]) -> tuple[datetime | None, date]:
    """The instant, and the day on the market's calendar: `createTime` is in the market's own time."""
    told = rows.text(row, "createTime")
    day = rows.day(told, "createTime")
    seconds = rows.optional_number(row, "createTimestamp")
    if seconds:
        return rows.epoch_milliseconds(words.rounded(seconds * 1000, 0), "createTimestamp"), day
    clock = words.SECURITY_CLOCKS.get(words.number_of(row, "secMarket") or 0, 0)
    if words.number_of(row, "trdMarket") in words.FUTURES:
        clock = words.FUTURES_MARKET
    try:
        local = datetime.fromisoformat(told).replace(tzinfo=words.ZONES.get(clock, rows.NEW_YORK))
        return local.astimezone(UTC), day
    except (ValueError, OverflowError):
        return None, day


# ---- cash


def needed_by_day(raw: bytes) -> Iterable[str]:
    members = raw_fields(raw)
    return () if "told" in members else (f"flows:{decode(members['day'])}",)


def day_of_cash(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """All cash that moved on one clearing day (2226)."""
    members = raw_fields(raw)
    day = decode(members["day"])
    listed = members["told"] if "told" in members else scene.references[f"flows:{day}"]
    for row in raw_rows(listed):
        yield from flow(row, scene)


def flow(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    row = rows.fields(raw)
    rows.note_unknown(row, _FLOW, "flow", scene.notes)
    word = rows.optional_text(row, "cashFlowType") or ""
    remark = rows.optional_text(row, "cashFlowRemark") or ""
    amount = words.rounded(rows.number(row, "cashFlowAmount"), AMOUNT)
    market = int(scene.account.routing["market"]) if scene.account else 0
    kind = words.cash_kind(word, remark, amount, scene.notes.words, of_futures=market in words.FUTURES)
    if kind is None:
        return
    day, settled = row.get("clearingDate"), rows.optional_text(row, "settlementDate")
    if market == words.CRYPTO_MARKET:
        # Of coins the time of creation counts, and nothing is settled.
        day, settled = day or row.get("createTime"), None
    yield Transaction(
        source_key=f"cash:{rows.text(row, 'cashFlowID')}",
        type=kind,
        trade_date=rows.day(day, "clearingDate"),
        currency=words.currency_of(row, _currency(scene), scene.notes.words),
        source_type=word or "unnamed",
        settlement_date=None if settled is None else rows.day(settled, "settlementDate"),
        gross=amount,
        net=amount,
        description=remark or word,
        raw=raw,
    )


def _currency(scene: Scene) -> str:
    return scene.account.currency if scene.account else "USD"
