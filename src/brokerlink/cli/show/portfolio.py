"""What an account holds: cash, positions with their gains, totals, and how sure we are of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.text import Text

from brokerlink.cli.show.accounts import freshness
from brokerlink.cli.show.figures import (
    ABSENT,
    dim,
    gain,
    given,
    money,
    number,
    percent,
    plain,
    price,
    quantity,
)
from brokerlink.cli.show.tables import Sheet, row, table
from brokerlink.cli.show.transactions import instrument
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import portfolios_pb2 as pb

LONGEST_NAME = 24
POSITION_COLUMNS = (
    "!Holding",
    ">Quantity",
    ">?Avg. cost",
    ">?Price",
    ">Value",
    ">Unrealised P&L",
    ">P&L %",
    "!?",
    "!?Notes",
    "!?Name",
)


def portfolio(one: pb.Portfolio, name: str, most: int | None = None) -> None:
    """One account: its head line, positions, cash, totals, age, and the comparison of totals.

    `most`: show only so many positions, the largest ones.
    """
    out = console()
    out.print()
    out.print(Text(name, style="bold underline") + dim(f"  {one.account_id}"))
    if not one.version:
        out.print(dim("Not synced yet: that nothing is shown says nothing. brokerlink sync ACCOUNT"))
        return
    if one.positions:
        out.print(positions(one.positions, most))
    else:
        out.print(dim("No positions."))
    out.print(_cash(one.balances))
    out.print(_totals(one.totals))
    out.print(freshness(one.freshness) + dim(" · ") + reconciliation(one.reconciliation))


def user_portfolio(one: pb.UserPortfolio, names: Mapping[str, str], most: int | None = None) -> None:
    """Every account, then the sums over all of them."""
    if not one.portfolios:
        console().print(dim("Nothing yet. Connect a brokerage: brokerlink connect BROKERAGE"))
        return
    for part in sorted(one.portfolios, key=lambda part: names.get(part.account_id, "").lower()):
        portfolio(part, names.get(part.account_id, clean(part.account_id)), most)
    if len(one.portfolios) > 1:
        grand_totals(one)


def grand_totals(one: pb.UserPortfolio) -> None:
    console().print()
    console().print(Text("All accounts", style="bold underline"))
    console().print(_totals(one.totals))


def positions(found: Sequence[pb.Position], most: int | None = None) -> Sheet:
    """The largest holdings first: what matters is at the top."""
    made = table(*POSITION_COLUMNS)
    for one in sorted(found, key=_size, reverse=True)[:most]:
        row(
            made,
            Text(instrument(one.instrument), style="bold"),
            quantity(one.quantity),
            price(given(one, "average_cost")),
            price(given(one, "price")),
            money(given(one, "market_value")),
            gain(given(one, "unrealized_gain")),
            percent(given(one, "unrealized_gain"), given(one, "cost_basis")),
            one.currency_code,
            Text(clean(", ".join(one.flags)).replace("_", " "), style="yellow"),
            dim(_shortened(one.instrument.name)),
        )
    if most is not None and len(found) > most:
        row(made, dim(f"and {len(found) - most} more"))
    return made


def _size(one: pb.Position) -> Decimal:
    return abs(number(given(one, "market_value")) or Decimal(0))


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _cash(found: Sequence[pb.Balance]) -> Text:
    made = Text("cash ", style="dim")
    for place, one in enumerate(found):
        made.append(" · " if place else "")
        made.append(f"{money(given(one, 'cash'))} {clean(one.currency_code)}", style="bold")
        for name, field in (("settled", "settled_cash"), ("buying power", "buying_power")):
            if one.HasField(field):
                made.append(f"  {name} {money(given(one, field))}", style="dim")
    return made if found else made.append(ABSENT)


def _totals(found: Sequence[pb.Total]) -> Text:
    made = Text()
    for one in found:
        made.append("\n" if made.plain else "")
        made.append("total ", style="dim")
        made.append(f"{money(given(one, 'total_value'))} {clean(one.currency_code)}", style="bold")
        made.append("  positions ", style="dim")
        made.append(money(given(one, "positions_value")))
        made.append("  cash ", style="dim")
        made.append(money(given(one, "cash")))
        made.append("  unrealised P&L ", style="dim")
        made += gain(given(one, "unrealized_gain"))
    return made if made.plain else Text(f"total {ABSENT}", style="dim")


def reconciliation(one: pb.Reconciliation) -> Text:
    match one.state:
        case pb.RECONCILIATION_STATE_RECONCILED:
            return Text("✓ agrees with the brokerage's own total", style="green")
        case pb.RECONCILIATION_STATE_DIFFERS:
            theirs, ours = money(given(one, "brokerage_total")), money(given(one, "computed_total"))
            text = f"≠ the brokerage says {theirs}, we compute {ours} {one.currency_code}"
            return plain(text, "bold yellow")
        case _:
            return dim("not comparable with the brokerage's own total")
