"""The port to statements in files: what a file says of accounts, and what of it was left out and why."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from domain.accounts import AccountTold
from domain.ports.brokerage import Notes
from domain.positions import Balance, Position
from domain.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line (from 1; 0: no line of its own) that is not taken over, and why. Never the line's words:
    they may be personal."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """What a file says of one account.

    `account.key` and `account.number` are empty where the file names no account (the caller says whose
    it is); `number` may be masked, its last characters are what is compared. `start` and `end` are the
    days that the file covers, where it says so; without, the days of its oldest and newest row count.
    `balances` and `positions` None: the file tells none. `as_of`: the moment of both. Transactions are
    in the order of the file, with our signs, and keep their raw row; those without a `source_key` are
    numbered among equal rows.
    """

    account: AccountTold
    transactions: tuple[Transaction, ...] = ()
    balances: tuple[Balance, ...] | None = None
    positions: tuple[Position, ...] | None = None
    as_of: datetime | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A file that was understood. `format` is the id of the way in ("ofx", "csv", "flex")."""

    format: str
    accounts: tuple[AccountStatement, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: Notes = field(default_factory=Notes)


class Statements(Protocol):
    """Reads the files of brokerages."""

    def read(self, brokerage_id: str, content: bytes, today: date) -> Statement:
        """Whichever of the brokerage's formats the content is in, whatever the file was called.

        Raises BrokerageUnknown, CapabilityUnsupported (no files are read of this brokerage), and
        StatementUnreadable with the reason and, where there is one, the line: not one of its formats,
        another brokerage's file, broken off, an entity bomb, figures that are none.
        """
