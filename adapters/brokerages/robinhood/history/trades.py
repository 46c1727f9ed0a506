"""Robinhood's orders for shares, options and coins into trades: one for each execution (3.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.brokerages.robinhood import fields, parse
from adapters.brokerages.robinhood.history.standing import S, T, cents, key_of, side_of
from adapters.brokerages.robinhood.parse import Row, last, mine, named, objects
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.instruments import Instrument, option_instrument
from domain.money import HUNDRED, ZERO
from domain.transactions import Transaction, TransactionType

OPTION_SIDES = {
    ("buy", "open"): T.BUY_TO_OPEN, ("buy", "close"): T.BUY_TO_CLOSE,
    ("sell", "open"): T.SELL_TO_OPEN, ("sell", "close"): T.SELL_TO_CLOSE,
}  # fmt: skip


def needs_order(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    if row.get("executions"):
        yield "instrument:" + named(row, "instrument")


def order(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /orders/: a transaction for each execution, none for an order without any (3.4)."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.ORDER, "order", scene.notes)
    fills = _fills(row, "order", scene)
    if not fills or not mine(row, scene):
        return
    _state(row, scene)
    side = side_of(row, scene)
    drip = side == "buy" and (row.get("drip_dividend_id") is not None or row.get("placed_agent") == "drip")
    kind = T.DIVIDEND_REINVESTMENT if drip else {"buy": T.BUY, "sell": T.SELL}.get(side, T.OTHER)
    if row.get("sales_taxes"):
        scene.notes.words["order.sales_taxes"] += 1  # their shape is not known
    instrument = parse.share(named(row, "instrument"), scene)
    word = f"order {side} drip" if drip else f"order {side}"
    deal = Deal(kind, word, side, instrument, _voided(row), raw)
    fees = rows.optional_number(row, "fees")
    for fill in fills:
        price, quantity = rows.number(fill, "price"), rows.number(fill, "quantity")
        booked = rows.optional_number(fill, "rounded_notional")  # null before September 2021
        notional = cents(price * quantity) if booked is None else booked
        yield deal.fill(fill, price, notional, fees)
        fees = None if fees is None else ZERO


def needs_option_order(raw: bytes) -> Iterator[str]:
    for leg in objects(rows.fields(raw), "legs"):
        if leg.get("executions") and "expiration_date" not in leg:
            yield "option:" + last(leg.get("option"))


def option_order(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /options/orders/: a transaction for each execution of each leg. Prices are per share."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.OPTION_ORDER, "option_order", scene.notes)
    legs = [(fill, leg) for leg in objects(row, "legs") for fill in _fills(leg, "leg", scene)]
    if not legs or not mine(row, scene):
        return
    _state(row, scene)
    told = [rows.optional_number(row, name) for name in ("regulatory_fees", "contract_fees")]
    fees = None if all(fee is None for fee in told) else sum((fee or ZERO for fee in told), ZERO)
    for fill, leg in sorted(legs, key=lambda pair: _time(pair[0])):
        side, effect = side_of(leg, scene), rows.optional_text(leg, "position_effect") or ""
        kind = OPTION_SIDES.get((side, effect))
        if kind is None:
            scene.notes.words[f"leg.{side[:16]} {effect[:16]}"] += 1
        ident = last(leg.get("option"))
        if "expiration_date" in leg:
            terms = parse.terms(leg, rows.text(row, "chain_symbol"), "option_type")
            instrument = option_instrument(terms, parse.own_option(ident))
        else:
            instrument = parse.contract(ident, scene)
        price = rows.number(fill, "price")
        notional = cents(price * rows.number(fill, "quantity") * HUNDRED)
        word = f"option_order {side} {effect}".rstrip()
        deal = Deal(kind or T.OTHER, word, side, instrument, _voided(row), raw)
        yield deal.fill(fill, price, notional, fees)
        fees = None if fees is None else ZERO


def needs_coin_order(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    if row.get("executions"):
        yield "crypto:" + rows.text(row, "account_id")
        yield "pair:" + rows.text(row, "currency_pair_id")


def coin_order(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of nummus /orders/. The booked amount is told for the order, so for its only execution; of
    several the sum is rounded and not each, so that they come to what was booked."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.COIN_ORDER, "coin_order", scene.notes)
    fills = _fills(row, "coin_order", scene)
    if not fills or not parse.my_crypto(row, scene):
        return
    _state(row, scene)
    side = side_of(row, scene)
    pair = scene.references.get("pair:" + rows.text(row, "currency_pair_id"))
    if pair is None:
        raise UnreadableReply("a currency pair is not known to the look-up")
    instrument = parse.currency(rows.text(pair, "symbol").partition("-")[0])
    kind = {"buy": T.BUY, "sell": T.SELL}.get(side, T.OTHER)
    deal = Deal(kind, f"coin_order {side}", side, instrument, _voided(row), raw)
    booked = rows.optional_number(row, "rounded_executed_notional") if len(fills) == 1 else None
    fees, worth = rows.optional_number(row, "fees"), ZERO
    for fill in fills:
        price = rows.number(fill, "effective_price")
        before, worth = worth, worth + price * rows.number(fill, "quantity")
        notional = cents(worth) - cents(before) if booked is None else booked
        yield deal.fill(fill, price, notional, fees)
        fees = None if fees is None else ZERO


@dataclass(frozen=True, slots=True)
class Deal:
    """What all executions of an order (or of a leg) have in common."""

    kind: TransactionType
    word: str
    side: str
    instrument: Instrument
    removed: str | None
    raw: bytes

    def fill(self, fill: Row, price: Decimal, notional: Decimal, fees: Decimal | None) -> Transaction:
        sign = {"buy": 1, "sell": -1}.get(self.side)
        gross = None if sign is None else -sign * notional
        executed = _time(fill)
        settles, day = fill.get("settlement_date"), fill.get("trade_execution_date")
        return Transaction(
            source_key=key_of("execution", fill),
            type=self.kind,
            trade_date=rows.market_day(executed) if day is None else rows.day(day, "trade_execution_date"),
            currency="USD",
            source_type=self.word,
            status=S.POSTED if self.removed is None else S.REMOVED,
            executed_at=executed,
            settlement_date=None if settles is None else rows.day(settles, "settlement_date"),
            instrument=self.instrument,
            quantity=None if sign is None else sign * rows.number(fill, "quantity"),
            price=price,
            gross=gross,
            fees=fees,
            net=None if gross is None or fees is None else gross - fees,
            removed_reason=self.removed,
            raw=self.raw,
        )


def _fills(row: Row, where: str, scene: Scene) -> list[Row]:
    """The executions in the order of their time, so that the first stays the first."""
    fills = objects(row, "executions")
    for fill in fills:
        rows.note_unknown(fill, fields.FILL, f"{where}.execution", scene.notes)
    return sorted(fills, key=_time)


def _time(fill: Row) -> datetime:
    return rows.instant(fill.get("timestamp"), "timestamp")


def _state(row: Row, scene: Scene) -> None:
    state = rows.text(row, "state")
    if state not in fields.ORDER_STATES:
        scene.notes.words[f"order.state.{state[:32]}"] += 1


def _voided(row: Row) -> str | None:
    """Executions of a voided order are undone; those of a cancelled or failed one stand."""
    return "VOIDED_BY_BROKERAGE" if row.get("state") == "voided" else None
