"""The truth of one made-up customer: what a sandbox tells and what our service must therefore show.

Values only. Signs and words are ours (quantity + into the account, net + cash in), not a brokerage's:
each sandbox turns them into its own dialect, so that reading it back proves the turn.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from adapters.sandbox.compare import truth_json
from adapters.sandbox.profile import Profile

HUNDRED = Decimal(100)
ONE = Decimal(1)
PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TruthOption:
    """Terms of a listed option; `right` is "call" or "put", `strike` per unit of the underlying."""

    underlying: str
    expiration: date
    right: str
    strike: Decimal
    multiplier: Decimal = HUNDRED

    @property
    def occ(self) -> str:
        """The canonical 21 characters: root padded to 6, YYMMDD, C or P, strike x 1000."""
        letter = "C" if self.right == "call" else "P"
        return f"{self.underlying:<6}{self.expiration:%y%m%d}{letter}{int(self.strike * 1000):08d}"


@dataclass(frozen=True, slots=True)
class TruthInstrument:
    """`kind` is equity, etf, mutual_fund, option, crypto or bond. `symbol` of an option is its OCC form,
    of a bond its CUSIP.

    `price` is today's, per unit (per share of the underlying for options, in percent of the face value
    for bonds, whose quantity is face value). `cusip` is made up and
    empty for options and coins. `number` is a small stable number for brokerages that count.
    """

    kind: str
    symbol: str
    name: str
    cusip: str
    uuid: str
    option: TruthOption | None
    price: Decimal
    number: int = 0

    @property
    def multiplier(self) -> Decimal:
        if self.kind == "bond":
            return PERCENT
        return ONE if self.option is None else self.option.multiplier


@dataclass(frozen=True, slots=True)
class TruthTransaction:
    """One row. `type` is what the brokerage can tell; `deed` is what really happened.

    The two differ where a profile folds words (a SELL_SHORT told as SELL). None in a figure means
    the brokerage does not tell it on such a row. `order` groups the partial fills of one order.
    `reinvests` is the number of the dividend that a DIVIDEND_REINVESTMENT spends; `leg_of` the number
    of the assignment or exercise that a purchase of shares belongs to. `foreign`: the leg of a conversion
    in another currency than the account's.
    """

    number: int
    type: str
    status: str
    trade_date: date
    executed_at: datetime
    settlement_date: date | None
    instrument: TruthInstrument | None
    quantity: Decimal | None
    price: Decimal | None
    gross: Decimal | None
    fees: Decimal | None
    taxes: Decimal | None
    net: Decimal | None
    currency: str
    description: str
    order: int
    uuid: str
    reinvests: int | None = None
    leg_of: int | None = None
    deed: str = ""
    foreign: bool = False

    @property
    def posted(self) -> bool:
        return self.status == "POSTED"

    @property
    def trade(self) -> bool:
        """Whether it is a buy or a sell of any kind, as opposed to an event or a cash row."""
        return self.deed in TRADES


@dataclass(frozen=True, slots=True)
class TruthPosition:
    """`average_cost` per unit; totals carry the multiplier and are negative for shorts."""

    instrument: TruthInstrument
    quantity: Decimal
    average_cost: Decimal
    cost_basis: Decimal
    price: Decimal
    market_value: Decimal
    unrealized_gain: Decimal


@dataclass(frozen=True, slots=True)
class TruthAccount:
    """`number` is what people see, `key` an opaque id, `hash` 64 upper-case hex; all last for ever."""

    number: str
    key: str
    uuid: str
    hash: str
    name: str
    kind: str
    currency: str
    cash: Decimal
    settled_cash: Decimal
    buying_power: Decimal
    total_value: Decimal
    positions: tuple[TruthPosition, ...] = ()
    transactions: tuple[TruthTransaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """Nobody: made up from the seed. The secret values carry the marker that tests search for."""

    username: str
    password: str = field(repr=False)
    phone: str
    email: str
    first_name: str
    last_name: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that is so at one brokerage, for one seed, on one day."""

    seed: int
    brokerage: str
    persona: str
    today: date
    customer: Customer
    accounts: tuple[TruthAccount, ...]

    def as_json(self, profile: Profile) -> dict[str, object]:
        """In our normalised words, as the service must show it. See `compare.py` for the names."""
        return truth_json(self, profile)


TRADES = frozenset(
    {
        "BUY",
        "SELL",
        "SELL_SHORT",
        "BUY_TO_COVER",
        "BUY_TO_OPEN",
        "BUY_TO_CLOSE",
        "SELL_TO_OPEN",
        "SELL_TO_CLOSE",
        "DIVIDEND_REINVESTMENT",
    }
)
