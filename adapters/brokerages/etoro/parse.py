"""eToro's rows into our nouns. Pure; numbers in brackets are sections of the sheet.

Signs: units are always positive, `isBuy` says the side. Money of positions is in dollars, whatever they are
priced in: a price is told only where it is in dollars as well. Amounts of the ledger are unsigned.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from adapters.brokerages.etoro import fields, instruments, reads
from adapters.brokerages.etoro.reads import CASH, TRADING, Row
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import PermissionInsufficient, UnreadableReply
from domain.instruments import InstrumentKind
from domain.money import ZERO, quotient
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction, TransactionStatus, TransactionType

K, T, S = InstrumentKind, TransactionType, TransactionStatus
USD = "USD"  # of trading accounts; no other is documented (3.3)
MONEY_SCOPE = "etoro-public:money.balance:read"
CLOSE = Decimal("0.005")

# (3.5) None: as the direction says.
SUBTYPES: dict[str, tuple[TransactionType, TransactionType]] = {
    **dict.fromkeys(
        ("transferreceived", "paymentreceived", "creditbalanceadjustment", "refund", "transfer", "payment",
         "cashwithdrawal", "cardpayment", "contactless", "onlinepayment", "directdebit",
         "debitbalanceadjustment"),
        (T.DEPOSIT, T.WITHDRAWAL),
    ),
    "fee": (T.FEE, T.FEE), "cryptotofiat": (T.TRANSFER_IN, T.TRANSFER_OUT), "unknown": (T.OTHER, T.OTHER),
}  # fmt: skip
MONEY_TYPES = frozenset("card internaltransfer banktransfer balanceadjustment".split())
STATES = {
    "settled": S.POSTED, "authorized": S.PENDING, "failed": S.REMOVED, "rejected": S.REMOVED,
    "returned": S.REMOVED, "expired": S.REMOVED,
}  # fmt: skip


# Accounts and balances.


def needs_balances(raw: bytes) -> Iterator[str]:
    """Only who may read them: others are refused the whole list, those for virtual money always (3.2)."""
    if MONEY_SCOPE in _scopes(reads.fields(raw)):
        yield "balances:"


def _scopes(row: Row) -> list[str]:
    return [str(scope) for scope in rows.sequence(row, "scopes")]


def accounts(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """GET /me (3.1): one trading account, of the environment that the key is for; then the money accounts."""
    row = reads.fields(raw)
    rows.note_unknown(row, fields.ME, "me", scene.notes)
    scopes = " ".join(_scopes(row))
    real = ":real:" in scopes
    if not real and ":demo:" not in scopes:
        raise PermissionInsufficient("These keys may not read an account.")
    number, environment = rows.text(row, "realcid" if real else "democid"), "real" if real else "demo"
    yield AccountTold(
        key=number,
        name=f"eToro trading ({environment})",
        number=number,
        kind=AccountKind.OTHER,
        currency=USD,
        routing={"type": TRADING, "environment": environment},
        raw=raw,
    )
    for told in scene.references.get("balances:", ()):
        rows.note_unknown(told, fields.BALANCE, "balance", scene.notes)
        word = rows.text(told, "accounttype").lower()
        if word == CASH:
            yield _money_account(told, raw)
        elif word != TRADING:
            scene.notes.words[f"account.{word[:32]}"] += 1  # nothing but their total is told


def _money_account(row: Row, raw: bytes) -> AccountTold:
    number = rows.text(row, "accountid")
    currency, routing = rows.text(row, "currency"), {"type": CASH}
    return AccountTold(
        number, f"eToro Money {currency}", number, AccountKind.CASH, currency, routing, raw=raw
    )


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    row = reads.fields(raw)
    if "accounttype" in row:  # a money account's
        rows.note_unknown(row, fields.BALANCE, "balance", scene.notes)
        cash = rows.number(row, "balance")
        yield Balance(rows.text(row, "currency"), cash, buying_power=cash, total_value=cash)
        return
    rows.note_unknown(row, fields.TOTALS, "totals", scene.notes)
    totals = reads.plainly(rows.mapping(row, "accounttotals"))
    yield Balance(
        currency=rows.text(row, "accountcurrency"),
        cash=rows.number(totals, "accountbalance"),
        buying_power=rows.number(totals, "accountavailablecash"),
        total_value=rows.number(totals, "accounttotalvalue"),
    )


def needs_instrument(raw: bytes) -> Iterator[str]:
    """What a row of positions, a lot or a closed position names; a row of money names nothing."""
    row = reads.listed(raw)[0] if raw.startswith(b"[") else reads.fields(raw)
    if "instrumentid" in row:
        yield "instrument:" + rows.text(row, "instrumentid")
        yield "types:"


# Positions.


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """All lots of one kind (3.3). Of leveraged ones the value is what they are exposed to, and the cost
    likewise: `amount` is margin there."""
    lots = reads.listed(raw)
    for lot in lots:
        rows.note_unknown(lot, fields.LOT, "position", scene.notes)
    first, sign = lots[0], 1 if instruments.buys(lots[0]) else -1
    settled = rows.optional_number(first, "settlementtypeid")
    if settled is not None and settled not in {instruments.REAL, *instruments.CONTRACTS}:
        scene.notes.words[f"settlementTypeID.{settled}"] += 1
    # Where it is not told, it is taken for what history takes it for.
    told = instruments.contract(first, scene) if settled is None else instruments.CONTRACTS.get(int(settled))
    units = sum((rows.number(lot, "units") for lot in lots), ZERO)
    if not units:
        return
    cost = sum((_cost(lot) for lot in lots), ZERO)
    plain = all(rows.optional_number(lot, "openconversionrate") == 1 for lot in lots)
    paid = sum((rows.number(lot, "units") * rows.number(lot, "openrate") for lot in lots), ZERO)
    results = [_result(lot) for lot in lots]
    value, gain = _sum(results, "value"), _sum(results, "pnl")
    price, derived = _price(results, value, units)
    yield Position(
        instrument=instruments.told(first, told or "", plain, scene),
        quantity=sign * units,
        currency=USD,
        average_cost=quotient(paid if plain else cost, units),
        cost_basis=sign * cost,
        price=price,
        market_value=None if value is None else sign * value,
        unrealized_gain=gain,
        flags=(Flag.DERIVED_PRICE,) if derived else (),
        as_of=max((one["at"] for one in results if one["at"] is not None), default=None),
        raw=raw,
    )


def _cost(lot: Row) -> Decimal:
    if rows.number(lot, "leverage") == 1:
        told = rows.optional_number(lot, "unitsbasevaluedollars")
        return rows.number(lot, "amount") if told is None else told
    rate = rows.number(lot, "units") * rows.number(lot, "openrate")
    return rate * rows.number(lot, "openconversionrate")


def _result(lot: Row) -> Row:
    """What a lot is worth now, in an object or (as samples have it) beside the rest; or unknown."""
    told = lot.get("unrealizedpnl")
    inner = reads.plainly(told) if isinstance(told, dict) else {} if told is not None else lot
    rate, turn = (rows.optional_number(inner, name) for name in ("closerate", "closeconversionrate"))
    value = rows.optional_number(inner, "exposureinaccountcurrency")
    if value is None and rate is not None and turn is not None:
        value = rate * turn * rows.number(lot, "units")
    at = rows.optional_text(inner, "timestamp")
    return {
        "pnl": rows.optional_number(inner, "pnl"),
        "value": None if value is None else abs(value),
        "rate": rate if turn == 1 else None,
        "at": rows.instant(at, "timestamp") if at else None,
    }


def _sum(results: list[Row], name: str) -> Decimal | None:
    told = [one[name] for one in results]
    return None if any(one is None for one in told) else sum(told, ZERO)


def _price(results: list[Row], value: Decimal | None, units: Decimal) -> tuple[Decimal | None, bool]:
    """The rate in dollars, where all lots have the same; else what the value makes it, in dollars too."""
    rates = {one["rate"] for one in results}
    if len(rates) == 1 and None not in rates:
        return rates.pop(), False
    return (None, False) if value is None else (quotient(value, units), True)


# History.


def history(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    row = reads.fields(raw)
    if "closetimestamp" in row:
        yield from _closed(row, scene, raw)
    elif "positionid" in row:
        yield from _opened(row, scene, raw)
    else:
        yield _money(row, scene, raw)


def _opened(row: Row, scene: Scene, raw: bytes) -> Iterator[Transaction]:
    """An open position tells how it began: a partial close leaves first units and amount as they were."""
    rows.note_unknown(row, fields.LOT, "position", scene.notes)
    units, paid = rows.number(row, "initialunits"), rows.number(row, "initialamountindollars")
    yield _open_leg(row, units, paid, _moment(row, "opendatetime"), scene, raw)


def _closed(row: Row, scene: Scene, raw: bytes) -> Iterator[Transaction]:
    """A closed position (3.4): how it began, and how it ended. Of a part that was closed only the end is
    told: the beginning belongs to the whole."""
    rows.note_unknown(row, fields.CLOSED, "closed", scene.notes)
    units, paid = rows.number(row, "units"), rows.number(row, "investment")
    if rows.number(row, "initialinvestment") == paid:
        opened = _moment(row, "opentimestamp")
        yield _open_leg(row, units, paid, opened, scene, raw)
    buys, moment = instruments.buys(row), _moment(row, "closetimestamp")
    result, fees = paid + rows.number(row, "netprofit"), rows.number(row, "fees")
    # Dividends are blended with the fees, and what was paid to the user is negative: no fee then.
    costs = fees if fees >= 0 else None
    whole = result if costs is not None else result - fees
    at = int(moment.timestamp() * 1000)
    dollars = _in_dollars(row, units, paid)
    yield Transaction(
        source_key=f"{rows.text(row, 'positionid')}:close:{at}",
        type=T.SELL if buys else T.BUY_TO_COVER,
        trade_date=rows.market_day(moment),
        currency=USD,
        source_type="close",
        executed_at=moment,
        instrument=instruments.told(row, instruments.contract(row, scene), dollars, scene),
        quantity=-units if buys else units,
        price=rows.number(row, "closerate") if dollars else None,
        gross=whole,
        fees=costs,
        net=result - fees,
        raw=raw,
    )


def _open_leg(
    row: Row, units: Decimal, paid: Decimal, moment: datetime, scene: Scene, raw: bytes
) -> Transaction:
    """The same leg, whether the position is still open or not: only what both rows tell is looked at. What is
    put in leaves the cash, for shorts as well: it is margin there."""
    buys, dollars = instruments.buys(row), _in_dollars(row, units, paid)
    return Transaction(
        source_key=f"{rows.text(row, 'positionid')}:open",
        type=T.BUY if buys else T.SELL_SHORT,
        trade_date=rows.market_day(moment),
        currency=USD,
        source_type="open",
        executed_at=moment,
        instrument=instruments.told(row, instruments.contract(row, scene), dollars, scene),
        quantity=units if buys else -units,
        price=rows.number(row, "openrate") if dollars else None,
        gross=-paid,
        net=-paid,
        raw=raw,
    )


def _moment(row: Row, name: str) -> datetime:
    """To the millisecond: the same instant is told with three digits here and seven there."""
    moment = rows.instant(row.get(name), name)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _in_dollars(row: Row, units: Decimal, paid: Decimal) -> bool:
    """Whether the rate is in dollars: no closed position says so, but units at it are the money then."""
    exposed = paid * rows.number(row, "leverage")
    return abs(units * rows.number(row, "openrate") - exposed) <= abs(exposed) * CLOSE


def _money(row: Row, scene: Scene, raw: bytes) -> Transaction:
    """A row of a money account (3.5)."""
    rows.note_unknown(row, fields.MONEY, "money", scene.notes)
    kind, incoming = _money_type(row, scene), _incoming(row)
    amount = abs(rows.number(row, "amount"))
    signed = amount if incoming else -amount
    moment = rows.instant(row.get("postedat"), "postedAt")
    state = rows.text(row, "status").lower()
    if state not in STATES:
        scene.notes.words[f"status.{state[:32]}"] += 1
    status = STATES.get(state, S.PENDING)
    told = rows.optional_mapping(row, "banktransfertransactiondetails")
    words = rows.optional_text(told, "description") or rows.optional_text(
        rows.optional_mapping(row, "counterparty"), "name"
    )
    return Transaction(
        source_key=rows.text(row, "id"),
        type=kind,
        trade_date=rows.market_day(moment),
        currency=rows.text(row, "currency"),
        source_type=f"{rows.text(row, 'transactiontype')} {rows.text(row, 'transactionsubtype')}",
        status=status,
        executed_at=moment,
        gross=signed,
        net=signed,
        description=words or "",
        removed_reason=f"{state.upper()}_BY_BROKERAGE" if status is S.REMOVED else None,
        raw=raw,
    )


def _incoming(row: Row) -> bool:
    direction = rows.text(row, "direction").lower()
    if direction not in {"credit", "debit"}:
        raise UnreadableReply("direction is neither credit nor debit")
    return direction == "credit"


def _money_type(row: Row, scene: Scene) -> TransactionType:
    """By its subtype; a transfer between own accounts is one, whatever its subtype."""
    word, kind = rows.text(row, "transactionsubtype").lower(), rows.text(row, "transactiontype").lower()
    if kind not in MONEY_TYPES:
        scene.notes.words[f"transactionType.{kind[:32]}"] += 1
    if word not in SUBTYPES:
        scene.notes.words[f"transactionSubtype.{word[:32]}"] += 1
    pair = SUBTYPES.get(word, (T.OTHER, T.OTHER))
    if kind == "internaltransfer" and word != "fee":
        pair = T.TRANSFER_IN, T.TRANSFER_OUT
    return pair[0 if _incoming(row) else 1]
