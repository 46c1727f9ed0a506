"""The port to notices: what a brokerage sends to us by itself, proved to be its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from domain.errors import Failure


class Forged(Exception):
    """Whoever sent it, it was not the brokerage, or not now, or not this. No more is said."""


class Deed(Enum):
    """What a notice asks for."""

    SYNC = "sync"
    MENDED = "mended"  # what was told to end, or had ended, works again: a sync
    ASK_USER = "ask_user"
    WARN_USER = "warn_user"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Notice:
    """A hint and never data. `handle`: what the brokerage calls the grant that it is about; empty: none.

    `word` is the brokerage's own. `failure`: why the user must act (ASK_USER). `until`: when the grant ends
    unless the user acts (WARN_USER).
    """

    handle: str
    deed: Deed
    word: str
    failure: Failure | None = None
    until: datetime | None = None


class Notices(Protocol):
    """Proves and reads the notices of brokerages."""

    async def read(self, brokerage_id: str, headers: Mapping[str, str], body: bytes) -> Notice:
        """`headers` by lower-case name, `body` as it came. Raises Forged, BrokerageUnknown,
        CapabilityUnsupported (it sends none, or the operator has no keys for it), UnreadableReply, and
        NobodyYet where the key that it was signed with cannot be had just now.
        """
