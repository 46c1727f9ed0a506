"""One history out of several sources: which told row is one that another source has told already.

The same fill may come from a brokerage's API, from an aggregator and from a file, each with an id of its own
or with none. Rows of one source are told apart by their keys (`matching`); rows of different sources are the
same where they say the same happened. Matches are one to one: of two real identical fills that both sources
tell, each finds its own; a third one that only one source tells stays a third.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from heapq import nsmallest

from domain.transactions import Transaction, TransactionStatus, TransactionType

# Sources round differently: an amount to the cent, a quantity to three places or more.
CENT = Decimal("0.01")
FEWEST_PLACES = 3
# A stored row may be dated by another of its two days: no trade settles later than this.
REACH = timedelta(days=7)

_T = TransactionType
# Words for one thing, that one source tells apart and another does not.
_ALIKE: tuple[frozenset[TransactionType], ...] = (
    frozenset({_T.BUY, _T.BUY_TO_COVER, _T.BUY_TO_OPEN, _T.BUY_TO_CLOSE, _T.DIVIDEND_REINVESTMENT}),
    frozenset({_T.SELL, _T.SELL_SHORT, _T.SELL_TO_OPEN, _T.SELL_TO_CLOSE}),
    frozenset({_T.DIVIDEND, _T.SUBSTITUTE_DIVIDEND, _T.CAPITAL_GAIN, _T.RETURN_OF_CAPITAL}),
    frozenset({_T.DEPOSIT, _T.TRANSFER_IN}),
    frozenset({_T.WITHDRAWAL, _T.TRANSFER_OUT}),
    frozenset({_T.INTEREST, _T.MARGIN_INTEREST}),
    frozenset({_T.FEE, _T.TAX}),
    frozenset({_T.SPLIT, _T.STOCK_DIVIDEND, _T.SPINOFF, _T.MERGER}),
    frozenset({_T.OPTION_ASSIGNMENT, _T.OPTION_EXERCISE, _T.OPTION_EXPIRATION}),
)


@dataclass(frozen=True, slots=True)
class ToldElsewhere:
    """A stored row that another source told, with what a row is compared by. `symbol` of an option is its
    OCC form; empty where the row names no instrument."""

    key: str
    trade_date: date
    settlement_date: date | None
    type: TransactionType
    instrument_id: str | None
    symbol: str
    quantity: Decimal | None
    gross: Decimal | None
    net: Decimal | None
    currency: str
    posted: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A told row that this source has not told before, under the key it would get."""

    key: str
    told: Transaction
    instrument_id: str | None


def stitched(told: Sequence[Candidate], elsewhere: Iterable[ToldElsewhere]) -> dict[str, str]:
    """Which told rows are rows of another source: key of the told row -> key of the stored one, one to one.

    Removed rows are not looked at; pending ones are, since one source posts a row before another. Where
    several stored rows would do, the one that agrees in more wins: equal trade dates before a date that is
    the other's settlement, equal types before alike ones, equal status at last.
    """
    by_day: dict[date, list[ToldElsewhere]] = {}
    for other in sorted(elsewhere, key=lambda row: row.key):
        for day in set(_days(other.trade_date, other.settlement_date)):
            by_day.setdefault(day, []).append(other)
    pairs = [
        (rank, place, key)
        for place, one in enumerate(told)
        if one.told.status is not TransactionStatus.REMOVED
        for rank, key in _best(one, by_day, len(told))
    ]
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, place, theirs in sorted(pairs):
        mine = told[place].key
        if mine not in found and theirs not in taken:
            found[mine] = theirs
            taken.add(theirs)
    return found


def _best(
    one: Candidate, by_day: Mapping[date, Sequence[ToldElsewhere]], most: int
) -> list[tuple[tuple[int, ...], str]]:
    """The stored rows that agree best, by rank and key. As many as there are told rows are enough: the others
    cannot take more away. So a file of very many equal rows costs no memory, and once as many agree in
    everything, no further looks."""
    found: dict[str, tuple[int, ...]] = {}
    perfect = 0
    for day in dict.fromkeys(_days(one.told.trade_date, one.told.settlement_date)):
        for other in by_day.get(day, ()):
            rank = None if other.key in found else _rank(one, other)
            if rank is None:
                continue
            found[other.key] = rank
            perfect += not any(rank)
            if perfect == most:
                break
    return nsmallest(most, ((rank, key) for key, rank in found.items()))


def window(told: Iterable[Candidate]) -> tuple[date, date] | None:
    """The trade dates between which rows of other sources can be the same as any of these; None: of none."""
    days = [day for one in told for day in _days(one.told.trade_date, one.told.settlement_date)]
    return (min(days) - REACH, max(days) + REACH) if days else None


def _rank(one: Candidate, other: ToldElsewhere) -> tuple[int, ...] | None:
    """How well two rows agree, 0 being best; None if they are not the same."""
    told = one.told
    if told.currency != other.currency or not _money(told, other):
        return None
    same_day = told.trade_date == other.trade_date
    if not same_day and other.settlement_date != told.trade_date and told.settlement_date != other.trade_date:
        return None
    instrument = _instrument(one, other)
    kind = _kind(told.type, other.type)
    if instrument is None or kind is None:
        return None
    posted = told.status is TransactionStatus.POSTED
    return (0 if same_day else 1, kind, instrument, 0 if posted is other.posted else 1)


def _money(told: Transaction, other: ToldElsewhere) -> bool:
    """Whether quantity and money agree. What neither tells agrees; a row without figures agrees with none."""
    if not _agree(told.quantity or None, other.quantity or None) and not _shares_untold(told, other):
        return False
    mine = told.net if told.net is not None and other.net is not None else told.gross
    theirs = other.net if told.net is not None and other.net is not None else other.gross
    if mine is None or theirs is None:
        return bool(told.quantity) and not (mine or theirs)
    return (bool(mine) or bool(told.quantity)) and abs(mine - theirs) < CENT


def _shares_untold(told: Transaction, other: ToldElsewhere) -> bool:
    """Some files tell what a reinvested dividend bought for how much, and not how many: the money speaks."""
    if _T.DIVIDEND_REINVESTMENT not in {told.type, other.type}:
        return False
    return bool(told.net and other.net) and not (told.quantity and other.quantity)


def _agree(mine: Decimal | None, theirs: Decimal | None) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    places = max(FEWEST_PLACES, min(_places(mine), _places(theirs)))
    return abs(mine - theirs) <= Decimal(5).scaleb(-places - 1)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _instrument(one: Candidate, other: ToldElsewhere) -> int | None:
    told = one.told.instrument
    if told is None and other.instrument_id is None:
        return 0
    if told is None or other.instrument_id is None:
        # Some sources do not say which dividend it was. What moves securities always says which.
        return None if one.told.quantity else 1
    if one.instrument_id == other.instrument_id:
        return 0
    # Two ids for one: one source knows the CUSIP, the other the ticker alone.
    return 1 if told.symbol == other.symbol else None


def _kind(mine: TransactionType, theirs: TransactionType) -> int | None:
    if mine is theirs:
        return 0
    if any(mine in alike and theirs in alike for alike in _ALIKE):
        return 1
    # A word that was not understood may be anything: the figures speak for it.
    return 2 if _T.OTHER in {mine, theirs} or _T.ADJUSTMENT in {mine, theirs} else None


def _days(trade: date, settlement: date | None) -> tuple[date, ...]:
    return (trade,) if settlement is None else (trade, settlement)
