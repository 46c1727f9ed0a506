"""What ListTransactions and GetTransaction answer."""

from datetime import UTC, date
from decimal import Decimal

import pytest
from answering import WHO, World
from google.type.date_pb2 import Date
from handmade import buy

from brokerlink.v1 import transactions_pb2 as tx
from domain.instruments import option_from_occ, option_instrument
from domain.transactions import TransactionStatus, TransactionType


async def test_a_transaction_has_every_figure_and_its_day(world: World) -> None:
    account = world.rows.account()
    row = buy(
        9,
        status=TransactionStatus.PENDING,
        settlement_date=date(2026, 5, 6),
        taxes=Decimal("0.00"),
        description="Bought – größer",
    )
    (identifier,) = world.rows.transact(account, [row])

    listed = await world.transactions.ListTransactions(tx.ListTransactionsRequest(account_id=account))
    (found,) = listed.transactions

    assert (found.id, found.account_id) == (identifier, account)
    assert (found.type, found.status) == (tx.TRANSACTION_TYPE_BUY, tx.TRANSACTION_STATUS_PENDING)
    assert (found.trade_date.year, found.trade_date.month, found.trade_date.day) == (2026, 5, 4)
    assert found.execute_time.ToDatetime(UTC) == row.executed_at
    assert found.settlement_date.day == 6
    assert (found.quantity, found.price, found.gross_amount) == ("1.125", "220.31", "-2753.875")
    assert (found.fees, found.taxes, found.net_amount) == ("0.5", "0", "-2754.375")
    assert (found.description, found.brokerage_type, found.version) == ("Bought – größer", "BUY", 1)
    assert found.instrument.symbol == "VTI"
    single = await world.transactions.GetTransaction(tx.GetTransactionRequest(transaction_id=identifier))
    assert single == found


async def test_a_transaction_of_cash_has_no_instrument(world: World) -> None:
    account = world.rows.account()
    paid = buy(1, type=TransactionType.DEPOSIT, instrument=None, quantity=None, price=None, executed_at=None)
    world.rows.transact(account, [paid])

    (found,) = (
        await world.transactions.ListTransactions(tx.ListTransactionsRequest(account_id=account))
    ).transactions

    assert not found.HasField("instrument")
    assert not found.HasField("quantity")
    assert not found.HasField("execute_time")


async def test_a_correction_shows_under_the_same_id(world: World) -> None:
    account = world.rows.account()
    (identifier,) = world.rows.transact(account, [buy(1)])
    request = tx.ListTransactionsRequest(account_id=account)
    await world.transactions.ListTransactions(request)
    world.rows.transact(account, [buy(1, price=Decimal("220.32"))])

    (found,) = (await world.transactions.ListTransactions(request)).transactions

    assert (found.id, found.price, found.version) == (identifier, "220.32", 2)


async def test_a_removed_transaction_is_found_but_not_listed(world: World) -> None:
    account = world.rows.account()
    gone, kept = world.rows.transact(account, [buy(1), buy(2)])
    request = tx.ListTransactionsRequest(account_id=account)
    await world.transactions.ListTransactions(request)
    world.rows.remove(account, gone)

    listed = await world.transactions.ListTransactions(request)
    found = await world.transactions.GetTransaction(tx.GetTransactionRequest(transaction_id=gone))

    assert [one.id for one in listed.transactions] == [kept]
    assert (found.status, found.removed_reason) == (tx.TRANSACTION_STATUS_REMOVED, "not_told")


async def test_an_id_from_before_it_posted_still_resolves(world: World) -> None:
    account = world.rows.account()
    (identifier,) = world.rows.transact(account, [buy(1)])
    former = identifier[:-24] + "f" * 24
    world.rows.store.write_now(lambda uow: uow.transactions.alias(account, {"f" * 24: identifier[-24:]}))

    found = await world.transactions.GetTransaction(tx.GetTransactionRequest(transaction_id=former))

    assert found.id == identifier


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"types": [tx.TRANSACTION_TYPE_BUY]}, {1, 2, 3}),
        ({"groups": [tx.TRANSACTION_GROUP_DIVIDEND]}, {4}),
        ({"types": [tx.TRANSACTION_TYPE_FEE], "groups": [tx.TRANSACTION_GROUP_DIVIDEND]}, {4, 5}),
        ({"symbol": "vti"}, {1, 3, 4}),
        ({"symbol": "AAPL"}, {2}),
        ({"symbol": "V%"}, set()),
        ({"symbol": "' OR 1=1 --"}, set()),
        ({"start_date": Date(year=2026, month=5, day=2)}, {2, 3, 4, 5}),
        ({"end_date": Date(year=2026, month=5, day=2)}, {1, 2}),
        ({"start_date": Date(year=2026, month=5, day=3), "symbol": "VTI"}, {3, 4}),
    ],
)
async def test_filters_choose(world: World, given: dict[str, object], expected: set[int]) -> None:
    account = world.rows.account()
    option = option_instrument(option_from_occ("AAPL261218C00200000"))
    rows = [
        buy(1, date(2026, 5, 1)),
        buy(2, date(2026, 5, 2), instrument=option),
        buy(3, date(2026, 5, 3)),
        buy(4, date(2026, 5, 4), type=TransactionType.CAPITAL_GAIN),
        buy(5, date(2026, 5, 5), type=TransactionType.FEE, instrument=None),
    ]
    ids = dict(zip(world.rows.transact(account, rows), range(1, 6), strict=True))

    for owner in ({"account_id": account}, {"user_id": "user-1"}):
        request = tx.ListTransactionsRequest(**owner, **given)  # type: ignore[arg-type]
        found = await world.transactions.ListTransactions(request)

        assert {ids[one.id] for one in found.transactions} == expected


async def test_a_user_sees_its_own_only(world: World) -> None:
    account = world.rows.account("user-2")
    world.rows.transact(account, [buy(1)])
    mine = ((WHO, "user-2"),)

    listed = await world.transactions.ListTransactions(
        tx.ListTransactionsRequest(account_id=account), metadata=mine
    )

    assert len(listed.transactions) == 1
