"""What a history adds up to: cash in every currency, holdings after splits, income that is no trade, days."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from house import House
from suffered import again, cash, first, held, history, home, kept
from told import shown, truth, turn_account

from adapters.sandbox.truth import TruthAccount, TruthPosition

NEW_YORK = ZoneInfo("America/New_York")
# Those that tell each movement of cash and of securities with its figures, back to the account's first day.
# TradeStation, Webull and eToro tell no cash, Robinhood tells no quantity of splits, tastytrade none of what
# expires: there it stays unknown.
WHOLE = ("ally", "etrade", "fidelity", "ibkr", "merrill", "schwab", "sofi", "vanguard")
INCOME = {"dividend", "capital_gain", "return_of_capital", "interest", "margin_interest"}
LIFE = 60  # rows: enough for a split


def quantities(made: House) -> dict[str, Decimal]:
    """What was moved of each instrument, all rows together."""
    return _sums((row["symbol"], row["quantity"]) for row in history(made, status="posted") if row["symbol"])


def nets(made: House) -> dict[str, Decimal]:
    """What was moved of each currency."""
    return _sums((row["currency"], row["net"]) for row in history(made, status="posted"))


def _sums(moved: Iterable[tuple[str, Decimal | None]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, figure in moved:
        found[name] = found.get(name, Decimal(0)) + (figure or 0)
    return {name: figure for name, figure in found.items() if figure}


@pytest.mark.parametrize("brokerage", WHOLE)
async def test_the_history_replayed_is_what_is_there(brokerage: str, tmp_path: Path) -> None:
    """15, 17, 19. Naive: transfers with the wrong sign, a split ignored or told as a purchase, dividends as
    trades or not at all: the balance of today is right, and that of every day before is not."""
    with home(tmp_path, brokerage, rows=LIFE) as made:
        await first(made)

        assert nets(made) == {currency: row["cash"] for (_, currency), row in cash(made).items()}
        assert quantities(made) == {symbol: row["quantity"] for symbol, row in held(made).items()}
        (split,) = history(made, type="split")
        assert split["quantity"] is not None
        assert not split["net"]
        income = [row for row in history(made, status="posted") if row["type"] in INCOME]
        told = [row for row in truth(made, brokerage).accounts[0].transactions if row.posted]
        assert {"dividend", "interest"} <= {row["type"] for row in income}
        assert sum(row["net"] for row in income) == sum(r.net or 0 for r in told if r.type.lower() in INCOME)
        assert [row["type"] for row in income if row["quantity"]] == []


async def test_18_holdings_are_what_is_told_and_not_what_trades_add_up_to(tmp_path: Path) -> None:
    """Naive: works the holding out from trades, so that a row of no quantity sets it to nothing."""

    def paid(account: TruthAccount) -> TruthAccount:
        one = next(row for row in account.transactions if row.type == "DIVIDEND" and row.posted)
        late = replace(one, number=one.number + 5_000, uuid="0" * 8 + one.uuid[8:])
        return replace(account, transactions=(late, *account.transactions))

    with home(tmp_path, "schwab", rows=LIFE) as made:
        known = await first(made)
        before, rows = shown(made).positions, len(history(made))
        turn_account(made, "schwab", paid)

        await again(made, known, force=True)

        assert len(history(made)) == rows + 1
        assert shown(made).positions == before


async def test_12_borrowed_cash_is_negative(tmp_path: Path) -> None:
    """Naive: no balance below nothing, and so no debt."""

    def borrowed(account: TruthAccount) -> TruthAccount:
        debt = account.cash + 5_000
        return replace(
            account,
            cash=account.cash - debt,
            settled_cash=account.cash - debt,
            total_value=account.total_value - debt,
        )

    with home(tmp_path, "etrade") as made:
        turn_account(made, "etrade", borrowed)

        await first(made)

        ((_, balance),) = cash(made).items()
        assert balance["cash"] == Decimal(-5_000)
        assert {row["reconciliation"] for row in kept(made).values()} == {"reconciled"}


async def test_13_money_that_is_changed_leaves_one_currency_and_comes_in_the_other(tmp_path: Path) -> None:
    """Naive: only the leg in the account's currency, and an ever larger minus in the other one."""
    with home(tmp_path, "ibkr", rows=100) as made:
        await first(made)
        legs = history(made, type="fx_conversion")
        told = [row for row in truth(made, "ibkr").accounts[0].transactions if row.type == "FX_CONVERSION"]

        by_moment: dict[datetime, set[str]] = {}
        for row in legs:
            by_moment.setdefault(row["executed_at"], set()).add(row["currency"])
        assert len(legs) == len(told) > 0
        assert all(len(currencies) == 2 for currencies in by_moment.values())
        assert {row["currency"] for row in legs} == {"USD", "GBP"}
        # No minus is left behind: what was changed into it was changed back.
        assert nets(made).get("GBP", 0) >= 0


async def test_13_cash_that_nobody_explains_is_a_difference_and_no_silent_minus(tmp_path: Path) -> None:
    """Naive: books what is missing as cash."""

    def odd(account: TruthAccount) -> TruthAccount:
        return replace(account, total_value=account.total_value + 250)

    with home(tmp_path, "schwab") as made:
        before = truth(made, "schwab").accounts[0]
        turn_account(made, "schwab", odd)

        await first(made)

        (account,) = kept(made).values()
        assert account["reconciliation"] == "differs"
        assert account["told_total"] - account["computed_total"] == 250
        ((_, balance),) = cash(made).items()
        assert balance["cash"] == before.cash


def with_a_fund_of_cash(twice: bool) -> Callable[[TruthAccount], TruthAccount]:
    """All cash lies in a fund, which the brokerage tells as a holding; `twice`: and as cash as well."""

    def changed(account: TruthAccount) -> TruthAccount:
        one = next(p for p in account.positions if p.instrument.kind == "equity")
        fund = replace(
            one.instrument, symbol="XCASH", name="MODEL CASH FUND", price=Decimal(1), cusip="9X9999999"
        )
        worth = account.cash
        position = TruthPosition(fund, worth, Decimal(1), worth, Decimal(1), worth, Decimal(0))
        rest = account.cash if twice else Decimal(0)
        return replace(account, positions=(*account.positions, position), cash=rest, settled_cash=rest)

    return changed


@pytest.mark.parametrize(("twice", "state"), [(False, "reconciled"), (True, "differs")])
async def test_11_cash_that_is_told_twice_shows_in_the_total(twice: bool, state: str, tmp_path: Path) -> None:
    """Naive: adds the sweep fund to the cash that lies in it, and nobody compares."""
    with home(tmp_path, "schwab") as made:
        worth = truth(made, "schwab").accounts[0].cash
        turn_account(made, "schwab", with_a_fund_of_cash(twice))

        await first(made)

        (account,) = kept(made).values()
        assert account["reconciliation"] == state
        assert account["computed_total"] - account["told_total"] == (worth if twice else 0)


@pytest.mark.parametrize("brokerage", ["fidelity", "merrill", "sofi", "vanguard"])
async def test_11_where_cash_is_a_holding_as_well_it_counts_once(brokerage: str, tmp_path: Path) -> None:
    """Naive: stores the money fund of an aggregator as a position, and its worth as cash beside it."""
    with home(tmp_path, brokerage) as made:
        await first(made)

        assert {row["reconciliation"] for row in kept(made).values()} == {"reconciled"}
        assert "cash_equivalent" not in {row["kind"] for row in held(made).values()}


def at(moment: datetime) -> Callable[[TruthAccount], TruthAccount]:
    """The account whose newest purchase was made at that instant."""

    def changed(account: TruthAccount) -> TruthAccount:
        rows = list(account.transactions)
        place = next(n for n, row in enumerate(rows) if row.type == "BUY" and row.posted)
        day = moment.astimezone(NEW_YORK).date()
        rows[place] = replace(rows[place], trade_date=day, executed_at=moment, description="LATE")
        return replace(account, transactions=tuple(rows))

    return changed


@pytest.mark.parametrize("brokerage", ["alpaca", "schwab", "robinhood", "tradestation", "webull"])
async def test_30_a_purchase_after_hours_is_of_the_day_in_new_york(brokerage: str, tmp_path: Path) -> None:
    """Naive: takes the date out of the instant, and has it a day late after seven in the evening."""
    yesterday = datetime.now(NEW_YORK).date() - timedelta(days=3)
    evening = datetime(yesterday.year, yesterday.month, yesterday.day, 19, 45, 30, tzinfo=NEW_YORK)
    late = (evening + timedelta(hours=1)).astimezone(UTC)
    assert late.date() != yesterday or late.hour < 5
    with home(tmp_path, brokerage) as made:
        turn_account(made, brokerage, at(late))

        await first(made)

        found = [row for row in history(made) if row["executed_at"] == late]
        assert [row["trade_date"] for row in found] == [late.astimezone(NEW_YORK).date()]
        assert found[0]["trade_date"] == late.date() - timedelta(days=1)
