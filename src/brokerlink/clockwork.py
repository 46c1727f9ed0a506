"""The real clock and real chance."""

import os
import random
from datetime import UTC, datetime

from domain.ids import random_id


class SystemClock:
    """The port `Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SystemChance:
    """The port `Chance`."""

    def id(self, prefix: str) -> str:
        return random_id(prefix, os.urandom(12))

    def fraction(self) -> float:
        return random.random()  # noqa: S311 - jitter, no secret
