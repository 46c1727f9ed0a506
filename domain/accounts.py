"""Brokerage accounts, and what names them for ever."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class AccountKind(Enum):
    CASH = "cash"
    MARGIN = "margin"
    IRA_TRADITIONAL = "ira_traditional"
    IRA_ROTH = "ira_roth"
    IRA_OTHER = "ira_other"
    RETIREMENT = "retirement"
    JOINT = "joint"
    CUSTODIAL = "custodial"
    TRUST = "trust"
    CRYPTO = "crypto"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AccountTold:
    """An account as a brokerage lists it.

    `key` is the brokerage's stable account key (usually the account number): it names the account
    for ever. `routing` is what further reads need (a hash, a path id): it may change with a re-link.
    `open` is False for closed accounts: they are kept, and not read.
    """

    key: str
    name: str
    number: str
    kind: AccountKind
    currency: str = "USD"
    routing: dict[str, str] = field(default_factory=dict)
    open: bool = True
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as we keep it. It belongs to user and brokerage, not to a connection."""

    id: str
    user_id: str
    brokerage_id: str
    name: str
    masked_number: str
    kind: AccountKind
    currency: str
    open: bool = True
    version: int = 0
    created_at: datetime | None = None


def masked(number: str) -> str:
    """The last four characters of an account number: enough to recognise, too little to use."""
    return f"…{number[-4:]}" if len(number) > 4 else "…" + number[-1:]
