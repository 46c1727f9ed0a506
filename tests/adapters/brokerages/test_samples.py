"""Payloads as brokerages send them, where somebody has them: each is read, every row is mapped.

BROKERLINK_SAMPLES names a folder with one folder for each brokerage. They are not ours to commit.
"""

import json
import os
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.brokerages import card
from adapters.kit.card import Call, Read, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionType

# Read at import: tests run in a clean environment.
FOLDER = os.environ.get("BROKERLINK_SAMPLES", "")
NOW = datetime.now(UTC)

# Which read of the first door a payload belongs to: (brokerage, file, reads of the door, its number).
PAYLOADS = [
    ("alpaca", "account.json", "balances", 0),
    ("alpaca", "positions.json", "positions", 0),
    ("alpaca", "activities.json", "transactions", 0),
    ("alpaca", "activities_next_page.json", "transactions", 0),
    ("schwab", "account_numbers.json", "accounts", 0),
    ("schwab", "transactions.json", "transactions", 0),
    ("schwab", "account_with_positions.json", "balances", 0),
    ("schwab", "account_with_positions.json", "positions", 0),
    ("etrade", "accounts_list.json", "accounts", 0),
    ("etrade", "balance.json", "balances", 0),
    ("etrade", "transactions.json", "transactions", 0),
    ("robinhood", "accounts_cash.json", "accounts", 0),
    ("robinhood", "accounts_margin.json", "accounts", 0),
    ("robinhood", "positions.json", "positions", 0),
    ("robinhood", "order_stop_limit_confirmed.json", "transactions", 0),
]


def read_of(brokerage: str, name: str, number: int) -> Read[Any]:
    door = card(brokerage).doors[0]
    reads: Any = door.accounts if name == "accounts" else getattr(door, name)
    found: Read[Any] = reads if name == "accounts" else reads[number]
    return found


@pytest.mark.skipif(not FOLDER, reason="BROKERLINK_SAMPLES names no folder with real payloads")
@pytest.mark.parametrize(("brokerage", "file", "name", "number"), PAYLOADS)
def test_a_real_payload_is_read_and_every_row_of_it_is_mapped(
    brokerage: str, file: str, name: str, number: int, record_property: Any
) -> None:
    body = whole((Path(FOLDER) / brokerage / file).read_bytes(), file)
    account = owner(body)
    read = read_of(brokerage, name, number)
    notes = Notes()
    scene = Scene(account, References(), notes, NOW)

    rows = read.take(Response(200, {"content-type": "application/json"}, body), call(account)).rows
    nouns = [noun for row in rows for noun in read.parse(row, scene)]

    record_property("rows", len(rows))
    print(f"\n{brokerage}/{file}: {len(rows)} rows, {len(nouns)} nouns")
    assert rows
    kinds = Counter(noun.type for noun in nouns if isinstance(noun, Transaction))
    assert TransactionType.OTHER not in kinds, json.dumps([t.source_type for t in nouns])
    # `.None` is a look-up that does not come with the payload.
    assert not {word for word in notes.words if not word.endswith(".None")}


def whole(body: bytes, file: str) -> bytes:
    """The envelope around payloads that were cut out of it where they come from."""
    if file.startswith("order_"):
        return b'{"next": null, "previous": null, "results": [' + body + b"]}"
    if file == "accounts_margin.json":
        return body.replace(b'"previous": null', b'"next": null, "previous": null', 1)
    return body


def owner(body: bytes) -> AccountTold:
    """The account that a payload is about, if it says so: answers about another are refused."""
    named = re.search(rb'"accountNumber":\s*"(\w+)"', body)
    key = named[1].decode() if named else "0"
    return AccountTold(key, "", key, AccountKind.MARGIN, routing={"hash": "H", "key": "K", "id": "0"})


class References(dict[str, Any]):
    """Whatever a row names is looked up here: what old payloads name is on no server of ours."""


def call(account: AccountTold) -> Call:
    return Call(account, None, NOW.date(), None, NOW)


@pytest.mark.skipif(not FOLDER, reason="BROKERLINK_SAMPLES names no folder with real payloads")
@pytest.mark.parametrize(
    ("brokerage", "file", "scheme", "keys"),
    [
        ("schwab", "user_preference.json", "preference", 1),
        ("robinhood", "instruments.json", "instrument", 2),
    ],
)
def test_a_real_look_up_is_read(brokerage: str, file: str, scheme: str, keys: int) -> None:
    body = (Path(FOLDER) / brokerage / file).read_bytes()
    door = card(brokerage).doors[0]
    (reference,) = [r for r in door.references if r.scheme == scheme]
    ids = re.findall(rb'"(?:id|accountNumber)":\s*"([^"]+)"', body)

    found = reference.take(Response(200, {}, body), tuple(f"{scheme}:{i.decode()}" for i in ids))

    print(f"\n{brokerage}/{file}: {len(found)} look-ups")
    assert len(found) >= keys
