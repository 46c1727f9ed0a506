"""INVPOSLIST and INVBAL: what an account holds, and its cash. Sheet: ofx, 3.3, 4 and 5."""

from decimal import Decimal

from adapters.files import ofx_values
from adapters.files.holdings import merged, units
from adapters.files.ofx_reading import Reading
from adapters.files.ofx_securities import is_cash
from adapters.files.ofx_tree import Node
from adapters.files.ofx_words import KINDS
from domain.errors import StatementUnreadable
from domain.instruments import InstrumentKind
from domain.money import ZERO
from domain.positions import Balance, Flag, Position

POSITIONS = frozenset({"POSSTOCK", "POSMF", "POSOPT", "POSDEBT", "POSOTHER"})
NOTHING_HELD = "A position of nothing."
# What brokers call the worth of the whole account in their list of balances.
TOTALS = frozenset({"net worth", "networth", "total account value", "accountvalue"})
_FIELDS = frozenset(
    "INVPOS SECID UNIQUEID UNIQUEIDTYPE HELDINACCT POSTYPE UNITS UNITPRICE MKTVAL AVGCOSTBASIS DTPRICEASOF"
    " CURRENCY CURRATE CURSYM MEMO INV401KSOURCE UNITSSTREET UNITSUSER REINVDIV REINVCG SECURED".split()
)


def positions(statement: Node, reading: Reading) -> tuple[Position, ...] | None:
    """All that is held, cash funds too; None where the statement has no list of it."""
    listed = statement.find("INVPOSLIST")
    if listed is None:
        return None
    found: list[Position] = []
    for row in listed.children:
        if row.tag not in POSITIONS:
            if "." not in row.tag:
                reading.notes.fields[f"INVPOSLIST.{row.tag[:48]}"] += 1
            continue
        held = row.find("INVPOS")
        if held is None:
            raise StatementUnreadable("INVPOS is missing.", row.line)
        reading.note_unknown(row, _FIELDS | POSITIONS)
        quantity = ofx_values.needed(held, "UNITS")
        if not quantity:
            reading.skip(row, NOTHING_HELD)
            continue
        found.append(_position(row, held, quantity, reading))
    return merged(found)


def _position(row: Node, held: Node, told: Decimal, reading: Reading) -> Position:
    currency = held.value("CURRENCY", "CURSYM") or reading.currency
    instrument = reading.securities.of(held, KINDS.get(row.tag, InstrumentKind.OTHER), currency)
    if instrument is None:
        raise StatementUnreadable("SECID is missing.", row.line)
    short = held.value("POSTYPE").upper() == "SHORT"
    quantity = -abs(told) if short else told
    value = ofx_values.figure(held, "MKTVAL")
    if value is not None and quantity < 0:
        value = -abs(value)
    average = ofx_values.figure(held, "AVGCOSTBASIS")
    cost = None if average is None else average * quantity * units(instrument)
    return Position(
        instrument=instrument,
        quantity=quantity,
        currency=currency,
        average_cost=average,
        cost_basis=cost,
        price=ofx_values.figure(held, "UNITPRICE"),
        market_value=value,
        unrealized_gain=None if value is None or cost is None else value - cost,
        flags=(Flag.COST_UNKNOWN,) if cost is None else (),
        as_of=ofx_values.instant(held, "DTPRICEASOF"),
        raw=row.written(),
    )


def balances(statement: Node, held: tuple[Position, ...] | None, currency: str) -> tuple[Balance, ...] | None:
    """Cash of the statement's currency; None where nothing tells any.

    AVAILCASH may hold the funds that stand for cash, or may be zero beside them: they are not added twice.
    Debt on margin is negative cash.
    """
    told, plan = statement.find("INVBAL"), _plan(statement, held)
    funds = [position.market_value or ZERO for position in held or () if is_cash(position.instrument)]
    if told is None and plan is None and not funds:
        return None
    tags = (told, "AVAILCASH") if told is not None else (plan, "CASHBAL")
    cash = None if tags[0] is None else ofx_values.figure(tags[0], tags[1])
    if funds:
        swept = sum(funds, ZERO)
        cash = cash if cash is not None and cash >= swept else (cash or ZERO) + swept
    debt = ofx_values.figure(told, "MARGINBALANCE") if told else None
    if debt is not None and debt < 0:
        cash = (cash or ZERO) + debt
    power = ofx_values.figure(told, "BUYPOWER") if told else None
    return (Balance(currency, cash, power, None, _total(told, plan, cash, held)),)


def _plan(statement: Node, held: tuple[Position, ...] | None) -> Node | None:
    """The balances of a retirement plan. Vanguard sends nothing but zeros in them, whatever is held."""
    plan = statement.find("INV401KBAL")
    return None if plan is not None and held and not ofx_values.figure(plan, "TOTAL") else plan


def _total(
    told: Node | None, plan: Node | None, cash: Decimal | None, held: tuple[Position, ...] | None
) -> Decimal | None:
    """The broker's own figure; else cash and what everything is worth, where both are told."""
    if told is not None:
        for line in (line for listed in told.all("BALLIST") for line in listed.all("BAL")):
            if line.value("NAME").lower() in TOTALS and line.value("BALTYPE").upper() in {"DOLLAR", ""}:
                return ofx_values.figure(line, "VALUE")
    if plan is not None:
        return ofx_values.figure(plan, "TOTAL")
    values = [position.market_value for position in held or () if not is_cash(position.instrument)]
    if cash is None or held is None or any(value is None for value in values):
        return None
    return sum((value for value in values if value is not None), cash)
