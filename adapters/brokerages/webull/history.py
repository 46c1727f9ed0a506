"""Webull's history into our nouns: filled orders, movements of cash, transfers. Pure.

Signs: quantities of orders are unsigned, their side tells. A cash activity's `net_amount` is taken as + into
the account (unconfirmed, 3.5). What an order fill did to cash is told by both of the first two: the order is
kept, it knows quantity and price. Cash of an ACATS transfer is told by both of the last two: the transfer is.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.brokerages.webull import fields, parse, reads
from adapters.brokerages.webull.parse import Row
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.transactions import Transaction, TransactionStatus, TransactionType

T, S = TransactionType, TransactionStatus
FEES_SINCE = date(2026, 7, 18)  # from then on the detail of an order tells fees (3.4)
SIDES = {"BUY": (T.BUY, 1), "SELL": (T.SELL, -1), "SHORT": (T.SELL_SHORT, -1)}
INTENTS = {
    "BUY_TO_OPEN": T.BUY_TO_OPEN, "BUY_TO_CLOSE": T.BUY_TO_CLOSE,
    "SELL_TO_OPEN": T.SELL_TO_OPEN, "SELL_TO_CLOSE": T.SELL_TO_CLOSE,
}  # fmt: skip
OF_SHARES = {"BUY_TO_CLOSE": T.BUY_TO_COVER, "SELL_TO_OPEN": T.SELL_SHORT}
# Whether something has been filled, by its status; None: as filled_quantity says.
STATUSES = {
    "FILLED": True, "PARTIAL_FILLED": True,
    "SUBMITTED": None, "CANCELLED": None, "FAILED": None, "PENDING": None, "REJECTED": None,
}  # fmt: skip


# ---- orders


@dataclass(frozen=True, slots=True)
class Fill:
    """What all rows of one filled order have in common."""

    order: Row
    raw: bytes
    currency: str
    executed_at: datetime
    filled: Decimal
    price: Decimal | None
    fees: Decimal | None

    def row(self, key: str, kind: TransactionType, **more: Any) -> Transaction:  # noqa: ANN401 - fields of it
        word = rows.optional_text(self.order, "position_intent") or rows.text(self.order, "side")
        return Transaction(
            source_key=f"order:{key}",
            type=kind,
            trade_date=rows.market_day(self.executed_at),
            currency=self.currency,
            source_type=word,
            executed_at=self.executed_at,
            raw=self.raw,
            **more,
        )


def order(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A group of orders of the history (3.4). Each that was filled, wholly or in part, is one trade."""
    group = rows.fields(raw)
    rows.note_unknown(group, fields.GROUP, "group", scene.notes)
    for told in reads.orders_of(group):
        rows.note_unknown(told, fields.ORDER, "order", scene.notes)
        filled = _filled(told, scene)
        if filled:
            yield from _trade(told, filled, raw, scene)


def order_needs(raw: bytes) -> Iterator[str]:
    """The costs of an order stand in its detail only."""
    for told in reads.orders_of(rows.fields(raw)):
        lacks = "commission" not in told and "fees" not in told
        if lacks and _filled(told, None) and rows.market_day(_filled_at(told)) >= FEES_SINCE:
            yield _detail(told)


def _detail(told: Row) -> str:
    return f"order:{rows.text(told, 'client_order_id')}/{rows.text(told, 'order_id')}"


def _filled(told: Row, scene: Scene | None) -> Decimal | None:
    status = rows.text(told, "status").upper().replace(" ", "_")
    if status not in STATUSES and scene is not None:
        scene.notes.words[f"order.status.{status[:32]}"] += 1
    if STATUSES.get(status):
        return rows.number(told, "filled_quantity")
    return rows.optional_number(told, "filled_quantity")


def _filled_at(told: Row) -> datetime:
    at = told.get("filled_time_at")
    if at is not None:
        return rows.instant(at, "filled_time_at")
    return rows.epoch_milliseconds(told.get("filled_time"), "filled_time")


def _trade(told: Row, filled: Decimal, raw: bytes, scene: Scene) -> Iterator[Transaction]:
    cost = reads.charged(told)
    if cost is None:
        cost = scene.references.get(_detail(told))
    currency = scene.account.currency if scene.account is not None else "USD"  # an order has none
    price = rows.optional_number(told, "filled_price")
    fill = Fill(told, raw, currency, _filled_at(told), filled, price, cost)
    legs = told.get("legs")
    if legs is not None and not isinstance(legs, list):
        raise UnreadableReply("legs is not a list")
    side = rows.text(told, "side").upper()
    kind, sign = SIDES.get(side, (T.OTHER, 0))
    if not sign:
        scene.notes.words[f"order.side.{side[:32]}"] += 1
    for leg in legs or ():
        if not isinstance(leg, dict):
            raise UnreadableReply("a leg is not an object")
        rows.note_unknown(leg, fields.LEG, "leg", scene.notes)
    if legs and len(legs) > 1:
        yield from _package(fill, legs, kind, sign, scene)
        return
    instrument = parse.instrument_of({**told, **legs[0]} if legs else told, currency, scene)
    each = parse.multiplier_of(instrument)
    gross = None if price is None or each is None or not sign else -sign * filled * price * each
    yield fill.row(
        rows.text(told, "order_id"),
        _type(told, instrument, kind),
        instrument=instrument,
        quantity=sign * filled if sign else None,
        price=price,
        gross=gross,
        fees=cost,
        net=None if gross is None or cost is None else gross - cost,
    )


def _type(told: Row, instrument: Instrument, kind: TransactionType) -> TransactionType:
    intent = (rows.optional_text(told, "position_intent") or "").upper()
    if instrument.kind is InstrumentKind.OPTION:
        plain = T.SELL if kind is T.SELL_SHORT else kind
        return INTENTS.get(intent, plain)
    return OF_SHARES.get(intent, kind)


def _package(
    fill: Fill, legs: list[Row], kind: TransactionType, sign: int, scene: Scene
) -> Iterator[Transaction]:
    """A strategy: the legs moved without a price of their own, and the whole was paid for at once. A leg's
    quantity is taken as that of the whole order (unconfirmed), of which a part may be filled."""
    told = fill.order
    number, total = rows.text(told, "order_id"), rows.number(told, "total_quantity")
    each: set[Decimal | None] = set()
    for n, leg in enumerate(legs):
        instrument = parse.instrument_of(leg, fill.currency, scene)
        each.add(parse.multiplier_of(instrument) if instrument.option is not None else None)
        side, way = SIDES.get(rows.text(leg, "side").upper(), (T.OTHER, 0))
        quantity = rows.number(leg, "quantity")
        if fill.filled != total and total:
            quantity = quantity * fill.filled / total
        leg_key = rows.optional_text(leg, "id") or str(n)
        moved = way * quantity if way else None
        yield fill.row(f"{number}/{leg_key}", side, instrument=instrument, quantity=moved)
    known = {one for one in each if one is not None}
    gross = None
    if len(known) == 1 and fill.price is not None and sign:
        gross = -sign * fill.filled * fill.price * known.pop()
    strategy = rows.optional_text(told, "option_strategy") or "strategy"
    yield fill.row(
        number,
        kind,
        gross=gross,
        fees=fill.fees,
        net=None if gross is None or fill.fees is None else gross - fill.fees,
        description=f"{strategy} {rows.optional_text(told, 'symbol') or ''}".strip(),
    )


# ---- cash

# Section 3.5 and 5. None: the sign of the amount decides whether it came in or went out.
ACTIVITIES: dict[str, TransactionType | None] = {
    "DEPOSIT": T.DEPOSIT, "WITHDRAW": T.WITHDRAWAL, "FEES": T.FEE, "INTERESTS": T.INTEREST,
    "JOURNAL": None, "TRANSFER": None,
    "EC_STATEMENT": T.OTHER,  # "-> other" (5)
}  # fmt: skip
# What other types say, in their own words or their sub type's; the first that is found.
WORDS = (
    ("TAX", T.TAX), ("WITHHOLD", T.TAX), ("DIVIDEND", T.DIVIDEND), ("EXERCISE", T.OPTION_EXERCISE),
    ("ASSIGN", T.OPTION_ASSIGNMENT), ("EXPIR", T.OPTION_EXPIRATION), ("INTEREST", T.INTEREST), ("FEE", T.FEE),
)  # fmt: skip
ORDERED = frozenset({"", *SIDES, *INTENTS})


def activity(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A cash activity (3.5)."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.ACTIVITY, "activity", scene.notes)
    word, sub = rows.text(row, "activity_type").upper(), (rows.optional_text(row, "activity_sub_type") or "")
    key, amount, sub = rows.text(row, "id"), rows.number(row, "net_amount"), sub.upper()
    if (word == "TRADE" and sub in ORDERED) or (word == "TRANSFER" and "ACATS" in sub):
        return
    at, day = row.get("biz_time"), row.get("trade_date")
    executed = None if at is None else rows.instant(at, "biz_time")
    if day is None and executed is None:
        raise UnreadableReply("an activity has no date")
    symbol, currency = rows.optional_text(row, "symbol"), rows.text(row, "currency")
    yield Transaction(
        source_key=f"activity:{key}",
        type=_activity_type(word, sub, amount, scene),
        trade_date=rows.day(day, "trade_date") if executed is None or day else rows.market_day(executed),
        currency=currency,
        source_type=f"{word} {sub}".strip(),
        executed_at=executed,
        instrument=None if symbol is None else Instrument(InstrumentKind.EQUITY, symbol, currency),
        gross=amount,
        net=amount,
        description=f"{word} {sub}".strip().replace("_", " ").capitalize(),
        raw=raw,
    )


def _activity_type(word: str, sub: str, amount: Decimal, scene: Scene) -> TransactionType:
    found = next((kind for part, kind in WORDS if part in f"{word} {sub}"), None)
    if word in ACTIVITIES:
        # A tax or a dividend is called so by the sub type, whatever the type.
        found = found if found in {T.TAX, T.DIVIDEND} else ACTIVITIES[word]
        if found is None:
            return T.TRANSFER_OUT if amount < 0 else T.TRANSFER_IN
    if found is None:
        scene.notes.words[f"activity.{word[:32]}.{sub[:32]}"] += 1
    return T.MARGIN_INTEREST if found is T.INTEREST and amount < 0 else found or T.OTHER


# ---- transfers

DIRECTIONS = {"INCOMING": (T.TRANSFER_IN, 1), "OUTGOING": (T.TRANSFER_OUT, -1)}
STANDING = {
    "PENDING": S.PENDING, "COMPLETED": S.POSTED,
    "REJECTED": S.REMOVED, "FAILED": S.REMOVED, "CANCELLED": S.REMOVED,
}  # fmt: skip


def transfer_needs(raw: bytes) -> Iterator[str]:
    yield "transfer:" + rows.text(rows.fields(raw), "transfer_id")


def transfer(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A transfer (3.6): a row for each position that it moves, and one for the cash."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.TRANSFER, "transfer", scene.notes)
    number = rows.text(row, "transfer_id")
    detail: Row = scene.references[f"transfer:{number}"]
    rows.note_unknown(detail, fields.DETAIL, "transfer", scene.notes)
    way, status = rows.text(row, "direction").upper(), rows.text(row, "status").upper()
    for word, known, name in ((way, DIRECTIONS, "direction"), (status, STANDING, "status")):
        if word not in known:
            scene.notes.words[f"transfer.{name}.{word[:32]}"] += 1
    seen: Counter[str] = Counter()
    for told in _moved(detail):
        rows.note_unknown(told, fields.MOVED, "moved", scene.notes)
        what = f"{rows.text(told, 'asset_type')}:{rows.text(told, 'symbol')}"
        seen[what] += 1
        yield _transfer(row, told, f"{number}:{what}:{seen[what]}", raw, scene)
    cash = rows.optional_mapping(detail, "cash")
    if cash:
        rows.note_unknown(cash, fields.MOVED, "moved", scene.notes)
        yield _transfer(row, cash, f"{number}:cash", raw, scene)


def _moved(detail: Row) -> list[Row]:
    told = detail.get("positions")
    if told is None:
        return []
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise UnreadableReply("positions is not a list of objects")
    return told


def _transfer(row: Row, told: Row, key: str, raw: bytes, scene: Scene) -> Transaction:
    kind, sign = DIRECTIONS.get(rows.text(row, "direction").upper(), (T.OTHER, 0))
    status = STANDING.get(rows.text(row, "status").upper(), S.PENDING)
    created = rows.instant(row.get("create_time"), "create_time")
    settled = told.get("settlement_date") or row.get("transfer_settlement_date")
    currency = rows.optional_text(told, "currency") or (scene.account.currency if scene.account else "USD")
    removed = rows.text(row, "status").upper() + "_BY_BROKERAGE" if status is S.REMOVED else None
    quantity = price = cash = instrument = None
    if "asset_type" in told:
        instrument = parse.instrument_of({**told, "instrument_type": told["asset_type"]}, currency, scene)
        name = "total_quantity" if sign < 0 and told.get("total_quantity") else "quantity"
        quantity = sign * abs(rows.number(told, name)) if sign else None
        price = rows.optional_number(told, "transfer_price")
    else:
        cash = sign * abs(rows.number(told, "amount")) if sign else None
    return Transaction(
        source_key=f"transfer:{key}",
        type=kind,
        trade_date=rows.market_day(created),
        currency=currency,
        source_type=f"{rows.text(row, 'transfer_method')} {rows.text(row, 'direction')}",
        status=status,
        executed_at=created,
        settlement_date=rows.day(settled, "settlement_date") if settled else None,
        instrument=instrument,
        quantity=quantity,
        price=price,
        gross=cash,
        net=cash,
        removed_reason=removed,
        raw=raw,
    )
