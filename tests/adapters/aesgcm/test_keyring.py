"""Keys as people write them: what is taken, what is refused, and that no text repeats a key."""

import base64
import copy
import os
import pickle
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aesgcm.keyring import KeyEncryptionKey, KeyInvalid, KeyRing, generate, write_key_file
from domain.errors import DecryptionFailed

ONE, TWO = generate(), generate()
THIRTY_TWO = st.binary(min_size=32, max_size=32).filter(lambda key: len(set(key)) > 1)


def text_of(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_a_made_key_is_taken_and_every_one_is_different() -> None:
    ring = KeyRing.parse(",".join(generate() for _ in range(50)))

    assert len(ring.ids) == 50


def test_the_first_key_is_the_current_one_and_all_are_held() -> None:
    ring = KeyRing.parse(f" new:{ONE} , {TWO}\n")

    assert ring.current.id == "new"
    assert len(ring.ids) == 2
    assert ring.key(ring.ids[1]).id == KeyRing.parse(TWO).current.id


@given(THIRTY_TWO)
def test_the_default_id_follows_from_the_key_with_or_without_padding(key: bytes) -> None:
    ring = KeyRing.parse(text_of(key))

    assert len(ring.current.id) == 8
    assert KeyRing.parse(text_of(key).rstrip("=")).ids == ring.ids
    assert KeyRing.parse("name:" + text_of(key)).current.same_as(ring.current)


def test_a_key_that_is_not_on_the_ring_cannot_decrypt() -> None:
    with pytest.raises(DecryptionFailed):
        KeyRing.parse(ONE).key("elsewhere")


REFUSED = {
    "nothing": ("", "is empty"),
    "blanks": ("  \n", "is empty"),
    "a comma too many": (f"{ONE},", "a comma or a colon too many"),
    "an id alone": ("name:", "a comma or a colon too many"),
    "quotes": (f'"{ONE}"', "in quotes"),
    "hexadecimal": (secrets.token_hex(32), "hexadecimal"),
    "standard base64": ("+" + ONE[1:], "write - for +"),
    "odd characters": ("!" + ONE[1:], "only letters"),
    "31 bytes": (text_of(os.urandom(31)), "has 31 bytes"),
    "33 bytes": (text_of(os.urandom(33)), "has 33 bytes"),
    "a word": ("changeme", "has 6 bytes"),
    "a second one that is short": (f"{ONE},c2hvcnQ=", "Key 2 of"),
    "zeros": (text_of(bytes(32)), "repeats one byte"),
    "an id with blanks": (f"my key:{ONE}", "no usable id"),
    "key and id the wrong way round": (f"{ONE}:name", "no usable id"),
    "the same key twice": (f"a:{ONE},b:{ONE}", "the same key"),
    "the same id twice": (f"a:{ONE},a:{TWO}", "the same id"),
}


@pytest.mark.parametrize(("text", "complaint"), REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_key_is_refused_in_words_that_hold_nothing_of_it(text: str, complaint: str) -> None:
    with pytest.raises(KeyInvalid, match=complaint) as refusal:
        KeyRing.parse(text)

    assert "BROKERAGE_ENCRYPTION_KEY" in str(refusal.value)
    pieces = [piece for piece in text.replace(",", ":").split(":") if len(piece.strip()) > 4]
    assert not [piece for piece in pieces if piece.strip() in told(refusal.value)]


@given(st.text(min_size=1).filter(lambda text: len(text.strip()) > 8))
def test_whatever_is_given_is_a_key_or_a_plain_refusal(text: str) -> None:
    refusal = None
    try:
        KeyRing.parse(text)
    except KeyInvalid as error:
        refusal = error

    assert refusal is None or text.strip() not in told(refusal)


def told(error: BaseException) -> str:
    """All that an error and those behind it say."""
    found = [str(error), repr(error), repr(error.__dict__)]
    found += [told(other) for other in (error.__cause__, error.__context__) if other is not None]
    return "\n".join(found)


# ---- files


def private(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def test_a_key_file_has_a_key_a_line_and_comments(tmp_path: Path) -> None:
    path = private(tmp_path / "keys", f"\ufeff# newest first\n\nnew:{ONE}  # since May\r\n{TWO}\n")

    ring = KeyRing.read(path)

    assert ring.current.id == "new"
    assert len(ring.ids) == 2


def test_a_written_key_file_is_private_readable_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert len(KeyRing.read(path).ids) == 1
    with pytest.raises(KeyInvalid, match="file exists"):
        write_key_file(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_a_key_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "keys", ONE, mode)

    with pytest.raises(KeyInvalid, match="chmod 600"):
        KeyRing.read(path)


def test_what_is_no_key_file_is_refused_in_words_that_hold_nothing_of_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    given = {
        Path(ONE): "no such file",  # somebody gave the key itself
        Path(ONE * 20): "file name too long",
        Path(f"{ONE}\x00"): "no file name",
        tmp_path: "ordinary file",
        pipe: "ordinary file",
        private(tmp_path / "empty", "# nothing\n"): "holds no key",
        private(tmp_path / "binary", bytes(range(256))): "no text",
        private(tmp_path / "large", "#" * 70_000): "too large",
        private(tmp_path / "bad", f"{ONE}\nc2hvcnQ="): "Key 2 of the key file has 5 bytes",
    }

    for path, complaint in given.items():
        with pytest.raises(KeyInvalid, match=complaint) as refusal:
            KeyRing.read(path)
        assert ONE not in told(refusal.value)


# ---- nothing to see


def test_keys_show_nothing_and_cannot_be_copied_or_pickled() -> None:
    raw = secrets.token_bytes(32)
    ring = KeyRing.parse(f"a:{text_of(raw)}")

    for thing in (ring, ring.current):
        shown = f"{thing} {thing!r}"
        assert text_of(raw) not in shown
        assert raw.hex() not in shown
        for copying in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                copying(thing)
        assert not hasattr(thing, "__dict__")


def test_a_key_holds_no_bytes_that_could_be_shown() -> None:
    key = KeyEncryptionKey(secrets.token_bytes(32))

    held = [getattr(key, name) for name in KeyEncryptionKey.__slots__]
    assert not [value for value in held if isinstance(value, bytes | bytearray | memoryview)]
