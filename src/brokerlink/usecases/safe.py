"""How secrets are sealed into the store and opened again, for the use cases that need it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.accounts import Account, AccountTold
from domain.connections import Connection
from domain.errors import ReauthorizationRequired
from domain.ids import handle_key
from domain.ports.brokerage import Grant
from domain.ports.storage import Sealed, UnitOfWork
from domain.ports.vault import DataKey, Label, Vault

GRANT = "grant"
TALK = "talk"
ROUTING = "routing"
RAW = "raw"


@dataclass(frozen=True, slots=True)
class Safe:
    """The vault, together with the data keys in the store: one key for each connection, account and
    session, so that forgetting a key shreds what it sealed."""

    vault: Vault

    def key(self, uow: UnitOfWork, scope: str) -> DataKey:
        """The data key of a scope, made when first needed."""
        found = uow.data_keys.of(scope)
        if found is None:
            found = self.vault.new_key(scope)
            uow.data_keys.add(found)
        return found

    def handle_key(self, brokerage_id: str, handle: str) -> str:
        return handle_key(self.vault.identity_key, brokerage_id, handle)

    # ---- grants

    def put_grant(self, uow: UnitOfWork, connection: Connection, grant: Grant, now: datetime) -> None:
        key = self.key(uow, f"connection:{connection.id}")
        stored = uow.credentials.get(connection.id)
        version = 1 if stored is None else stored.version + 1
        label = Label(connection.user_id, connection.id, GRANT, version)
        value = self.vault.seal(key, label, _pack_grant(grant))
        uow.credentials.put(connection.id, Sealed(key, value, version), now)

    def grant(self, uow: UnitOfWork, connection: Connection) -> tuple[Grant, int]:
        """The grant and its version. Raises ReauthorizationRequired if there is none any more."""
        stored = uow.credentials.get(connection.id)
        if stored is None:
            raise ReauthorizationRequired
        label = Label(connection.user_id, connection.id, GRANT, stored.version)
        return _unpack_grant(self.vault.open(stored.key, label, stored.value)), stored.version

    # ---- conversations

    def seal_talk(self, uow: UnitOfWork, user_id: str, session_id: str, state: bytes) -> Sealed:
        key = self.key(uow, f"session:{session_id}")
        before = uow.sessions.state(session_id)
        version = 1 if before is None else before.version + 1
        value = self.vault.seal(key, Label(user_id, session_id, TALK, version), state)
        return Sealed(key, value, version)

    def open_talk(self, user_id: str, session_id: str, sealed: Sealed) -> bytes:
        return self.vault.open(sealed.key, Label(user_id, session_id, TALK, sealed.version), sealed.value)

    # ---- routing of accounts

    def seal_account(self, key: DataKey, user_id: str, account_id: str, told: AccountTold) -> bytes:
        whole = json.dumps({"key": told.key, "number": told.number, "routing": told.routing}).encode()
        return self.vault.seal(key, Label(user_id, account_id, ROUTING), whole)

    def open_account(self, key: DataKey, account: Account, sealed: bytes) -> AccountTold:
        """The account as the brokerage told it when it was linked last."""
        whole = json.loads(self.vault.open(key, Label(account.user_id, account.id, ROUTING), sealed))
        return AccountTold(
            whole["key"],
            account.name,
            whole["number"],
            account.kind,
            account.currency,
            whole["routing"],
            account.open,
        )


def _pack_grant(grant: Grant) -> bytes:
    def epoch(moment: datetime | None) -> float | None:
        return None if moment is None else moment.timestamp()

    whole = {
        "values": grant.values,
        "expires": epoch(grant.expires_at),
        "until": epoch(grant.renewable_until),
    }
    return json.dumps(whole).encode()


def _unpack_grant(packed: bytes) -> Grant:
    def moment(epoch: float | None) -> datetime | None:
        return None if epoch is None else datetime.fromtimestamp(epoch, UTC)

    whole = json.loads(packed)
    return Grant(whole["values"], moment(whole["expires"]), moment(whole["until"]))
