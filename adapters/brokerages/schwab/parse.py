"""Schwab's rows into our nouns. Pure.

Signs: a security leg's `amount` is + received and - delivered, `cost` and `netAmount` are + cash in, as
ours. Fee legs have a negative `cost`. Positions tell two unsigned quantities, and values with the
multiplier in. Sections are those of the fact sheet that the README names.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from adapters.brokerages.schwab import fields
from adapters.brokerages.schwab.instruments import instrument_of
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.money import ZERO, exact
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
Row = dict[str, Any]
PRICE = Decimal("1E-6")

# Section 3.4 (types) and 5 (mapping). None: direction or description decides, see `_kind`.
TYPES: dict[str, TransactionType | None] = {
    "TRADE": None, "RECEIVE_AND_DELIVER": None, "DIVIDEND_OR_INTEREST": None, "JOURNAL": None,
    "ELECTRONIC_FUND": None,
    "ACH_RECEIPT": T.DEPOSIT, "CASH_RECEIPT": T.DEPOSIT, "WIRE_IN": T.DEPOSIT,
    "ACH_DISBURSEMENT": T.WITHDRAWAL, "CASH_DISBURSEMENT": T.WITHDRAWAL, "WIRE_OUT": T.WITHDRAWAL,
    # "-> other" (section 5)
    "MEMORANDUM": T.OTHER, "MARGIN_CALL": T.OTHER, "MONEY_MARKET": T.OTHER, "SMA_ADJUSTMENT": T.OTHER,
}  # fmt: skip
_MOVES_NO_CASH = frozenset({"MEMORANDUM", "SMA_ADJUSTMENT"})
_MOVES_SECURITIES = frozenset({"TRADE", "RECEIVE_AND_DELIVER", "JOURNAL"})
_OPTION_EVENTS = frozenset({T.OPTION_EXPIRATION, T.OPTION_ASSIGNMENT, T.OPTION_EXERCISE})

# RECEIVE_AND_DELIVER by its description; the first that is found. Whole words: companies have names too.
_EVENTS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"\bEXPIR(ATION|ED)\b", T.OPTION_EXPIRATION),
        (r"\bASSIGN", T.OPTION_ASSIGNMENT),
        (r"\bEXERCISE", T.OPTION_EXERCISE),
        (r"\bSTOCK DIV", T.STOCK_DIVIDEND),
        (r"\bSPLIT\b", T.SPLIT),
        (r"\b(MERGER|REORG)", T.MERGER),
        (r"\bSPIN", T.SPINOFF),
    )
)
_INTEREST = re.compile(r"\bINT(EREST)?\b")
_TAX = re.compile(r"\bTAX\b")
_FOREIGNER = re.compile(r"\bW-8|\bNRA\b")
_FEE = re.compile(r"\bFEES?\b")

STATUSES = {
    "VALID": TransactionStatus.POSTED,
    "UNKNOWN": TransactionStatus.POSTED,
    "PENDING": TransactionStatus.PENDING,
    "INVALID": TransactionStatus.REMOVED,
}
# (bought, positionEffect) for options and for all else. Without an effect it is a plain buy or sell.
_OPTION_TRADES = {
    (True, "OPENING"): T.BUY_TO_OPEN, (True, "CLOSING"): T.BUY_TO_CLOSE,
    (False, "OPENING"): T.SELL_TO_OPEN, (False, "CLOSING"): T.SELL_TO_CLOSE,
}  # fmt: skip
_SHARE_TRADES = {(False, "OPENING"): T.SELL_SHORT, (True, "CLOSING"): T.BUY_TO_COVER}

# Accounts: the list of hashes, joined with the types and the nicknames (sections 3.1 to 3.3).


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """One row of accountNumbers. The plain number names the account for ever; the hash is a route."""
    row = rows.fields(raw)
    number, route = rows.text(row, "accountNumber"), rows.text(row, "hashValue")
    kinds = {"CASH": AccountKind.CASH, "MARGIN": AccountKind.MARGIN}
    kind = scene.references.get(f"account:{number}")
    if kind not in kinds:
        scene.notes.words[f"account.type.{str(kind)[:32]}"] += 1
    yield AccountTold(
        key=number,
        name=scene.references.get(f"preference:{number}") or f"Schwab {number[-4:]}",
        number=number,
        kind=kinds.get(str(kind), AccountKind.OTHER),
        routing={"hash": route},
        raw=raw,
    )


def account_needs(raw: bytes) -> Iterator[str]:
    number = rows.text(rows.fields(raw), "accountNumber")
    yield f"account:{number}"
    yield f"preference:{number}"


# Balances and positions, section 3.2.


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    row = rows.fields(raw)
    held = rows.mapping(row, "securitiesAccount")
    rows.note_unknown(held, fields.ACCOUNT, "account", scene.notes)
    current = rows.mapping(held, "currentBalances")
    rows.note_unknown(current, fields.BALANCES, "balances", scene.notes)
    is_cash = rows.text(held, "type") == "CASH"
    total = _figure(current, "liquidationValue")
    if total is None:
        total = _figure(rows.optional_mapping(row, "aggregatedBalance"), "currentLiquidationValue")
    yield Balance(
        currency="USD",  # not sent
        cash=_cash(current, is_cash=is_cash),
        buying_power=_figure(current, "cashAvailableForTrading" if is_cash else "buyingPower"),
        total_value=total,
    )


def _cash(current: Row, *, is_cash: bool) -> Decimal | None:
    """`cashBalance`; CASH accounts may tell `totalCash` in its place. One of the two is always there."""
    names = ("totalCash", "cashBalance") if is_cash else ("cashBalance",)
    if not any(name in current for name in names):
        raise UnreadableReply("cashBalance is missing")
    told = (_figure(current, name) for name in names)
    return next((figure for figure in told if figure is not None), None)


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """One holding. There is no price: it is what the market value says per unit."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.POSITION, "position", scene.notes)
    instrument, multiplier = instrument_of(rows.mapping(row, "instrument"), scene.notes)
    quantity = _quantity(row)
    units = None if multiplier is None else quantity * multiplier
    average, value = _figure(row, "averagePrice"), _figure(row, "marketValue")
    gain = _figure(row, "longOpenProfitLoss" if quantity > 0 else "shortOpenProfitLoss")
    cost = None if average is None or units is None else average * units
    if instrument.kind is InstrumentKind.BOND:
        # Bonds are priced in per cent of the face: only value and gain, both in dollars, can be trusted.
        cost = None if value is None or gain is None else value - gain
    price = (value / units).quantize(PRICE) if value is not None and units else None
    flags = ((Flag.DERIVED_PRICE, price is not None), (Flag.COST_UNKNOWN, average == 0 and quantity != 0))
    yield Position(
        instrument=instrument,
        quantity=quantity,
        currency="USD",
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=gain,
        flags=tuple(flag for flag, so in flags if so),
        raw=raw,
    )


def _quantity(row: Row) -> Decimal:
    if "longQuantity" not in row or "shortQuantity" not in row:
        raise UnreadableReply("longQuantity or shortQuantity is missing")
    long, short = _figure(row, "longQuantity"), _figure(row, "shortQuantity")
    if long is None and short is None:
        raise UnreadableReply("a position has no quantity")
    return (long or ZERO) - (short or ZERO)


def _figure(row: Row, name: str) -> Decimal | None:
    """A figure; the boolean false that some answers hold in its place (3.2) tells nothing."""
    value = row.get(name)
    return None if value is None or value is False else exact(value, name)


# Transactions, section 3.4.


def transaction_needs(raw: bytes) -> Iterator[str]:
    """Dividends name a company, or a symbol behind a tilde; both are looked up."""
    key = _subject(rows.fields(raw))
    if key is not None:
        yield key


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """One activity: a transaction for each security that it moves, or one that moves cash only."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.TRANSACTION, "transaction", scene.notes)
    word, status = rows.text(row, "type"), rows.text(row, "status")
    _note_unless(word in TYPES, f"type.{word}", scene)
    _note_unless(status in STATUSES, f"status.{status}", scene)
    told = STATUSES.get(status, TransactionStatus.POSTED)
    settled = rows.optional_text(row, "settlementDate")
    net = ZERO if word in _MOVES_NO_CASH else rows.number(row, "netAmount")
    plain = Transaction(
        source_key=rows.text(row, "activityId"),
        type=T.OTHER,
        trade_date=rows.market_day(rows.instant(row.get("tradeDate"), "tradeDate")),
        currency="USD",
        source_type=word,
        status=told,
        executed_at=rows.instant(row.get("time"), "time"),
        settlement_date=rows.market_day(rows.instant(settled, "settlementDate")) if settled else None,
        gross=net,
        net=net,
        description=rows.optional_text(row, "description") or "",
        removed_reason="CANCELLED_BY_BROKERAGE" if told is TransactionStatus.REMOVED else None,
        raw=raw,
    )
    legs = _legs(row, scene)
    securities = [leg for leg in legs if not _is_fee(leg)]
    if not securities:
        named = scene.references.get(_subject(row) or "")
        yield replace(plain, type=_kind(plain, None, scene), instrument=named)
    elif word == "TRADE":
        yield from _trades(plain, _summed(securities), [leg for leg in legs if _is_fee(leg)], scene)
    else:
        yield from _movements(plain, _summed(securities), scene)


def _legs(row: Row, scene: Scene) -> list[Row]:
    legs = rows.sequence(row, "transferItems")
    for leg in legs:
        if not isinstance(leg, dict):
            raise UnreadableReply("a transfer item is not an object")
        rows.note_unknown(leg, fields.LEG, "leg", scene.notes)
    return legs


def _is_fee(leg: Row) -> bool:
    """Fee legs of futures options lack `feeType`: in any row, a leg of currency moves no security."""
    return "feeType" in leg or rows.mapping(leg, "instrument").get("assetType") == "CURRENCY"


def _summed(securities: list[Row]) -> list[Row]:
    """Assignments may hold mirrored legs (-N, +N, -N): signed amounts add up per symbol and price.

    Options come first: their leg keeps the activity's own id.
    """
    if len(securities) == 1:
        leg = securities[0]
        rows.text(rows.mapping(leg, "instrument"), "symbol")
        return [leg | {"amount": rows.number(leg, "amount"), "cost": rows.number(leg, "cost")}]
    groups: dict[tuple[str, Decimal | None], Row] = {}
    for leg in securities:
        key = (rows.text(rows.mapping(leg, "instrument"), "symbol"), rows.optional_number(leg, "price"))
        amount, cost = rows.number(leg, "amount"), rows.number(leg, "cost")
        known = groups.setdefault(key, leg | {"amount": ZERO, "cost": ZERO})
        known["amount"] += amount
        known["cost"] += cost
    return sorted(groups.values(), key=lambda leg: leg["instrument"].get("assetType") != "OPTION")


def _trades(plain: Transaction, legs: list[Row], fee_legs: list[Row], scene: Scene) -> Iterator[Transaction]:
    """Fills, or an option that turns into shares: its leg has the price 0 and shares beside it."""
    ended = [leg for leg in legs if _is_option(leg) and not leg.get("price")]
    traded = [leg for leg in legs if leg not in ended] or legs
    turned = len(traded) < len(legs)
    fees = -sum((rows.number(leg, "cost") for leg in fee_legs), ZERO)
    # The fees belong to the leg that moves the cash, and so does what neither legs nor fees explain.
    bearer = max(traded, key=lambda leg: abs(leg["cost"]))
    unexplained = (plain.net or ZERO) - sum((leg["cost"] for leg in legs), -fees)
    _note_unless(not unexplained, "netAmount.differs", scene)
    for n, leg in enumerate(legs):
        moved, comes, cost = _Moved(plain, leg, n, scene), leg["amount"] > 0, leg["cost"]
        if turned and leg in ended:
            yield moved(T.OPTION_ASSIGNMENT if comes else T.OPTION_EXERCISE, cost, None)
            continue
        # Shares that come or go because an option ended are neither sold short nor covered.
        effect = "" if turned else rows.optional_text(leg, "positionEffect") or ""
        words = _OPTION_TRADES if _is_option(leg) else _SHARE_TRADES
        kind = words.get((comes, effect), T.BUY if comes else T.SELL)
        if leg is bearer:
            yield moved(kind, cost, moved.price, None if unexplained else fees, cost - fees + unexplained)
        else:
            yield moved(kind, cost, moved.price, ZERO)


def _movements(plain: Transaction, legs: list[Row], scene: Scene) -> Iterator[Transaction]:
    """What moves securities without a trade; a security on a cash row only says what it was for."""
    if plain.source_type not in _MOVES_SECURITIES:
        instrument, _ = instrument_of(legs[0]["instrument"], scene.notes)
        yield replace(plain, type=_kind(plain, None, scene), instrument=instrument)
        return
    further = sum((leg["cost"] for leg in legs[1:]), ZERO)
    for n, leg in enumerate(legs):
        kind = _kind(plain, leg["amount"], scene)
        moved, cash = _Moved(plain, leg, n, scene), leg["cost"] if n else (plain.net or ZERO) - further
        # A price of 0 is no price: nothing was dealt in.
        yield moved(kind, cash, None if kind in _OPTION_EVENTS else moved.price or None)


def _is_option(leg: Row) -> bool:
    return bool(leg["instrument"].get("assetType") == "OPTION")


class _Moved:
    """What one leg moves: the activity's own fields, and the leg's."""

    __slots__ = ("_instrument", "_key", "_plain", "_quantity", "price")

    def __init__(self, plain: Transaction, leg: Row, n: int, scene: Scene) -> None:
        # A further security of the same activity needs a key of its own.
        self._plain, self._key = plain, f"{plain.source_key}.{n}" if n else plain.source_key
        self._instrument, _ = instrument_of(leg["instrument"], scene.notes)
        self._quantity: Decimal = leg["amount"]
        self.price = rows.optional_number(leg, "price")

    def __call__(
        self,
        kind: TransactionType,
        gross: Decimal,
        price: Decimal | None,
        fees: Decimal | None = None,
        net: Decimal | None = None,
    ) -> Transaction:
        """`net` is `gross` where nothing else is said."""
        plain = self._plain
        return Transaction(
            source_key=self._key,
            type=kind,
            trade_date=plain.trade_date,
            currency=plain.currency,
            source_type=plain.source_type,
            status=plain.status,
            executed_at=plain.executed_at,
            settlement_date=plain.settlement_date,
            instrument=self._instrument,
            quantity=self._quantity,
            price=price,
            gross=gross,
            fees=fees,
            net=gross if net is None else net,
            description=plain.description,
            removed_reason=plain.removed_reason,
            raw=plain.raw,
        )


def _kind(plain: Transaction, amount: Decimal | None, scene: Scene) -> TransactionType:
    """The type of what is no trade; `amount` is the security's, where one moves."""
    word, net = plain.source_type, plain.net or ZERO
    text = plain.description.upper()
    comes = (amount if amount is not None else net) > 0
    match word:
        case "DIVIDEND_OR_INTEREST":
            # Funds with TAX in their name pay dividends: tax that is withheld goes out.
            if _FOREIGNER.search(text) or (_TAX.search(text) and net < 0):
                return T.TAX
            if _INTEREST.search(text):
                return T.INTEREST if net >= 0 else T.MARGIN_INTEREST
            return T.DIVIDEND
        case "RECEIVE_AND_DELIVER":
            found = [kind for pattern, kind in _EVENTS if pattern.search(text)]
            return found[0] if found else T.TRANSFER_IN if comes else T.TRANSFER_OUT
        case "JOURNAL":
            if amount is None and (_FEE.search(text) or _TAX.search(text)):
                return T.FEE if _FEE.search(text) else T.TAX
            return T.TRANSFER_IN if comes else T.TRANSFER_OUT
        case "ELECTRONIC_FUND":
            return T.DEPOSIT if net > 0 else T.WITHDRAWAL
        case "TRADE":
            scene.notes.words["TRADE without a security"] += 1
            return T.OTHER
        case _:
            return TYPES.get(word) or T.OTHER


def _subject(row: Row) -> str | None:
    """The key to look up for what a dividend is of: its row has no leg that says so."""
    told = rows.optional_text(row, "description")
    if row.get("type") != "DIVIDEND_OR_INTEREST" or told is None:
        return None
    _, tilde, symbol = told.rpartition("~")
    if tilde and symbol.strip():
        return f"symbol:{symbol.strip()}"
    upper = told.upper()
    return None if _INTEREST.search(upper) or _TAX.search(upper) else f"name:{upper}"


def _note_unless(expected: bool, word: str, scene: Scene) -> None:
    if not expected:
        scene.notes.words[word[:48]] += 1
