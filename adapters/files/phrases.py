"""Lists of words that brokerages use, written so that they can be read."""

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def phrases(text: str) -> tuple[str, ...]:
    """The words of a list that is parted by semicolons, without surplus blanks."""
    return tuple(" ".join(part.split()) for part in text.split(";"))


def lexicon(meanings: Mapping[str, T]) -> dict[str, T]:
    """Each word of each list, with what the list means."""
    return {word: meaning for words, meaning in meanings.items() for word in phrases(words)}
