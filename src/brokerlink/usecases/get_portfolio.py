"""Read what an account or a user holds, and what it adds up to. Never calls a brokerage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

from domain.brokerages import Dataset
from domain.errors import NotFound
from domain.freshness import Completeness
from domain.money import ZERO, plain
from domain.ports.reading import FreshnessRow, Holdings, Reading

# Wide enough for any sum of figures as money.exact lets them in; a sum that is not exact is refused.
_ADDING = Context(prec=200, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of one currency, as plain text. None where a part is not known: a sum with a hole is no sum."""

    currency: str
    cash: str | None
    positions_value: str | None
    total_value: str | None
    unrealized_gain: str | None


@dataclass(frozen=True, slots=True)
class PortfolioView:
    holdings: Holdings
    totals: list[Total]


@dataclass(frozen=True, slots=True)
class GetPortfolio:
    reading: Reading

    async def version(self, account_id: str, user_id: str | None = None) -> int:
        """The version that a read would have now. Raises NotFound."""
        found = await self.reading.version(account_id)
        if found is None or (user_id is not None and found.user_id != user_id):
            raise NotFound("account")
        return found.version

    async def __call__(self, account_id: str, user_id: str | None = None) -> PortfolioView:
        """Raises NotFound, in the same words for what is another user's."""
        found = await self.reading.holdings(account_id)
        if found is None or (user_id is not None and found.account.user_id != user_id):
            raise NotFound("account")
        return PortfolioView(found, totals([found]))


@dataclass(frozen=True, slots=True)
class GetUserPortfolio:
    reading: Reading

    async def __call__(self, user_id: str) -> tuple[list[PortfolioView], list[Total]]:
        """Each open account by itself, and all of them together."""
        found = await self.reading.holdings_of_user(user_id)
        return [PortfolioView(one, totals([one])) for one in found], totals(found)


def totals(accounts: Sequence[Holdings]) -> list[Total]:
    """Sums over accounts, one entry for each currency; nothing is converted.

    A complete snapshot that names no cash and no position in a currency says that there is none. Where
    balances or positions of an account were never read as a whole, their sum is not known in any
    currency that the account may hold: its own, and those it is known to hold.
    """
    cash: dict[str, list[str | None]] = {}
    values: dict[str, list[str | None]] = {}
    gains: dict[str, list[str | None]] = {}
    currencies: set[str] = set()
    for held in accounts:
        mine = {b.currency for b in held.balances} | {p.currency for p in held.positions}
        knows_cash = _whole(held.freshness, Dataset.BALANCES)
        knows_positions = _whole(held.freshness, Dataset.POSITIONS)
        if not (knows_cash and knows_positions):
            mine.add(held.account.currency)
        currencies |= mine
        for balance in held.balances:
            cash.setdefault(balance.currency, []).append(balance.cash)
        for position in held.positions:
            values.setdefault(position.currency, []).append(position.market_value)
            gains.setdefault(position.currency, []).append(position.unrealized_gain)
        for currency in mine:
            if not knows_cash:
                cash.setdefault(currency, []).append(None)
            if not knows_positions:
                values.setdefault(currency, []).append(None)
                gains.setdefault(currency, []).append(None)
    return [_total(c, cash.get(c, ()), values.get(c, ()), gains.get(c, ())) for c in sorted(currencies)]


def difference(told: str | None, computed: str | None) -> str | None:
    if told is None or computed is None:
        return None
    return plain(_ADDING.subtract(Decimal(told), Decimal(computed)))


def _total(
    currency: str, cash: Iterable[str | None], values: Iterable[str | None], gains: Iterable[str | None]
) -> Total:
    in_cash, in_positions, gain = _sum(cash), _sum(values), _sum(gains)
    whole = None if in_cash is None or in_positions is None else _ADDING.add(in_cash, in_positions)
    return Total(currency, _text(in_cash), _text(in_positions), _text(whole), _text(gain))


def _sum(figures: Iterable[str | None]) -> Decimal | None:
    total = ZERO
    for figure in figures:
        if figure is None:
            return None
        total = _ADDING.add(total, Decimal(figure))
    return total


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure)


def _whole(freshness: Sequence[FreshnessRow], dataset: Dataset) -> bool:
    return any(
        row.dataset == dataset.value and row.completeness == Completeness.COMPLETE.value for row in freshness
    )
