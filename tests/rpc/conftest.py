"""What the tests of the server share: a server of their own, with an empty store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from answering import World, answering


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with answering(tmp_path) as world:
        yield world
