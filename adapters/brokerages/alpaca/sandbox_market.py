"""Alpaca's assets, option contracts, clock and calendar, for a market that opens on every weekday.

The assets are what the customer ever held or traded: no other ones are known here.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from adapters.brokerages.alpaca import sandbox_rows as tell
from adapters.brokerages.alpaca.sandbox_asked import Refused, choice, moment, whole, words
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthOption
from domain.money import plain

OPENS, CLOSES = time(9, 30), time(16, 0)
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2029, 12, 31)
CLASSES = ("us_equity", "us_option", "crypto", "crypto_perp")
USUAL_CONTRACTS, MOST_CONTRACTS = 100, 10_000


def instruments(truth: TruthAccount) -> list[TruthInstrument]:
    found = {p.instrument.uuid: p.instrument for p in truth.positions}
    found |= {r.instrument.uuid: r.instrument for r in truth.transactions if r.instrument is not None}
    return list(found.values())


def means(name: str, instrument: TruthInstrument) -> bool:
    """By its id or its symbol, coins with the slash or without."""
    symbol = tell.symbol(instrument, slash=False)
    return name == instrument.uuid or name.replace("/", "") == symbol


def assets(asked: Asked, mine: TruthAccount) -> Response:
    """GET /v2/assets (3.5): shares, unless another class is asked for."""
    try:
        wanted = choice(asked, "asset_class", "us_equity", CLASSES)
        status = choice(asked, "status", "active", ("active", "inactive", "all"))
    except Refused as refused:
        return refused.response
    exchange = asked.param("exchange")
    rows = [_asset(i) for i in instruments(mine) if tell.asset_class(i) == wanted]
    return say([row for row in rows if status != "inactive" and exchange in ("", row["exchange"])])


def asset(asked: Asked, mine: TruthAccount) -> Response:
    for instrument in instruments(mine):
        if means(asked.names["name"], instrument):
            return say(_asset(instrument))
    return tell.error(404, 40410000, f"asset not found for {asked.names['name']}")


def _asset(instrument: TruthInstrument) -> tell.Row:
    share, coin = instrument.kind == "equity", instrument.kind == "crypto"
    told: tell.Row = {
        "id": instrument.uuid,
        "class": tell.asset_class(instrument),
        "exchange": tell.exchange(instrument),
        "symbol": tell.symbol(instrument, slash=True),
        "name": instrument.name,
        "status": "active",
        "tradable": True,
        "marginable": share,
        "shortable": share,
        "easy_to_borrow": share,
        "borrow_status": "easy_to_borrow" if share else "not_available",
        "fractionable": share or coin,
        "attributes": [],
    }
    return told | {"min_order_size": "0.0001"} if coin else told


def contracts(asked: Asked, mine: TruthAccount) -> Response:
    """GET /v2/options/contracts (3.5). The page token is the symbol of the last contract told."""
    known = instruments(mine)
    today = asked.now.astimezone(tell.NEW_YORK).date()
    try:
        limit = whole(asked, "limit", USUAL_CONTRACTS, MOST_CONTRACTS)
        rows = [_contract(i, i.option, known, today) for i in known if i.option and _wanted(asked, i.option)]
        status = choice(asked, "status", "active", ("active", "inactive"))
    except Refused as refused:
        return refused.response
    rows = sorted((row for row in rows if row["status"] == status), key=lambda row: str(row["symbol"]))
    rows = [row for row in rows if str(row["symbol"]) > asked.param("page_token")]
    more = rows[limit - 1]["symbol"] if len(rows) > limit else None
    return say({"option_contracts": rows[:limit], "next_page_token": more})


def contract(asked: Asked, mine: TruthAccount) -> Response:
    known = instruments(mine)
    for one in known:
        if one.option is not None and means(asked.names["name"], one):
            return say(_contract(one, one.option, known, asked.now.astimezone(tell.NEW_YORK).date()))
    return tell.error(404, 40410000, f"option contract not found for {asked.names['name']}")


def _wanted(asked: Asked, option: TruthOption) -> bool:
    """Raises Refused for bounds that are none."""
    exactly = moment(asked, "expiration_date")
    earliest, latest = moment(asked, "expiration_date_gte"), moment(asked, "expiration_date_lte")
    low, high = _price(asked, "strike_price_gte"), _price(asked, "strike_price_lte")
    underlying = words(asked, "underlying_symbols") | words(asked, "root_symbol")
    return (
        (not underlying or option.underlying in underlying)
        and choice(asked, "type", "", ("call", "put")) in ("", option.right)
        and choice(asked, "style", "american", ("american", "european")) == "american"
        and (exactly is None or option.expiration == exactly.date())
        and (earliest is None or option.expiration >= earliest.date())
        and (latest is None or option.expiration <= latest.date())
        and (low is None or option.strike >= low)
        and (high is None or option.strike <= high)
    )


def _price(asked: Asked, name: str) -> Decimal | None:
    told = asked.param(name)
    try:
        found = Decimal(told) if told else None
    except InvalidOperation:
        found = Decimal("NaN")
    if found is not None and not found.is_finite():
        raise Refused(f"invalid {name}: {told[:40]}")
    return found


def _contract(
    instrument: TruthInstrument, option: TruthOption, known: Iterable[TruthInstrument], today: date
) -> tell.Row:
    live = option.expiration >= today
    shares = next((one.uuid for one in known if one.symbol == option.underlying), None)
    return {
        "id": instrument.uuid,
        "symbol": tell.symbol(instrument, slash=False),
        "name": instrument.name,
        "status": "active" if live else "inactive",
        "tradable": live,
        "expiration_date": option.expiration.isoformat(),
        "root_symbol": option.underlying,
        "underlying_symbol": option.underlying,
        # Who never touched the shares still gets an id, as no real contract is without one.
        "underlying_asset_id": shares or tell.made_up_id(f"asset {option.underlying}"),
        "type": option.right,
        "style": "american",
        "strike_price": plain(option.strike),
        "size": plain(option.multiplier),
        "close_price": plain(instrument.price),
    }


def clock(asked: Asked) -> Response:
    now = asked.now.astimezone(tell.NEW_YORK)
    weekday = now.weekday() < 5
    opens = _next(now, OPENS)
    closes = _next(now, CLOSES)
    is_open = weekday and OPENS <= now.time() < CLOSES
    told = {"next_open": opens.isoformat(), "next_close": closes.isoformat()}
    return say({"timestamp": now.isoformat(), "is_open": is_open, **told})


def _next(now: datetime, at: time) -> datetime:
    """The next time after now that a weekday's clock shows so."""
    day = now.date()
    while day.weekday() > 4 or datetime.combine(day, at, tell.NEW_YORK) <= now:
        day += timedelta(days=1)
    return datetime.combine(day, at, tell.NEW_YORK)


def calendar(asked: Asked) -> Response:
    try:
        start, end = moment(asked, "start"), moment(asked, "end")
    except Refused as refused:
        return refused.response
    first = max(start.date() if start else FIRST_DAY, FIRST_DAY)
    last = min(end.date() if end else LAST_DAY, LAST_DAY)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    hours = {"open": f"{OPENS:%H:%M}", "close": f"{CLOSES:%H:%M}"}
    return say([{"date": day.isoformat(), **hours} for day in days if day.weekday() < 5])
