"""The sandbox's side: what a provider is able to tell by FDX."""

from dataclasses import replace

from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthInstrument

HIDDEN = frozenset(
    {"balance.buying_power", "balance.settled_cash", "transaction.executed_at/others"}
)  # fmt: skip


def _told(instrument: TruthInstrument, currency: str) -> TruthInstrument:
    """An ETF is told as a stock."""
    return replace(instrument, kind="equity") if instrument.kind == "etf" else instrument


def seen(profile: Profile) -> Profile:
    """A brokerage's profile as its FDX door can tell it."""
    return replace(profile, hidden=HIDDEN, tell=None, tell_instrument=_told)
