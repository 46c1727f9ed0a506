"""Coinbase's portfolios and wallets into our nouns, and what is looked up behind them. Pure.

Figures are decimal strings, `{"value","currency"}` in v3; "" is unknown. Only the breakdown of a portfolio
also holds JSON numbers, which are rounded: of them we take gains, and prices that nothing else tells.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from adapters.brokerages.coinbase import fields
from adapters.brokerages.coinbase.reads import of_portfolio
from adapters.kit import rows
from adapters.kit.card import Scene
from adapters.kit.paging import dig
from adapters.kit.wire import Response, decode, raw_rows
from domain.accounts import AccountKind, AccountTold
from domain.errors import PermissionInsufficient, UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.money import quotient
from domain.positions import Balance, Flag, Position

Row = dict[str, Any]
WALLETS = frozenset({"CRYPTO", "FIAT", "VAULT", "PERP_FUTURES"})  # behind ACCOUNT_TYPE_, or bare
DOLLARS = "USD"  # products are priced in them


def value(row: Mapping[str, Any], name: str) -> Decimal:
    """A v3 amount that must be there."""
    return rows.number(rows.mapping(row, name), "value")


def optional_value(row: Mapping[str, Any], name: str) -> Decimal | None:
    """A v3 amount, or the bare figure that some places hold instead."""
    told = row.get(name)
    return rows.optional_number(told, "value") if isinstance(told, dict) else rows.optional_number(row, name)


def coin_of(code: str) -> Instrument:
    return Instrument(InstrumentKind.CRYPTO, code)


# ---- accounts


def needs_portfolio(raw: bytes) -> Iterator[str]:
    yield "breakdown:" + rows.text(rows.fields(raw), "portfolio_uuid")


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """GET /key_permissions (3.2) with the breakdown of its portfolio: a key sees this one and no other."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.PERMISSIONS, "permissions", scene.notes)
    if row.get("can_view") is not True:
        raise PermissionInsufficient("The key lacks the permission View.")
    uuid = rows.text(row, "portfolio_uuid")
    told = _breakdown(scene, uuid)
    portfolio = rows.mapping(told, "portfolio")
    if rows.text(portfolio, "uuid") != uuid:
        raise UnreadableReply("the breakdown is of another portfolio")
    word = rows.optional_text(portfolio, "type") or "UNDEFINED"
    if word not in fields.PORTFOLIOS:
        scene.notes.words[f"portfolio.{word[:32]}"] += 1
    yield AccountTold(
        key=uuid,
        name=rows.optional_text(portfolio, "name") or f"Coinbase {uuid[-4:]}",
        number=uuid,
        kind=AccountKind.CRYPTO,
        currency=rows.text(_total(told), "currency"),
        open=portfolio.get("deleted") is not True,
        raw=raw,
    )


def _breakdown(scene: Scene, uuid: str = "") -> Row:
    told = scene.references.get("breakdown:" + uuid)
    if not isinstance(told, dict):
        raise UnreadableReply("there is no breakdown of the portfolio")
    return told


def _total(breakdown: Row) -> Row:
    return rows.mapping(rows.mapping(breakdown, "portfolio_balances"), "total_balance")


# ---- wallets: cash and coins


def _wallet(raw: bytes, scene: Scene) -> tuple[Row, str] | None:
    """A wallet of the portfolio and what kind it is (3.1); None for one of another portfolio."""
    row = rows.fields(raw)
    if scene.account is None or not of_portfolio(row, scene.account.key):
        return None
    rows.note_unknown(row, fields.WALLET, "wallet", scene.notes)
    word = rows.text(row, "type").removeprefix("ACCOUNT_TYPE_")
    platform = rows.optional_text(row, "platform")
    if word not in WALLETS:
        scene.notes.words[f"wallet.{word[:32]}"] += 1
    if platform and platform not in fields.PLATFORMS:
        scene.notes.words[f"platform.{platform[:40]}"] += 1
    return row, word


def needs_total(raw: bytes) -> Iterator[str]:
    yield "breakdown:"


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """A wallet of a government's money. What is on hold is cash, and buys nothing. The total of the portfolio
    stands with its own currency."""
    found = _wallet(raw, scene)
    if found is None or found[1] != "FIAT":
        return
    row, _ = found
    currency = rows.text(row, "currency")
    free, total = value(row, "available_balance"), _total(_breakdown(scene))
    yield Balance(
        currency=currency,
        cash=free + value(row, "hold"),
        buying_power=free,
        total_value=rows.number(total, "value") if total.get("currency") == currency else None,
    )


def needs_price(raw: bytes) -> Iterator[str]:
    yield "breakdown:"
    row = rows.fields(raw)
    if not rows.text(row, "type").endswith("FIAT"):
        yield f"product:{rows.text(row, 'currency')}-{DOLLARS}"


def coin(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A wallet of coins: its quantity is what is free and what is on hold, to the last of 18 places."""
    found = _wallet(raw, scene)
    if found is None or found[1] == "FIAT" or scene.account is None:
        return
    row, _ = found
    quantity = value(row, "available_balance") + value(row, "hold")
    if not quantity:
        return
    code, currency = rows.text(row, "currency"), scene.account.currency
    spot = _spot(scene, rows.text(row, "uuid"))
    cost, average = _in(currency, spot, "cost_basis"), _in(currency, spot, "average_entry_price")
    price, flags = _price(code, currency, spot, scene)
    market_value = None if price is None else price * quantity
    if not cost:  # told as zero for what came from elsewhere
        cost = average = None
    gain = rows.optional_number(spot, "unrealized_pnl")
    yield Position(
        instrument=coin_of(code),
        quantity=quantity,
        currency=currency,
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=market_value,
        unrealized_gain=gain if cost is not None else None,
        flags=flags if cost is not None else (*flags, Flag.COST_UNKNOWN),
        raw=raw,
    )


def _spot(scene: Scene, uuid: str) -> Row:
    """The wallet's part of the breakdown; what is staked or in a vault may have none."""
    for told in rows.sequence(_breakdown(scene), "spot_positions"):
        if not isinstance(told, dict):
            raise UnreadableReply("a part of the breakdown is not an object")
        if told.get("account_uuid") == uuid:
            return told
    return {}


def _in(currency: str, row: Row, name: str) -> Decimal | None:
    """An amount, if it is told in this currency."""
    told = rows.optional_mapping(row, name)
    return rows.optional_number(told, "value") if told.get("currency", currency) == currency else None


def _price(code: str, currency: str, spot: Row, scene: Scene) -> tuple[Decimal | None, tuple[Flag, ...]]:
    """The product's price; in other currencies, and without a product, what the breakdown makes of it."""
    product = scene.references.get(f"product:{code}-{DOLLARS}") if currency == DOLLARS else None
    told = None if product is None else rows.optional_number(product, "price")
    if told is not None:
        return told, ()
    worth = rows.optional_number(spot, "total_balance_fiat")
    units = rows.optional_number(spot, "total_balance_crypto")
    return (quotient(worth, units), (Flag.DERIVED_PRICE,)) if worth and units else (None, ())


# ---- contracts and shares of the breakdown


def contracts(raw: bytes, scene: Scene) -> Iterator[Position]:
    """GET /portfolios/{uuid} (3.2): futures and shares, where an account has any. Of perpetuals and of
    prediction markets no fields are known that tell a quantity: they are counted."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.BREAKDOWN, "breakdown", scene.notes)
    for name in ("perp_positions", "prediction_markets_positions"):
        if row.get(name):
            scene.notes.words[f"breakdown.{name}"] += 1
    currency = scene.account.currency if scene.account else DOLLARS
    for told in _objects(row, "futures_positions"):
        yield _future(told, currency, scene, raw)
    for told in _objects(row, "equity_positions"):
        yield _share(told, currency, raw)


def _future(row: Row, currency: str, scene: Scene, raw: bytes) -> Position:
    symbol, side = rows.text(row, "product_id"), rows.text(row, "side").rpartition("_")[2].upper()
    amount = rows.number(row, "amount")
    if side not in {"LONG", "SHORT"}:
        raise UnreadableReply("a position is neither long nor short")
    sign = -1 if side == "SHORT" else 1
    notional = optional_value(row, "notional_value")
    return Position(
        instrument=Instrument(InstrumentKind.FUTURE, symbol, identifiers=(("coinbase:product", symbol),)),
        quantity=sign * abs(amount),
        currency=currency,
        average_cost=optional_value(row, "avg_entry_price"),
        price=optional_value(row, "current_price"),
        market_value=None if notional is None else sign * abs(notional),
        unrealized_gain=optional_value(row, "unrealized_pnl"),
        raw=raw,
    )


def _share(row: Row, currency: str, raw: bytes) -> Position:
    """`cbrn` is Coinbase's own name of the share; no ticker is told."""
    name, cost = rows.text(row, "cbrn"), optional_value(row, "cost_basis")
    return Position(
        instrument=Instrument(InstrumentKind.EQUITY, name, identifiers=(("coinbase:cbrn", name),)),
        quantity=value(row, "total_balance_equity"),
        currency=currency,
        average_cost=optional_value(row, "average_entry_price"),
        cost_basis=cost,
        market_value=optional_value(row, "total_balance_fiat"),
        unrealized_gain=optional_value(row, "unrealized_pnl"),
        raw=raw,
    )


def _objects(row: Row, name: str) -> list[Row]:
    """A list of objects that may be absent: some are new, and not everybody's."""
    found = row.get(name) or []
    if not isinstance(found, list) or not all(isinstance(part, dict) for part in found):
        raise UnreadableReply(f"{name} is no list of objects")
    return found


# ---- look-ups


def take_breakdown(response: Response, keys: tuple[str, ...]) -> Row:
    return {keys[0]: rows.fields(bytes(dig(response, ("breakdown",))))}


def take_products(response: Response, keys: tuple[str, ...]) -> Row:
    """Products by their id; what is not traded for dollars has none."""
    found: Row = {}
    for raw in raw_rows(dig(response, ("products",))):
        row = decode(raw)
        if not isinstance(row, dict):
            raise UnreadableReply("a product is not an object")
        found["product:" + rows.text(row, "product_id")] = {"price": row.get("price")}
    return found
