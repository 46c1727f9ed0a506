"""Rotating the key-encryption key: everything stays readable, and the old key can be left out at the end."""

from pathlib import Path

import house
import pytest

from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.sql.store import identity_key
from brokerlink.usecases.rewrap_keys import RewrapKeys
from brokerlink.usecases.safe import Safe
from domain.errors import DecryptionFailed


async def test_after_a_rewrap_the_old_key_can_be_left_out(tmp_path: Path) -> None:
    old, new = generate(), generate()
    made = house.build(tmp_path, key=old)
    view = await made.connected()
    await made.run()
    connection = view.connection
    assert connection is not None
    both, alone = KeyRing.parse(f"{new},{old}"), KeyRing.parse(new)
    vault = AesGcmVault(both, identity_key(made.store, Roots(both).unlock))

    count = await RewrapKeys(made.store, vault, both.current.id)()
    again = await RewrapKeys(made.store, vault, both.current.id)()

    assert (count > 0, again) == (True, 0)
    safe = Safe(AesGcmVault(alone, identity_key(made.store, Roots(alone).unlock)))
    grant, _ = made.store.read_now(lambda uow: safe.grant(uow, connection))
    assert grant.values == {
        k: v for k, v in made.stage.faulty["alpaca"].sandbox.credentials().items() if k in grant.values
    }
    used = made.store.read_now(lambda uow: uow.data_keys.wrapped_under())
    assert set(used) == {alone.current.id}
    made.store.close()


async def test_without_a_rewrap_the_new_key_alone_opens_nothing(tmp_path: Path) -> None:
    made = house.build(tmp_path, key=generate())
    await made.connected()
    other = KeyRing.parse(generate())

    with pytest.raises(DecryptionFailed):
        identity_key(made.store, Roots(other).unlock)
    made.store.close()
