"""tastytrade's accounts, balances and positions into our nouns. Pure; numbers in brackets are sections.

Signs: quantities are never negative, `quantity-direction` is their sign. Of the figures read here only
`cash-balance` and `net-liquidating-value` may be negative; they carry a minus, and no `-effect` beside them.
Quantities and multipliers come as numbers and as texts.
"""

from collections.abc import Iterator
from decimal import Decimal

from adapters.brokerages.tastytrade.instruments import instrument
from adapters.kit import rows
from adapters.kit.card import Scene
from adapters.kit.rows import Row
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.money import ZERO
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position

K = AccountKind
CURRENCY = "USD"
# Within `account-type-name`, the more special first; an individual's is what `margin-or-cash` says.
KINDS: tuple[tuple[str, AccountKind | None], ...] = (
    ("ROTH", K.IRA_ROTH), ("TRADITIONAL", K.IRA_TRADITIONAL), ("IRA", K.IRA_OTHER), ("JOINT", K.JOINT),
    ("CUSTODIAL", K.CUSTODIAL), ("TRUST", K.TRUST), ("INDIVIDUAL", None),
)  # fmt: skip
LEVERAGE = {"Margin": K.MARGIN, "Cash": K.CASH, "IRA Margin": K.IRA_OTHER}
AUTHORITIES = frozenset({"owner", "trade-only", "read-only"})
DIRECTIONS = {"Long": 1, "Short": -1, "Zero": 0}

_LISTED = frozenset({"account", "authority-level"})
_ACCOUNT = frozenset(
    "account-number external-id opened-at nickname account-type-name day-trader-status is-closed closed-at"
    " is-futures-approved is-firm-error is-firm-proprietary is-test-drive margin-or-cash is-foreign"
    " funding-date created-at investment-objective suitable-options-level regulatory-domain".split()
)
_BALANCE = frozenset(
    "account-number currency cash-balance net-liquidating-value equity-buying-power derivative-buying-power"
    " day-trading-buying-power available-trading-funds cash-available-to-withdraw margin-equity"
    " maintenance-requirement maintenance-excess maintenance-call-value reg-t-call-value"
    " reg-t-margin-requirement day-trading-call-value day-equity-call-value day-trade-excess"
    " long-equity-value short-equity-value long-derivative-value short-derivative-value long-futures-value"
    " short-futures-value long-futures-derivative-value short-futures-derivative-value"
    " long-margineable-value short-margineable-value long-cryptocurrency-value short-cryptocurrency-value"
    " long-bond-value long-fixed-income-security-value futures-margin-requirement"
    " futures-overnight-margin-requirement futures-intraday-margin-requirement"
    " cryptocurrency-margin-requirement bond-margin-requirement equity-offering-margin-requirement"
    " fixed-income-security-margin-requirement used-derivative-buying-power"
    " effective-cryptocurrency-buying-power pending-cash pending-cash-effect pending-margin-interest"
    " buying-power-adjustment buying-power-adjustment-effect unsettled-cryptocurrency-fiat-amount"
    " unsettled-cryptocurrency-fiat-effect closed-loop-available-balance cash-settle-balance"
    " margin-settle-balance total-settle-balance special-memorandum-account-value"
    " sma-equity-option-buying-power snapshot-date updated-at".split()
)
# `cost-effect` is what closing would do, and `mark` the value of the whole in one description only (3.3).
_POSITION = frozenset(
    "account-number symbol instrument-type underlying-symbol streamer-symbol quantity quantity-direction"
    " close-price average-open-price average-yearly-market-close-price average-daily-market-close-price mark"
    " mark-price multiplier cost-effect is-suppressed is-frozen restricted-quantity realized-day-gain"
    " realized-day-gain-effect realized-day-gain-date realized-today realized-today-effect"
    " realized-today-date expires-at created-at updated-at fixing-price deliverable-type".split()
)


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """An item of GET /customers/me/accounts (3.1): the account within who may do what with it."""
    item = rows.fields(raw)
    rows.note_unknown(item, _LISTED, "accounts", scene.notes)
    authority = rows.optional_text(item, "authority-level") or ""
    if authority not in AUTHORITIES:
        scene.notes.words[f"authority-level.{authority[:32]}"] += 1
    row = rows.mapping(item, "account")
    rows.note_unknown(row, _ACCOUNT, "account", scene.notes)
    number, closed = rows.text(row, "account-number"), row.get("is-closed")
    if not isinstance(closed, bool):
        raise UnreadableReply("is-closed is neither true nor false")
    yield AccountTold(
        key=number,
        name=rows.optional_text(row, "nickname") or f"tastytrade {number[-4:]}",
        number=number,
        kind=_kind(row, scene.notes),
        currency=CURRENCY,
        open=not closed,
        raw=raw,
    )


def _kind(row: Row, notes: Notes) -> AccountKind:
    name, leverage = rows.text(row, "account-type-name"), rows.text(row, "margin-or-cash")
    if leverage not in LEVERAGE:
        notes.words[f"margin-or-cash.{leverage[:32]}"] += 1
    for word, kind in KINDS:
        if word in name.upper():
            return kind or LEVERAGE.get(leverage, K.OTHER)
    notes.words[f"account-type-name.{name[:32]}"] += 1
    return LEVERAGE.get(leverage, K.OTHER)


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """GET …/balances/USD (3.2)."""
    row = rows.fields(raw)
    rows.note_unknown(row, _BALANCE, "balance", scene.notes)
    yield Balance(
        currency=rows.optional_text(row, "currency") or CURRENCY,
        cash=rows.number(row, "cash-balance"),
        buying_power=rows.number(row, "equity-buying-power"),
        total_value=rows.number(row, "net-liquidating-value"),
    )


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """An item of GET …/positions (3.3). What was closed may be told with a quantity of zero."""
    row = rows.fields(raw)
    rows.note_unknown(row, _POSITION, "position", scene.notes)
    quantity, multiplier = _quantity(row), rows.number(row, "multiplier")
    held = instrument(row, multiplier, scene.notes)
    if held is None:
        raise UnreadableReply("symbol is missing")
    if not quantity:
        return
    units, average = quantity * multiplier, rows.number(row, "average-open-price")
    price, cost = _price(row), average * units
    value = None if price is None else price * units
    yield Position(
        instrument=held,
        quantity=quantity,
        currency=scene.account.currency if scene.account else CURRENCY,
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=None if value is None else value - cost,
        flags=() if average else (Flag.COST_UNKNOWN,),
        raw=raw,
    )


def _quantity(row: Row) -> Decimal:
    """Signed. Raises UnreadableReply where number and direction contradict each other."""
    size, direction = rows.number(row, "quantity"), rows.text(row, "quantity-direction")
    sign = DIRECTIONS.get(direction)
    if sign is None or size < 0 or (sign == 0) != (size == 0):
        raise UnreadableReply("quantity and quantity-direction do not say what is held")
    return size * sign or ZERO


def _price(row: Row) -> Decimal | None:
    """Now, where the marks were asked for and are told; else of the last close."""
    mark = rows.optional_number(row, "mark-price")
    return mark if mark is not None else rows.optional_number(row, "close-price")
