"""Balances and positions: a complete snapshot is mirrored, row by row, writing only what changed."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import String, bindparam, delete, func, select, tuple_, update

from adapters.sql.prepared import Prepared
from adapters.sql.statements import upsert
from adapters.sql.tables import accounts, balances, positions
from adapters.sql.types import Exact
from domain.instruments import Instrument
from domain.money import plain
from domain.ports.storage import Changes
from domain.positions import Balance, Position
from domain.reconciliation import Reconciliation

_FIGURES = ("cash", "buying_power", "settled_cash", "total_value")
_ACCOUNT = bindparam("of_account", type_=String)
_THIS = accounts.c.id == _ACCOUNT
_HERE = positions.c.account_id == _ACCOUNT
_COUNT = Prepared(select(func.count()).select_from(positions).where(_HERE))
_HASHES = Prepared(select(positions.c.instrument_id, positions.c.occurrence, positions.c.hash).where(_HERE))
_BALANCES = Prepared(select(balances).where(balances.c.account_id == _ACCOUNT).order_by(balances.c.currency))
_BUMP = Prepared(
    update(accounts).where(_THIS).values(version=accounts.c.version + 1).returning(accounts.c.version)
)
_RECONCILED = Prepared(
    update(accounts)
    .where(_THIS)
    .values(
        reconciliation=bindparam("state", type_=String),
        told_total=bindparam("told", type_=Exact()),
        computed_total=bindparam("computed", type_=Exact()),
    )
)


class SqlHoldings:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def count(self, account_id: str) -> int:
        return int(_COUNT.scalar(self._sql, of_account=account_id))

    def balances(self, account_id: str) -> list[Balance]:
        return [
            Balance(row["currency"], *(row[name] for name in _FIGURES))
            for row in _BALANCES.all(self._sql, of_account=account_id)
        ]

    def replace_balances(self, account_id: str, told: Sequence[Balance]) -> Changes:
        before = {b.currency: b for b in self.balances(account_id)}
        changed = [b for b in told if before.get(b.currency) != b]
        gone = before.keys() - {b.currency for b in told}
        upsert(
            self._sql,
            balances,
            [
                {"account_id": account_id, "currency": b.currency, **{n: getattr(b, n) for n in _FIGURES}}
                for b in changed
            ],
        )
        if gone:
            here = balances.c.account_id == account_id
            self._sql.execute(delete(balances).where(here, balances.c.currency.in_(gone)))
        added = sum(b.currency not in before for b in changed)
        return Changes(added, len(changed) - added, len(gone), len(told) - len(changed))

    def replace_positions(
        self, account_id: str, told: Sequence[Position], ids: Mapping[Instrument, str], raws: Sequence[bytes]
    ) -> Changes:
        before = self._hashes(account_id)
        counts: Counter[str] = Counter()
        changed: list[dict[str, Any]] = []
        keys: set[tuple[str, int]] = set()
        for position, raw in zip(told, raws, strict=True):
            instrument = ids[position.instrument]
            key = (instrument, counts[instrument])
            counts[instrument] += 1
            keys.add(key)
            digest = _hash(position)
            if before.get(key) != digest:
                changed.append(_row(account_id, key, position, digest, raw))
        upsert(self._sql, positions, changed)
        gone = before.keys() - keys
        if gone:
            here = positions.c.account_id == account_id
            named = tuple_(positions.c.instrument_id, positions.c.occurrence).in_(list(gone))
            self._sql.execute(delete(positions).where(here, named))
        added = sum((row["instrument_id"], row["occurrence"]) not in before for row in changed)
        return Changes(added, len(changed) - added, len(gone), len(told) - len(changed))

    def _hashes(self, account_id: str) -> dict[tuple[str, int], bytes]:
        found = _HASHES.tuples(self._sql, of_account=account_id)
        return {(instrument, occurrence): digest for instrument, occurrence, digest in found}

    def bump(self, account_id: str) -> int:
        return int(_BUMP.scalar(self._sql, of_account=account_id))

    def reconciled(self, account_id: str, outcome: Reconciliation) -> None:
        _RECONCILED.run(
            self._sql,
            of_account=account_id,
            state=outcome.state.value,
            told=outcome.told,
            computed=outcome.computed,
        )


def _hash(position: Position) -> bytes:
    figures = (
        position.quantity,
        position.average_cost,
        position.cost_basis,
        position.price,
        position.market_value,
        position.unrealized_gain,
    )
    flags = ",".join(f.value for f in position.flags)
    whole = "|".join(["" if f is None else plain(f) for f in figures] + [position.currency, flags])
    return hashlib.blake2b(whole.encode(), digest_size=16).digest()


def _row(
    account_id: str, key: tuple[str, int], position: Position, digest: bytes, raw: bytes
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "instrument_id": key[0],
        "occurrence": key[1],
        "quantity": position.quantity,
        "currency": position.currency,
        "average_cost": position.average_cost,
        "cost_basis": position.cost_basis,
        "price": position.price,
        "market_value": position.market_value,
        "unrealized_gain": position.unrealized_gain,
        "flags": ",".join(f.value for f in position.flags),
        "as_of": position.as_of,
        "hash": digest,
        "raw": raw,
    }
