"""Scenes of an account's life: each writes some rows, or none where they cannot happen."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from adapters.sandbox.life import CENT, Life
from adapters.sandbox.truth import TruthInstrument, TruthTransaction
from adapters.sandbox.universe import FOREIGN, SHORT, SPLIT, SPLIT_RATIO

Scene = Callable[[Life], None]
ZERO = Decimal(0)
HUNDRED = Decimal(100)


def places(life: Life, instrument: TruthInstrument) -> int:
    if instrument.kind == "crypto":
        return life.profile.coin_places
    return life.profile.quantity_places if life.profile.fractional else 0


def cut(life: Life, instrument: TruthInstrument, quantity: Decimal) -> Decimal:
    """The most of a quantity that can be written down, never more."""
    if life.profile.whole_cents and places(life, instrument):
        return (quantity * 8).to_integral_value(ROUND_FLOOR) / 8
    return quantity.quantize(Decimal(1).scaleb(-places(life, instrument)), ROUND_FLOOR)


# --- money in and out ---


def deposit(life: Life) -> None:
    if life.can("DEPOSIT"):
        life.cash("DEPOSIT", Decimal(life.rng.randint(10, 60)) * HUNDRED, "Electronic funds received")


def first_money(life: Life) -> None:
    for deed in ("DEPOSIT", "TRANSFER_IN", "ADJUSTMENT"):
        if life.can(deed):
            life.cash(deed, Decimal(life.rng.randint(250, 600)) * HUNDRED, "Electronic funds received")
            return


def withdrawal(life: Life) -> None:
    amount = life.cents(5_000, 90_000)
    if life.can("WITHDRAWAL") and life.book.cash > amount * 2:
        life.cash("WITHDRAWAL", -amount, "Electronic funds sent")


def interest(life: Life) -> None:
    if life.can("INTEREST"):
        life.cash("INTEREST", life.cents(1, 2_500), "Interest on cash")


def margin_interest(life: Life) -> None:
    if life.can("MARGIN_INTEREST") and life.kind == "margin":
        life.cash("MARGIN_INTEREST", -life.cents(1, 1_900), "Margin interest")


def fee(life: Life) -> None:
    if life.can("FEE"):
        life.cash("FEE", -life.cents(1, 1_500), "Service fee")


def adjustment(life: Life) -> None:
    if life.can("ADJUSTMENT"):
        sign = life.rng.choice((-1, 1))
        life.cash("ADJUSTMENT", sign * life.cents(1, 700), "Adjustment")


def cash_transfer_in(life: Life) -> None:
    if life.can("TRANSFER_IN"):
        life.cash("TRANSFER_IN", life.cents(20_000, 400_000), "Transfer of cash in")


def cash_transfer_out(life: Life) -> None:
    amount = life.cents(5_000, 60_000)
    if life.can("TRANSFER_OUT") and life.book.cash > amount * 2:
        life.cash("TRANSFER_OUT", -amount, "Transfer of cash out")


def kind_transfer_in(life: Life) -> None:
    if life.can("TRANSFER_IN"):
        instrument = life.rng.choice(life.universe.of("equity", "etf"))
        quantity = Decimal(life.rng.randint(2, 40))
        text = f"Transfer of {quantity} {instrument.symbol} in"
        price = life.price(instrument)
        life.write("TRANSFER_IN", instrument=instrument, quantity=quantity, price=price, text=text)


def kind_transfer_out(life: Life) -> None:
    instrument = held(life, "equity", "etf")
    if life.can("TRANSFER_OUT") and instrument is not None:
        quantity = Decimal(life.rng.randint(1, 3))
        if life.book.quantity(instrument) > quantity:
            text = f"Transfer of {quantity} {instrument.symbol} out"
            price = life.price(instrument)
            life.write("TRANSFER_OUT", instrument=instrument, quantity=-quantity, price=price, text=text)


def convert(life: Life) -> None:
    """Money into another currency and back again: each time a leg in either currency."""
    amount = Decimal(life.rng.randint(1, 9)) * HUNDRED
    foreign = life.profile.foreign_currency
    if not life.can("FX_CONVERSION") or life.book.cash < amount * 2:
        return
    for sign in (1, -1):
        rate = Decimal(life.rng.randint(9_000, 13_000)).scaleb(-4)
        order, text = life.next_order(), f"{foreign}.{life.currency}"
        home = -sign * amount * rate
        life.write("FX_CONVERSION", price=rate, gross=home, fees=Decimal(2), text=text, order=order)
        leg = sign * amount
        life.write("FX_CONVERSION", price=rate, gross=leg, text=text, order=order, currency=foreign)
        life.later(60)


# --- buying and selling ---


def held(life: Life, *kinds: str, but: str = SPLIT) -> TruthInstrument | None:
    """Something held long and free to sell, other than the split stock and one more."""
    free = [
        holding.instrument
        for holding in life.book.holdings.values()
        if holding.instrument.kind in kinds
        and holding.quantity > 1
        and holding.instrument.symbol not in (SPLIT, but)
    ]
    return life.rng.choice(free) if free else None


def affordable(life: Life, instrument: TruthInstrument, price: Decimal) -> Decimal:
    """A quantity that a part of the cash pays for; whole or fractional."""
    spend = life.book.cash * life.rng.randint(2, 12) / 100
    if spend < 50:
        return ZERO
    quantity = spend / price
    if instrument.kind in ("equity", "etf") and life.rng.random() < 0.6:
        return quantity.to_integral_value(ROUND_FLOOR)
    return cut(life, instrument, quantity)


def buy(life: Life, *kinds: str) -> None:
    choice = life.universe.of(*(kinds or ("equity", "etf")))
    if not choice or not life.can("BUY"):
        return
    instrument = life.rng.choice(choice)
    price = life.price(instrument)
    quantity = affordable(life, instrument, price)
    if quantity > 0:
        life.trade("BUY", instrument, quantity, price)


def buy_fund(life: Life) -> None:
    buy(life, "mutual_fund")


def buy_bond(life: Life) -> None:
    """Face value by the thousand."""
    choice = life.universe.of("bond")
    if not choice or not life.can("BUY"):
        return
    bond = life.rng.choice(choice)
    price = life.price(bond)
    face = Decimal(life.rng.randint(1, 5) * 1000)
    if life.book.cash > face * price * bond.multiplier:
        life.trade("BUY", bond, face, price)


def sell_bond(life: Life) -> None:
    bond = held(life, "bond")
    if bond is not None and life.can("SELL"):
        life.trade("SELL", bond, -Decimal(1000), life.price(bond))


def buy_etf(life: Life) -> None:
    buy(life, "etf")


def buy_coin(life: Life) -> None:
    """A coin, and what it costs in kind."""
    before = len(life.rows)
    buy(life, "crypto")
    if len(life.rows) == before:
        return
    row = life.rows[-1]
    if row.instrument is None or row.quantity is None:
        return
    if not life.profile.coin_fees or not life.can("FEE"):
        return
    taken = cut(life, row.instrument, row.quantity / 400)
    if taken > 0:
        life.later()
        text = f"Fee in {row.instrument.symbol}"
        life.write("FEE", instrument=row.instrument, quantity=-taken, price=row.price, text=text)


def sell(life: Life, *kinds: str) -> None:
    instrument = held(life, *(kinds or ("equity", "etf", "mutual_fund")))
    if instrument is None or not life.can("SELL"):
        return
    have = life.book.quantity(instrument)
    part = have if life.rng.random() < 0.15 else cut(life, instrument, have * life.rng.randint(10, 60) / 100)
    if part > 0:
        life.trade("SELL", instrument, -part, life.price(instrument))


def sell_coin(life: Life) -> None:
    instrument = next(
        (h.instrument for h in life.book.holdings.values() if h.instrument.kind == "crypto"), None
    )
    if instrument is not None and life.can("SELL"):
        part = cut(life, instrument, life.book.quantity(instrument) / 3)
        if part > 0:
            life.trade("SELL", instrument, -part, life.price(instrument))


def shared_order(life: Life) -> int:
    """The order that several fills belong to; 0 where each is told as an order of its own."""
    return life.next_order() if life.profile.order_fills else 0


def partial_fills(life: Life) -> None:
    """One order, filled in two or three parts at prices that differ a little."""
    if not life.can("BUY"):
        return
    instrument = life.rng.choice(life.universe.of("equity", "etf"))
    order = shared_order(life)
    price = life.price(instrument)
    for n in range(life.rng.randint(2, 3)):
        if life.book.cash > price * 20:
            life.trade("BUY", instrument, Decimal(life.rng.randint(1, 9)), price + n * Decimal("0.08"), order)
            life.later()


def twins(life: Life) -> None:
    """Two fills alike in everything but their ids: both are real."""
    if not life.can("BUY"):
        return
    instrument = life.rng.choice(life.universe.of("equity"))
    price, quantity = life.price(instrument), Decimal(life.rng.randint(1, 5))
    if life.book.cash > price * quantity * 3:
        order = shared_order(life)
        life.trade("BUY", instrument, quantity, price, order)
        life.trade("BUY", instrument, quantity, price, order)


def short(life: Life) -> None:
    instrument = life.universe.listed.get(SHORT)
    if life.profile.shorts and life.kind == "margin" and instrument is not None and life.can("SELL_SHORT"):
        life.trade("SELL_SHORT", instrument, -Decimal(life.rng.randint(10, 30)), life.price(instrument))


def cover(life: Life) -> None:
    instrument = life.universe.listed.get(SHORT)
    if instrument is not None and life.can("BUY_TO_COVER") and life.book.quantity(instrument) < -5:
        life.trade("BUY_TO_COVER", instrument, Decimal(life.rng.randint(1, 5)), life.price(instrument))


# --- what companies do ---


def dividend(life: Life) -> None:
    instrument = held(life, "equity", "etf")
    if instrument is not None and life.can("DIVIDEND"):
        _pay_dividend(life, instrument, life.cents(20, 6_000))


def foreign_dividend(life: Life) -> None:
    """A dividend of the foreign stock, which is bought for it if it is not held."""
    instrument = life.universe.listed.get(FOREIGN)
    if instrument is None or not life.can("DIVIDEND"):
        return
    if life.book.quantity(instrument) <= 1 and life.can("BUY") and life.book.cash > instrument.price * 8:
        life.trade("BUY", instrument, Decimal(4), life.price(instrument))
        life.later(60)
    if life.book.quantity(instrument) > 0:
        _pay_dividend(life, instrument, life.cents(500, 6_000))


def _pay_dividend(life: Life, instrument: TruthInstrument, amount: Decimal) -> TruthTransaction:
    """The tax of a foreign dividend is a row of its own, a field, or not told, as the brokerage does."""
    way = life.profile.dividend_taxes
    withheld = (amount * 15 / 100).quantize(CENT) if instrument.symbol == FOREIGN else ZERO
    taxes = withheld if way == "field" else None
    text = f"{instrument.name} CASH DIVIDEND"
    row = life.write("DIVIDEND", instrument=instrument, gross=amount, taxes=taxes, text=text)
    if withheld and way == "row" and life.can("TAX"):
        life.later()
        life.cash("TAX", -withheld, f"{instrument.name} FOREIGN TAX WITHHELD", instrument)
    return row


def reinvestment(life: Life) -> None:
    """A dividend and the purchase that it pays for."""
    if not life.can("DIVIDEND", "DIVIDEND_REINVESTMENT"):
        return
    instrument = held(life, "equity", "etf", "mutual_fund", but=FOREIGN)
    if instrument is None:
        return
    price = life.price(instrument)
    enough = ZERO if places(life, instrument) else price.quantize(CENT, ROUND_CEILING)
    amount = max(life.cents(400, 9_000), enough)
    quantity = cut(life, instrument, amount / price)
    row = _pay_dividend(life, instrument, amount)
    if quantity > 0:
        life.later()
        life.trade("DIVIDEND_REINVESTMENT", instrument, quantity, price, reinvests=row.number)


def capital_gain(life: Life) -> None:
    instrument = held(life, "mutual_fund", "etf")
    if instrument is not None and life.can("CAPITAL_GAIN"):
        life.cash("CAPITAL_GAIN", life.cents(50, 4_000), f"{instrument.name} LONG TERM GAIN", instrument)


def return_of_capital(life: Life) -> None:
    instrument = held(life, "equity", "etf")
    if instrument is not None and life.can("RETURN_OF_CAPITAL"):
        life.cash(
            "RETURN_OF_CAPITAL", life.cents(50, 900), f"{instrument.name} RETURN OF CAPITAL", instrument
        )


def stock_dividend(life: Life) -> None:
    instrument = held(life, "equity")
    if instrument is not None and life.can("STOCK_DIVIDEND"):
        quantity = Decimal(life.rng.randint(1, 2))
        text = f"{instrument.name} STOCK DIVIDEND"
        life.write("STOCK_DIVIDEND", instrument=instrument, quantity=quantity, text=text)


def buy_split_stock(life: Life) -> None:
    """An odd number of whole shares, so that the split leaves half a share, paid in cash."""
    instrument = life.universe.listed.get(SPLIT)
    if instrument is None or not life.can("SPLIT", "BUY") or life.day >= life.universe.split_on:
        return
    quantity = Decimal(life.rng.randrange(6, 20, 2) + (1 if life.can("CASH_IN_LIEU") else 0))
    price = life.price(instrument)
    if not life.book.quantity(instrument) and life.book.cash > quantity * price:
        life.trade("BUY", instrument, quantity, price)


def split(life: Life) -> None:
    instrument = life.universe.listed.get(SPLIT)
    have = ZERO if instrument is None else life.book.quantity(instrument)
    if instrument is None or not have:
        return
    new, old = SPLIT_RATIO
    more = have * new / old - have
    kept = more.to_integral_value(ROUND_FLOOR)
    life.write(
        "SPLIT", instrument=instrument, quantity=kept, text=f"{instrument.name} {new}:{old} STOCK SPLIT"
    )
    if more > kept:
        life.later()
        paid = ((more - kept) * life.price(instrument)).quantize(CENT)
        life.cash("CASH_IN_LIEU", paid, f"{instrument.name} CASH IN LIEU", instrument)
