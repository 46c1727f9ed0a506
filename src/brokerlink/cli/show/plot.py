"""The allocation as bars: what part of everything each holding is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

import plotext  # type: ignore[import-untyped]  # it has no annotations
from rich.text import Text

from brokerlink.cli.show.figures import dim, given, money, number
from brokerlink.cli.show.transactions import instrument
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import portfolios_pb2 as pb

MOST_BARS = 14
WIDEST = 100
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")

Slice = tuple[str, Decimal]


def allocation(portfolios: Sequence[pb.Portfolio]) -> None:
    """One plot for each currency: nothing is converted. Short positions and debts have no part in it."""
    for currency, slices in sorted(by_currency(portfolios).items()):
        whole = sum((value for _, value in slices), Decimal(0))
        if not whole:
            continue
        console().print()
        title = Text(f"Allocation of {money(str(whole))} {clean(currency)}", style="bold underline")
        console().print(title + dim("  long positions and cash"))
        console().print(bars(gathered(slices), whole, min(WIDEST, console().width)))


def by_currency(portfolios: Iterable[pb.Portfolio]) -> dict[str, list[Slice]]:
    """Positive market values by instrument and positive cash, largest first, for each currency."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for portfolio in portfolios:
        for position in portfolio.positions:
            value = number(given(position, "market_value"))
            if value is not None and value > 0:
                found[position.currency_code][instrument(position.instrument)] += value
        for balance in portfolio.balances:
            cash = number(given(balance, "cash"))
            if cash is not None and cash > 0:
                found[balance.currency_code]["cash"] += cash
    return {currency: sorted(parts.items(), key=lambda part: -part[1]) for currency, parts in found.items()}


def gathered(slices: Sequence[Slice]) -> list[Slice]:
    """The largest ones, and the rest as one."""
    if len(slices) <= MOST_BARS:
        return list(slices)
    rest = slices[MOST_BARS - 1 :]
    others = sum((value for _, value in rest), Decimal(0))
    return [*slices[: MOST_BARS - 1], (f"{len(rest)} others", others)]


def bars(slices: Sequence[Slice], whole: Decimal, width: int) -> Text:
    """A bar for each slice, one line each. The one place with floats: they are only drawn, never told."""
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, len(slices))
    figure.theme("colorless")
    figure.axes(active=False)
    labels = [f"{name}  {value / whole * 100:5.1f} % " for name, value in slices]
    shares = [float(value / whole) for _, value in slices]
    markers = [
        plotext.marker("full", plotext.pixel(COLOURS[place % len(COLOURS)])) for place in range(len(slices))
    ]
    figure.draw(
        figure.bar(labels[::-1], shares[::-1], orientation="horizontal", width=0.2, marker=markers[::-1])
    )
    figure.ruler("x").ticks([], labels=[])
    figure.ruler("x").lim(0, max(shares))
    figure.ruler("y").lim(0.6, len(slices) + 0.4)
    return Text.from_ansi(figure.build().string().rstrip("\n"))
