"""Webull's accounts, balances and positions into our nouns. Pure.

Figures are texts. Quantities of shorts are negative, or unsigned with the side SHORT: both are taken.
Prices of options are taken as per share of the underlying (unconfirmed, 3.3).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from adapters.brokerages.webull import fields
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import CUSIP, Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.positions import Balance, Flag, Position

Row = dict[str, Any]
K = InstrumentKind
KINDS = {
    "EQUITY": K.EQUITY, "STOCK": K.EQUITY, "ETF": K.ETF, "OPTION": K.OPTION, "FUTURES": K.FUTURE,
    "CRYPTO": K.CRYPTO, "MUTUAL_FUND": K.MUTUAL_FUND, "BOND": K.BOND, "EVENT": K.OTHER,
}  # fmt: skip
# Of the others nothing tells how much a unit stands for.
SINGLE = frozenset({K.EQUITY, K.ETF, K.CRYPTO, K.MUTUAL_FUND})
RIGHTS = {"CALL": Right.CALL, "PUT": Right.PUT}
# account_class names the registration; the first that it contains. Values beyond the sheet's are guesses.
CLASSES = (
    ("ROTH", AccountKind.IRA_ROTH), ("TRADITIONAL", AccountKind.IRA_TRADITIONAL),
    ("IRA", AccountKind.IRA_OTHER), ("JOINT", AccountKind.JOINT), ("CUSTODIAL", AccountKind.CUSTODIAL),
    ("TRUST", AccountKind.TRUST), ("CRYPTO", AccountKind.CRYPTO), ("MARGIN", AccountKind.MARGIN),
    ("CASH", AccountKind.CASH),
)  # fmt: skip
TYPES = {
    "MARGIN": AccountKind.MARGIN, "CASH": AccountKind.CASH, "CRYPTO": AccountKind.CRYPTO,
    "FUTURES": AccountKind.OTHER, "EVENT": AccountKind.OTHER,
}  # fmt: skip


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """A row of the list of accounts (3.1). Its id names it for ever; its currency stands in its balance."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.ACCOUNT, "account", scene.notes)
    key, number = rows.text(row, "account_id"), rows.text(row, "account_number")
    yield AccountTold(
        key=key,
        name=rows.optional_text(row, "account_label") or f"Webull {number[-4:]}",
        number=number,
        kind=_account_kind(row, scene),
        currency=scene.references[f"currency:{key}"],
        raw=raw,
    )


def account_needs(raw: bytes) -> Iterator[str]:
    yield "currency:" + rows.text(rows.fields(raw), "account_id")


def _account_kind(row: Row, scene: Scene) -> AccountKind:
    words = (rows.optional_text(row, "account_class") or "").upper()
    told = rows.text(row, "account_type").upper()
    found = next((kind for word, kind in CLASSES if word in words), TYPES.get(told))
    if found is None:
        scene.notes.words[f"account.type.{told[:32]}"] += 1
    return found or AccountKind.OTHER


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """The balance (3.2), of the first generation too: one for each currency. The total of the account stands
    with the currency that it is told in."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.BALANCE, "balance", scene.notes)
    currency = rows.text(row, "total_asset_currency")
    total = rows.optional_number(row, "total_net_liquidation_value")
    if total is None:
        total = rows.optional_number(row, "total_asset")
    seen = False
    for told in rows.sequence(row, "account_currency_assets"):
        if not isinstance(told, dict):
            raise UnreadableReply("a currency's assets are not an object")
        rows.note_unknown(told, fields.CURRENCY, "currency", scene.notes)
        own = rows.text(told, "currency") == currency
        seen = seen or own
        yield Balance(
            currency=rows.text(told, "currency"),
            cash=rows.optional_number(told, "cash_balance"),
            buying_power=_first(told, "buying_power", "margin_power", "cash_power"),
            settled_cash=rows.optional_number(told, "settled_cash"),
            total_value=total if own else None,
        )
    if not seen:
        yield Balance(currency, rows.number(row, "total_cash_balance"), total_value=total)


def _first(row: Row, *names: str) -> Decimal | None:
    return next((value for name in names if (value := rows.optional_number(row, name)) is not None), None)


# ---- instruments


def instrument_of(row: Row, currency: str, scene: Scene) -> Instrument:
    """What a row is about. The same word stands for shares and for ETFs."""
    word = rows.text(row, "instrument_type").upper()
    if word not in KINDS:
        scene.notes.words[f"instrument_type.{word[:32]}"] += 1
    return named(KINDS.get(word, K.OTHER), row, currency)


def named(kind: InstrumentKind, row: Row, currency: str) -> Instrument:
    symbol = rows.text(row, "symbol")
    if kind is K.OPTION and "option_type" in row:
        return option_instrument(option_of(row))
    if kind is K.CRYPTO:
        symbol = coin(symbol)
    outcome = rows.optional_text(row, "event_outcome")
    if outcome is not None:  # yes and no of one question are two things to hold
        symbol = f"{symbol} {outcome.upper()}"
    own = (("webull:instrument", "instrument_id"), (CUSIP, "cusip"))
    told = ((scheme, rows.optional_text(row, name)) for scheme, name in own)
    name = rows.optional_text(row, "symbol_name") or rows.optional_text(row, "name")
    return Instrument(kind, symbol, currency, name, tuple((s, value) for s, value in told if value))


def coin(symbol: str) -> str:
    """BTCUSD is a pair, PYUSD a coin (no source says which of the two is sent)."""
    return symbol.removesuffix("USD") if len(symbol) > 5 else symbol


def option_of(leg: Row) -> OptionTerms:
    """A leg: of a position (`option_exercise_price`), or of an order (`strike_price`)."""
    right = RIGHTS.get(rows.text(leg, "option_type").upper())
    strike = _first(leg, "option_exercise_price", "strike_price")
    if right is None or strike is None:
        raise UnreadableReply("an option has no type or no strike")
    expires = rows.day(leg.get("option_expire_date"), "option_expire_date")
    multiplier = rows.optional_number(leg, "option_contract_multiplier")
    return OptionTerms(rows.text(leg, "symbol"), expires, right, strike, multiplier)


def multiplier_of(instrument: Instrument) -> Decimal | None:
    """How many units of the underlying one is worth; None: not told."""
    if instrument.option is not None:
        return instrument.option.multiplier
    return Decimal(1) if instrument.kind in SINGLE else None


# ---- positions


def position(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A position (3.3). Options stand in legs; a strategy of several is as many positions."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.POSITION, "position", scene.notes)
    currency = rows.text(row, "currency")
    legs = row.get("legs")
    if legs is not None and not isinstance(legs, list):
        raise UnreadableReply("legs is not a list")
    short = rows.number(row, "quantity") < 0
    if not legs:
        yield _held(row, instrument_of(row, currency, scene), currency, raw, short=short)
    for leg in legs or ():
        if not isinstance(leg, dict):
            raise UnreadableReply("a leg is not an object")
        rows.note_unknown(leg, fields.LEG, "leg", scene.notes)
        # What only the whole is told of is that of its only leg.
        whole = {**row, **{k: v for k, v in leg.items() if v is not None}} if len(legs or ()) == 1 else leg
        side = rows.optional_text(leg, "side") or ""
        sold = side.upper() in {"SHORT", "SELL"} or (len(legs or ()) == 1 and short)
        yield _held(whole, instrument_of(whole, currency, scene), currency, raw, short=sold)


def _held(row: Row, instrument: Instrument, currency: str, raw: bytes, *, short: bool) -> Position:
    quantity = rows.number(row, "quantity")
    if short:
        quantity = -abs(quantity)
    each = multiplier_of(instrument)
    average, price = rows.optional_number(row, "cost_price"), rows.optional_number(row, "last_price")
    value = rows.optional_number(row, "market_value")
    if value is None:
        value = None if price is None or each is None else quantity * price * each
    unknown = average is None or not average
    return Position(
        instrument=instrument,
        quantity=quantity,
        currency=currency,
        average_cost=None if unknown else average,
        cost_basis=None if average is None or unknown or each is None else average * quantity * each,
        price=price,
        market_value=None if value is None else abs(value).copy_sign(quantity),
        unrealized_gain=rows.optional_number(row, "unrealized_profit_loss"),
        flags=(Flag.COST_UNKNOWN,) if unknown else (),
        raw=raw,
    )
