"""The made-up market: instruments, their prices on a day, and the one split."""

import random
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthInstrument, TruthOption

CENT = Decimal("0.01")

# No real company: example words, symbols that start with X. The roles keep the ledger simple: the
# split stock is held in whole shares only, the short one is never held long.
LISTED = (
    ("equity", "XMPL", "EXAMPLE CORP"),
    ("equity", "XBOL", "SAMPLE BOLTS INC"),
    ("equity", "XCRN", "MODEL ACORN CO"),
    ("equity", "XDUN", "PLACEHOLDER DUNES LTD"),
    ("equity", "XEFT", "SPECIMEN EFTS PLC ADR"),
    ("equity", "XFOO", "FOOBAR FOODS INC"),
    ("equity", "XLOW", "LOWPRICE LAMPS CORP"),
    ("equity", "XSPT", "SPLITTING TIMBER INC"),
    ("equity", "XSHO", "SHORTED SHOES CORP"),
    ("etf", "XETF", "EXAMPLE TOTAL INDEX ETF"),
    ("etf", "XBND", "EXAMPLE BOND ETF"),
    ("mutual_fund", "XMPFX", "EXAMPLE GROWTH FUND"),
    ("mutual_fund", "XMPIX", "EXAMPLE INCOME FUND"),
    ("crypto", "BTC", "Bitcoin"),
    ("crypto", "ETH", "Ethereum"),
    ("bond", "", "EXAMPLE CORP NOTES 4.5% 2031"),
    ("bond", "", "SAMPLE BOLTS INC NOTES 3.25% 2029"),
    ("crypto", "SOL", "Solana"),
    ("crypto", "USDC", "USD Coin"),
)
SPLIT, SHORT, FOREIGN, CHEAP = "XSPT", "XSHO", "XEFT", "XLOW"
SPLIT_RATIO = (3, 2)
STABLE = "USDC"
RANGES = {
    "XLOW": (900, 4000),
    "BTC": (3_000_000, 9_000_000),
    "ETH": (150_000, 400_000),
    "SOL": (8_000, 30_000),
    STABLE: (100, 100),
}
PERCENT_OF_PAR = (8_800, 10_600)


def cusip(n: int) -> str:
    """A well-formed made-up CUSIP: eight characters and the check digit."""
    body = f"9X{n:04d}10"
    total = 0
    for place, letter in enumerate(body):
        value = int(letter) if letter.isdigit() else ord(letter) - ord("A") + 10
        doubled = value * 2 if place % 2 else value
        total += doubled // 10 + doubled % 10
    return f"{body}{(10 - total % 10) % 10}"


@dataclass(slots=True)
class Universe:
    """Instruments of one seed. The last price is fixed; earlier ones wander around it."""

    profile: Profile
    rng: random.Random
    split_on: date
    listed: dict[str, TruthInstrument]
    seed: int

    def of(self, *kinds: str) -> list[TruthInstrument]:
        """What may be bought freely: the split and the short stock have their own scenes."""
        return [i for i in self.listed.values() if i.kind in kinds and i.symbol not in (SPLIT, SHORT)]

    def price(self, instrument: TruthInstrument, on: date) -> Decimal:
        """A plausible price of a trade on a day."""
        if instrument.symbol == STABLE:
            return instrument.price
        cents = int(instrument.price * 100) * self.rng.randint(820, 1150) // 1000
        if instrument.symbol == SPLIT and on < self.split_on:
            cents = cents * SPLIT_RATIO[0] // SPLIT_RATIO[1]
        cents = max(cents, 1)
        if self.profile.whole_cents:
            return Decimal(max(cents // 8 * 8, 8)) * CENT
        price = Decimal(cents) * CENT
        finer = self.profile.price_places - 2
        if finer > 0 and instrument.kind in ("equity", "etf") and self.rng.random() < 0.3:
            price += Decimal(self.rng.randrange(10**finer)).scaleb(-2 - finer)
        return price

    def option(
        self, underlying: TruthInstrument, right: str, expiration: date, today: date
    ) -> TruthInstrument:
        """A contract near the money. What has expired by today is worth nothing."""
        dollars = max(1, int(underlying.price * self.rng.randint(88, 112) / 100))
        terms = TruthOption(underlying.symbol, expiration, right, Decimal(dollars))
        live = expiration >= today
        drawn = random.Random(f"market/{self.seed}/{terms.occ}").randint(5, 900)
        price = Decimal(drawn) * CENT if live else Decimal(0)
        name = f"{underlying.name} {expiration:%m/%d/%Y} ${dollars} {right.capitalize()}"
        known = self.listed.get(terms.occ)
        if known is None:
            ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.profile.brokerage}/{terms.occ}"))
            known = TruthInstrument(
                "option", terms.occ, name, "", ident, terms, price, 1000 + len(self.listed)
            )
            self.listed[terms.occ] = known
        return known


def universe(rng: random.Random, profile: Profile, seed: int, start: date, today: date) -> Universe:
    """Draw the instruments of the kinds that the brokerage knows."""
    # What an instrument is called does not depend on the customer, what it costs not on the brokerage.
    market = random.Random(f"market/{seed}")
    listed: dict[str, TruthInstrument] = {}
    for n, (kind, ticker, name) in enumerate(LISTED, 1):
        symbol = ticker or cusip(n)  # a bond has no ticker
        low, high = PERCENT_OF_PAR if kind == "bond" else RANGES.get(symbol, (1200, 24000))
        price = Decimal(market.randint(low, high)) * CENT
        if kind in profile.kinds and (kind != "crypto" or symbol in profile.coins):
            ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{profile.brokerage}/{symbol}"))
            known = "" if kind == "crypto" else cusip(n)
            listed[symbol] = TruthInstrument(kind, symbol, name, known, ident, None, price, n)
    middle = start + timedelta(days=(today - start).days // 2)
    return Universe(profile, rng, weekday(middle), listed, seed)


def weekday(day: date) -> date:
    """The day itself, or the next Monday."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def weekday_before(day: date) -> date:
    """The last weekday before a day."""
    day -= timedelta(days=1)
    return day - timedelta(days=max(0, day.weekday() - 4))


def friday(day: date) -> date:
    """The first Friday on or after a day: options expire on one."""
    return day + timedelta(days=(4 - day.weekday()) % 7)
