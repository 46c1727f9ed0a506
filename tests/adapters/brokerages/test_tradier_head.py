"""Tradier: what accounts, positions and their quotes tell besides the figures."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.brokerages.tradier import parse, reads
from adapters.kit.card import Call, Scene
from domain.accounts import AccountKind, AccountTold
from domain.ports.brokerage import Notes
from domain.positions import Flag, Position

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("6YA00001", "Tradier", "6YA00001", AccountKind.MARGIN)


def scene(**references: Any) -> Scene:
    return Scene(ACCOUNT, references, Notes(), NOW)


def held(raw: bytes, **references: Any) -> Position:
    (told,) = parse.position(raw, scene(**references))
    return told


def test_the_quote_of_an_option_says_for_how_many_it_is() -> None:
    quote = {"type": "option", "last": Decimal("3.1"), "contract_size": 10}

    told = held(
        b'{"cost_basis":87.00,"id":1,"quantity":2,"symbol":"SPY260720C00274000"}',
        **{"quote:SPY260720C00274000": quote},
    )

    assert (told.average_cost, told.market_value) == (Decimal("4.35"), Decimal(62))


@pytest.mark.parametrize("cost", ["0", "null", '"NaN"'])
def test_a_cost_of_zero_is_flagged_as_unknown(cost: str) -> None:
    told = held(f'{{"cost_basis":{cost},"id":1,"quantity":2,"symbol":"X"}}'.encode())

    assert told.flags == (Flag.COST_UNKNOWN,)
    assert held(b'{"cost_basis":10,"id":1,"quantity":2,"symbol":"X"}').flags == ()


@pytest.mark.parametrize(
    ("opened", "first"), [("2026-11-20T21:08:55.000Z", date(2026, 11, 20)), (None, reads.OLDEST)]
)
def test_history_begins_on_the_day_the_account_was_opened(opened: str | None, first: date) -> None:
    row = {"account_number": "VA1", "type": "cash", "status": "active", "date_created": opened}
    (account,) = parse.account(msgspec.json.encode(row), scene())

    asked = reads.ask_history(Call(account, None, NOW.date(), f"{NOW.date()}|9999|1", NOW))

    assert dict(asked.query)["start"] == first.isoformat()
