"""The catalogue's words: what a brokerage is, which ways lead into it, and what each can do."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


class Dataset(Enum):
    ACCOUNTS = "accounts"
    BALANCES = "balances"
    POSITIONS = "positions"
    TRANSACTIONS = "transactions"
    ORDERS = "orders"


class DoorKind(Enum):
    OFFICIAL_API = "official_api"
    AGGREGATOR = "aggregator"
    UNOFFICIAL_API = "unofficial_api"
    FILE_IMPORT = "file_import"


class BrokerageStatus(Enum):
    OFFICIAL = "official"
    AGGREGATED = "aggregated"
    UNOFFICIAL = "unofficial"
    RETIRED = "retired"


class Support(Enum):
    """How a door gives a dataset: as it is, built by us from other rows, not at all, or nobody knows."""

    NATIVE = "native"
    DERIVED = "derived"
    UNSUPPORTED = "unsupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Capability:
    dataset: Dataset
    support: Support
    note: str = ""


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A field that the caller fills in at Connect.

    `operator`: the operator may configure it instead (an app key that is the same for all users).
    `pattern`: what a value must match as a whole, so that a slip is told before anything is sent.
    """

    key: str
    label: str
    help: str = ""
    secret: bool = True
    required: bool = True
    operator: bool = False
    pattern: str = r"[^\x00-\x1f]{1,512}"


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """One way into a brokerage, as the catalogue shows it.

    `minimum_interval`: how often at most a connection is synced by itself, whatever its policy says.
    """

    id: str
    title: str
    kind: DoorKind
    fields: tuple[CredentialField, ...]
    capabilities: tuple[Capability, ...]
    sign_in: str
    access: str
    history_days: int | None = None
    limits: str = ""
    terms: str = ""
    verification: str = "sandbox only"
    minimum_interval: timedelta = timedelta(0)

    def supports(self, dataset: Dataset) -> bool:
        found = [c for c in self.capabilities if c.dataset is dataset]
        return bool(found) and found[0].support in {Support.NATIVE, Support.DERIVED}


@dataclass(frozen=True, slots=True)
class BrokerageFacts:
    """One entry of the catalogue. `successor_id` only where it is retired."""

    id: str
    title: str
    status: BrokerageStatus
    homepage: str
    doors: tuple[DoorFacts, ...]
    successor_id: str | None = None
