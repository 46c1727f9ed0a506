"""Facts of a user's ordered log. Streams and webhooks are two ways to deliver it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class EventType(Enum):
    CONNECTION_CREATED = "connection.created"
    CONNECTION_STATE_CHANGED = "connection.state_changed"
    CONNECTION_DISCONNECTED = "connection.disconnected"
    ACCOUNT_LINKED = "account.linked"
    HOLDINGS_UPDATED = "holdings.updated"
    TRANSACTIONS_UPDATED = "transactions.updated"
    SYNC_STARTED = "sync.started"
    SYNC_ENDED = "sync.ended"


@dataclass(frozen=True, slots=True)
class Event:
    """`facts` holds ids, counts, states and reasons; never a figure of the account, never a secret."""

    user_id: str
    type: EventType
    at: datetime
    connection_id: str | None = None
    account_id: str | None = None
    facts: dict[str, str | int] = field(default_factory=dict)
