"""Time and chance, brought in from outside."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, in UTC, with a zone."""


class Chance(Protocol):
    def id(self, prefix: str) -> str:
        """A fresh random id, `con_…`."""

    def fraction(self) -> float:
        """A random number from 0 up to, not including, 1: for jitter, never for figures."""
