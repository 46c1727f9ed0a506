"""The sandbox's side: what any institution is able to tell by Plaid."""

from dataclasses import replace
from typing import Any

from adapters.plaid.link import HOST
from adapters.plaid.tell import posted_on, timed
from adapters.sandbox.profile import ALL_TYPES, Profile
from adapters.sandbox.truth import TruthTransaction


def _tell(row: TruthTransaction) -> TruthTransaction:
    """Where no time is told, the day of posting stands for the day of the trade."""
    return row if timed(row) else replace(row, trade_date=posted_on(row))


HIDDEN = frozenset(
    {
        "balance.buying_power", "balance.settled_cash", "instrument.cusip",
        "transaction.executed_at/others", "transaction.executed_at/DIVIDEND_REINVESTMENT",
        "transaction.executed_at/BUY_TO_OPEN", "transaction.executed_at/BUY_TO_CLOSE",
        "transaction.executed_at/SELL_TO_OPEN", "transaction.executed_at/SELL_TO_CLOSE",
        "transaction.price/TRANSFER_IN", "transaction.price/TRANSFER_OUT",
    }
)  # fmt: skip


def masked(number: str) -> str:
    """All that Plaid tells of an account's number."""
    return f"…{number[-4:]}"


def profile(brokerage: str, **more: Any) -> Profile:  # noqa: ANN401  the fields of Profile
    """What any institution can tell by Plaid."""
    told: dict[str, Any] = {
        "brokerage": brokerage,
        "hosts": (HOST,),
        "types": ALL_TYPES - {"CASH_IN_LIEU"},
        "account_kinds": ("margin", "ira_roth"),
        "account_names": ("Individual Brokerage", "Roth IRA"),
        "pending_types": frozenset({"DEPOSIT"}),
        "history_days": 730,
        "instant_places": 0,
        "coin_fees": False,
        "hidden": HIDDEN,
        "tell": _tell,
        "tell_number": masked,
    }
    return Profile(**(told | more))
