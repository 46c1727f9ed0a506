"""Robinhood's sandbox: the truth in Robinhood's words, field by field (sheet, 3.2 to 3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.brokerages.robinhood.books import Books, Held
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.truth import (
    TruthAccount,
    TruthInstrument,
    TruthOption,
    TruthPosition,
    TruthTransaction,
)
from domain.money import plain

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
USD = "1072fc76-1862-41ab-82c2-485837590762"
EASTERN = ZoneInfo("America/New_York")
SHARES = Decimal(10)  # a dividend is told as so much for each of so many shares
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells things to one client, with addresses on the server as the client sees it."""

    asked: Asked
    play: Play
    books: Books

    def url(self, *parts: str) -> str:
        return "/".join((self.asked.base, *parts)) + "/"

    def chain(self, symbol: str) -> str:
        return self.play.uuid(f"chain {symbol}", 0)

    def coin(self, instrument: TruthInstrument) -> Json:
        return {
            "id": instrument.uuid,
            "code": instrument.symbol,
            "name": instrument.name,
            "type": "cryptocurrency",
            "increment": "0.000000010000000000",
            "brand_color": "F7931A",
        }

    def pair_id(self, instrument: TruthInstrument) -> str:
        return self.play.uuid(f"pair {instrument.symbol}", 0)

    def extended(self) -> bool:
        """Whether it is after hours for this seed."""
        return self.play.seed % 2 == 1

    # ---- accounts

    def account(self, account: TruthAccount) -> Json:
        n = self.play.accounts.index(account)
        margin = account.kind == "margin"
        cash, power = places(account.cash, 4), places(account.buying_power, 4)
        block = {"cash": cash, "uncleared_deposits": "0.0000", "unsettled_funds": "0.0000"}
        powers = {"overnight_buying_power": power, "day_trade_buying_power": power, "margin_limit": "0.0000"}
        return {
            "url": self.url("accounts", account.number),
            "account_number": account.number,
            # Both an int and a string have been seen.
            "rhs_account_number": rhs(account) if n % 2 else int(rhs(account)),
            "type": "margin" if margin else "cash",
            "brokerage_account_type": "ira_roth" if account.kind == "ira_roth" else "individual",
            "created_at": "2020-03-03T16:41:33.818202Z",
            "updated_at": instant(self.asked.now),
            "deactivated": False,
            "state": "active",
            "portfolio_cash": cash,
            "cash": cash,
            "buying_power": power,
            "cash_available_for_withdrawal": cash,
            "cash_held_for_orders": "0.0000",
            "cash_held_for_options_collateral": "0.0000",
            "uncleared_deposits": "0.0000",
            "unsettled_funds": "0.0000",
            "unsettled_debit": "0.0000",
            "sma": None,
            "sma_held_for_orders": None,
            "crypto_buying_power": power,
            "max_ach_early_access_amount": "1000.00",
            "option_level": "option_level_2",
            "drip_enabled": True,
            "eligible_for_fractionals": True,
            "user": self.url("user"),
            "user_id": self.play.customer.uuid,
            "cash_balances": None if margin else block | {"buying_power": power},
            "margin_balances": block | powers if margin else None,
        }

    def portfolio(self, account: TruthAccount) -> Json:
        """By seed within the hours or after them: then the extended figures are the fresh ones."""
        total, market = plain(account.total_value), plain(account.total_value - account.cash)
        extended = self.extended()
        core = plain(account.total_value - 1) if extended else total
        return {
            "url": self.url("portfolios", account.number),
            "account": self.url("accounts", account.number),
            "start_date": "2020-03-03",
            "market_value": market,
            "equity": core,
            "extended_hours_market_value": market if extended else None,
            "extended_hours_equity": total if extended else None,
            "extended_hours_portfolio_equity": total if extended else None,
            "last_core_market_value": market,
            "last_core_equity": core,
            "excess_margin": "0.0000",
            "excess_maintenance": "0.0000",
            "excess_margin_with_uncleared_deposits": "0.0000",
            "equity_previous_close": core,
            "portfolio_equity_previous_close": core,
            "adjusted_equity_previous_close": core,
            "adjusted_portfolio_equity_previous_close": core,
            "withdrawable_amount": places(max(ZERO, account.cash), 4),
            "unwithdrawable_deposits": "0.0000",
            "unwithdrawable_grants": "0.0000",
        }

    def unified(self, accounts: Sequence[TruthAccount]) -> Json:
        first = accounts[0]
        cash, power = money(first.cash), money(first.buying_power)
        market = money(first.total_value - first.cash)
        coins = sum((p.market_value for p in first.positions if p.instrument.kind == "crypto"), ZERO)
        return {
            "total_equity": money(first.total_value),
            "portfolio_equity": money(first.total_value),
            "account_buying_power": power,
            "options_buying_power": power,
            "crypto_buying_power": power,
            "uninvested_cash": cash,
            "withdrawable_cash": cash,
            "cash_held_for_orders": money(ZERO),
            "cash_available_from_instant_deposits": money(ZERO),
            "equities": {
                "equity": market,
                "market_value": market,
                "margin_maintenance": money(ZERO),
                "opened_at": "2020-03-03T16:41:33.818202Z",
                "rhs_account_number": rhs(first),
            },
            "crypto": {"equity": money(coins), "market_value": money(coins), "opened_at": None},
            "total_market_value": market,
            "previous_close": money(first.total_value),
        }

    def crypto_account(self, account: TruthAccount) -> Json:
        return {
            "id": account.uuid,
            "status": "active",
            "rhs_account_number": rhs(account),
            "apex_account_number": account.number,
            "user_id": self.play.customer.uuid,
            "created_at": "2021-03-03T11:41:33.818202-05:00",
        }

    # ---- positions

    def position(self, held: Held) -> Json:
        instrument, account = held.instrument, held.account
        # Both spellings of nothing are seen.
        nothing = "0E-8" if self.extended() else "0.00000000"
        quantity = places(abs(held.quantity), 8) if held.quantity else nothing
        average = places(held.average, 4)
        return {
            "url": self.url("positions", account.number, instrument.uuid),
            "instrument": self.url("instruments", instrument.uuid),
            "instrument_id": instrument.uuid,
            "symbol": instrument.symbol,
            "account": self.url("accounts", account.number),
            "account_number": account.number,
            "brokerage_account_type": "ira_roth" if account.kind == "ira_roth" else "individual",
            "type": "short" if held.quantity < 0 else "long",
            "average_buy_price": average,
            "pending_average_buy_price": average,
            "quantity": quantity,
            "intraday_average_buy_price": "0.0000",
            "intraday_quantity": nothing,
            "shares_available_for_exercise": quantity,
            "shares_available_for_sells": quantity,
            "shares_held_for_buys": nothing,
            "shares_held_for_sells": nothing,
            "shares_held_for_stock_grants": nothing,
            "shares_held_for_options_collateral": nothing,
            "shares_held_for_options_events": nothing,
            "shares_pending_from_options_events": nothing,
            "avg_cost_affected": False,
            "avg_cost_affected_reason": None,
            "is_primary_account": account is self.play.accounts[0],
            "updated_at": instant(held.last),
            "created_at": instant(held.first),
            "instrument_is_halted": False,
        }

    def option_position(self, account: TruthAccount, position: TruthPosition) -> Json:
        """The average is for a contract; negative for a short one."""
        instrument, option = position.instrument, terms(position.instrument)
        sign = ONE if position.quantity > 0 else -ONE
        average = places(sign * position.average_cost * option.multiplier, 4)
        return {
            "id": self.play.uuid(f"option position {account.number}", instrument.number),
            "account": self.url("accounts", account.number),
            "account_number": account.number,
            "chain_id": self.chain(option.underlying),
            "chain_symbol": option.underlying,
            "option": self.url("options", "instruments", instrument.uuid),
            "option_id": instrument.uuid,
            "type": "long" if position.quantity > 0 else "short",
            "quantity": places(abs(position.quantity), 4),
            "average_price": average,
            "intraday_quantity": "0.0000",
            "pending_buy_quantity": "0.0000",
            "pending_sell_quantity": "0.0000",
            "trade_value_multiplier": places(option.multiplier, 4),
            "created_at": instant(self.asked.now - timedelta(days=30)),
            "updated_at": instant(self.asked.now),
        }

    def aggregate(self, account: TruthAccount, position: TruthPosition) -> Json:
        instrument, option = position.instrument, terms(position.instrument)
        long = position.quantity > 0
        return {
            "id": self.play.uuid(f"aggregate {account.number}", instrument.number),
            "chain": self.url("options", "chains", self.chain(option.underlying)),
            "account": self.url("accounts", account.number),
            "account_number": account.number,
            "symbol": option.underlying,
            "strategy": f"{'long' if long else 'short'}_{option.right}",
            "average_open_price": places(position.average_cost * option.multiplier, 4),
            "quantity": places(abs(position.quantity), 4),
            "direction": "debit" if long else "credit",
            "legs": [
                {
                    "id": self.play.uuid(f"leg {account.number}", instrument.number),
                    "position": self.url("options", "positions", instrument.uuid),
                    "position_type": "long" if long else "short",
                    "option": self.url("options", "instruments", instrument.uuid),
                    "option_id": instrument.uuid,
                    "ratio_quantity": 1,
                    "expiration_date": option.expiration.isoformat(),
                    "strike_price": places(option.strike, 4),
                    "option_type": option.right,
                    "settle_on_open": False,
                }
            ],
            "trade_value_multiplier": places(option.multiplier, 4),
            "strategy_code": f"{instrument.uuid}_L1",
            "clearing_running_quantity": "0E-8",
            "underlying_type": "equity",
            "created_at": instant(self.asked.now - timedelta(days=30)),
            "updated_at": instant(self.asked.now),
        }

    def holding(self, account: TruthAccount, position: TruthPosition) -> Json:
        """What it cost is told in three parts that add up: here one of them came as a reward."""
        quantity = position.quantity
        reward = (quantity / 2).quantize(Decimal("1E-8"))
        cost, code = position.average_cost, position.instrument.symbol
        return {
            "id": self.play.uuid(f"holding {account.number}", position.instrument.number),
            "account_id": account.uuid,
            "currency": self.coin(position.instrument),
            "quantity": places(quantity, 18),
            "quantity_available": places(quantity, 18),
            "quantity_held_for_buy": "0.000000000000000000",
            "quantity_held_for_sell": "0.000000000000000000",
            "cost_bases": [
                {
                    "id": self.play.uuid(f"basis {account.number} {code}", 0),
                    "currency_id": USD,
                    "direct_cost_basis": places(cost * (quantity - reward), 18),
                    "direct_quantity": places(quantity - reward, 18),
                    "direct_reward_cost_basis": places(cost * reward, 18),
                    "direct_reward_quantity": places(reward, 18),
                    "direct_transfer_cost_basis": "0.000000000000000000",
                    "direct_transfer_quantity": "0.000000000000000000",
                    "intraday_cost_basis": "0.000000000000000000",
                    "intraday_quantity": "0.000000000000000000",
                    "marked_cost_basis": "0.000000000000000000",
                    "marked_quantity": "0.000000000000000000",
                }
            ],
            "created_at": eastern(self.asked.now - timedelta(days=400)),
            "updated_at": eastern(self.asked.now),
        }


def rhs(account: TruthAccount) -> str:
    """The number by which the other companies of the group know the account: digits only."""
    return str(int(account.hash[:8], 16) % 900_000_000 + 100_000_000)


def traded(row: TruthTransaction) -> TruthInstrument:
    if row.instrument is None:
        raise ValueError("a row of this kind has an instrument")
    return row.instrument


def terms(instrument: TruthInstrument) -> TruthOption:
    if instrument.option is None:
        raise ValueError("an option has terms")
    return instrument.option


def money(value: Decimal) -> Json:
    return {"amount": plain(value), "currency_code": "USD", "currency_id": USD}


def places(value: Decimal, places: int) -> str:
    """So many places at least, as Robinhood pads its figures; never fewer than there are."""
    text = plain(value)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<{places}}"


def day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def eastern(moment: datetime) -> str:
    """Nummus tells instants with an offset."""
    return moment.astimezone(EASTERN).isoformat(timespec="microseconds")
