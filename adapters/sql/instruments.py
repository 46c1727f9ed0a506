"""Instruments and their identifiers: which one is meant, and what is new about it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import or_, select, text, update

from adapters.sql import bulk
from adapters.sql.statements import chunks, insert, upsert
from adapters.sql.tables import instrument_identifiers as identifiers
from adapters.sql.tables import instruments
from domain.ids import instrument_id
from domain.instruments import SYMBOL, Instrument, InstrumentKind, Known, finer, same_instrument

BEGINNING = date(1900, 1, 1)
# PostgreSQL's transactions do not see what others are about to name. Held until the end of one.
_NAMING = text("SELECT pg_advisory_xact_lock(7_203_115)")


class SqlInstruments:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def resolve(self, told: Iterable[Instrument], on: date, *, held: bool = False) -> dict[Instrument, str]:
        distinct = list(dict.fromkeys(told))
        keys = list(dict.fromkeys(key for instrument in distinct for key in instrument.keys))
        known = self._known(keys)
        if any(_news(instrument, known) for instrument in distinct) and self._waits_for_others():
            known = self._known(keys)
        found: dict[Instrument, str] = {}
        for instrument in distinct:
            # Two that are told at once may be the same new one: what was just made counts as known.
            fitting = tuple(k for key in instrument.keys for k in known.get(key, ()))
            same = same_instrument(instrument, fitting)
            new = same is None
            if same is None:
                same = self._make(instrument, known, on)
            added = self._add_identifiers(instrument, same, known, on)
            if held and not new and any(scheme == SYMBOL for scheme, _ in added):
                self._rename(instrument, same)
            found[instrument] = same
        self._learn({same: instrument for instrument, same in found.items()})
        return found

    def _waits_for_others(self) -> bool:
        """One transaction at a time gives names: two that meet a new instrument at once, each told it by
        another brokerage, would make two of it, and take its symbol from each other. True if others may
        have done so meanwhile."""
        if self._sql.dialect.name != "postgresql":
            return False  # there is one writer
        self._sql.execute(_NAMING)
        return True

    def known(self, told: Iterable[Instrument]) -> dict[Instrument, str]:
        distinct = list(dict.fromkeys(told))
        stored = self._known(list(dict.fromkeys(key for one in distinct for key in one.keys)))
        found: dict[Instrument, str] = {}
        for instrument in distinct:
            owners = [{k.instrument_id for k in stored.get(key, ())} for key in instrument.keys]
            common = set.intersection(*owners) if owners else set()
            if len(common) == 1:
                found[instrument] = common.pop()
        return found

    def _rename(self, told: Instrument, same: str) -> None:
        """What is held under a symbol that was never told of it before is called so from now on. The former
        one still leads to it. Another way to write the same (BRK.B, BRK/B, VOD, VOD.L) is no other symbol,
        and what it is called where it is listed in another currency (ABEA for GOOGL) is not its name."""
        here = instruments.c.id == same
        known = self._sql.execute(select(instruments.c.symbol, instruments.c.currency).where(here)).one()
        before, after = _letters(known.symbol), _letters(told.symbol)
        an_identifier = any(value == told.symbol for _, value in told.identifiers)  # for want of a symbol
        elsewhere = (known.currency or "USD") != (told.currency or "USD")
        if before not in after and after not in before and not an_identifier and not elsewhere:
            new = {"symbol": told.symbol} | ({"name": told.name} if told.name else {})
            self._sql.execute(update(instruments).where(here).values(**new))

    def _learn(self, told: dict[str, Instrument]) -> None:
        """Some brokerages know more of an instrument than the one that told it first: that an equity is an
        ETF, its name, how much one contract is. What is known is never unlearnt."""
        for some in chunks(list(told)):
            for identifier, kind, name, multiplier in bulk.kinds(self._sql, some):
                new = told[identifier]
                better: dict[str, Any] = {
                    "kind": finer(InstrumentKind(kind), new.kind).value,
                    "name": name or new.name,
                }
                changed = better != {"kind": kind, "name": name}
                if multiplier is None and new.option is not None and new.option.multiplier is not None:
                    better["multiplier"], changed = new.option.multiplier, True
                if changed:
                    self._sql.execute(
                        update(instruments).where(instruments.c.id == identifier).values(**better)
                    )

    def _known(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], list[Known]]:
        hits = [hit for some in chunks(keys) for hit in bulk.owners(self._sql, some)]
        strong: dict[str, list[tuple[str, str]]] = {}
        for some_ids in chunks(list({owner for _, _, owner in hits})):
            for owner, scheme, value in bulk.names(self._sql, some_ids):
                if scheme != SYMBOL:
                    strong.setdefault(owner, []).append((scheme, value))
        known: dict[tuple[str, str], list[Known]] = {}
        for scheme, value, owner in hits:
            told = Known(owner, scheme, value, tuple(strong.get(owner, ())))
            known.setdefault((scheme, value), []).append(told)
        return known

    def _make(self, told: Instrument, known: dict[tuple[str, str], list[Known]], on: date) -> str:
        scheme, value = told.keys[0]
        taken = [k for key in told.keys for k in known.get(key, ())]
        if taken:
            # A symbol that now means another instrument: the old meaning ends, the id takes the day in.
            value = f"{value}@{on.isoformat()}"
            self._sql.execute(
                update(identifiers)
                .where(
                    identifiers.c.scheme == SYMBOL,
                    or_(*(identifiers.c.value == k.value for k in taken)),
                    identifiers.c.valid_until.is_(None),
                )
                .values(valid_until=on)
            )
            for key in told.keys:
                known.pop(key, None)
        made = instrument_id(scheme, value)
        option = told.option
        row = {
            "id": made,
            "kind": told.kind.value,
            "symbol": told.symbol,
            "name": told.name,
            "currency": told.currency,
            "underlying": option.underlying if option else None,
            "expiration": option.expiration if option else None,
            "option_right": option.right.value if option else None,
            "strike": option.strike if option else None,
            "multiplier": option.multiplier if option else None,
        }
        self._sql.execute(insert(self._sql, instruments).values(**row).on_conflict_do_nothing())
        return made

    def _add_identifiers(
        self, told: Instrument, same: str, known: dict[tuple[str, str], list[Known]], on: date
    ) -> list[tuple[str, str]]:
        """Those that were nobody's and are its own from now on."""
        new = [key for key in told.keys if not any(k.instrument_id == same for k in known.get(key, ()))]
        if not new:
            return []
        taken = [key for key in new if known.get(key)]
        start = on if taken else BEGINNING
        rows = [
            {"scheme": s, "value": v, "valid_from": start, "valid_until": None, "instrument_id": same}
            for s, v in new
            if not known.get((s, v))
        ]
        upsert(self._sql, identifiers, rows)
        free = [key for key in new if not known.get(key)]
        for key in free:
            known[key] = [Known(same, *key, told.identifiers)]
        return free


def _news(told: Instrument, known: dict[tuple[str, str], list[Known]]) -> bool:
    """Whether something of it has to be stored: the instrument, or a name that nobody bears."""
    if not all(known.get(key) for key in told.keys):
        return True
    return same_instrument(told, tuple(k for key in told.keys for k in known[key])) is None


def _letters(symbol: str) -> str:
    return "".join(sign for sign in symbol if sign.isalnum())
