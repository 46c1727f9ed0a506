"""What the services answer of accounts, holdings and the catalogue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import grpc
import pytest
from answering import World, told
from handmade import DAY, NOON, share

from brokerlink.v1 import accounts_pb2, brokerages_pb2, types_pb2
from brokerlink.v1 import portfolios_pb2 as pb
from domain.brokerages import Dataset
from domain.freshness import Completeness, Freshness
from domain.instruments import option_from_occ, option_instrument
from domain.positions import Balance, Flag, Position

CASH = Balance("USD", Decimal("1000.50"), Decimal("2000.00"), None, Decimal("1662.75"))


def holding(symbol: str = "VTI", **more: object) -> Position:
    plain = Position(
        share(symbol),
        Decimal("12.5"),
        "USD",
        average_cost=Decimal("40.10"),
        cost_basis=Decimal("501.25"),
        price=Decimal("52.98"),
        market_value=Decimal("662.25"),
        unrealized_gain=Decimal("161.00"),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of a position


async def portfolio(world: World, account: str) -> pb.Portfolio:
    return await world.portfolios.GetPortfolio(pb.GetPortfolioRequest(account_id=account))


async def test_a_portfolio_has_every_figure_as_text(world: World) -> None:
    account = world.rows.account()
    as_of = datetime(2026, 5, 4, 11, 59, 30, 250_000, UTC)
    world.rows.hold(account, [holding(flags=(Flag.COST_UNKNOWN, Flag.DERIVED_PRICE), as_of=as_of)], [CASH])

    found = await portfolio(world, account)

    (position,) = found.positions
    assert (position.instrument.symbol, position.instrument.name) == ("VTI", "VTI Inc.")
    assert {(i.scheme, i.value) for i in position.instrument.identifiers} == {
        ("cusip", "VTI000000"),
        ("symbol", "VTI"),
    }
    assert (position.quantity, position.average_cost, position.cost_basis) == ("12.5", "40.1", "501.25")
    assert (position.price, position.market_value, position.unrealized_gain) == ("52.98", "662.25", "161")
    assert (position.currency_code, list(position.flags)) == ("USD", ["cost_unknown", "derived_price"])
    assert position.as_of.ToDatetime(UTC) == as_of
    (balance,) = found.balances
    assert (balance.cash, balance.buying_power, balance.total_value) == ("1000.5", "2000", "1662.75")


async def test_an_unknown_figure_is_absent(world: World) -> None:
    account = world.rows.account()
    bare = Position(share("VTI"), Decimal(1), "USD")
    world.rows.hold(account, [bare], [Balance("USD")])

    found = await portfolio(world, account)

    (position,) = found.positions
    figures = ("average_cost", "cost_basis", "price", "market_value", "unrealized_gain", "as_of")
    assert not any(position.HasField(name) for name in figures)
    (balance,) = found.balances
    assert not any(balance.HasField(name) for name in ("cash", "buying_power", "total_value", "settled_cash"))
    (total,) = found.totals
    assert not total.HasField("cash")
    assert not total.HasField("positions_value")
    assert not total.HasField("total_value")


async def test_totals_add_up_and_are_compared_with_the_brokerages_own(world: World) -> None:
    account = world.rows.account()
    world.rows.hold(account, [holding("A"), holding("B", market_value=Decimal("-0.25"))], [CASH])

    found = await portfolio(world, account)

    (total,) = found.totals
    assert (total.cash, total.positions_value, total.total_value) == ("1000.5", "662", "1662.5")
    assert total.unrealized_gain == "322"
    assert found.reconciliation.state == pb.RECONCILIATION_STATE_DIFFERS
    assert (found.reconciliation.brokerage_total, found.reconciliation.computed_total) == (
        "1662.75",
        "1662.5",
    )
    assert (found.reconciliation.difference, found.reconciliation.currency_code) == ("0.25", "USD")


async def test_totals_of_two_currencies_are_kept_apart(world: World) -> None:
    account = world.rows.account()
    world.rows.hold(account, [holding("A"), holding("B", currency="EUR")], [CASH])

    euros, dollars = (await portfolio(world, account)).totals

    assert (euros.currency_code, euros.cash, euros.positions_value) == ("EUR", "0", "662.25")
    assert (dollars.currency_code, dollars.cash, dollars.positions_value) == ("USD", "1000.5", "662.25")


@pytest.mark.parametrize("completeness", [Completeness.NEVER, Completeness.PARTIAL])
async def test_what_was_not_read_as_a_whole_has_no_sum(world: World, completeness: Completeness) -> None:
    account = world.rows.account()
    world.rows.hold(account, [holding()], [CASH], completeness=completeness)

    (total,) = (await portfolio(world, account)).totals

    assert total.currency_code == "USD"
    assert not total.HasField("cash")
    assert not total.HasField("positions_value")


async def test_an_account_that_was_never_read_says_so(world: World) -> None:
    account = world.rows.account()

    found = await portfolio(world, account)

    assert (found.version, len(found.positions), len(found.balances)) == (0, 0, 0)
    (total,) = found.totals
    assert not total.HasField("total_value")
    assert found.reconciliation.state == pb.RECONCILIATION_STATE_UNKNOWN


async def test_a_portfolio_is_never_older_than_its_version(world: World) -> None:
    account = world.rows.account()
    world.rows.hold(account, [holding()], [CASH])
    first = await portfolio(world, account)
    again = await portfolio(world, account)
    world.rows.hold(account, [holding(quantity=Decimal(13))], [CASH], NOON + timedelta(hours=1))

    later = await portfolio(world, account)

    assert again == first
    assert (later.version, later.positions[0].quantity) == (first.version + 1, "13")
    assert later.freshness[0].fetched_at.ToDatetime(UTC) == NOON + timedelta(hours=1)


async def test_staleness_shows_at_once(world: World) -> None:
    account = world.rows.account()
    world.rows.hold(account, [holding()], [CASH])
    await portfolio(world, account)

    def fail(uow: object) -> None:
        uow.freshness.mark_stale(account, Dataset.POSITIONS, "BROKERAGE_UNAVAILABLE", NOON)  # type: ignore[attr-defined]
        uow.holdings.bump(account)  # type: ignore[attr-defined]

    world.rows.store.write_now(fail)

    balances, positions = (await portfolio(world, account)).freshness
    assert (balances.dataset, balances.stale_reason) == (types_pb2.DATASET_BALANCES, "")
    assert (positions.stale_reason, positions.stale_since.ToDatetime(UTC)) == ("BROKERAGE_UNAVAILABLE", NOON)


async def test_options_show_their_terms(world: World) -> None:
    account = world.rows.account()
    terms = option_from_occ("AAPL  261218C00200000", Decimal(100))
    world.rows.hold(account, [holding(instrument=option_instrument(terms))], [CASH])

    (position,) = (await portfolio(world, account)).positions

    option = position.instrument.option_details
    assert (option.underlying_symbol, option.strike, option.multiplier) == ("AAPL", "200", "100")
    assert option.occ_symbol == "AAPL  261218C00200000"
    assert (option.expiration_date.year, option.expiration_date.month) == (2026, 12)


async def test_a_users_portfolio_sums_the_open_accounts(world: World) -> None:
    rows = world.rows
    for account in (rows.account(), rows.account()):
        rows.hold(account, [holding()], [CASH])
    rows.hold(rows.account(in_use=False), [holding()], [CASH])
    rows.hold(rows.account("user-2"), [holding()], [CASH])

    found = await world.portfolios.GetUserPortfolio(pb.GetUserPortfolioRequest(user_id="user-1"))

    assert len(found.portfolios) == 2
    (total,) = found.totals
    assert (total.cash, total.positions_value, total.total_value) == ("2001", "1324.5", "3325.5")


async def test_one_account_without_a_figure_leaves_the_sum_open(world: World) -> None:
    rows = world.rows
    rows.hold(rows.account(), [holding()], [CASH])
    rows.hold(rows.account(), [holding()], [Balance("USD")])

    (total,) = (await world.portfolios.GetUserPortfolio(pb.GetUserPortfolioRequest(user_id="user-1"))).totals

    assert (total.HasField("cash"), total.positions_value) == (False, "1324.5")


async def test_accounts_show_who_reads_them_and_how_old_they_are(world: World) -> None:
    connection = world.rows.connection()
    account = world.rows.account(connection=connection)
    fresh = Freshness(account, Dataset.TRANSACTIONS, Completeness.COMPLETE, None, NOON, history_start=DAY)
    world.rows.store.write_now(lambda uow: uow.freshness.put(fresh))

    found = await world.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))

    assert (found.user_id, found.brokerage_id, found.masked_number) == ("user-1", "played", "…6789")
    assert (found.kind, found.state) == (accounts_pb2.ACCOUNT_KIND_MARGIN, accounts_pb2.ACCOUNT_STATE_OPEN)
    assert list(found.connection_ids) == [connection]
    (told_fresh,) = found.freshness
    assert (told_fresh.dataset, told_fresh.history_start_date.day) == (types_pb2.DATASET_TRANSACTIONS, 4)


async def test_accounts_are_listed_of_one_brokerage_or_of_all(world: World) -> None:
    played = [world.rows.account() for _ in range(2)]
    other = world.rows.account(brokerage="other")
    closed = world.rows.account(in_use=False)
    request = accounts_pb2.ListAccountsRequest(user_id="user-1")

    everything = await world.accounts.ListAccounts(request)
    request.brokerage_id = "other"
    one = await world.accounts.ListAccounts(request)

    assert {a.id for a in everything.accounts} == {*played, other, closed}
    assert [a.id for a in one.accounts] == [other]


async def test_the_catalogue_tells_doors_fields_and_why_one_is_closed(world: World) -> None:
    listed = await world.catalogue.ListBrokerages(brokerages_pb2.ListBrokeragesRequest())
    found = await world.catalogue.GetBrokerage(brokerages_pb2.GetBrokerageRequest(brokerage_id="played"))

    assert [one.id for one in listed.brokerages] == ["other", "played", "retired"]
    assert listed.brokerages[2].successor_brokerage_id == "played"
    official, app = found.doors
    assert (official.open, official.closed_reason, official.history_days) == (True, "", 90)
    assert (app.open, app.closed_reason) == (False, "It is unofficial.")
    assert not app.HasField("history_days")
    assert [(f.key, f.secret, f.required) for f in official.credential_fields] == [
        ("key", False, True),
        ("secret", True, True),
        ("pin", True, False),
    ]


async def test_an_unknown_brokerage_is_not_repeated(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.catalogue.GetBrokerage(brokerages_pb2.GetBrokerageRequest(brokerage_id="nosuch"))

    failure = told(refused.value)
    assert (failure.code, failure.reason) == (grpc.StatusCode.NOT_FOUND, "BROKERAGE_UNKNOWN")
    assert "nosuch" not in str(refused.value)
