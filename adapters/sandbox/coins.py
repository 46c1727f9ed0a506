"""Scenes of an account that holds nothing but coins: traded, converted, sent, received, earned."""

from decimal import Decimal

from adapters.sandbox import scenes
from adapters.sandbox.ledger import ZERO
from adapters.sandbox.life import Life
from adapters.sandbox.scenes import Scene
from adapters.sandbox.truth import TruthInstrument

CONVERTED = "Converted"  # how the description of both rows of a conversion begins


def _held(life: Life) -> TruthInstrument | None:
    """A coin of which something is there to give away."""
    free = [h.instrument for h in life.book.holdings.values() if h.quantity * h.instrument.price > 50]
    return life.rng.choice(free) if free else None


def _part(life: Life, coin: TruthInstrument, most: int) -> Decimal:
    """A part of what is held, of at most so many hundredths."""
    return scenes.cut(life, coin, life.book.quantity(coin) * life.rng.randint(3, most) / 100)


def buy(life: Life) -> None:
    scenes.buy(life, "crypto")


def sell(life: Life) -> None:
    coin = _held(life)
    if coin is not None and life.can("SELL"):
        life.trade("SELL", coin, -_part(life, coin, 45), life.price(coin))


def partial_fills(life: Life) -> None:
    """One order, filled in three parts at prices that differ a little."""
    coin = life.rng.choice(life.universe.of("crypto"))
    price, order = life.price(coin), life.next_order()
    for n in range(3):
        quantity = scenes.cut(life, coin, life.book.cash / 40 / price)
        if quantity > 0 and life.can("BUY"):
            life.trade("BUY", coin, quantity, price + n * Decimal("0.08"), order)
            life.later()


def twins(life: Life) -> None:
    """Two fills alike in everything but their ids: both are real."""
    coin = life.rng.choice(life.universe.of("crypto"))
    price, order = life.price(coin), life.next_order()
    quantity = scenes.cut(life, coin, life.book.cash / 50 / price)
    if quantity > 0 and life.can("BUY"):
        life.trade("BUY", coin, quantity, price, order)
        life.trade("BUY", coin, quantity, price, order)


def convert(life: Life) -> None:
    """One coin for another of the same worth, without a fee: two rows of one order."""
    given = _held(life)
    others = [
        coin for coin in life.universe.of("crypto") if given is not None and coin.symbol != given.symbol
    ]
    if given is None or not others or not life.can("SELL", "BUY"):
        return
    taken, order = life.rng.choice(others), life.next_order()
    away, price = -_part(life, given, 30), life.price(taken)
    kept = life.price(given)
    more = scenes.cut(life, taken, -away * kept / price)
    if more <= 0 or not away:
        return
    text = f"{CONVERTED} {given.symbol} to {taken.symbol}"
    for deed, coin, moved, each in (("SELL", given, away, kept), ("BUY", taken, more, price)):
        life.write(
            deed,
            instrument=coin,
            quantity=moved,
            price=each,
            gross=life.gross(coin, moved, each),
            fees=ZERO if life.profile.trade_fees else None,
            text=text,
            order=order,
        )


def _moved(life: Life, deed: str, coin: TruthInstrument, quantity: Decimal, text: str) -> None:
    life.write(deed, instrument=coin, quantity=quantity, price=life.price(coin), text=f"{text} {coin.name}")


def receive(life: Life) -> None:
    coin = life.rng.choice(life.universe.of("crypto"))
    if life.can("TRANSFER_IN"):
        quantity = scenes.cut(life, coin, life.cents(5_000, 90_000) / life.price(coin))
        _moved(life, "TRANSFER_IN", coin, quantity, "Received")


def send(life: Life) -> None:
    coin = _held(life)
    if coin is not None and life.can("TRANSFER_OUT"):
        _moved(life, "TRANSFER_OUT", coin, -_part(life, coin, 20), "Sent")


def reward(life: Life) -> None:
    coin = _held(life)
    if coin is not None and life.can("STAKING_REWARD"):
        quantity = scenes.cut(life, coin, _part(life, coin, 4) / 8)
        _moved(life, "STAKING_REWARD", coin, quantity, "Reward in")


SCRIPT: tuple[Scene, ...] = (
    scenes.first_money,
    buy,
    buy,
    partial_fills,
    buy,
    receive,
    twins,
    scenes.interest,
    sell,
    reward,
    send,
    scenes.fee,
    convert,
    scenes.deposit,
    reward,
    scenes.withdrawal,
    scenes.cash_transfer_in,
    convert,
    scenes.cash_transfer_out,
    twins,
    sell,
    receive,
)
FILL: tuple[Scene, ...] = (
    *([buy] * 6),
    *([sell] * 4),
    reward,
    reward,
    receive,
    send,
    convert,
    partial_fills,
    scenes.deposit,
    scenes.interest,
    scenes.fee,
)
# Scenes of one row, and among them what can always happen.
LAST_RESORT: tuple[Scene, ...] = (buy, scenes.deposit, sell, scenes.interest, receive, scenes.fee)
