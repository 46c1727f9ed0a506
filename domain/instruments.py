"""What is held: kinds of instruments, their identifiers, and when two of them are the same.

An instrument has an id of ours that never changes. Everything a brokerage calls it by (symbol,
CUSIP, its own asset id) is an identifier with validity dates.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from domain.errors import UnreadableReply
from domain.money import exact
from domain.quick import quickly_made


class InstrumentKind(Enum):
    EQUITY = "equity"
    ETF = "etf"
    MUTUAL_FUND = "mutual_fund"
    OPTION = "option"
    BOND = "bond"
    CRYPTO = "crypto"
    CASH_EQUIVALENT = "cash_equivalent"
    FUTURE = "future"
    FUTURE_OPTION = "future_option"
    INDEX = "index"
    OTHER = "other"


class Right(Enum):
    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """`strike` per unit of the underlying. `multiplier` units per contract; absent if not told."""

    underlying: str
    expiration: date
    right: Right
    strike: Decimal
    multiplier: Decimal | None = None

    @property
    def occ(self) -> str:
        """The canonical 21-character OCC form: root padded to 6, YYMMDD, C or P, strike x 1000. A root has
        letters and digits only, however a brokerage writes its underlying (BRK.B, BRK/B)."""
        root = "".join(sign for sign in self.underlying if sign.isalnum())
        thousandths = int((self.strike * 1000).to_integral_value())
        letter = "C" if self.right is Right.CALL else "P"
        return f"{root:<6}{self.expiration:%y%m%d}{letter}{thousandths:08d}"


def option_from_occ(text: str, multiplier: Decimal | None = None) -> OptionTerms:
    """Terms from an OCC symbol, padded with blanks or dashes or not at all. Raises UnreadableReply."""
    tail = text[-15:]
    root = text[:-15].replace("-", " ").strip()
    if len(tail) != 15 or not root or tail[6] not in "CP" or not tail[7:].isdigit() or not tail[:6].isdigit():
        raise UnreadableReply("an option symbol is not in the OCC form")
    try:
        expiration = date(2000 + int(tail[:2]), int(tail[2:4]), int(tail[4:6]))
    except ValueError:
        raise UnreadableReply("an option symbol has no valid expiration") from None
    right = Right.CALL if tail[6] == "C" else Right.PUT
    return OptionTerms(root, expiration, right, exact(tail[7:]) / 1000, multiplier)


# Identifier schemes, strongest first. A brokerage's own id is scoped by the brokerage's name
# ("alpaca:asset"), so that equal ids of two brokerages never meet.
OCC = "occ"
ISIN = "isin"
CUSIP = "cusip"
FIGI = "figi"
SYMBOL = "symbol"


@quickly_made
@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument as a brokerage tells it. `identifiers` maps scheme to value.

    `symbol` is the display symbol (OCC form for options). `currency` is what it is priced in.
    """

    kind: InstrumentKind
    symbol: str
    currency: str | None = "USD"
    name: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    option: OptionTerms | None = None
    id: str = field(default="", compare=False)

    def __hash__(self) -> int:
        # Looked up several times for each row of a history: hashing all of it would cost more than the rest.
        return hash(self.symbol)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """All identifiers to look it up by, strongest first, the symbol last."""
        if self.option is not None:
            return (
                (*self.identifiers, (OCC, self.option.occ))
                if self.kind is InstrumentKind.OPTION
                else self._named
            )
        return self._named

    @property
    def _named(self) -> tuple[tuple[str, str], ...]:
        return (*self.identifiers, (SYMBOL, f"{family(self.kind)}:{self.symbol}"))


def family(kind: InstrumentKind) -> str:
    """Kinds that share one symbol space: a brokerage may call an ETF a stock, never a coin a stock."""
    match kind:
        case (
            InstrumentKind.EQUITY
            | InstrumentKind.ETF
            | InstrumentKind.MUTUAL_FUND
            | InstrumentKind.CASH_EQUIVALENT
        ):
            return "listed"
        case InstrumentKind.OTHER | InstrumentKind.BOND:
            return "listed"
        case _:
            return str(kind.value)


# Words that some brokerages use for whatever is listed, others only for what is nothing more special.
_COARSE = (InstrumentKind.OTHER, InstrumentKind.EQUITY)


def finer(known: InstrumentKind, told: InstrumentKind) -> InstrumentKind:
    """The more special of two words for one instrument; what is known, where neither is."""
    if family(known) == family(told) and known in _COARSE and told is not known:
        rank = {kind: n for n, kind in enumerate(_COARSE)}
        return told if rank.get(told, len(_COARSE)) > rank[known] else known
    return known


def option_instrument(
    terms: OptionTerms, *identifiers: tuple[str, str], name: str | None = None
) -> Instrument:
    """A listed equity option by its terms; its display symbol is the OCC form."""
    return Instrument(InstrumentKind.OPTION, terms.occ, name=name, identifiers=identifiers, option=terms)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows under one identifier: the instrument's id and its own strong identifiers."""

    instrument_id: str
    scheme: str
    value: str
    strong: tuple[tuple[str, str], ...] = ()


def same_instrument(told: Instrument, known: tuple[Known, ...]) -> str | None:
    """The id of the instrument that is told, or None if it is a new one.

    A strong identifier decides. A symbol alone decides only while no identifier of the same scheme
    contradicts it: a ticker that now belongs to another CUSIP is another instrument.
    """
    by_key = {(k.scheme, k.value): k for k in known}
    for key in told.keys:
        hit = by_key.get(key)
        if hit is None:
            continue
        if key[0] != SYMBOL:
            return hit.instrument_id
        theirs = dict(hit.strong)
        if all(theirs.get(scheme, value) == value for scheme, value in told.identifiers):
            return hit.instrument_id
    return None
