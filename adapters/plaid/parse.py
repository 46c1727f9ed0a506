"""Plaid's objects into our nouns. Pure; numbers in brackets are sections of the sheet.

Signs: `quantity` is + bought, as ours, but institutions send sales with a positive one: the type decides.
`amount` is + where cash leaves: our net is minus that. Options are counted, here and in holdings, in shares
of the underlying; their prices are per share already. Rows are those that `reads` joins with their security.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from adapters.kit import rows
from adapters.kit.bonds import percent
from adapters.kit.card import Scene
from adapters.kit.wire import decode, raw_fields
from adapters.plaid import fields
from adapters.plaid.securities import currency_of, instrument_of, is_cash, units_of
from adapters.plaid.words import PAID, PENDING, kind_of
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.money import HUNDRED, ZERO, quotient
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus

K = AccountKind
Row = dict[str, Any]
CENT = Decimal("0.01")
HALF_CENT = Decimal("0.005")  # how far a price told to the cent may be off, for each unit

# `subtype` of investment accounts (3.1). "brokerage" does not say whether it is a margin account.
KINDS: dict[str, AccountKind] = {
    "brokerage": K.OTHER, "non-taxable brokerage account": K.OTHER, "stock plan": K.OTHER,
    "mutual fund": K.OTHER, "cash management": K.CASH, "other": K.OTHER, "trust": K.TRUST,
    "ugma": K.CUSTODIAL, "utma": K.CUSTODIAL, "crypto exchange": K.CRYPTO, "non-custodial wallet": K.CRYPTO,
    "ira": K.IRA_TRADITIONAL, "roth": K.IRA_ROTH, "sep ira": K.IRA_OTHER, "simple ira": K.IRA_OTHER,
    "sarsep": K.IRA_OTHER, "keogh": K.IRA_OTHER,
    **dict.fromkeys(
        (
            "401a", "401k", "403b", "457b", "roth 401k", "roth 403b", "roth 457b", "roth pension",
            "roth profit sharing plan", "roth thrift savings plan", "thrift savings plan", "pension",
            "profit sharing plan", "retirement", "lif", "lira", "lrif", "lrsp", "prif", "qshr", "rlif",
            "rrif", "rrsp", "sipp",
        ),
        K.RETIREMENT,
    ),
    **dict.fromkeys(
        (
            "529", "education savings account", "hsa", "health reimbursement arrangement", "gic",
            "cash isa", "isa", "tfsa", "fhsa", "resp", "rdsp", "fixed annuity", "variable annuity",
            "other annuity", "life insurance", "other insurance",
        ),
        K.OTHER,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joined:
    """A row as it came, and as objects: with the security that it names, None where that is not told."""

    raw: bytes
    row: Row
    security: Row | None


def joined(raw: bytes, name: str) -> Joined:
    parts = raw_fields(raw)
    security = rows.fields(bytes(parts["security"])) if "security" in parts else None
    return Joined(bytes(parts[name]), rows.fields(bytes(parts[name])), security)


# Accounts.


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """One account of an item; bank accounts, cards and loans of the same login are left out.

    Its `account_id` is only a route: it changes when the item is linked anew. What stays is what `reads`
    found to name it: subtype and mask, or more where two accounts share both.
    """
    parts = raw_fields(raw)
    row = rows.fields(bytes(parts["account"]))
    if rows.text(row, "type") not in {"investment", "brokerage"}:
        return
    rows.note_unknown(row, fields.ACCOUNT, "account", scene.notes)
    balances = rows.mapping(row, "balances")
    rows.note_unknown(balances, fields.BALANCES, "balances", scene.notes)
    mask = rows.optional_text(row, "mask") or ""
    yield AccountTold(
        key=rows.text({"key": decode(parts["key"])}, "key"),
        name=rows.optional_text(row, "official_name") or rows.text(row, "name"),
        number=f"…{mask}" if mask else "",
        kind=_account_kind(row, balances, scene),
        currency=_currency(balances),
        routing={"account_id": rows.text(row, "account_id")},
        raw=bytes(parts["account"]),
    )


def _account_kind(row: Row, balances: Row, scene: Scene) -> AccountKind:
    word = (rows.optional_text(row, "subtype") or "other").lower()
    if word not in KINDS:
        scene.notes.words[f"account.subtype.{word[:40]}"] += 1
    if word == "brokerage" and rows.optional_number(balances, "margin_loan_amount") is not None:
        return K.MARGIN
    return KINDS.get(word, K.OTHER)


def _currency(row: Row) -> str:
    found = currency_of(row)
    if found is None:
        raise UnreadableReply("iso_currency_code is missing")
    return found


# Balances and positions (3.2).


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """The whole answer of one account. Cash is what is held of it, one figure for each currency; only
    where no cash is held, it is `available`: telling both, Plaid tells the same money twice. What the user
    has typed in, because Plaid does not read their institution, is counted: no institution vouches for it."""
    parts = raw_fields(raw)
    row = rows.mapping(rows.fields(bytes(parts["account"])), "balances")
    rows.note_unknown(row, fields.BALANCES, "balances", scene.notes)
    if decode(parts["typed"]) is True:
        scene.notes.words["item.typed_in_by_the_user"] += 1
    main = _currency(row)
    available = rows.optional_number(row, "available")
    cash: dict[str, Decimal] = {}
    for told in decode(parts["holdings"]):
        holding, security = told["holding"], told["security"]
        if is_cash(security):
            currency = _currency(holding)
            cash[currency] = cash.get(currency, ZERO) + rows.number(holding, "institution_value")
    yield Balance(main, cash.pop(main, None if cash else available), None, None, _number(row, "current"))
    yield from (Balance(currency, value) for currency, value in sorted(cash.items()))


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """One holding; cash and money funds are balances."""
    told = joined(raw, "holding")
    row, security = told.row, told.security
    rows.note_unknown(row, fields.HOLDING, "holding", scene.notes)
    if security is None:
        raise UnreadableReply("a holding names a security that the answer does not tell")
    held, value = rows.number(row, "quantity"), rows.optional_number(row, "institution_value")
    instrument = instrument_of(security, scene.notes)
    if instrument is None or is_cash(security):
        return
    cost = _signed(rows.optional_number(row, "cost_basis") or None, held)
    value = _signed(value, held)
    average, price = _per_unit(cost, held, instrument), rows.optional_number(row, "institution_price")
    derived = not price and bool(value)
    if derived:
        price = _per_unit(value, held, instrument)
    elif price is not None and instrument.kind is InstrumentKind.BOND:
        price = percent(price, held, value)
    at = rows.optional_text(row, "institution_price_datetime")
    flags = ((Flag.DERIVED_PRICE, derived), (Flag.COST_UNKNOWN, cost is None))
    yield Position(
        instrument=instrument,
        quantity=held / units_of(instrument),
        currency=_currency(row),
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=None if value is None or cost is None else value - cost,
        flags=tuple(flag for flag, so in flags if so),
        as_of=rows.instant(at, "institution_price_datetime") if at else None,
        raw=told.raw,
    )


def _signed(total: Decimal | None, quantity: Decimal) -> Decimal | None:
    """A total of a short holding is negative; the sheet does not say whether all institutions tell it so."""
    return total if total is None or quantity >= 0 else -abs(total)


def _per_unit(total: Decimal | None, quantity: Decimal, instrument: Instrument) -> Decimal | None:
    if total is None or not quantity:
        return None
    each = total * HUNDRED if instrument.kind is InstrumentKind.BOND else total
    return quotient(each, quantity)


def _number(row: Row, name: str) -> Decimal | None:
    """A figure that may be null, but not absent."""
    if name not in row:
        raise UnreadableReply(f"{name} is missing")
    return rows.optional_number(row, name)


# Transactions (3.3).


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """One row. `reads` has given it the key that it keeps when the item is linked anew."""
    told = joined(raw, "transaction")
    row = told.row
    rows.note_unknown(row, fields.TRANSACTION, "transaction", scene.notes)
    instrument = instrument_of(told.security, scene.notes) if told.security else None
    type_, subtype = rows.text(row, "type"), rows.optional_text(row, "subtype") or ""
    name, net = rows.optional_text(row, "name") or "", -rows.number(row, "amount")
    quantity = _quantity(type_, rows.optional_number(row, "quantity") or ZERO)
    kind = kind_of(type_, subtype, name, instrument, quantity, net, scene.notes)
    if kind in PAID and net:
        quantity = ZERO
    pending = subtype in PENDING
    posted, executed = rows.day(row.get("date"), "date"), _executed(row)
    figures = _figures(row, instrument, quantity, net, scene)
    yield Transaction(
        source_key=rows.text({"key": decode(raw_fields(raw)["key"])}, "key"),
        type=kind,
        trade_date=_trade_date(executed) or posted,
        currency=_currency(row),
        source_type=f"{type_}/{subtype}" if subtype else type_,
        status=TransactionStatus.PENDING if pending else TransactionStatus.POSTED,
        executed_at=executed if executed and executed.time() != time() else None,
        settlement_date=None if pending else posted,
        instrument=instrument,
        quantity=quantity / units_of(instrument) if quantity and instrument is not None else None,
        price=figures.price,
        gross=figures.gross,
        fees=figures.fees,
        net=net,
        description=name,
        raw=told.raw,
    )


def _quantity(type_: str, told: Decimal) -> Decimal:
    """Some institutions send sales with a positive quantity: the sign is the type's."""
    match type_:
        case "sell":
            return -abs(told)
        case "buy":
            return abs(told)
        case _:
            return told


def _executed(row: Row) -> datetime | None:
    told = rows.optional_text(row, "transaction_datetime")
    return rows.instant(told, "transaction_datetime") if told else None


def _trade_date(executed: datetime | None) -> date | None:
    """The market's day. Midnight in UTC is no instant but a day that somebody has dressed as one."""
    if executed is None:
        return None
    return executed.date() if executed.time() == time() else rows.market_day(executed)


@dataclass(frozen=True, slots=True)
class _Figures:
    price: Decimal | None
    gross: Decimal | None
    fees: Decimal | None


def _figures(
    row: Row, instrument: Instrument | None, quantity: Decimal, net: Decimal, scene: Scene
) -> _Figures:
    """`amount` is the net figure, and is never computed. It should hold the fees; where quantity, price and
    fees do not explain it (they do not even in Plaid's own sample), the fees are unknown and it is counted.
    """
    price, fees = rows.optional_number(row, "price") or None, rows.optional_number(row, "fees")
    if instrument is None or not quantity or price is None or rows.text(row, "type") not in {"buy", "sell"}:
        return _Figures(price if quantity and instrument else None, net, None)
    value = -quantity * price
    told = price
    if instrument.kind is InstrumentKind.BOND:
        told = percent(price, quantity, net)
        value = value if told != price else value / HUNDRED
    if not net or fees is None:  # in kind, or nothing to tell apart
        return _Figures(told, net, None)
    if abs(value - fees - net) <= CENT + abs(quantity) * HALF_CENT:
        return _Figures(told, net + fees, fees)
    scene.notes.words["transaction.fees_do_not_add_up"] += 1
    return _Figures(told, value, None)
