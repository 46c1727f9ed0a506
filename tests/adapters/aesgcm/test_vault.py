"""What the vault promises: what was sealed opens, in its own place, with its own key, and nowhere else."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aesgcm.envelope import encoded
from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault, _place
from domain.errors import DecryptionFailed
from domain.ports.vault import DataKey, Label, Vault

OLD, NEW = f"old:{generate()}", f"new:{generate()}"
VAULT: Vault = AesGcmVault(KeyRing.parse(NEW), b"identity")
KEY = VAULT.new_key("connection:con_1")
LABEL = Label("usr_1", "con_1", "grant", 3)
MARKER = b"marker-of-a-secret"

TEXTS = st.text(st.characters(exclude_categories=()))  # any text at all, surrogates too
LABELS = st.builds(Label, TEXTS, TEXTS, TEXTS, st.integers())


@given(st.text(), LABELS, st.binary())
def test_what_was_sealed_opens(scope: str, label: Label, plain: bytes) -> None:
    key = VAULT.new_key(scope)

    assert VAULT.open(key, label, VAULT.seal(key, label, plain)) == plain


@given(LABELS, LABELS, st.binary())
def test_a_value_opens_under_its_own_label_only(label: Label, other: Label, plain: bytes) -> None:
    sealed = VAULT.seal(KEY, label, plain)

    if label != other:
        refused(lambda: VAULT.open(KEY, other, sealed))


@pytest.mark.parametrize(
    "moved",
    [
        replace(LABEL, user_id="usr_2"),
        replace(LABEL, owner_id="con_2"),
        replace(LABEL, field="state"),
        replace(LABEL, version=2),
        Label("usr_1con_1", "", "grant", 3),
        Label("con_1", "usr_1", "grant", 3),
    ],
)
def test_a_value_moved_elsewhere_or_replayed_does_not_open(moved: Label) -> None:
    sealed = VAULT.seal(KEY, LABEL, MARKER)

    refused(lambda: VAULT.open(KEY, moved, sealed))


@given(st.lists(TEXTS), st.lists(TEXTS))
def test_two_places_never_have_the_same_encoding(one: list[str], two: list[str]) -> None:
    assert (encoded(*one) == encoded(*two)) == (one == two)


@given(st.binary(max_size=40), st.data())
def test_any_changed_bit_any_cut_and_any_addition_is_refused(plain: bytes, data: st.DataObject) -> None:
    sealed = VAULT.seal(KEY, LABEL, plain)
    position = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))

    refused(lambda: VAULT.open(KEY, LABEL, bytes(flipped)))
    refused(lambda: VAULT.open(KEY, LABEL, sealed[:position]))
    refused(lambda: VAULT.open(KEY, LABEL, sealed + b"\x00"))


def test_two_ciphertexts_swapped_are_refused() -> None:
    other = replace(LABEL, owner_id="con_2")
    one, two = VAULT.seal(KEY, LABEL, b"one"), VAULT.seal(KEY, other, b"two")

    refused(lambda: VAULT.open(KEY, LABEL, two))
    refused(lambda: VAULT.open(KEY, other, one))


def test_another_data_key_is_refused_even_with_the_same_name() -> None:
    sealed = VAULT.seal(KEY, LABEL, MARKER)
    other = VAULT.new_key(KEY.scope)

    refused(lambda: VAULT.open(other, LABEL, sealed))
    refused(lambda: VAULT.open(replace(KEY, wrapped=other.wrapped), LABEL, sealed))


@pytest.mark.parametrize(
    "changed",
    [
        replace(KEY, id="key_0"),
        replace(KEY, scope="connection:con_2"),
        replace(KEY, kek_id="old"),
        replace(KEY, wrapped=KEY.wrapped[:-1]),
        replace(KEY, wrapped=b""),
        replace(KEY, wrapped=bytes(len(KEY.wrapped))),
    ],
)
def test_a_changed_data_key_is_refused_although_the_true_one_is_cached(changed: DataKey) -> None:
    sealed = VAULT.seal(KEY, LABEL, MARKER)
    two = AesGcmVault(KeyRing.parse(f"{NEW},{OLD}"), b"")

    refused(lambda: VAULT.open(changed, LABEL, sealed))
    refused(lambda: VAULT.seal(changed, LABEL, MARKER))
    refused(lambda: VAULT.rewrap(changed))
    refused(lambda: two.open(changed, LABEL, sealed))


def test_no_nonce_comes_twice_and_equal_values_look_different() -> None:
    sealed = {VAULT.seal(KEY, LABEL, MARKER) for _ in range(5_000)}

    assert len({value[:13] for value in sealed}) == 5_000
    assert {value[0] for value in sealed} == {1}
    assert not [value for value in sealed if MARKER in value]


def test_more_keys_than_the_cache_holds_still_open() -> None:
    vault = AesGcmVault(KeyRing.parse(NEW), b"", cached_keys=4)
    keys = [vault.new_key(f"connection:{number}") for number in range(20)]
    sealed = [vault.seal(key, LABEL, key.id.encode()) for key in keys]

    assert [vault.open(key, LABEL, value) for key, value in zip(keys, sealed, strict=True)] == [
        key.id.encode() for key in keys
    ]


# ---- rotation


@given(st.binary())
def test_rewrapping_keeps_the_data_readable_and_the_old_key_may_go(plain: bytes) -> None:
    before = AesGcmVault(KeyRing.parse(OLD), b"")
    key = before.new_key("account:acc_1")
    sealed = before.seal(key, LABEL, plain)

    during = AesGcmVault(KeyRing.parse(f"{NEW},{OLD}"), b"")
    rewrapped = during.rewrap(key)
    after = AesGcmVault(KeyRing.parse(NEW), b"")

    assert (rewrapped.id, rewrapped.scope, rewrapped.kek_id) == (key.id, key.scope, "new")
    assert during.open(key, LABEL, sealed) == plain
    assert after.open(rewrapped, LABEL, sealed) == plain
    refused(lambda: after.open(key, LABEL, sealed))
    refused(lambda: before.open(rewrapped, LABEL, sealed))


def test_a_key_under_the_current_one_is_not_written_again() -> None:
    assert VAULT.rewrap(KEY) is KEY


# ---- the root


def test_a_database_keeps_its_identity_key_over_restarts_and_rotations() -> None:
    identity, stored = Roots(KeyRing.parse(OLD)).unlock(None)
    assert stored is not None
    assert Roots(KeyRing.parse(OLD)).unlock(stored) == (identity, None)

    same, rewrapped = Roots(KeyRing.parse(f"{NEW},{OLD}")).unlock(stored)

    assert same == identity
    assert rewrapped is not None
    assert Roots(KeyRing.parse(NEW)).unlock(rewrapped) == (identity, None)
    assert len(identity) == 32
    assert identity not in stored + rewrapped


def test_two_databases_have_two_identity_keys() -> None:
    roots = Roots(KeyRing.parse(NEW))

    assert roots.unlock(None)[0] != roots.unlock(None)[0]


@pytest.mark.parametrize(
    "other",
    [generate(), f"old:{generate()}", f"{NEW},{generate()}"],
    ids=["another", "another of the same name", "two others"],
)
def test_a_wrong_key_at_start_is_told_in_a_plain_sentence(other: str) -> None:
    _, stored = Roots(KeyRing.parse(OLD)).unlock(None)

    with pytest.raises(DecryptionFailed, match="This database was sealed with another key") as refusal:
        Roots(KeyRing.parse(other)).unlock(stored)

    assert "old" in refusal.value.message


@given(st.data())
def test_a_damaged_root_is_refused(data: st.DataObject) -> None:
    roots = Roots(KeyRing.parse(NEW))
    _, stored = roots.unlock(None)
    assert stored is not None
    damaged = bytearray(stored)
    damaged[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    refused(lambda: roots.unlock(bytes(damaged)))
    refused(lambda: roots.unlock(stored[: data.draw(st.integers(0, len(stored) - 1))]))


# ---- nothing to see


def test_nothing_shows_a_secret() -> None:
    vault = AesGcmVault(KeyRing.parse(NEW), MARKER)
    vault.seal(KEY, LABEL, b"")

    for shown in (repr(vault), str(vault), repr(KEY), repr(Roots(KeyRing.parse(NEW)))):
        assert MARKER.decode() not in shown
        assert NEW[4:] not in shown
        assert KEY.wrapped.hex() not in shown
        assert repr(KEY.wrapped) not in shown
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copying(vault)


def refused(deed: Callable[[], object]) -> None:
    """The deed fails with DecryptionFailed, and neither the error nor one behind it tells a value."""
    with pytest.raises(DecryptionFailed) as failure:
        deed()
    error: BaseException | None = failure.value
    while error is not None:
        assert MARKER.decode() not in str(error)
        error = error.__cause__ or error.__context__


def test_what_was_bound_by_the_whole_encoding_opens() -> None:
    """The shared beginning is only a shorter way to the same bytes."""
    key, label = DataKey("key_1", "account:a", "kek", b""), Label("ü", "", "transaction:abc", 3)

    whole = encoded("brokerlink value", "1", "key_1", "ü", "", "transaction:abc", "3")

    assert _place(key, label) == whole
