"""Lives of accounts of a narrower nature: positions that are opened and closed as a whole, or money alone."""

from decimal import Decimal

from adapters.sandbox import scenes
from adapters.sandbox.life import Life
from adapters.sandbox.scenes import Scene

MOST = 400  # twins cost twice that, so that cash is left for others


def _open(life: Life, many: int) -> None:
    """So many alike of something that is not held: then what is left costs on average what it cost."""
    held = {instrument.symbol for instrument, _ in life.lots}
    free = [one for one in life.universe.of(*sorted(life.profile.kinds)) if one.symbol not in held]
    if not free or life.book.cash < MOST or not life.can("BUY"):
        return
    instrument = life.rng.choice(free)
    price = life.price(instrument)
    spent = Decimal(life.rng.randint(60, MOST if many > 1 else int(min(life.book.cash / 4, Decimal(6000)))))
    quantity = scenes.cut(life, instrument, spent / price)
    for _ in range(many if quantity > 0 else 0):
        life.trade("BUY", instrument, quantity, price)
        life.lots.append((instrument, quantity))


def open_lot(life: Life) -> None:
    _open(life, 1)


def open_twins(life: Life) -> None:
    """Two alike in everything but their ids: both are real."""
    _open(life, 2)


def close_lot(life: Life) -> None:
    if life.lots and life.can("SELL"):
        instrument, quantity = life.lots.pop(life.rng.randrange(len(life.lots)))
        life.trade("SELL", instrument, -quantity, life.price(instrument))


SCRIPTS: dict[str, tuple[Scene, ...]] = {
    "lots": (open_lot, open_lot, open_twins, open_lot, close_lot, open_lot, open_twins, close_lot, open_lot),
    "money": (
        scenes.first_money,
        scenes.deposit,
        scenes.withdrawal,
        scenes.fee,
        scenes.cash_transfer_in,
        scenes.cash_transfer_out,
        scenes.withdrawal,
        scenes.deposit,
    ),
}
FILLS: dict[str, tuple[Scene, ...]] = {
    "lots": (open_lot, close_lot, open_lot, close_lot, open_twins),
    "money": (scenes.deposit, scenes.withdrawal, scenes.fee, scenes.cash_transfer_out, scenes.deposit),
}
# Scenes of one row, and among them what can always happen.
LAST_RESORTS: dict[str, tuple[Scene, ...]] = {
    "lots": (open_lot, close_lot),
    "money": (scenes.deposit, scenes.withdrawal, scenes.fee),
}
