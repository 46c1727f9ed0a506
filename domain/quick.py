"""Frozen nouns that are made by the thousand."""

from collections.abc import Callable
from dataclasses import MISSING, fields, make_dataclass
from dataclasses import field as declared
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")


def quickly_made(noun: type[T]) -> type[T]:
    """The same frozen dataclass with slots, made in a quarter of the time.

    A frozen dataclass fills its fields one by one past its own refusal to be changed. Here they are filled
    while the new object still belongs to a twin that is not frozen; from then on it is as frozen as any.
    """
    told: Any = noun
    twin: Any = make_dataclass(
        noun.__name__, [(one.name, one.type, _like(one)) for one in fields(told)], slots=True
    )
    fill: Callable[..., None] = twin.__init__
    become = object.__setattr__

    def __init__(self: T, *args: object, **named: object) -> None:  # noqa: N807 - it takes its place
        become(self, "__class__", twin)
        fill(self, *args, **named)
        self.__class__ = noun

    wraps(told.__init__)(__init__)
    told.__init__ = __init__
    return noun


def _like(one: Any) -> Any:  # noqa: ANN401 - a field of a dataclass
    if one.default_factory is not MISSING:
        return declared(default_factory=one.default_factory)
    return declared() if one.default is MISSING else declared(default=one.default)
