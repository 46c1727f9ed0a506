"""Read connections, with the accounts that each of them reads."""

from dataclasses import dataclass

from domain.connections import Connection
from domain.errors import NotFound
from domain.ports.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class ConnectionView:
    connection: Connection
    account_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListConnections:
    storage: Storage

    async def __call__(self, user_id: str, brokerage_id: str, after: str, limit: int) -> list[ConnectionView]:
        """By id, those after the id `after`; of one brokerage if one is named."""

        def deed(uow: UnitOfWork) -> list[ConnectionView]:
            found: list[Connection] = []
            last = after
            while len(found) < limit:
                some = uow.connections.of_user(user_id, last, limit)
                found += [c for c in some if brokerage_id in {"", c.brokerage_id}]
                if len(some) < limit:
                    break
                last = some[-1].id
            return [view(uow, connection) for connection in found[:limit]]

        return await self.storage.read(deed)


@dataclass(frozen=True, slots=True)
class GetConnection:
    storage: Storage

    async def __call__(self, connection_id: str, user_id: str | None = None) -> ConnectionView:
        """Raises NotFound, in the same words for what is another user's."""
        return await self.storage.read(lambda uow: view(uow, found(uow, connection_id, user_id)))


def found(uow: UnitOfWork, connection_id: str, user_id: str | None) -> Connection:
    """A connection that this user may know of; any user's if `user_id` is None."""
    connection = uow.connections.get(connection_id)
    if connection is None or (user_id is not None and connection.user_id != user_id):
        raise NotFound("connection")
    return connection


def view(uow: UnitOfWork, connection: Connection) -> ConnectionView:
    """A disconnected connection reads nothing any more, and an account that the brokerage does not list
    any more is not read either; the links stay all the same."""
    links = uow.accounts.links(connection.id) if connection.live else []
    return ConnectionView(connection, tuple(link.account_id for link in links if link.missing_since is None))
