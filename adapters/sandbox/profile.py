"""What one brokerage is able to tell: the truth is made so that it holds nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.sandbox.truth import TruthInstrument, TruthPosition, TruthTransaction

ALL_TYPES = frozenset(
    {
        "BUY",
        "SELL",
        "SELL_SHORT",
        "BUY_TO_COVER",
        "BUY_TO_OPEN",
        "BUY_TO_CLOSE",
        "SELL_TO_OPEN",
        "SELL_TO_CLOSE",
        "OPTION_EXPIRATION",
        "OPTION_ASSIGNMENT",
        "OPTION_EXERCISE",
        "DIVIDEND",
        "DIVIDEND_REINVESTMENT",
        "STOCK_DIVIDEND",
        "CAPITAL_GAIN",
        "RETURN_OF_CAPITAL",
        "INTEREST",
        "DEPOSIT",
        "WITHDRAWAL",
        "TRANSFER_IN",
        "TRANSFER_OUT",
        "FEE",
        "MARGIN_INTEREST",
        "TAX",
        "SPLIT",
        "CASH_IN_LIEU",
        "ADJUSTMENT",
    }
)
UNCOMPARED = frozenset({"transaction.description", "instrument.name", "account.name"})
ALL_KINDS = frozenset({"equity", "etf", "mutual_fund", "option", "crypto", "bond"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits of one brokerage's dialect. `types` and `kinds` bound what happens at all.

    `hosts` are its hosts besides "api", by the first word of their names ("nummus").

    `hidden` names figures that are never told (they are null in the comparison):
    "transaction.settlement_date", "position.price", "balance.settled_cash", "instrument.cusip" ...
    A suffix narrows it: "transaction.executed_at/DIVIDEND" (a type as told), "/trades", "/others"
    (all that is no trade), "/pending", "/legs" (shares of an exercise), "position.price/option" (a kind).
    `account_currencies` go round as the kinds do: everything in an account is told in its currency.
    `option_currencies` are those of the accounts that trade options (none named: all do);
    `tell_instrument` gives an instrument the name that it has in an account of that currency.
    `foreign_currency`: money is changed into it and back again, with a row for each leg.
    `uncompared` names what is left out of the comparison because both sides word it freely.

    Rounding: cash rows are whole cents; the gross of a trade is -(quantity x price x multiplier)
    rounded to `gross_places`, or exact when None (for brokerages whose gross the adapter computes).
    `whole_cents` picks quantities and prices whose product is whole cents. Market values, cost bases
    and gains are exact products, or rounded to `value_places`. `average_places` is for average costs.
    `coins` are those of its kinds' coins that it knows. A brokerage of nothing but coins has a life of its
    own (`coins.py`), which may also tell STAKING_REWARD.
    `coin_fees`: crypto fees are taken in kind (a FEE row with a negative quantity and net 0).
    `order_fills`: the fills of one order are told each for itself. Without, a row is an order, and each has
    one of its own.
    `lives` go round as the kinds do, for brokerages whose accounts are of different natures: "lots" (each
    purchase is a position of its own, closed as a whole), "money" (nothing is traded). See `lives.py`.
    `opening_cash` is what was there before the first row, for brokerages that tell no cash rows.
    `tell` and `tell_position` may change a row for the comparison where a rule here does not reach, and
    `tell_number` what is told of an account's number.
    In patterns # is a digit and @ a capital letter.
    """

    brokerage: str
    hosts: tuple[str, ...] = ()
    accounts: int = 2
    types: frozenset[str] = ALL_TYPES
    kinds: frozenset[str] = frozenset({"equity", "etf", "mutual_fund", "option"})
    coins: tuple[str, ...] = ("BTC", "ETH")
    account_kinds: tuple[str, ...] = ("margin", "cash", "ira_roth")
    account_names: tuple[str, ...] = ("Individual", "Savings", "Roth IRA")
    account_currencies: tuple[str, ...] = ("USD",)
    foreign_currency: str = ""
    option_currencies: frozenset[str] = frozenset()
    shorts: bool = True
    fractional: bool = True
    trade_fees: bool = True
    dividend_taxes: str = "row"
    sell_short_types: bool = True
    option_open_close: bool = True
    coin_fees: bool = True
    order_fills: bool = True
    lives: tuple[str, ...] = ()
    pending: bool = True
    pending_types: frozenset[str] = frozenset({"BUY", "DEPOSIT"})
    settlement: bool = True
    history_days: int = 1095
    opening_cash: Decimal = Decimal(0)
    hidden: frozenset[str] = frozenset()
    uncompared: frozenset[str] = UNCOMPARED
    gross_places: int | None = 2
    value_places: int | None = None
    quantity_places: int = 4
    coin_places: int = 8
    price_places: int = 2
    average_places: int = 4
    instant_places: int = 6
    whole_cents: bool = False
    number_pattern: str = "7########"
    key_pattern: str = "@@@@@@@@########"
    tell: Callable[[TruthTransaction], TruthTransaction] | None = None
    tell_position: Callable[[TruthPosition], TruthPosition] | None = None
    tell_number: Callable[[str], str] | None = None
    tell_instrument: Callable[[TruthInstrument, str], TruthInstrument] | None = None

    @property
    def only_coins(self) -> bool:
        return self.kinds == {"crypto"}

    def told_type(self, deed: str) -> str:
        """The word this brokerage has for a deed."""
        if not self.sell_short_types and deed in ("SELL_SHORT", "BUY_TO_COVER"):
            return "SELL" if deed == "SELL_SHORT" else "BUY"
        if not self.option_open_close and deed.endswith(("_TO_OPEN", "_TO_CLOSE")):
            return deed.partition("_")[0]
        return deed

    def can(self, *deeds: str) -> bool:
        """Whether all these deeds can be told, under whatever word."""
        return all(self.told_type(deed) in self.types for deed in deeds)
