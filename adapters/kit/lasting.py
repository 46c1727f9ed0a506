"""What look-ups of instruments told, remembered by the process for all users of a door."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

# A ticker changes now and then: after so long it is asked for again.
KEPT_FOR = timedelta(days=1)
MOST = 200_000


class Lasting:
    """Public facts that hardly ever change, by key ("instrument:...")."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, Any]] = {}

    def known(self, keys: Iterable[str], now: datetime) -> dict[str, Any]:
        """What is remembered of these and not too old."""
        found = {key: self._kept[key] for key in keys if key in self._kept}
        return {key: value for key, (told_at, value) in found.items() if now - told_at < KEPT_FOR}

    def remember(self, got: Mapping[str, Any], now: datetime) -> None:
        if len(self._kept) > MOST:
            self._kept.clear()
        self._kept.update((key, (now, value)) for key, value in got.items())
