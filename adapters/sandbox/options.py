"""Scenes with options: opened, closed, expired, assigned, exercised."""

from datetime import timedelta
from decimal import Decimal

from adapters.sandbox.life import Ending, Life
from adapters.sandbox.truth import TruthInstrument
from adapters.sandbox.universe import CHEAP, friday


def _contract(life: Life, right: str, days: int, *, cheap: bool = False) -> TruthInstrument:
    symbol = CHEAP if cheap else life.rng.choice(("XMPL", "XBOL", "XCRN"))
    underlying = life.universe.listed[symbol]
    return life.universe.option(underlying, right, friday(life.day + timedelta(days=days)), life.today)


def _open(life: Life, deed: str, right: str, days: int, how: str, contracts: int = 2) -> None:
    if not life.can(deed, "BUY_TO_CLOSE", "SELL_TO_CLOSE") or "option" not in life.profile.kinds:
        return
    if life.profile.option_currencies and life.currency not in life.profile.option_currencies:
        return
    instrument = _contract(life, right, days, cheap=how in ("assign", "exercise"))
    quantity = Decimal(contracts if deed == "BUY_TO_OPEN" else -contracts)
    premium = life.cents(20, 600)
    if deed == "BUY_TO_OPEN" and life.book.cash < premium * 300:
        return
    life.trade(deed, instrument, quantity, premium)
    life.promise(instrument, how)


def long_call(life: Life) -> None:
    _open(life, "BUY_TO_OPEN", "call", 20, "expire")


def long_call_kept(life: Life) -> None:
    """Bought late and far out: still held today."""
    _open(life, "BUY_TO_OPEN", "call", (life.today - life.day).days + 60, "expire")


def call_to_exercise(life: Life) -> None:
    _open(life, "BUY_TO_OPEN", "call", 14, "exercise", 1)


def short_put(life: Life) -> None:
    if life.kind == "margin":
        _open(life, "SELL_TO_OPEN", "put", 25, "expire", 1)


def short_put_kept(life: Life) -> None:
    if life.kind == "margin":
        _open(life, "SELL_TO_OPEN", "put", (life.today - life.day).days + 90, "expire")


def put_to_assign(life: Life) -> None:
    if life.kind == "margin":
        _open(life, "SELL_TO_OPEN", "put", 14, "assign", 1)


def close_options(life: Life) -> None:
    """Close one contract of every open option that has two."""
    for holding in list(life.book.holdings.values()):
        if holding.instrument.kind == "option" and abs(holding.quantity) > 1:
            deed, one = ("SELL_TO_CLOSE", -1) if holding.quantity > 0 else ("BUY_TO_CLOSE", 1)
            if life.can(deed):
                life.trade(deed, holding.instrument, Decimal(one), life.cents(5, 900))
                life.later()


ENDINGS = {"expire": "OPTION_EXPIRATION", "assign": "OPTION_ASSIGNMENT", "exercise": "OPTION_EXERCISE"}


def end_option(life: Life, ending: Ending) -> None:
    """What the agenda says of an option on its last day, as far as the brokerage can tell it."""
    instrument, option = ending.instrument, ending.instrument.option
    have = life.book.quantity(instrument)
    if option is None or not have:
        return
    how = ending.how
    shares = life.universe.listed[option.underlying]
    cost = abs(have) * option.multiplier * option.strike
    if how != "expire" and not (life.can(ENDINGS[how], "BUY") and life.book.cash > cost):
        how = "expire"
    if how == "expire" and not life.can("OPTION_EXPIRATION"):
        life.trade("SELL_TO_CLOSE" if have > 0 else "BUY_TO_CLOSE", instrument, -have, Decimal("0.01"))
        return
    order = life.next_order() if how != "expire" else 0
    text = f"{ENDINGS[how].replace('_', ' ')} {instrument.name}"
    row = life.write(ENDINGS[how], instrument=instrument, quantity=-have, text=text, order=order)
    if how != "expire":
        life.trade("BUY", shares, abs(have) * option.multiplier, option.strike, order, leg_of=row.number)
