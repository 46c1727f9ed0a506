"""The port `Budgets` over all processes: one row for each budget and breaker, by the database's clock.

A row is locked while it is asked, so two processes never get the same place; the arithmetic is the
domain's, the same as in one process. These rows are worth nothing after a crash of the database, so
their commits do not wait for its disk.
"""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Select, String, Table, bindparam, delete, select, update

from adapters.kit.budgets import checked, credential_name, tell
from adapters.sql.engine import SqlStorage
from adapters.sql.prepared import Prepared
from adapters.sql.statements import insert_new
from adapters.sql.tables import breakers, budgets
from adapters.sql.types import MICROSECOND, DatabaseNow, moment
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.budgets import Again, Budget, Place, Standing, Turn, ask, fresh, held, quiet
from domain.policy import Breaker, BreakerState, after_call

T = TypeVar("T")
UNUSED = timedelta(days=1)
CLEAN = Breaker()


def _looked_at(table: Table) -> Select[Any]:
    return select(table, DatabaseNow().label("now")).where(table.c.key == bindparam("its", type_=String))


def _locked(table: Table) -> Prepared:
    return Prepared(_looked_at(table).with_for_update())


def _written(table: Table, *names: str) -> Prepared:
    values = {name: bindparam(name, type_=table.c[name].type) for name in names}
    return Prepared(update(table).where(table.c.key == bindparam("its", type_=String)).values(**values))


# Run for every call to a brokerage.
_STANDING = _locked(budgets)
_NAMES = [field.name for field in fields(Standing)]
_CROWD = Prepared(_looked_at(budgets))
_STAND = _written(budgets, *_NAMES, "used_at")
_LOOK_AT_BREAKER = Prepared(_looked_at(breakers))
_BREAKER = _locked(breakers)
_BREAK = _written(breakers, "state", "failures", "until")


class SharedBudgets:
    def __init__(self, store: SqlStorage, secret: bytes) -> None:
        self._store, self._secret = store, secret
        # Breakers that had failures when they were last looked at: a success has something to end there.
        self._shaken: set[str] = set()

    async def ask(
        self, budget: Budget | None, turn: Turn, waited: timedelta, breaker: str | None
    ) -> Place | Again:
        if budget is None and breaker is None:
            return Place()

        def deed(sql: SqlConnection) -> tuple[Place | Again, bool]:
            shaken = breaker is not None and _shaken(sql, breaker)
            found, after = CLEAN, CLEAN
            if breaker is not None and shaken:
                found, now = _breaker(sql, breaker)
                after = checked(found, now)
            answer = Place() if budget is None else _place(sql, budget, turn, waited)
            if breaker is not None and after != found and isinstance(answer, Place):
                # A probe is counted only when it goes out.
                _put_breaker(sql, breaker, after)
            return answer, shaken

        answer, shaken = await self._do(deed)
        if breaker is not None and shaken:
            self._shaken.add(breaker)
        return answer

    async def quiet(self, budget: Budget, pause: timedelta) -> None:
        def deed(sql: SqlConnection) -> None:
            # The crowd's row last: whoever holds it waits for no other.
            for key in dict.fromkeys((budget.key, budget.crowd or budget.key)):
                standing, now = _standing(sql, key)
                _put_standing(sql, key, quiet(standing, pause, now), now)

        await self._do(deed)

    async def called(self, breaker: str, *, worked: bool) -> None:
        if worked and breaker not in self._shaken:
            return

        def deed(sql: SqlConnection) -> tuple[Breaker, Breaker]:
            found, now = _breaker(sql, breaker)
            after = after_call(found, worked, now)
            _put_breaker(sql, breaker, after)
            return found, after

        tell(breaker, *await self._do(deed))
        if worked:
            self._shaken.discard(breaker)
        else:
            self._shaken.add(breaker)

    def name(self, credential: str) -> str:
        return credential_name(self._secret, credential)

    async def forget(self) -> None:
        old = delete(budgets).where(budgets.c.used_at < DatabaseNow() - UNUSED // MICROSECOND)
        await self._do(lambda sql: sql.execute(old).rowcount)

    async def _do(self, deed: Callable[[SqlConnection], T]) -> T:
        def transaction(uow: SqlUnitOfWork) -> T:
            if not self._store.embedded:
                uow.sql.exec_driver_sql("SET LOCAL synchronous_commit = off")
            return deed(uow.sql)

        # A call that is counted twice does no harm.
        return await self._store.write(transaction, marked=False)


def _place(sql: SqlConnection, budget: Budget, turn: Turn, waited: timedelta) -> Place | Again:
    all_wait = None if budget.crowd is None else _held(sql, budget.crowd)
    if all_wait is not None:
        return all_wait
    standing, now = _standing(sql, budget.key)
    answer, after = ask(budget, standing, turn, now, waited)
    if after != standing:
        _put_standing(sql, budget.key, after, now)
    return answer


def _held(sql: SqlConnection, crowd: str) -> Again | None:
    """Whether everybody waits: looked at without locking the row that all of them share."""
    row = _CROWD.first(sql, its=crowd)
    if row is None:
        return None
    return held(Standing(**{name: row[name] for name in _NAMES}), moment(row["now"]))


def _standing(sql: SqlConnection, key: str) -> tuple[Standing, datetime]:
    """How a budget stands, locked, and the time."""
    row = _STANDING.first(sql, its=key)
    if row is None:
        now = _now(sql)
        made = fresh(now)
        insert_new(sql, budgets, {"key": key, "used_at": now, **_columns(made)})
        (row,) = _STANDING.all(sql, its=key)
    return Standing(**{name: row[name] for name in _NAMES}), moment(row["now"])


def _put_standing(sql: SqlConnection, key: str, standing: Standing, now: datetime) -> None:
    _STAND.run(sql, its=key, used_at=now, **_columns(standing))


def _columns(standing: Standing) -> dict[str, Any]:
    return {name: getattr(standing, name) for name in _NAMES}


def _shaken(sql: SqlConnection, key: str) -> bool:
    """Whether a breaker is anything but closed after a success: looked at without locking it."""
    row = _LOOK_AT_BREAKER.first(sql, its=key)
    return row is not None and (row["state"] != BreakerState.CLOSED.value or row["failures"] > 0)


def _breaker(sql: SqlConnection, key: str) -> tuple[Breaker, datetime]:
    row = _BREAKER.first(sql, its=key)
    if row is None:
        insert_new(sql, breakers, {"key": key, "state": BreakerState.CLOSED.value, "failures": 0})
        (row,) = _BREAKER.all(sql, its=key)
    return Breaker(BreakerState(row["state"]), row["failures"], row["until"]), moment(row["now"])


def _put_breaker(sql: SqlConnection, key: str, breaker: Breaker) -> None:
    _BREAK.run(sql, its=key, state=breaker.state.value, failures=breaker.failures, until=breaker.until)


def _now(sql: SqlConnection) -> datetime:
    return moment(sql.execute(select(DatabaseNow())).scalar_one())
