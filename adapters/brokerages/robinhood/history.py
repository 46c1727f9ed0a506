"""Robinhood's history into our transactions: eleven lists, each with rows of its own. Pure.

Signs: orders are unsigned, their `side` tells; cash rows are unsigned, their `direction` or the list they
stand in tells. `fees` of an order are the order's, once: its first execution carries them. Days are
New York's. Amounts are dollars.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from adapters.brokerages.robinhood import fields, parse
from adapters.brokerages.robinhood.parse import Row, last, mine, money, named, objects, told_day
from adapters.kit import rows
from adapters.kit.card import Call, Rows, Scene
from adapters.kit.paging import NextLink
from adapters.kit.wire import Request, Response, get
from domain.errors import UnreadableReply
from domain.instruments import Instrument, option_instrument
from domain.money import HUNDRED, ZERO
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
S = TransactionStatus
CENT = Decimal("0.01")

# States of everything else (3.5).
STANDING = {
    "paid": S.POSTED, "reinvested": S.POSTED, "completed": S.POSTED, "confirmed": S.POSTED,
    "pending": S.PENDING, "preparing": S.PENDING,
    "voided": S.REMOVED, "reverted": S.REMOVED, "cancelled": S.REMOVED, "canceled": S.REMOVED,
    "failed": S.REMOVED, "reversed": S.REMOVED,
}  # fmt: skip
OPTION_SIDES = {
    ("buy", "open"): T.BUY_TO_OPEN, ("buy", "close"): T.BUY_TO_CLOSE,
    ("sell", "open"): T.SELL_TO_OPEN, ("sell", "close"): T.SELL_TO_CLOSE,
}  # fmt: skip
EVENTS = {
    "expiration": T.OPTION_EXPIRATION,
    "assignment": T.OPTION_ASSIGNMENT,
    "exercise": T.OPTION_EXERCISE,
}
INCOMING = {"deposit": 1, "credit": 1, "withdraw": -1, "debit": -1}


# ---- asking


def ask(
    path: str, *more: tuple[str, str], mine: str = "", dated: bool = False, host: str = "api"
) -> Callable[[Call], Request]:
    """The first page of a list; later ones come by their address. `mine` names the parameter for the
    account, `dated` says that the list can leave out what has not changed since a day."""

    def request(call: Call) -> Request:
        if call.cursor is not None:
            return get(call.cursor, host=host)
        since = f"{call.since.isoformat()}T00:00:00Z" if dated and call.since else None
        account = (mine, call.routed.key if mine else None)
        query = [(name, value) for name, value in (account, ("updated_at[gte]", since)) if name]
        return get(path, *query, *more, host=host)

    return request


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """Pages of a list that cannot be cut by date: read on until a page is wholly older than wanted.

    `dates`: fields of a row, any of which may make it young enough. A row without them keeps us reading.
    """

    dates: tuple[str, ...]

    def take(self, response: Response, call: Call) -> Rows:
        cut = NextLink().take(response, call)
        if call.since is None or not cut.rows or any(self._wanted(raw, call.since) for raw in cut.rows):
            return cut
        return Rows(cut.rows, None)

    def _wanted(self, raw: bytes, since: date) -> bool:
        row = rows.fields(raw)
        days = [told_day(row[name], name) for name in self.dates if row.get(name) is not None]
        return not days or max(days) >= since


# ---- orders


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
    side = _side(row, scene)
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
        notional = _cents(price * quantity) if booked is None else booked
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
        side, effect = _side(leg, scene), rows.optional_text(leg, "position_effect") or ""
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
        notional = _cents(price * rows.number(fill, "quantity") * HUNDRED)
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
    """A row of nummus /orders/. The booked amount is told for the order, so for its only execution."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.COIN_ORDER, "coin_order", scene.notes)
    fills = _fills(row, "coin_order", scene)
    if not fills or not parse.my_crypto(row, scene):
        return
    _state(row, scene)
    side = _side(row, scene)
    pair = scene.references.get("pair:" + rows.text(row, "currency_pair_id"))
    if pair is None:
        raise UnreadableReply("a currency pair is not known to the look-up")
    instrument = parse.currency(rows.text(pair, "symbol").partition("-")[0])
    kind = {"buy": T.BUY, "sell": T.SELL}.get(side, T.OTHER)
    deal = Deal(kind, f"coin_order {side}", side, instrument, _voided(row), raw)
    booked = rows.optional_number(row, "rounded_executed_notional") if len(fills) == 1 else None
    fees = rows.optional_number(row, "fees")
    for fill in fills:
        price, quantity = rows.number(fill, "effective_price"), rows.number(fill, "quantity")
        notional = _cents(price * quantity) if booked is None else booked
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
            source_key=_key("execution", fill),
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


def _side(row: Row, scene: Scene) -> str:
    side = rows.text(row, "side")
    if side not in {"buy", "sell"}:
        scene.notes.words[f"side.{side[:32]}"] += 1
    return side


def _state(row: Row, scene: Scene) -> None:
    state = rows.text(row, "state")
    if state not in fields.ORDER_STATES:
        scene.notes.words[f"order.state.{state[:32]}"] += 1


def _voided(row: Row) -> str | None:
    """Executions of a voided order are undone; those of a cancelled or failed one stand."""
    return "VOIDED_BY_BROKERAGE" if row.get("state") == "voided" else None


def _cents(value: Decimal) -> Decimal:
    try:
        return value.quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        raise UnreadableReply("an amount is beyond all measure") from None


# ---- options events and splits


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
    word = rows.text(row, "type")
    standing = _standing(row, EVENTS.get(word), f"event.{word}", scene)
    day, at = rows.day(row.get("event_date"), "event_date"), None
    if row.get("created_at") is not None and standing.status is not S.PENDING:
        at = rows.instant(row["created_at"], "created_at")
    direction = rows.optional_text(row, "direction") or ""
    long = {"exercise": True, "assignment": False}.get(word, {"debit": True, "credit": False}.get(direction))
    quantity = rows.number(row, "quantity")
    cash = None if row.get("total_cash_amount") is None else money(row, "total_cash_amount")
    rest = None if cash is None else (cash if not cash else cash * INCOMING.get(direction, 0))
    for part in objects(row, "equity_components", optional=True):
        side, shares, price = _side(part, scene), rows.number(part, "quantity"), rows.number(part, "price")
        sign = {"buy": 1, "sell": -1}.get(side)
        gross = None if sign is None else -sign * _cents(shares * price)
        rest = None if rest is None or gross is None else rest - gross
        yield standing.marks(
            Transaction(
                source_key=_key("event-shares", part),
                type={"buy": T.BUY, "sell": T.SELL}.get(side, T.OTHER),
                trade_date=day,
                source_type=f"event {word} {side}",
                executed_at=at,
                instrument=parse.share(named(part, "instrument"), scene, rows.optional_text(part, "symbol")),
                quantity=None if sign is None else sign * shares,
                price=price,
                gross=gross,
                net=gross,
                raw=raw,
                currency="USD",
            )
        )
    yield standing.marks(
        Transaction(
            source_key=_key("event", row),
            type=standing.kind,
            trade_date=day,
            source_type=f"event {word}",
            executed_at=at,
            instrument=parse.contract(named(row, "option"), scene),
            quantity=None if long is None else (-quantity if long else quantity),
            gross=rest,
            net=rest,
            raw=raw,
            currency="USD",
        )
    )


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
    for told in scene.references.get(_splits_key(row, ident), []):
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


# ---- cash


def needs_dividend(raw: bytes) -> Iterator[str]:
    yield "instrument:" + named(rows.fields(raw), "instrument")


def dividend(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /dividends/. `amount` is gross, that is rate times position; two fields of tax."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.DIVIDEND, "dividend", scene.notes)
    if not mine(row, scene):
        return
    standing = _standing(row, T.DIVIDEND, "dividend", scene)
    gross = money(row, "amount")
    rate, position = rows.optional_number(row, "rate"), rows.optional_number(row, "position")
    if rate is not None and position is not None and abs(rate * position - gross) > CENT:
        gross = _cents(rate * position)
    told = [rows.optional_number(row, name) for name in ("withholding", "nra_withholding")]
    taxes = None if all(tax is None for tax in told) else sum((tax or ZERO for tax in told), ZERO)
    paid = None if row.get("paid_at") is None else rows.instant(row["paid_at"], "paid_at")
    yield standing.marks(
        Transaction(
            source_key=_key("dividend", row),
            type=standing.kind,
            trade_date=rows.day(row.get("payable_date"), "payable_date")
            if paid is None
            else rows.market_day(paid),
            source_type=f"dividend {row.get('state')}",
            executed_at=paid,
            instrument=parse.share(named(row, "instrument"), scene),
            gross=gross,
            taxes=taxes,
            net=gross - (taxes or ZERO),
            raw=raw,
            currency="USD",
        )
    )


def sweep(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /accounts/sweeps/: interest on idle cash, for all accounts in one list."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.SWEEP, "sweep", scene.notes)
    if not mine(row, scene):
        return
    reason = rows.text(row, "reason")
    standing = _standing(row, {"interest_payment": T.INTEREST}.get(reason), f"sweep.{reason}", scene)
    amount = _signed(money(row, "amount"), rows.text(row, "direction"), scene)
    day = told_day(row.get("pay_date"), "pay_date")
    yield standing.cash(_key("sweep", row), amount, day, f"sweep {reason}", raw)


def needs_account(raw: bytes) -> Iterator[str]:
    """Some lists name no account: such rows belong to the first one."""
    if parse.account_of(rows.fields(raw)) is None:
        yield "primary:account"


def transfer(prefix: str) -> Callable[[bytes, Scene], Iterable[Transaction]]:
    """Rows of GET /ach/transfers/ and /ach/received/transfers/."""

    def parsed(raw: bytes, scene: Scene) -> Iterator[Transaction]:
        row = rows.fields(raw)
        rows.note_unknown(row, fields.TRANSFER, prefix, scene.notes)
        if not _mine_or_primary(row, scene):
            return
        word = rows.text(row, "direction")
        amount = _signed(money(row, "amount"), word, scene)
        kind = None if amount is None else (T.DEPOSIT if INCOMING[word] > 0 else T.WITHDRAWAL)
        standing = _standing(row, kind, f"{prefix}.{word}", scene)
        at = rows.instant(row.get("created_at"), "created_at")
        yield standing.cash(_key(prefix, row), amount, at, f"{prefix} {word}", raw)

    return parsed


def charge(prefix: str, kind: TransactionType, sign: int) -> Callable[[bytes, Scene], Iterable[Transaction]]:
    """Rows of three lists: margin interest and subscription fees (out), stock lending (in).

    A `credit` has been taken off the bill: what was paid is the amount without it.
    """

    def parsed(raw: bytes, scene: Scene) -> Iterator[Transaction]:
        row = rows.fields(raw)
        rows.note_unknown(row, fields.CHARGE, prefix, scene.notes)
        if not _mine_or_primary(row, scene):
            return
        if row.get("refunds"):
            scene.notes.words[f"{prefix}.refunds"] += 1  # their shape is not known
        amount = money(row, "amount") - (money(row, "credit") if row.get("credit") is not None else ZERO)
        day = row.get("record_date")
        when = (
            rows.instant(row.get("created_at"), "created_at") if day is None else told_day(day, "record_date")
        )
        yield Standing(kind).cash(_key(prefix, row), sign * amount, when, prefix, raw)

    return parsed


@dataclass(frozen=True, slots=True)
class Standing:
    """What a row is and whether it holds."""

    kind: TransactionType
    status: TransactionStatus = S.POSTED
    removed: str | None = None

    def marks(self, told: Transaction) -> Transaction:
        return replace(told, status=self.status, removed_reason=self.removed)

    def cash(
        self, key: str, amount: Decimal | None, when: date | datetime, word: str, raw: bytes
    ) -> Transaction:
        """Cash and nothing else moves, on a day or at an instant; what is pending has no instant yet."""
        day = rows.market_day(when) if isinstance(when, datetime) else when
        at = when if isinstance(when, datetime) and self.status is not S.PENDING else None
        told = Transaction(
            key, self.kind, day, "USD", word, executed_at=at, gross=amount, net=amount, raw=raw
        )
        return self.marks(told)


def _standing(row: Row, kind: TransactionType | None, word: str, scene: Scene) -> Standing:
    """An unknown word makes the row OTHER; an unknown state also leaves it pending."""
    if kind is None:
        scene.notes.words[word[:64]] += 1
    state = rows.optional_text(row, "state")
    status = S.POSTED if state is None else STANDING.get(state)
    if status is None:
        scene.notes.words[f"{word[:32]}.state.{str(state)[:32]}"] += 1
        return Standing(T.OTHER, S.PENDING)
    removed = f"{str(state).upper()}_BY_BROKERAGE" if status is S.REMOVED else None
    return Standing(kind or T.OTHER, status, removed)


def _key(prefix: str, row: Row) -> str:
    return f"{prefix}:{rows.text(row, 'id')}"


def _signed(amount: Decimal, direction: str, scene: Scene) -> Decimal | None:
    if direction not in INCOMING:
        scene.notes.words[f"direction.{direction[:32]}"] += 1
        return None
    return amount * INCOMING[direction]


def _mine_or_primary(row: Row, scene: Scene) -> bool:
    account = scene.account
    primary = account is not None and scene.references.get("primary:account") == account.key
    return mine(row, scene, otherwise=primary)
