"""What becomes of Robinhood's options, with the shares that move, and splits (3.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from adapters.brokerages.robinhood import fields, parse
from adapters.brokerages.robinhood.history.standing import (
    S,
    Standing,
    T,
    cents,
    key_of,
    side_of,
    standing_of,
)
from adapters.brokerages.robinhood.parse import Row, mine, money, named, objects
from adapters.kit import rows
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Request, get
from domain.instruments import Instrument
from domain.money import ZERO
from domain.transactions import Transaction

EVENTS = {
    "expiration": T.OPTION_EXPIRATION,
    "assignment": T.OPTION_ASSIGNMENT,
    "exercise": T.OPTION_EXERCISE,
}


def needs_event(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    yield "option:" + named(row, "option")
    for part in objects(row, "equity_components", optional=True):
        yield "instrument:" + named(part, "instrument")


def event(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /options/events/: the option goes; an exercise or assignment also moves shares.

    An exercise ends a long option, an assignment a short one. For an expiration `direction` tells which
    it was: debit is long, as with positions.
    """
    row = rows.fields(raw)
    rows.note_unknown(row, fields.EVENT, "event", scene.notes)
    if not mine(row, scene):
        return
    word, direction = rows.text(row, "type"), rows.optional_text(row, "direction") or ""
    happened = _happened(row, word, raw, scene)
    long = {"exercise": True, "assignment": False}.get(word, {"debit": True, "credit": False}.get(direction))
    moved = [happened.shares(part, scene) for part in objects(row, "equity_components", optional=True)]
    yield from moved
    rest = _rest(row, word, [share.gross for share in moved], scene)
    instrument = parse.contract(named(row, "option"), scene)
    quantity = rows.number(row, "quantity")
    yield happened.option(row, instrument, None if long is None else (-quantity if long else quantity), rest)


def _rest(row: Row, word: str, paid: list[Decimal | None], scene: Scene) -> Decimal | None:
    """The cash that no share accounts for. The total is unsigned: it goes the way that the shares' cash goes;
    without shares, an exercise brings what the option was worth, and an assignment costs it. `direction` is
    not asked: of an expiration it tells the option's side, of these perhaps too (unconfirmed)."""
    if row.get("total_cash_amount") is None:
        return None
    cash, shares = abs(money(row, "total_cash_amount")), ZERO
    for gross in paid:
        if gross is None:
            return None
        shares += gross
    sign = (shares > 0) - (shares < 0) or {"exercise": 1, "assignment": -1}.get(word, 0)
    if cash and not sign:
        scene.notes.words[f"event.{word[:32]}.cash"] += 1
        return None
    return sign * cash - shares


def _happened(row: Row, word: str, raw: bytes, scene: Scene) -> "Happened":
    standing = standing_of(row, EVENTS.get(word), f"event.{word}", scene)
    day, at = rows.day(row.get("event_date"), "event_date"), None
    if row.get("created_at") is not None and standing.status is not S.PENDING:
        at = rows.instant(row["created_at"], "created_at")
    return Happened(standing, word, day, at, raw)


@dataclass(frozen=True, slots=True)
class Happened:
    """What the rows of one event have in common."""

    standing: Standing
    word: str
    day: date
    at: datetime | None
    raw: bytes

    def shares(self, part: Row, scene: Scene) -> Transaction:
        """Shares that an exercise or assignment moves; their `side` tells the direction."""
        side, shares, price = side_of(part, scene), rows.number(part, "quantity"), rows.number(part, "price")
        sign = {"buy": 1, "sell": -1}.get(side)
        gross = None if sign is None else -sign * cents(shares * price)
        told = Transaction(
            source_key=key_of("event-shares", part),
            type={"buy": T.BUY, "sell": T.SELL}.get(side, T.OTHER),
            trade_date=self.day,
            source_type=f"event {self.word} {side}",
            executed_at=self.at,
            instrument=parse.share(named(part, "instrument"), scene, rows.optional_text(part, "symbol")),
            quantity=None if sign is None else sign * shares,
            price=price,
            gross=gross,
            net=gross,
            raw=self.raw,
            currency="USD",
        )
        return self.standing.marks(told)

    def option(
        self, row: Row, instrument: Instrument, quantity: Decimal | None, cash: Decimal | None
    ) -> Transaction:
        """The option itself, with the cash that no share accounts for."""
        told = Transaction(
            source_key=key_of("event", row),
            type=self.standing.kind,
            trade_date=self.day,
            source_type=f"event {self.word}",
            executed_at=self.at,
            instrument=instrument,
            quantity=quantity,
            gross=cash,
            net=cash,
            raw=self.raw,
            currency="USD",
        )
        return self.standing.marks(told)


def needs_splits(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    ident = named(row, "instrument")
    yield "instrument:" + ident
    yield _splits_key(row, ident)


def _splits_key(row: Row, ident: str) -> str:
    """Asked again when the position has changed, as a split changes it."""
    return f"splits:{ident}@{rows.optional_text(row, 'updated_at') or ''}"


def ask_splits(keys: tuple[str, ...], call: Call) -> Request:
    return get(f"/instruments/{keys[0].partition(':')[2].partition('@')[0]}/splits/", group="splits")


def split(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """The splits of an instrument while the account had a position in it.

    Robinhood tells the ratio, not how many shares the account got: the quantity stays unknown.
    """
    row = rows.fields(raw)
    if not mine(row, scene):
        return
    ident = named(row, "instrument")
    since = rows.market_day(rows.instant(row.get("created_at"), "created_at"))
    until = rows.market_day(rows.instant(row.get("updated_at"), "updated_at"))
    held = rows.number(row, "quantity") != 0
    splits = scene.references.get(_splits_key(row, ident))
    if splits is None:  # 404: the instrument is listed no more
        scene.notes.words["splits.unlisted"] += 1
    for told in splits or []:
        day = rows.day(told.get("execution_date"), "execution_date")
        if day <= since or (not held and day > until):
            continue
        ratio = ":".join(f"{rows.number(told, name).normalize():f}" for name in ("multiplier", "divisor"))
        yield Transaction(
            source_key=f"split:{ident}:{day.isoformat()}",
            type=T.SPLIT,
            trade_date=day,
            currency="USD",
            source_type=f"split {ratio}",
            instrument=parse.share(ident, scene, rows.optional_text(row, "symbol")),
            description=f"{ratio} split",
            raw=raw,
        )
