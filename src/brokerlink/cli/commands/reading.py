"""Commands that only read: brokerages, accounts, portfolio, transactions."""

# ruff: noqa: PLC0415  late imports keep `brokerlink --help` fast

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from brokerlink.cli.caller import Caller

if TYPE_CHECKING:
    import grpc

    from brokerlink.v1 import accounts_pb2, transactions_pb2

BrokerageFilter = Annotated[str, typer.Option("--brokerage", help="Only this brokerage.", show_default=False)]


def brokerages(
    caller: Caller,
    brokerage: Annotated[
        str, typer.Argument(help="Show everything about this one.", show_default=False)
    ] = "",
) -> None:
    """What can be connected: status, doors (ways in), datasets, sign-in, how it was verified."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.paging import collect
    from brokerlink.cli.show import catalogue
    from brokerlink.v1 import brokerages_pb2 as pb
    from brokerlink.v1.brokerages_pb2_grpc import BrokerageServiceStub

    with connected(caller) as channel:
        stub = BrokerageServiceStub(channel)
        if brokerage:
            one = stub.GetBrokerage(pb.GetBrokerageRequest(brokerage_id=brokerage))
            terminal.write_json(terminal.to_json(one)) if caller.json else catalogue.brokerage(one)
            return
        found = collect(stub.ListBrokerages, pb.ListBrokeragesRequest(), lambda page: page.brokerages)
    if caller.json:
        terminal.write_messages("brokerages", found)
    else:
        catalogue.brokerages(found)


def accounts(caller: Caller, brokerage: BrokerageFilter = "") -> None:
    """The accounts of the user, and how old their figures are."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.show import accounts as show

    with connected(caller) as channel:
        found = accounts_of(channel, caller.user, brokerage)
    if caller.json:
        terminal.write_messages("accounts", found)
    else:
        show.accounts(found)


def portfolio(
    caller: Caller,
    account: Annotated[
        str, typer.Argument(help="One account; all of them without it.", show_default=False)
    ] = "",
    plot: Annotated[bool, typer.Option("--plot", help="Draw the allocation as bars.")] = False,
) -> None:
    """Cash, positions with unrealised P&L, totals, their age, and whether the brokerage's total agrees."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.show import portfolio as show
    from brokerlink.v1 import portfolios_pb2 as pb
    from brokerlink.v1.portfolios_pb2_grpc import PortfolioServiceStub

    with connected(caller) as channel:
        stub = PortfolioServiceStub(channel)
        one: pb.Portfolio | None = None
        if account:
            one = stub.GetPortfolio(pb.GetPortfolioRequest(account_id=account))
        whole = None if one else stub.GetUserPortfolio(pb.GetUserPortfolioRequest(user_id=caller.user))
        if caller.json:
            answer = one or whole
            terminal.write_json(terminal.to_json(answer) if answer is not None else {})
            return
        names = account_names(channel, caller.user)
    if one is not None:
        show.portfolio(one, names.get(account, account))
    elif whole is not None:
        show.user_portfolio(whole, names)
    if plot:
        from brokerlink.cli.show.plot import allocation

        allocation([one] if one is not None else whole.portfolios if whole is not None else [])


def transactions(
    caller: Caller,
    account: Annotated[
        str, typer.Argument(help="One account; all of them without it.", show_default=False)
    ] = "",
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="From this trade date on.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Up to this trade date, included.")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="buy, dividend, fee, sell-to-open ...; `group:transfer` for a group. Repeatable."
        ),
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="Only this symbol, options on it included.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(min=0, help="The most to show; 0 for all.")] = 50,
) -> None:
    """What happened: trades, income, cash in and out. Newest first."""
    from brokerlink.cli import terminal
    from brokerlink.cli.channel import connected
    from brokerlink.cli.show import transactions as show
    from brokerlink.v1 import transactions_pb2 as pb

    request = pb.ListTransactionsRequest(symbol=symbol)
    _filter(request, kinds or (), start, end)
    with connected(caller) as channel:
        found = transactions_of(channel, caller.user, account, request, limit or None)
        names = {} if caller.json else account_names(channel, caller.user)
    if caller.json:
        terminal.write_messages("transactions", found)
        return
    show.transactions(found, names)
    if limit and len(found) == limit:
        terminal.console(error=True).print(f"The newest {limit}; more with --limit.", style="dim")


def accounts_of(channel: "grpc.Channel", user: str, brokerage: str = "") -> "list[accounts_pb2.Account]":
    """All accounts of a user."""
    from brokerlink.cli.paging import collect
    from brokerlink.v1 import accounts_pb2 as pb
    from brokerlink.v1.accounts_pb2_grpc import AccountServiceStub

    request = pb.ListAccountsRequest(user_id=user, brokerage_id=brokerage)
    return collect(AccountServiceStub(channel).ListAccounts, request, lambda page: page.accounts)


def account_names(channel: "grpc.Channel", user: str) -> dict[str, str]:
    """How people call the accounts, by id."""
    from brokerlink.cli.show.accounts import full_label

    return {one.id: full_label(one) for one in accounts_of(channel, user)}


def transactions_of(
    channel: "grpc.Channel",
    user: str,
    account: str,
    request: "transactions_pb2.ListTransactionsRequest",
    limit: int | None,
) -> "list[transactions_pb2.Transaction]":
    """The transactions of an account, or of all accounts of a user."""
    from brokerlink.cli.paging import collect
    from brokerlink.v1.transactions_pb2_grpc import TransactionServiceStub

    if account:
        request.account_id = account
    else:
        request.user_id = user
    stub = TransactionServiceStub(channel)
    return collect(stub.ListTransactions, request, lambda page: page.transactions, limit)


def _filter(
    request: "transactions_pb2.ListTransactionsRequest",
    kinds: "list[str] | tuple[str, ...]",
    start: datetime | None,
    end: datetime | None,
) -> None:
    from brokerlink.cli.errors import Refused
    from brokerlink.v1 import transactions_pb2 as pb

    for bound, when in ((request.start_date, start), (request.end_date, end)):
        if when is not None:
            bound.year, bound.month, bound.day = when.year, when.month, when.day
    for kind in kinds:
        word = kind.strip().upper().replace("-", "_").replace(" ", "_")
        group = word.startswith("GROUP:")
        name = f"TRANSACTION_GROUP_{word[6:]}" if group else f"TRANSACTION_TYPE_{word}"
        enum = pb.TransactionGroup if group else pb.TransactionType
        if name not in enum.keys() or name.endswith("UNSPECIFIED"):  # noqa: SIM118  a generated enum is no dict
            words = ", ".join(
                one.removeprefix("TRANSACTION_TYPE_").lower() for one in pb.TransactionType.keys()[1:]
            )
            raise Refused(f"There is no transaction type {kind!r}.", hint=f"There are: {words}.")
        if group:
            request.groups.append(pb.TransactionGroup.Value(name))  # type: ignore[arg-type]  # stubs say int
        else:
            request.types.append(pb.TransactionType.Value(name))  # type: ignore[arg-type]  # the same
