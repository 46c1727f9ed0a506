"""What a benchmark found: a figure, and the goal that it is held against where there is one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`must` is what has to be reached, `hard` where we mean to be. A `small` figure is the better one."""

    name: str
    value: float
    goal: str = ""
    must: float | None = None
    hard: float | None = None
    small: bool = False

    @property
    def verdict(self) -> str:
        if self.must is None or self.hard is None:
            return ""
        sign = -1 if self.small else 1
        if sign * self.value >= sign * self.hard:
            return "hard"
        return "must" if sign * self.value >= sign * self.must else "short"

    def told(self) -> dict[str, object]:
        return {**asdict(self), "verdict": self.verdict}


def least(name: str, value: float, goal: str, must: float, hard: float) -> Figure:
    """A figure that has to be at least that much."""
    return Figure(name, value, goal, must, hard)


def most(name: str, value: float, goal: str, must: float, hard: float) -> Figure:
    """A figure that may be at most that much."""
    return Figure(name, value, goal, must, hard, small=True)


def show(title: str, figures: Iterable[Figure]) -> None:
    print(f"\n{title}")
    for one in figures:
        goal = f"{one.goal:<4} must {one.must:g}, hard {one.hard:g}: {one.verdict}" if one.verdict else ""
        print(f"  {one.name:<58} {one.value:>12,.2f}  {goal}".rstrip(), flush=True)
