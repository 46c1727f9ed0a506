"""How the truth of a customer is made from a seed: a simulated life of every account."""

import hashlib
import random
from collections import Counter, deque
from datetime import date, timedelta
from decimal import Decimal

from adapters.sandbox import coins, lives, options, scenes
from adapters.sandbox.ledger import ZERO, Book, closed
from adapters.sandbox.life import Life
from adapters.sandbox.profile import Profile
from adapters.sandbox.scenes import Scene
from adapters.sandbox.truth import Customer, Truth, TruthAccount
from adapters.sandbox.universe import universe, weekday, weekday_before

LARGE = 20_000
YEARS = 1095
# Nothing lies on the very edge of what a brokerage keeps: a reader's window may be a day shorter.
MARGIN_DAYS = 5
SESSION = 23_000  # seconds of trading in a day, somewhat less than 09:30 to 16:00
BEFORE_BELL = -3_600
AFTER_CLOSE = 25_200
ROOM = 8  # the most rows that one scene writes, and what it may promise
PENDING_AT = 27_000
NUMBERS = 10_000_000

# What every full account lives through, in this order, between things that happen at random.
SCRIPT: tuple[Scene, ...] = (
    scenes.first_money,
    scenes.buy,
    scenes.buy_split_stock,
    scenes.buy_etf,
    scenes.buy,
    scenes.partial_fills,
    scenes.buy_coin,
    scenes.buy_fund,
    options.long_call,
    scenes.short,
    scenes.dividend,
    options.put_to_assign,
    scenes.twins,
    scenes.interest,
    scenes.reinvestment,
    scenes.fee,
    scenes.kind_transfer_in,
    scenes.foreign_dividend,
    options.short_put,
    scenes.deposit,
    scenes.cover,
    scenes.withdrawal,
    options.call_to_exercise,
    scenes.capital_gain,
    scenes.buy_coin,
    scenes.margin_interest,
    scenes.stock_dividend,
    scenes.sell,
    scenes.cash_transfer_in,
    scenes.kind_transfer_out,
    options.long_call,
    scenes.return_of_capital,
    scenes.reinvestment,
    scenes.adjustment,
    scenes.cash_transfer_out,
    scenes.sell_coin,
    options.short_put_kept,
    options.long_call_kept,
    scenes.twins,
    options.close_options,
)


def script_of(life: Life) -> tuple[Scene, ...]:
    """What only some brokerages know comes last, so that the truths of the others stay as they were."""
    profile = life.profile
    if life.nature:
        return lives.SCRIPTS[life.nature]
    if profile.only_coins:
        return coins.SCRIPT
    bonds = (scenes.buy_bond, scenes.sell_bond) if "bond" in profile.kinds else ()
    return (*SCRIPT, *bonds, *((scenes.convert,) * 2 if profile.foreign_currency else ()))


FILL: tuple[Scene, ...] = (
    *([scenes.buy] * 8),
    *([scenes.sell] * 5),
    *([scenes.dividend] * 3),
    *([scenes.reinvestment] * 2),
    scenes.partial_fills,
    scenes.deposit,
    scenes.interest,
    scenes.fee,
    scenes.buy_fund,
)
# Scenes of one row, and among them what can always happen.
LAST_RESORT: tuple[Scene, ...] = (
    scenes.buy,
    scenes.deposit,
    scenes.sell,
    scenes.interest,
    scenes.buy,
    scenes.fee,
)


def build(
    seed: int,
    profile: Profile,
    today: date,
    persona: str = "plain",
    marker: str = "",
    rows: int | None = None,
) -> Truth:
    """The truth of one customer. The same arguments give the same truth, whatever the machine.

    `rows` is how many transactions the first account has (`large`: 20,000), pending ones included.
    """
    rng = random.Random(f"{profile.brokerage}/{seed}")
    start = today - timedelta(days=max(30, min(profile.history_days, YEARS) - MARGIN_DAYS))
    market = universe(rng, profile, seed, start, today)
    accounts: list[TruthAccount] = []
    for n in range(profile.accounts):
        frame = _frame(rng, profile, seed, n)
        if persona == "empty":
            accounts.append(frame)
            continue
        wanted = rows if n == 0 else None
        if wanted is None:
            wanted = LARGE if persona == "large" and n == 0 else rng.randint(75, 110)
        numbers = (n + 1) * NUMBERS + rng.randrange(1, 1000) * 1000
        book = Book(opening_cash=profile.opening_cash)
        life = Life(rng, profile, market, frame.kind, today, numbers, book, frame.currency)
        life.nature = profile.lives[n % len(profile.lives)] if profile.lives else ""
        _live(life, start, weekday_before(today), wanted)
        accounts.append(closed(frame, life.book, tuple(reversed(life.rows)), profile))
    customer = _customer(profile, seed, marker)
    return Truth(seed, profile.brokerage, persona, today, customer, tuple(accounts))


def _live(life: Life, start: date, last: date, wanted: int) -> None:
    """Walk through the weekdays from start to last and write so many rows."""
    pending = _pending(life) if wanted > 20 else []
    target = max(1, wanted - len(pending))
    plan = Counter(_random_days(life.rng, start, last, target))
    script = deque(script_of(life))
    quota = 0
    day = start
    while day <= last:
        quota += plan[day]
        if day.weekday() < 5:
            _day(life, day, quota, script, target)
        day += timedelta(days=1)
    life.move_to(last, AFTER_CLOSE + 600)
    _top_up(life, target)
    for n, scene in enumerate(pending):
        life.move_to(last, PENDING_AT + 60 * n)
        scene(life)


def _day(life: Life, day: date, quota: int, script: deque[Scene], target: int) -> None:
    """One day: the split before the bell, then scenes, then what expires."""
    if day == life.universe.split_on:
        life.move_to(day, BEFORE_BELL)
        scenes.split(life)
    missing = quota - len(life.rows)
    for n in range(missing):
        if len(life.rows) + life.due() >= quota:
            break
        life.move_to(day, SESSION * (n + life.rng.random() / 2) / missing)
        _step(life, script, target)
    for n, ending in enumerate(life.agenda.pop(day, [])):
        life.move_to(day, AFTER_CLOSE + n)
        options.end_option(life, ending)


def _step(life: Life, script: deque[Scene], target: int) -> None:
    """One scene: the next of the script if its time has come, else a random one."""
    before = len(life.rows)
    whole = len(script_of(life))
    done = whole - len(script)
    roomy = target - before - life.due() > ROOM
    if script and before >= (target - 2 * ROOM) * done / whole:
        scene = script.popleft()
        if roomy or done == 0:
            scene(life)
    elif roomy:
        life.rng.choice(_fill(life))(life)
    resort = _last_resort(life)
    first = life.rng.randrange(len(resort))
    for n in range(len(resort)):
        if len(life.rows) > before:
            return
        resort[(first + n) % len(resort)](life)


def _fill(life: Life) -> tuple[Scene, ...]:
    if life.nature:
        return lives.FILLS[life.nature]
    return coins.FILL if life.profile.only_coins else FILL


def _last_resort(life: Life) -> tuple[Scene, ...]:
    if life.nature:
        return lives.LAST_RESORTS[life.nature]
    return coins.LAST_RESORT if life.profile.only_coins else LAST_RESORT


def _top_up(life: Life, target: int) -> None:
    """Exactly as many rows as wanted, as far as anything can happen at all."""
    while len(life.rows) < target:
        before = len(life.rows)
        for scene in _last_resort(life):
            if len(life.rows) == before:
                life.later()
                scene(life)
        if len(life.rows) == before:
            return


def _random_days(rng: random.Random, start: date, last: date, many: int) -> list[date]:
    span = (last - start).days
    days = (start + timedelta(days=rng.randint(0, span)) for _ in range(many))
    # The first row stands on the first days, so that the history is as deep as it can be.
    return [start, *(min(weekday(day), last) for day in days)][:many]


def _pending(life: Life) -> list[Scene]:
    """What has been told but has not happened yet."""
    if not life.profile.pending:
        return []
    return [scene for deed, scene in PENDING.items() if deed in life.profile.pending_types and life.can(deed)]


def _pending_buy(life: Life) -> None:
    instrument = life.universe.of("equity", "etf")[0]
    life.trade("BUY", instrument, Decimal(life.rng.randint(1, 4)), life.price(instrument), status="PENDING")


def _pending_sell(life: Life) -> None:
    instrument = life.universe.of("equity", "etf")[1]
    life.trade("SELL", instrument, -Decimal(life.rng.randint(1, 4)), life.price(instrument), status="PENDING")


def _pending_deposit(life: Life) -> None:
    life.write(
        "DEPOSIT", gross=Decimal(life.rng.randint(1, 9) * 50), text="Funds on their way", status="PENDING"
    )


def _pending_dividend(life: Life) -> None:
    instrument = life.universe.of("equity", "etf")[0]
    text = f"{instrument.name} CASH DIVIDEND"
    taxes = ZERO if life.profile.dividend_taxes == "field" else None
    life.write(
        "DIVIDEND", instrument=instrument, gross=life.cents(10, 900), taxes=taxes, text=text, status="PENDING"
    )


PENDING: dict[str, Scene] = {
    "DIVIDEND": _pending_dividend,
    "DEPOSIT": _pending_deposit,
    "SELL": _pending_sell,
    "BUY": _pending_buy,
}


def _frame(rng: random.Random, profile: Profile, seed: int, n: int) -> TruthAccount:
    """An account without a life: its names and numbers. The last digits tell the accounts apart."""
    kinds, names = profile.account_kinds, profile.account_names
    number = _patterned(rng, profile.number_pattern)[:-1] + str(n)
    secret = hashlib.sha256(f"{profile.brokerage}/{seed}/{n}".encode()).hexdigest()
    return TruthAccount(
        number=number,
        key=_patterned(rng, profile.key_pattern),
        uuid=f"{secret[:8]}-{secret[8:12]}-4{secret[13:16]}-a{secret[17:20]}-{secret[20:32]}",
        hash=secret.upper(),
        name=names[n % len(names)],
        kind=kinds[n % len(kinds)],
        currency=profile.account_currencies[n % len(profile.account_currencies)],
        cash=ZERO,
        settled_cash=ZERO,
        buying_power=ZERO,
        total_value=ZERO,
    )


def _patterned(rng: random.Random, pattern: str) -> str:
    """# becomes a digit, @ a capital letter."""
    letters = {"#": "0123456789", "@": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return "".join(rng.choice(letters[sign]) if sign in letters else sign for sign in pattern)


def _customer(profile: Profile, seed: int, marker: str) -> Customer:
    """Nobody who exists; example.com and 555-01xx are reserved for such people."""
    secret = hashlib.sha256(f"customer/{profile.brokerage}/{seed}".encode()).hexdigest()
    return Customer(
        username=f"sample-{profile.brokerage}-{seed}{marker}",
        password=f"pass-{secret[:16]}{marker}",
        phone=f"+1555555{100 + int(secret[16:20], 16) % 100:04d}",
        email=f"sample.{profile.brokerage}.{seed}{marker}@example.com",
        first_name="Sample",
        last_name="Customer",
        uuid=f"{secret[:8]}-{secret[8:12]}-4{secret[13:16]}-a{secret[17:20]}-{secret[20:32]}",
    )
