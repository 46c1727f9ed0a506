"""Robinhood's sandbox: the truth sorted into the lists that Robinhood keeps, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction

ZERO = Decimal(0)
LISTED = ("equity", "etf")
CASH = {"DIVIDEND": "dividends", "WITHDRAWAL": "ach", "FEE": "fees", "MARGIN_INTEREST": "margin_interest"}
NAMES = (
    "orders",
    "option_orders",
    "coin_orders",
    "events",
    "dividends",
    "sweeps",
    "stock_loans",
    "ach",
    "received",
    "fees",
    "margin_interest",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list: an order with its fills, an event with the shares it moved, a payment.

    `rows` oldest first. An order that was never filled has none; it is `like` a filled one.
    """

    id: str
    account: TruthAccount
    rows: tuple[TruthTransaction, ...]
    at: datetime
    like: TruthTransaction
    state: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """An instrument that an account has or had."""

    account: TruthAccount
    instrument: TruthInstrument
    quantity: Decimal
    average: Decimal
    first: datetime
    last: datetime


class Books:
    """Lists of each account; built again only when the account has new rows."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._built: dict[str, tuple[tuple[TruthTransaction, ...], dict[str, list[Item]]]] = {}
        self._instruments: dict[str, TruthInstrument] = {}
        self._reinvested: dict[str, dict[int, TruthTransaction]] = {}

    def items(self, name: str, accounts: Iterable[TruthAccount]) -> list[Item]:
        """One list over some accounts, newest first."""
        lists = [self._lists(account)[name] for account in accounts]
        if len(lists) == 1:
            return lists[0]
        return sorted((item for listed in lists for item in listed), key=lambda item: item.at, reverse=True)

    def _lists(self, account: TruthAccount) -> dict[str, list[Item]]:
        rows = self._play.rows(account)
        built = self._built.get(account.number)
        if built is None or built[0] is not rows:
            built = self._built[account.number] = (rows, self._build(account, rows))
        return built[1]

    def _build(self, account: TruthAccount, rows: tuple[TruthTransaction, ...]) -> dict[str, list[Item]]:
        lists: dict[str, list[Item]] = {name: [] for name in NAMES}
        shares = {row.leg_of: row for row in rows if row.leg_of is not None}
        orders: dict[int, list[TruthTransaction]] = {}
        for row in rows:
            if row.trade and row.leg_of is None:
                orders.setdefault(row.order, []).append(row)
            elif row.deed.startswith("OPTION_"):
                moved = shares.get(row.number)
                told = (row,) if moved is None else (row, moved)
                lists["events"].append(Item(row.uuid, account, told, row.executed_at, row))
            elif row.deed in ("INTEREST", "DEPOSIT", *CASH):
                lists[_list_of(row)].append(Item(row.uuid, account, (row,), row.executed_at, row))
        for number, fills in orders.items():
            oldest_first = tuple(reversed(fills))
            for part in _payable(oldest_first):
                ident = self._play.uuid("order", number + part[0].number * 100_000_000)
                like = part[0]
                lists[_book_of(like)].append(Item(ident, account, part, part[-1].executed_at, like))
        listed = lists["orders"]
        place = next((n for n, one in enumerate(listed) if not self._play.grown(one.like)), None)
        if place is not None:
            listed[place:place] = self._unfilled(account, listed[place])
        return lists

    def _unfilled(self, account: TruthAccount, newest: Item) -> list[Item]:
        """Two orders that moved nothing: one waits, one was cancelled (in the spelling of 2024)."""
        return [
            Item(self._play.uuid(state, newest.like.number), account, (), newest.at, newest.like, state)
            for state in ("confirmed", "cancelled")
        ]

    def ever_held(self, account: TruthAccount) -> list[Held]:
        """All listed instruments that the account ever had, those of today with their figures."""
        today = {position.instrument.symbol: position for position in account.positions}
        moved: dict[str, list[TruthTransaction]] = {}
        for row in reversed(account.transactions):
            if row.quantity and row.instrument is not None and row.instrument.kind in LISTED:
                moved.setdefault(row.instrument.symbol, []).append(row)
        found = []
        for symbol, rows in moved.items():
            position, instrument = today.get(symbol), rows[0].instrument
            if instrument is not None:
                quantity = ZERO if position is None else position.quantity
                average = ZERO if position is None else position.average_cost
                first, last = rows[0].executed_at, rows[-1].executed_at
                found.append(Held(account, instrument, quantity, average, first, last))
        return found

    def reinvested(self, account: TruthAccount) -> dict[int, TruthTransaction]:
        """What was bought with a dividend, by the dividend's number. New rows never reinvest."""
        if account.number not in self._reinvested:
            bought = {row.reinvests: row for row in account.transactions if row.reinvests is not None}
            self._reinvested[account.number] = bought
        return self._reinvested[account.number]

    def instruments(self) -> dict[str, TruthInstrument]:
        """All that the customer ever had to do with, by id. Nothing new comes with new rows."""
        if not self._instruments:
            for account in self._play.accounts:
                for row in account.transactions:
                    if row.instrument is not None:
                        self._instruments.setdefault(row.instrument.uuid, row.instrument)
        return self._instruments

    def split_on(self, ident: str) -> date | None:
        """The day on which an instrument was split."""
        for account in self._play.accounts:
            for row in account.transactions:
                if row.deed == "SPLIT" and row.instrument is not None and row.instrument.uuid == ident:
                    return row.trade_date
        return None


def by_stock_loan(row: TruthTransaction) -> bool:
    """Some interest is told as a payment for lent shares."""
    return row.number % 3 == 0


def _list_of(row: TruthTransaction) -> str:
    match row.deed:
        case "INTEREST":
            return "stock_loans" if by_stock_loan(row) else "sweeps"
        case "DEPOSIT":
            return "received" if row.number % 4 == 0 else "ach"
        case deed:
            return CASH[deed]


def _book_of(row: TruthTransaction) -> str:
    kind = "" if row.instrument is None else row.instrument.kind
    return {"option": "option_orders", "crypto": "coin_orders"}.get(kind, "orders")


def _payable(fills: tuple[TruthTransaction, ...]) -> list[tuple[TruthTransaction, ...]]:
    """Fees are told once per order: fills of one order stay together unless a later one has its own."""
    if any(fill.fees for fill in fills[1:]) or _book_of(fills[0]) == "coin_orders":
        return [(fill,) for fill in fills]
    return [tuple(part) for _, part in groupby(fills, key=lambda fill: fill.instrument)]
