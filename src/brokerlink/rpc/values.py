"""Values that several nouns share, as protos: instants, days, words, failures, freshness, instruments."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from brokerlink.v1 import instruments_pb2, types_pb2
from domain.brokerages import Dataset
from domain.errors import Actor, FailureRecord
from domain.freshness import Completeness, Freshness
from domain.instruments import OCC, SYMBOL, InstrumentKind, OptionTerms, Right
from domain.money import exact
from domain.ports.reading import FreshnessRow, InstrumentRow

E = TypeVar("E", bound=int)


class Words(dict[str, E]):
    """The domain's words to the proto's numbers. A word that a newer process stored is UNSPECIFIED."""

    def __missing__(self, word: str) -> E:
        return 0  # type: ignore[return-value]  # the UNSPECIFIED of every enum


def words(proto: type[E], prefix: str, domain: type[Enum]) -> Words[E]:
    """Enums of the domain and of the proto have the same names; one that is missing fails at import."""
    value: Callable[[str], E] = proto.Value  # type: ignore[attr-defined]  # its metaclass has it
    return Words({str(member.value): value(f"{prefix}_{member.name}") for member in domain})


DATASETS = words(types_pb2.Dataset, "DATASET", Dataset)
ACTORS = words(types_pb2.Actor, "ACTOR", Actor)
COMPLETENESS = words(types_pb2.Completeness, "COMPLETENESS", Completeness)
INSTRUMENT_KINDS = words(instruments_pb2.InstrumentKind, "INSTRUMENT_KIND", InstrumentKind)
RIGHTS = words(instruments_pb2.OptionRight, "OPTION_RIGHT", Right)


def at(moment: datetime | None) -> Timestamp | None:
    """An instant; None stays absent."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def micros(value: int) -> Timestamp:
    """An instant that is stored as microseconds."""
    seconds, rest = divmod(value, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def on(day: date | None) -> Date | None:
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def day(number: int) -> Date:
    """A day that is stored as yyyymmdd."""
    return Date(year=number // 10_000, month=number // 100 % 100, day=number % 100)


def failure(record: FailureRecord | None, brokerage_id: str = "") -> types_pb2.Failure | None:
    if record is None:
        return None
    return types_pb2.Failure(
        reason=record.reason,
        actor=ACTORS[record.actor.value],
        message=record.message,
        retry_time=at(record.retry_at),
        brokerage_id=brokerage_id,
        dataset=DATASETS[record.dataset or ""],
    )


def freshness(told: Freshness) -> types_pb2.Freshness:
    return types_pb2.Freshness(
        dataset=DATASETS[told.dataset.value],
        as_of=at(told.as_of),
        fetched_at=at(told.fetched_at),
        completeness=COMPLETENESS[told.completeness.value],
        stale_since=at(told.stale_since),
        stale_reason=told.stale_reason,
        history_start_date=on(told.history_start),
    )


def freshness_row(row: FreshnessRow) -> types_pb2.Freshness:
    return types_pb2.Freshness(
        dataset=DATASETS[row.dataset],
        as_of=_micros(row.as_of),
        fetched_at=_micros(row.fetched_at),
        completeness=COMPLETENESS[row.completeness],
        stale_since=_micros(row.stale_since),
        stale_reason=row.stale_reason,
    )


def _micros(value: int | None) -> Timestamp | None:
    return None if value is None else micros(value)


def instrument(row: InstrumentRow) -> instruments_pb2.Instrument:
    return instruments_pb2.Instrument(
        id=row.id,
        kind=INSTRUMENT_KINDS[row.kind],
        symbol=row.symbol,
        name=row.name or "",
        currency_code=row.currency or "",
        identifiers=[_identifier(scheme, value) for scheme, value in row.identifiers],
        option_details=_option(row),
    )


def _identifier(scheme: str, value: str) -> instruments_pb2.Identifier:
    # A symbol is stored with the family of instruments it is a symbol of: "listed:VTI".
    shown = value.partition(":")[2] if scheme == SYMBOL else value
    return instruments_pb2.Identifier(scheme=scheme, value=shown)


def _option(row: InstrumentRow) -> instruments_pb2.OptionDetails | None:
    if row.underlying is None:
        return None
    return instruments_pb2.OptionDetails(
        underlying_symbol=row.underlying,
        expiration_date=None if row.expiration is None else day(row.expiration),
        right=RIGHTS[row.option_right or ""],
        strike=row.strike or "",
        multiplier=row.multiplier,
        occ_symbol=_occ(row),
    )


def _occ(row: InstrumentRow) -> str:
    """The OCC symbol, where the exchange gives one: options on futures have none."""
    named: Mapping[str, str] = dict(row.identifiers)
    if OCC in named:
        return named[OCC]
    if row.kind != InstrumentKind.OPTION.value or not (row.expiration and row.strike and row.option_right):
        return ""
    expiration = date(row.expiration // 10_000, row.expiration // 100 % 100, row.expiration % 100)
    terms = OptionTerms(row.underlying or "", expiration, Right(row.option_right), exact(row.strike))
    return terms.occ
