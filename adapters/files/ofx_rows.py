"""INVTRANLIST: the rows of a statement in our words. Sheet: ofx, 3.4.

Signs come from the name of the aggregate: some write the units of a sale without one. Cash follows TOTAL,
whose sign is turned only where it contradicts what units, price and costs say. Times of day are boilerplate
(midnight, 16:00 for every fund): no instant is taken from them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from adapters.files import ofx_cash, ofx_values, ofx_words
from adapters.files.holdings import units
from adapters.files.ofx_reading import Reading
from adapters.files.ofx_securities import is_cash
from adapters.files.ofx_tree import Node
from adapters.files.ofx_words import T
from domain.errors import StatementUnreadable
from domain.instruments import Instrument, InstrumentKind
from domain.money import ZERO
from domain.transactions import Transaction, TransactionType

NOTHING = "A row that moves nothing."
_FEES = ("COMMISSION", "FEES", "LOAD", "PENALTY")
_TAXES = ("TAXES", "WITHHOLDING", "STATEWITHHOLDING")
_REINVESTED = re.compile(r"\bREINVEST", re.IGNORECASE)
_WITHHELD = re.compile(r"\bW/?H\b|\bWITHH|\bTAX\b", re.IGNORECASE)
_BACK = re.compile(r"\bREFUND|\bREVERS|\bREBATE|\bCREDIT\b", re.IGNORECASE)
_EXPENSE = re.compile(r"\bINVESTMENT EXPENSE\b", re.IGNORECASE)
Rows = Iterator[Transaction]


def transactions(listed: Node, reading: Reading) -> list[Transaction]:
    """All rows in the order of the file."""
    found: list[Transaction] = []
    for row in listed.children:
        if row.tag in {"DTSTART", "DTEND"}:
            continue
        if row.tag == "INVBANKTRAN":
            found += ofx_cash.transactions(row, reading)
        elif row.tag in READERS:
            reading.note_unknown(row, ofx_words.FIELDS)
            found += READERS[row.tag](_Row(row, reading))
        elif row.find("INVTRAN") is not None or row.find("SECID") is not None:
            reading.notes.words[row.tag[:48]] += 1
            found += _unknown(_Row(row, reading))
        elif "." not in row.tag:
            reading.notes.fields[f"INVTRANLIST.{row.tag[:48]}"] += 1
    return found


class _Row:
    """One aggregate: where its fields lie (in INVBUY, in INVSELL or at its own level), and what they say."""

    __slots__ = ("body", "currency", "head", "instrument", "memo", "node", "reading", "reverses")

    def __init__(self, node: Node, reading: Reading) -> None:
        self.node, self.reading = node, reading
        self.body = node.find("INVBUY") or node.find("INVSELL") or node
        head = self.body.find("INVTRAN")
        if head is None:
            raise StatementUnreadable("INVTRAN is missing.", node.line)
        self.head = head
        self.memo = head.value("MEMO")
        self.reverses = bool(head.value("REVERSALFITID"))
        own = self.body.value("CURRENCY", "CURSYM") or node.value("CURRENCY", "CURSYM")
        self.currency = own or reading.currency
        kind = ofx_words.KINDS.get(node.tag, InstrumentKind.OTHER)
        self.instrument: Instrument | None = reading.securities.of(self.body, kind, self.currency)

    def word(self, tag: str, known: dict[str, TransactionType], plain: TransactionType) -> TransactionType:
        """What a word of the row says of its type; an unknown one is counted."""
        told = (self.node.value(tag) or self.body.value(tag)).upper()
        if told and told not in known:
            self.reading.notes.words[f"{tag}.{told[:32]}"] += 1
        return known.get(told, plain)

    def figure(self, *tags: str) -> Decimal | None:
        """The sum of figures; None where none of them is told."""
        told = [value for tag in tags if (value := ofx_values.figure(self.body, tag)) is not None]
        return sum(told, ZERO) if told else None

    def plain(self, type_: TransactionType, net: Decimal | None = None) -> Transaction:
        """What every row has; the cash is all there is of it."""
        fitid = self.head.value("FITID")
        return Transaction(
            source_key=f"ofx:{fitid}" if fitid else None,
            type=T.ADJUSTMENT if self.reverses else type_,
            trade_date=self._day(),
            currency=self.currency,
            source_type=self.node.tag,
            settlement_date=ofx_values.day(self.head, "DTSETTLE"),
            instrument=self.instrument,
            gross=net,
            net=net,
            description=self.memo,
            raw=self.node.written(),
        )

    def _day(self) -> date:
        return ofx_values.needed_day(self.head, "DTTRADE")

    def moves(self, type_: TransactionType, quantity: Decimal | None) -> Transaction:
        """Securities come or go, and no cash."""
        price = ofx_values.figure(self.body, "UNITPRICE") or None
        return replace(self.plain(type_, ZERO), quantity=quantity, price=price)


def further(told: Transaction, name: str) -> Transaction:
    """Another row that the same element tells, under a key of its own."""
    return replace(told, source_key=f"{told.source_key}.{name}" if told.source_key else None)


# Buys and sells.


def _buy(row: _Row) -> Rows:
    yield _trade(row, 1, row.word(*ofx_words.BUYS[row.node.tag]))


def _sell(row: _Row) -> Rows:
    yield _trade(row, -1, row.word(*ofx_words.SELLS[row.node.tag]))


def _trade(row: _Row, sign: int, kind: TransactionType) -> Transaction:
    quantity = ofx_values.needed(row.body, "UNITS")
    if not row.reverses:
        quantity = abs(quantity) * sign
    price, fees, taxes = row.figure("UNITPRICE"), row.figure(*_FEES), row.figure(*_TAXES)
    costs = (fees or ZERO) + (taxes or ZERO)
    worth = None if price is None else -(quantity * price * units(row.instrument))
    net = ofx_values.figure(row.body, "TOTAL")
    if net is None and worth is not None:
        net = worth - costs
    elif net is not None and not row.reverses:
        likely = worth - costs if worth else -Decimal(sign)
        net = -net if net * likely < 0 else net
    if kind is T.BUY and _REINVESTED.search(row.memo):
        kind = T.DIVIDEND_REINVESTMENT
    if is_cash(row.instrument):
        kind = T.SWEEP
    gross = None if net is None else net + costs
    return replace(
        row.plain(kind), quantity=quantity, price=price, gross=gross, fees=fees, taxes=taxes, net=net
    )


# What companies and funds do.


def _income(row: _Row) -> Rows:
    kind = row.word("INCOMETYPE", ofx_words.INCOMES, T.OTHER)
    yield row.plain(kind, ofx_values.needed(row.body, "TOTAL"))
    for tag in ("WITHHOLDING", "STATEWITHHOLDING"):
        withheld = ofx_values.figure(row.body, tag)
        if withheld:
            yield further(row.plain(T.TAX, -abs(withheld)), tag.lower())


def _reinvestment(row: _Row) -> Rows:
    """The dividend and the purchase that it pays for, in one element."""
    bought = _trade(row, 1, T.DIVIDEND_REINVESTMENT)
    paid = None if bought.net is None else -bought.net
    kind = row.word("INCOMETYPE", ofx_words.INCOMES, T.DIVIDEND)
    yield further(row.plain(kind, paid), "income")
    yield bought


def _return_of_capital(row: _Row) -> Rows:
    yield row.plain(T.RETURN_OF_CAPITAL, ofx_values.needed(row.body, "TOTAL"))


def _split(row: _Row) -> Rows:
    old, new = ofx_values.figure(row.body, "OLDUNITS"), ofx_values.figure(row.body, "NEWUNITS")
    yield replace(row.moves(T.SPLIT, None if old is None or new is None else new - old), price=None)
    cash = ofx_values.figure(row.body, "FRACCASH")
    if cash:
        yield further(row.plain(T.CASH_IN_LIEU, cash), "cash")


def _transfer(row: _Row) -> Rows:
    """In kind. Vanguard tells fees of a plan so, and plans tell balances so, with no units at all."""
    told = ofx_values.needed(row.body, "UNITS")
    if not told:
        row.reading.skip(row.node, NOTHING)
        return
    action = row.body.value("TFERACTION").upper()
    comes = told > 0 if action not in {"IN", "OUT"} else action == "IN"
    short = row.body.value("POSTYPE").upper() == "SHORT"
    quantity = abs(told) if comes is not short else -abs(told)
    if row.reverses or not action:
        quantity = told
    kind = T.TRANSFER_IN if comes else T.TRANSFER_OUT
    yield row.moves(T.FEE if _EXPENSE.search(row.memo) else kind, quantity)


def _closure(row: _Row) -> Rows:
    """An option ends: exercised ones were held, assigned ones were owed, expired ones were either."""
    told = ofx_values.needed(row.body, "UNITS")
    kind = row.word("OPTACTION", ofx_words.CLOSURES, T.OTHER)
    signs = {T.OPTION_EXERCISE: -abs(told), T.OPTION_ASSIGNMENT: abs(told)}
    yield replace(row.moves(kind, told if row.reverses else signs.get(kind, told)), price=None)


# Costs, and moves inside the account.


def _expense(row: _Row) -> Rows:
    kind = T.TAX if _WITHHELD.search(row.memo) else T.FEE
    yield row.plain(kind, _cost(row))


def _margin_interest(row: _Row) -> Rows:
    yield row.plain(T.MARGIN_INTEREST, _cost(row))


def _cost(row: _Row) -> Decimal:
    """What is paid goes out, whatever sign it was given; unless it comes back, and says so."""
    told = ofx_values.needed(row.body, "TOTAL")
    return told if row.reverses or _BACK.search(row.memo) else -abs(told)


def _inside(row: _Row) -> Rows:
    """From one sub-account to another: nothing comes and nothing goes."""
    yield row.plain(T.OTHER, ZERO)


def _unknown(row: _Row) -> Rows:
    quantity = ofx_values.figure(row.body, "UNITS")
    yield replace(row.plain(T.OTHER, ofx_values.figure(row.body, "TOTAL")), quantity=quantity)


READERS: dict[str, Callable[[_Row], Rows]] = {
    **dict.fromkeys(ofx_words.BUYS, _buy),
    **dict.fromkeys(ofx_words.SELLS, _sell),
    "INCOME": _income,
    "REINVEST": _reinvestment,
    "RETOFCAP": _return_of_capital,
    "SPLIT": _split,
    "TRANSFER": _transfer,
    "CLOSUREOPT": _closure,
    "INVEXPENSE": _expense,
    "MARGININTEREST": _margin_interest,
    "JRNLFUND": _inside,
    "JRNLSEC": _inside,
}
