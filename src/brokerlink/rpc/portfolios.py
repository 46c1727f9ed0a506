"""PortfolioService: what accounts hold. What did not change is answered with the bytes of the last time."""

from collections.abc import Sequence
from time import monotonic

from brokerlink.rpc import values
from brokerlink.rpc.principals import caller
from brokerlink.rpc.rendering import FRESH_FOR, Instruments, Kept
from brokerlink.usecases.get_portfolio import GetPortfolio, GetUserPortfolio, PortfolioView, Total, difference
from brokerlink.v1 import portfolios_pb2 as pb
from brokerlink.v1 import portfolios_pb2_grpc as pb_grpc
from domain.ports.reading import BalanceRow, Holdings, PositionRow
from domain.reconciliation import Agreement

AGREEMENTS = values.words(pb.ReconciliationState, "RECONCILIATION_STATE", Agreement)


class PortfolioServicer(pb_grpc.PortfolioServiceServicer):
    def __init__(
        self,
        get_portfolio: GetPortfolio,
        get_user_portfolio: GetUserPortfolio,
        instruments: Instruments,
        *,
        kept: int = 1_000,
    ) -> None:
        self._get = get_portfolio
        self._get_of_user = get_user_portfolio
        self._instruments = instruments
        # Account id -> version, when it was rendered, and the message.
        self._kept: Kept[str, tuple[int, float, bytes]] = Kept(kept)

    async def GetPortfolio(  # type: ignore[override]  # a message that is ready
        self, request: pb.GetPortfolioRequest, context: object
    ) -> bytes:
        user_id = caller().user_id
        version = await self._get.version(request.account_id, user_id)
        kept = self._kept.get(request.account_id)
        # The version rises with everything that is shown but the names of instruments, which may change
        # by themselves: hence the time.
        if kept is not None and kept[0] == version and monotonic() - kept[1] < FRESH_FOR:
            return kept[2]
        view = await self._get(request.account_id, user_id)
        rendered = (await self._message(view)).SerializeToString()
        self._kept.put(request.account_id, (view.holdings.account.version, monotonic(), rendered))
        return rendered

    async def GetUserPortfolio(
        self, request: pb.GetUserPortfolioRequest, context: object
    ) -> pb.UserPortfolio:
        caller().check_user(request.user_id)
        views, totals = await self._get_of_user(request.user_id)
        return pb.UserPortfolio(
            user_id=request.user_id,
            portfolios=[await self._message(view) for view in views],
            totals=[_total(one) for one in totals],
        )

    async def _message(self, view: PortfolioView) -> pb.Portfolio:
        held = view.holdings
        instruments = await self._instruments.rendered(row.instrument_id for row in held.positions)
        return to_proto(held, view.totals, instruments)


def to_proto(held: Holdings, totals: Sequence[Total], instruments: dict[str, bytes]) -> pb.Portfolio:
    message = pb.Portfolio(
        account_id=held.account.id,
        version=held.account.version,
        balances=[_balance(row) for row in held.balances],
        totals=[_total(one) for one in totals],
        freshness=[values.freshness_row(row) for row in held.freshness],
        reconciliation=_reconciliation(held),
    )
    for row in held.positions:
        _position(message.positions.add(), row, instruments.get(row.instrument_id, b""))
    return message


def _balance(row: BalanceRow) -> pb.Balance:
    return pb.Balance(
        currency_code=row.currency,
        cash=row.cash,
        buying_power=row.buying_power,
        total_value=row.total_value,
        settled_cash=row.settled_cash,
    )


def _position(message: pb.Position, row: PositionRow, instrument: bytes) -> None:
    message.instrument.MergeFromString(instrument)
    message.quantity = row.quantity
    message.currency_code = row.currency
    if row.average_cost is not None:
        message.average_cost = row.average_cost
    if row.cost_basis is not None:
        message.cost_basis = row.cost_basis
    if row.price is not None:
        message.price = row.price
    if row.market_value is not None:
        message.market_value = row.market_value
    if row.unrealized_gain is not None:
        message.unrealized_gain = row.unrealized_gain
    if row.flags:
        message.flags.extend(row.flags.split(","))
    if row.as_of is not None:
        message.as_of.FromMicroseconds(row.as_of)


def _total(total: Total) -> pb.Total:
    return pb.Total(
        currency_code=total.currency,
        cash=total.cash,
        positions_value=total.positions_value,
        total_value=total.total_value,
        unrealized_gain=total.unrealized_gain,
    )


def _reconciliation(held: Holdings) -> pb.Reconciliation:
    account = held.account
    told, computed = account.told_total, account.computed_total
    # Totals are compared only where there is one balance; its currency is theirs.
    currency = held.balances[0].currency if len(held.balances) == 1 else account.currency
    return pb.Reconciliation(
        state=AGREEMENTS[account.reconciliation],
        difference=difference(told, computed),
        brokerage_total=told,
        computed_total=computed,
        currency_code="" if told is None and computed is None else currency,
    )
