"""Vanguard by Plaid: reading the sandbox gives the truth, and cash is the settlement fund."""

from datetime import UTC, datetime

import conformance
import pytest

from adapters.brokerages.vanguard.sandbox import INSTITUTION, VanguardSandbox
from adapters.kit.door import CardDoor
from domain.ports.brokerage import Grant


async def linked(door: CardDoor, sandbox: VanguardSandbox) -> Grant:
    gate, now = sandbox.desk.gate, datetime.now(UTC)
    public = gate.public_token(gate.link(INSTITUTION, "", now), now)
    outcome = await door.begin({**sandbox.credentials(), "plaid_public_token": public}, "")
    assert isinstance(outcome, Grant)
    return outcome


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_read_equals_the_truth(seed: int) -> None:
    door, sandbox = conformance.played("vanguard", seed)
    assert isinstance(sandbox, VanguardSandbox)

    told = await conformance.read_all(door, await linked(door, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_the_settlement_fund_is_cash_and_no_position() -> None:
    door, sandbox = conformance.played("vanguard", rows=30)
    assert isinstance(sandbox, VanguardSandbox)
    grant = await linked(door, sandbox)
    (account, *_) = (await door.accounts(grant)).rows

    (balance,) = (await door.balances(grant, account)).rows
    positions = (await door.positions(grant, account)).rows

    assert balance.cash == sandbox.play.accounts[0].cash
    assert all(position.instrument.symbol != "VMFXX" for position in positions)
