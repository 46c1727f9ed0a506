"""Tradier's rows into our nouns. Pure; numbers in brackets are sections of the sheet.

Signs: `amount` is + into the account, and so are quantities, as ours. Figures are JSON numbers with very long
tails, read from their text. `cost_basis` is a total, with the multiplier in and the sign of the quantity.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from adapters.kit import rows
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind, option_from_occ, option_instrument
from domain.money import HUNDRED, ZERO, quotient
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionType

K, T = AccountKind, TransactionType
Row = dict[str, Any]
CENT = Decimal("0.01")
_OCC = re.compile(r"[A-Z0-9]{1,6}\d{6}[CP]\d{8}")
_FEE = re.compile(r"\bFEES?\b", re.IGNORECASE)
CURRENCY = "USD"  # no field says it: Tradier keeps dollars only

CLASSES: dict[str, AccountKind] = {
    "traditional_ira": K.IRA_TRADITIONAL, "roth_ira": K.IRA_ROTH, "rollover_ira": K.IRA_OTHER,
    "sep_ira": K.IRA_OTHER, "simple_ira": K.IRA_OTHER, "ira": K.IRA_OTHER,
    "joint": K.JOINT, "joint_survivor": K.JOINT,
}  # fmt: skip
_BY_TYPE = frozenset({"individual", "entity", "corporate"})  # the type tells more
_STATUSES = frozenset({"active", "closed", "new", "approved"})
TYPES = {"cash": K.CASH, "margin": K.MARGIN, "pdt": K.MARGIN}
KINDS = {
    "stock": InstrumentKind.EQUITY, "etf": InstrumentKind.ETF, "index": InstrumentKind.INDEX,
    "mutual_fund": InstrumentKind.MUTUAL_FUND, "option": InstrumentKind.OPTION,
}  # fmt: skip
# (3.5) and (5). None: the sign of the amount decides, see `_kind`.
EVENTS: dict[str, TransactionType | None] = {
    "trade": None, "option": None, "ach": None, "wire": None, "check": None, "transfer": None,
    "journal": None, "interest": None, "dividend": T.DIVIDEND, "fee": T.FEE, "tax": T.TAX,
    "adjustment": T.ADJUSTMENT,
}  # fmt: skip
# Of these only cash moves: a quantity beside it would be that of the shares that earned it.
CASH = frozenset({"ach", "wire", "check", "interest", "dividend", "fee", "tax"})
ENDINGS = {
    "expired": T.OPTION_EXPIRATION, "expiration": T.OPTION_EXPIRATION, "optexp": T.OPTION_EXPIRATION,
    "assignment": T.OPTION_ASSIGNMENT, "exercise": T.OPTION_EXERCISE,
}  # fmt: skip

_ACCOUNT = frozenset(
    "account_number classification date_created day_trader option_level status type last_update_date".split()
)
_BALANCES = frozenset(
    "account_number account_type total_equity equity total_cash market_value open_pl close_pl"
    " long_market_value short_market_value stock_long_value option_long_value option_short_value"
    " option_requirement current_requirement pending_cash pending_orders_count uncleared_funds margin cash"
    " pdt".split()
)
_POSITION = frozenset("cost_basis date_acquired id quantity symbol".split())
_EVENT = frozenset({"amount", "date", "type", *EVENTS})
_DETAIL = frozenset("commission description price quantity symbol trade_type option_type".split())


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """An account of GET /user/profile (3.1). Closed ones are still listed."""
    row = rows.fields(raw)
    rows.note_unknown(row, _ACCOUNT, "account", scene.notes)
    number = rows.text(row, "account_number")
    class_ = (rows.optional_text(row, "classification") or "").lower()
    type_, opened = rows.text(row, "type").lower(), rows.optional_text(row, "date_created")
    status = rows.text(row, "status").lower()
    for word, known in ((class_, {*CLASSES, *_BY_TYPE, ""}), (type_, TYPES), (status, _STATUSES)):
        if word not in known:
            scene.notes.words[f"account.{word[:32]}"] += 1
    yield AccountTold(
        key=number,
        name=f"Tradier {class_.replace('_', ' ')}".strip(),
        number=number,
        kind=CLASSES.get(class_) or TYPES.get(type_, K.OTHER),
        currency=CURRENCY,
        routing={"opened": rows.day(opened, "date_created").isoformat()} if opened else {},
        open=status != "closed",
        raw=raw,
    )


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """GET …/balances (3.2). `equity` is often 0: the total is `total_equity`. What one may spend stands in
    the part that is named for the account's type."""
    row = rows.fields(raw)
    rows.note_unknown(row, _BALANCES, "balances", scene.notes)
    margin = {**rows.optional_mapping(row, "pdt"), **rows.optional_mapping(row, "margin")}
    cash = rows.optional_mapping(row, "cash")
    power = _figure(margin, "stock_buying_power")
    yield Balance(
        currency=CURRENCY,
        cash=rows.number(row, "total_cash"),
        buying_power=power if power is not None else _figure(cash, "cash_available"),
        total_value=rows.number(row, "total_equity"),
    )


def needs_quote(raw: bytes) -> Iterator[str]:
    yield "quote:" + rows.text(rows.fields(raw), "symbol")


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A row of GET …/positions (3.3), with its quote: no price, value or class of its own."""
    row = rows.fields(raw)
    rows.note_unknown(row, _POSITION, "position", scene.notes)
    symbol, quantity = rows.text(row, "symbol"), rows.number(row, "quantity")
    quote = scene.references.get(f"quote:{symbol}", {})
    instrument = _instrument(symbol, quote, scene)
    units = quantity * _multiplier(instrument)
    cost, price = _figure(row, "cost_basis"), _price(quote)
    value = None if price is None else price * units
    known = bool(cost) or not quantity
    yield Position(
        instrument=instrument,
        quantity=quantity,
        currency=CURRENCY,
        average_cost=quotient(cost, units) if cost is not None and units else None,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=None if value is None or cost is None else value - cost,
        flags=() if known else (Flag.COST_UNKNOWN,),
        raw=raw,
    )


def _price(quote: Row) -> Decimal | None:
    """The last trade; before the first one of a day, the close before."""
    last = _figure(quote, "last")
    return last if last is not None else _figure(quote, "prevclose")


def _instrument(symbol: str, quote: Row, scene: Scene) -> Instrument:
    """By its symbol an option, else by its quote. Class shares are written with a slash (3.7)."""
    if _OCC.fullmatch(symbol):
        return option_instrument(option_from_occ(symbol, _size(quote)), name=_name(quote))
    word = rows.optional_text(quote, "type") or "stock"
    if word not in KINDS:
        scene.notes.words[f"quote.{word[:32]}"] += 1
    kind = KINDS.get(word, InstrumentKind.OTHER)
    return Instrument(kind, symbol.replace("/", "."), name=_name(quote))


def _size(quote: Row) -> Decimal:
    return _figure(quote, "contract_size") or HUNDRED


def _name(quote: Row) -> str | None:
    return rows.optional_text(quote, "description")


def _multiplier(instrument: Instrument) -> Decimal:
    option = instrument.option
    return Decimal(1) if option is None else option.multiplier or HUNDRED


def event(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """An event of GET …/history (3.5). It has no id: equal rows are told apart by their number."""
    row = rows.fields(raw)
    said, net = rows.text(row, "type"), rows.number(row, "amount")
    word = said.lower()
    rows.note_unknown(row, _EVENT if said == word else _EVENT | {said}, "event", scene.notes)
    detail = rows.optional_mapping(row, word) or rows.optional_mapping(row, said)  # its key is the type
    rows.note_unknown(detail, _DETAIL, word, scene.notes)
    quantity = _figure(detail, "quantity") or ZERO
    kind = _kind(word, detail, net, quantity, scene)
    trade = word == "trade"
    symbol = rows.optional_text(detail, "symbol")
    if trade and symbol is None:
        raise UnreadableReply("a trade has no symbol")
    instrument = _instrument(symbol, {}, scene) if symbol else None
    price = _figure(detail, "price") if trade else None
    gross, fees = _charged(instrument, quantity, price, net, scene) if trade else (net, None)
    ending = rows.optional_text(detail, "option_type")
    yield Transaction(
        source_key=None,
        type=kind,
        trade_date=rows.day(row.get("date"), "date"),  # a calendar day, dressed as midnight in UTC
        currency=CURRENCY,
        source_type=f"{word} {ending}" if ending else word,
        instrument=instrument,
        quantity=None if word in CASH and net else quantity or None,
        price=price,
        gross=gross,
        fees=fees,
        net=net,
        description=rows.optional_text(detail, "description") or "",
        raw=raw,
    )


def _figure(row: Row, name: str) -> Decimal | None:
    """Optional figures may also be the word NaN (3, rule 4)."""
    return None if row.get(name) == "NaN" else rows.optional_number(row, name)


def _kind(word: str, detail: Row, net: Decimal, quantity: Decimal, scene: Scene) -> TransactionType:
    """`kind` is told coarsely: the sign of what moved, and words of the description, say the rest."""
    incoming = (net or quantity) > 0
    match word:
        case "trade":
            return T.BUY if quantity > 0 else T.SELL
        case "option":
            ending = (rows.optional_text(detail, "option_type") or "").lower()
            if ending not in ENDINGS:
                scene.notes.words[f"option_type.{ending[:32]}"] += 1
            return ENDINGS.get(ending, T.OTHER)
        case "ach" | "wire" | "check":
            return T.DEPOSIT if incoming else T.WITHDRAWAL
        case "journal" if _FEE.search(rows.optional_text(detail, "description") or ""):  # or back, as told
            return T.FEE
        case "transfer" | "journal":
            return T.TRANSFER_IN if incoming else T.TRANSFER_OUT
        case "interest":
            return T.INTEREST if incoming else T.MARGIN_INTEREST
        case _:
            if word not in EVENTS:
                scene.notes.words[f"event.{word[:32]}"] += 1
            return EVENTS.get(word) or T.OTHER


def _charged(
    instrument: Instrument | None, quantity: Decimal, price: Decimal | None, net: Decimal, scene: Scene
) -> tuple[Decimal, Decimal | None]:
    """Gross and fees of a trade: `commission` is only a part of what `amount` has lost, the rest is what
    regulators took. Where quantity and price do not explain it, the fees are unknown and it is counted: more
    came in, or of a sale a tenth or less, as of a contract that is not for a hundred."""
    if price is None or instrument is None:
        return net, None
    exact = -quantity * price * _multiplier(instrument)
    gross = exact.quantize(CENT, ROUND_HALF_EVEN)
    if gross - net < 0 or 0 < gross >= 10 * net:
        scene.notes.words["trade.amount_does_not_add_up"] += 1
        return net, None
    return gross, gross - net
