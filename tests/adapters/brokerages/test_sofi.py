"""SoFi's card and what is SoFi's own in it; the dialect is tried in tests/adapters/plaid."""

from datetime import UTC, datetime

import conformance
import pytest

from adapters.brokerages.sofi import CARD, PLAID
from adapters.brokerages.sofi.sandbox import SofiSandbox
from adapters.kit.door import CardDoor
from adapters.plaid import parse
from domain.accounts import AccountKind
from domain.brokerages import BrokerageStatus, Dataset, DoorKind, Support
from domain.ports.brokerage import Grant


def test_plaid_is_the_only_way_in_and_there_are_no_files() -> None:
    assert [door.facts.kind for door in CARD.doors] == [DoorKind.AGGREGATOR]
    assert CARD.files == ()
    assert CARD.status is BrokerageStatus.AGGREGATED


def test_that_plaid_reads_investments_at_sofi_is_said_to_be_unconfirmed() -> None:
    assert "unconfirmed" in PLAID.facts.access


def test_orders_are_unsupported_and_buying_power_is_never_derived() -> None:
    told = {one.dataset: one for one in PLAID.facts.capabilities}

    assert told[Dataset.ORDERS].support is Support.UNSUPPORTED
    assert "no buying power" in told[Dataset.BALANCES].note


@pytest.mark.parametrize(
    ("subtype", "kind"),
    [
        ("brokerage", AccountKind.OTHER), ("ira", AccountKind.IRA_TRADITIONAL),
        ("roth", AccountKind.IRA_ROTH), ("sep ira", AccountKind.IRA_OTHER),
        ("crypto exchange", AccountKind.CRYPTO), ("cash management", AccountKind.CASH),
    ],
)  # fmt: skip
def test_each_product_has_a_kind_whatever_its_subtype_is_in_the_end(subtype: str, kind: AccountKind) -> None:
    assert parse.KINDS[subtype] is kind


async def linked() -> tuple[CardDoor, SofiSandbox, Grant]:
    door, sandbox = conformance.played("sofi", rows=30)
    assert isinstance(sandbox, SofiSandbox)
    gate, now = sandbox.desk.gate, datetime.now(UTC)
    public = gate.public_token(gate.link("ins_900001", "", now), now)
    grant = await door.begin({**sandbox.credentials(), "plaid_public_token": public}, "")
    assert isinstance(grant, Grant)
    return door, sandbox, grant


async def test_of_an_accounts_number_its_end_is_all_that_is_told() -> None:
    door, sandbox, grant = await linked()

    told = (await door.accounts(grant)).rows

    assert [account.number for account in told] == [f"…{a.number[-4:]}" for a in sandbox.play.accounts]


async def test_cash_is_a_holding_and_available_as_well_and_counts_once() -> None:
    door, sandbox, grant = await linked()
    (account, *_) = (await door.accounts(grant)).rows

    (balance,) = (await door.balances(grant, account)).rows

    truth = sandbox.play.accounts[0]
    assert (balance.cash, balance.total_value, balance.buying_power) == (truth.cash, truth.total_value, None)
