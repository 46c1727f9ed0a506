"""Ally's rows into our nouns. Pure. Sheet: ally, 3 and 5.

`amount` is net, + cash in; quantities get their sign from `side`, those of holdings from the kind of account
that they lie in. Bookkeeping rows say what they are in words alone.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from adapters.kit import rows
from adapters.kit.card import Scene
from adapters.kit.wire import decode, raw_fields
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import (
    CUSIP,
    Instrument,
    InstrumentKind,
    OptionTerms,
    Right,
    option_from_occ,
    option_instrument,
)
from domain.money import HUNDRED, ZERO
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionType

T = TransactionType
K = InstrumentKind
Row = dict[str, Any]

CURRENCY = "USD"  # not sent
SHORT_ACCOUNT = "5"
KINDS = {"CS": K.EQUITY, "OPT": K.OPTION, "MF": K.MUTUAL_FUND}
RIGHTS = {"0": Right.PUT, "1": Right.CALL}
# side of a trade: its type, and the sign of what moves.
SIDES = {"1": (T.BUY, 1), "2": (T.SELL, -1), "5": (T.SELL_SHORT, -1)}
# What bookkeeping rows say; the first that is found. Taxes and fees name what they are of.
WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"\bTAX\b|\bWITHHELD\b", T.TAX),
        (r"\bFEES?\b", T.FEE),
        (r"\bDIVIDEND\b", T.DIVIDEND),
        (r"\bINTEREST\b", T.INTEREST),
        (r"\bEXPIRED\b", T.OPTION_EXPIRATION),
        (r"\bASSIGNED\b", T.OPTION_ASSIGNMENT),
        (r"\bEXERCISED\b", T.OPTION_EXERCISE),
        (r"\bSPLIT\b", T.SPLIT),
        (r"\bMERGER\b", T.MERGER),
        (r"\bSPINOFF\b", T.SPINOFF),
        (r"\b(ACH|WIRE|DEPOSIT|WITHDRAWAL|DISBURSEMENT)\b", T.DEPOSIT),
    )
)
OUT = {T.DEPOSIT: T.WITHDRAWAL, T.INTEREST: T.MARGIN_INTEREST}
# Of these only cash moves: a quantity beside it would be that of the shares that earned it.
CASH = frozenset({T.DIVIDEND, T.INTEREST, T.MARGIN_INTEREST, T.DEPOSIT, T.WITHDRAWAL, T.FEE, T.TAX})

_fields = frozenset
SUMMARY = _fields("account accountbalance accountholdings".split())
BALANCE = _fields("account accountvalue buyingpower fedcall housecall money securities".split())
HOLDING = _fields(
    "accounttype assetclass change costbasis gainloss instrument marketvalue marketvaluechange price"
    " purchaseprice qty quote underlying sodcostbasis".split()
)
INSTRUMENT = _fields("cfi cusip desc exch factor mat matdt mmy mult putcall sectyp strkpx sym".split())
ACTIVITY = _fields("activity amount date desc symbol transaction".split())
DETAIL = _fields(
    "accounttype commission description fee price quantity secfee security settlementdate side source"
    " tradedate transactionid transactiontype".split()
)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """A number, and what the profile may say of it."""
    row = rows.fields(raw)
    rows.note_unknown(row, SUMMARY, "account", scene.notes)
    number = rows.text(row, "account")
    profile = scene.references.get(f"profile:{number}") or {}
    kind = AccountKind.OTHER
    if _yes(profile.get("ira")):
        kind = AccountKind.IRA_OTHER
    elif "margintrading" in profile:
        kind = AccountKind.MARGIN if _yes(profile["margintrading"]) else AccountKind.CASH
    yield AccountTold(
        key=number,
        name=profile.get("nickname") or f"Ally Invest {number[-4:]}",
        number=number,
        kind=kind,
        currency=CURRENCY,
        raw=raw,
    )


def account_needs(raw: bytes) -> Iterator[str]:
    yield f"profile:{rows.text(rows.fields(raw), 'account')}"


def _yes(word: str | None) -> bool:
    return (word or "").lower() in {"true", "1", "y", "yes"}


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """`money.total` is cash, margin balance and money fund together."""
    row = rows.fields(raw)
    rows.note_unknown(row, BALANCE, "balance", scene.notes)
    money, power = rows.mapping(row, "money"), rows.optional_mapping(row, "buyingpower")
    cash = rows.optional_number(money, "total")
    if cash is None:
        parts = (rows.optional_number(money, name) or ZERO for name in ("marginbalance", "mmf"))
        cash = rows.number(money, "cash") + sum(parts, ZERO)
    yield Balance(
        currency=CURRENCY,
        cash=cash,
        buying_power=rows.optional_number(power, "stock"),
        total_value=rows.number(row, "accountvalue"),
    )


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """Short holdings lie in an account of their own; the sign of their quantity is unconfirmed."""
    row = rows.fields(raw)
    rows.note_unknown(row, HOLDING, "holding", scene.notes)
    told = rows.mapping(row, "instrument")
    rows.note_unknown(told, INSTRUMENT, "instrument", scene.notes)
    instrument, quantity = _held(told, scene.notes), rows.number(row, "qty")
    short = rows.optional_text(row, "accounttype") == SHORT_ACCOUNT or quantity < 0
    price = rows.optional_number(row, "price")
    if price is None:
        price = rows.optional_number(rows.optional_mapping(row, "quote"), "lastprice")
    cost = rows.optional_number(row, "costbasis")
    yield Position(
        instrument=instrument,
        quantity=-abs(quantity) if short else quantity,
        currency=CURRENCY,
        average_cost=rows.optional_number(row, "purchaseprice"),
        cost_basis=_turned(cost, short=short),
        price=price,
        market_value=_turned(rows.optional_number(row, "marketvalue"), short=short),
        unrealized_gain=rows.optional_number(row, "gainloss"),
        flags=(Flag.COST_UNKNOWN,) if cost is None else (),
        raw=raw,
    )


def _turned(total: Decimal | None, *, short: bool) -> Decimal | None:
    return -abs(total) if short and total is not None else total


def _held(row: Row, notes: Notes) -> Instrument:
    word, symbol = rows.text(row, "sectyp"), rows.text(row, "sym")
    name, cusip = rows.optional_text(row, "desc"), rows.optional_text(row, "cusip")
    own = ((CUSIP, cusip),) if cusip is not None and len(cusip) == 9 else ()
    if word not in KINDS:
        notes.words[f"sectyp.{word[:32]}"] += 1
    if word != "OPT":
        return Instrument(KINDS.get(word, K.OTHER), symbol, name=name, identifiers=own)
    right = RIGHTS.get(rows.text(row, "putcall"))
    if right is None:
        raise UnreadableReply("putcall is neither 0 nor 1")
    multiplier = rows.optional_number(row, "mult") or HUNDRED
    expires = rows.day(row.get("matdt"), "matdt")
    terms = OptionTerms(symbol, expires, right, rows.number(row, "strkpx"), multiplier)
    return option_instrument(terms, name=name)


# History.


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    parts = raw_fields(raw)
    own, plain = decode(parts["own"]) is True, bytes(parts["row"])
    row = rows.fields(plain)
    rows.note_unknown(row, ACTIVITY, "transaction", scene.notes)
    detail = rows.mapping(row, "transaction")
    rows.note_unknown(detail, DETAIL, "transaction", scene.notes)
    activity, identifier = rows.text(row, "activity"), rows.optional_text(detail, "transactionid")
    description = rows.optional_text(row, "desc") or rows.optional_text(detail, "description") or ""
    settles = rows.optional_text(detail, "settlementdate")
    net, instrument = rows.number(row, "amount"), _traded(row, detail, scene.notes)
    quantity = rows.optional_number(detail, "quantity") or None
    kind, fees, gross = _kind(activity, detail, description, net, scene.notes), None, net
    if activity == "Trade":
        kind, quantity = _trade(detail, quantity)
        fees = sum(
            (rows.optional_number(detail, name) or ZERO for name in ("commission", "fee", "secfee")), ZERO
        )
        gross = net + fees
    elif kind in CASH and net:
        quantity = None
    elif kind is T.DIVIDEND and quantity:
        kind = T.STOCK_DIVIDEND  # no cash, and shares
    price = rows.optional_number(detail, "price") if quantity else None
    yield Transaction(
        source_key=identifier if own else None,
        type=kind,
        trade_date=rows.day(rows.optional_text(detail, "tradedate") or row.get("date"), "tradedate"),
        currency=CURRENCY,
        source_type=activity,
        settlement_date=rows.day(settles, "settlementdate") if settles else None,
        instrument=instrument,
        quantity=quantity,
        price=price or None,
        gross=gross,
        fees=fees,
        net=net,
        description=description,
        raw=plain,
    )


def _trade(detail: Row, quantity: Decimal | None) -> tuple[TransactionType, Decimal | None]:
    """The sign is the side's: that of the quantity is unconfirmed. Buying in the short account covers."""
    side = rows.text(detail, "side")
    if side not in SIDES:
        raise UnreadableReply("side is none that is known")
    kind, sign = SIDES[side]
    if kind is T.BUY and rows.optional_text(detail, "accounttype") == SHORT_ACCOUNT:
        kind = T.BUY_TO_COVER
    return kind, None if quantity is None else abs(quantity) * sign


def _kind(activity: str, detail: Row, text: str, net: Decimal, notes: Notes) -> TransactionType:
    """The type of a row that is no trade."""
    if activity not in {"Trade", "Bookkeeping"}:
        notes.words[f"activity.{activity[:32]}"] += 1
    kind = next((kind for pattern, kind in WORDS if pattern.search(text)), None)
    if kind is None:
        if activity != "Trade":
            notes.words["bookkeeping of another kind"] += 1
        return T.OTHER
    return OUT.get(kind, kind) if net < 0 else kind


def _traded(row: Row, detail: Row, notes: Notes) -> Instrument | None:
    """`security.id` of an option is its OCC-like symbol, `sym` the root. Bookkeeping rows often name none."""
    security = rows.optional_mapping(detail, "security")
    symbol = rows.optional_text(security, "sym") or rows.optional_text(row, "symbol")
    if not symbol:
        return None
    word, cusip = rows.optional_text(security, "sectyp") or "CS", rows.optional_text(security, "cusip")
    if word not in KINDS:
        notes.words[f"sectyp.{word[:32]}"] += 1
    own = ((CUSIP, cusip),) if cusip is not None and len(cusip) == 9 else ()
    identifier = rows.optional_text(security, "id") or symbol
    if word != "OPT":
        return Instrument(KINDS.get(word, K.OTHER), symbol, identifiers=own)
    try:
        return option_instrument(option_from_occ(identifier, HUNDRED))
    except UnreadableReply:
        return Instrument(K.OPTION, identifier)
