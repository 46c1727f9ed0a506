"""XML of a stranger: entities that grow into gigabytes, or lead to our files and into our network."""

import json
import sys
from pathlib import Path

import entities
import hungry
from rawserver import http, raw_server, saying

ROOT = Path(__file__).parents[2]
REFUSED = {"STATEMENT_UNREADABLE", "BROKERAGE_RESPONSE_UNREADABLE"}


async def test_no_entity_is_followed_to_a_file_or_an_address_and_none_grows(tmp_path: Path) -> None:
    """OFX of both families, and Flex, as a file and as an answer. All else that we read is JSON or text."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    async with raw_server(saying(http(b"secret"))) as server:
        command = [sys.executable, entities.__file__, str(secret), server.base]
        told = json.loads(await hungry.elsewhere(command, ROOT))

    slowest = max(milliseconds for *_, milliseconds in told.values())
    print(f"{len(told)} documents refused, at most {slowest} ms of CPU each")
    assert len(told) == 15
    assert {reason for reason, *_ in told.values()} <= REFUSED
    assert {(opened, connected) for _, opened, connected, _ in told.values()} == {(0, 0)}
    assert server.heard == []
    assert slowest < 5_000
