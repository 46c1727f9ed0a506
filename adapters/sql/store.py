"""Opens a database ready for use: engine, newest schema, and the identity key of its root secret."""

from collections.abc import Callable

from adapters.sql.engine import SqlStorage, open_engine
from adapters.sql.migrate import upgrade

Unlock = Callable[[bytes | None], tuple[bytes, bytes | None]]


def open_store(url: str, *, migrate: bool = True) -> SqlStorage:
    engine = open_engine(url)
    if migrate:
        upgrade(engine)
    return SqlStorage(engine)


def identity_key(store: SqlStorage, unlock: Unlock) -> bytes:
    """Unlock the database's root secret, making it in a new database. Raises DecryptionFailed when the
    database was sealed with another key."""
    stored = store.read_now(lambda uow: uow.data_keys.root())
    key, made = unlock(stored)
    if made is None:
        return key
    if stored is not None:
        store.write_now(lambda uow: uow.data_keys.replace_root(stored, made))
        return key
    store.write_now(lambda uow: uow.data_keys.put_root(made))
    # Of two processes that start at once the second one takes what the first one stored.
    return unlock(store.read_now(lambda uow: uow.data_keys.root()))[0]
