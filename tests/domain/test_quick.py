"""Nouns that are made quickly are frozen dataclasses like all others."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from domain.quick import quickly_made


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list)
    raw: bytes = field(default=b"", compare=False)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list)
    raw: bytes = field(default=b"", compare=False)


def test_it_is_what_the_frozen_one_would_be() -> None:
    quick, plain = Quick("a", raw=b"x"), Plain("a", raw=b"x")

    assert type(quick) is Quick
    assert repr(quick) == repr(plain).replace("Plain", "Quick")
    assert [one.name for one in fields(Quick)] == [one.name for one in fields(Plain)]
    assert inspect.signature(Quick) == inspect.signature(Plain)
    assert quick == Quick("a", 3, [], b"another") != Quick("b")
    assert quick.parts is not Quick("a").parts


def test_it_cannot_be_changed() -> None:
    quick = Quick("a")

    with pytest.raises(FrozenInstanceError):
        quick.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del quick.name
    with pytest.raises((AttributeError, TypeError)):
        quick.other = "b"  # type: ignore[attr-defined]
    assert not hasattr(quick, "__dict__")


def test_it_can_be_copied_replaced_and_packed() -> None:
    quick = Quick("a", parts=["p"])

    packed = pickle.loads(pickle.dumps(quick))  # noqa: S301 - our own
    for twin in (copy.copy(quick), copy.deepcopy(quick), packed):
        assert (type(twin), twin) == (Quick, quick)
    assert replace(quick, size=4) == Quick("a", 4, ["p"])


def test_what_is_missing_or_too_much_is_refused() -> None:
    with pytest.raises(TypeError, match="name"):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="colour"):
        Quick("a", colour="red")  # type: ignore[call-arg]
