"""Robinhood's accounts, balances and positions into our nouns, and what both they and the history
look up. Pure.

Signs: quantities of stocks and options are unsigned, `type` long or short tells; cash is signed. Prices
of options are per share, their `average_price` is per contract. Figures are decimal strings, some in
objects with `amount`; `0E-8` occurs.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.brokerages.robinhood import fields
from adapters.kit import rows
from adapters.kit.card import Call, Scene
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, get, raw_rows
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.money import HUNDRED, ZERO, quotient
from domain.positions import Balance, Flag, Position

Row = dict[str, Any]

KINDS = {"stock": InstrumentKind.EQUITY, "adr": InstrumentKind.EQUITY, "etp": InstrumentKind.ETF}
RIGHTS = {"call": Right.CALL, "put": Right.PUT}
ACCOUNTS = {
    "individual": None,  # `type` decides
    "ira_roth": AccountKind.IRA_ROTH,
    "ira_traditional": AccountKind.IRA_TRADITIONAL,
    "joint_tenancy_with_ros": AccountKind.JOINT,
}
TYPES = {"cash": AccountKind.CASH, "margin": AccountKind.MARGIN}


def last(url: object) -> str:
    """The id or number at the end of an address that names a thing."""
    if not isinstance(url, str):
        raise UnreadableReply("an address is missing")
    return _plain(url.rstrip("/").rsplit("/", 1)[-1])


def _plain(ident: str) -> str:
    """An id or number as it may stand in an address of ours."""
    if not ident or len(ident) > 64 or not ident.replace("-", "").replace("_", "").isalnum():
        raise UnreadableReply("an id is none")
    return ident


def named(row: Mapping[str, Any], thing: str) -> str:
    """The id of a thing: told as `<thing>_id`, or only by its address (recordings before 2023)."""
    ident = rows.optional_text(row, f"{thing}_id")
    return _plain(ident) if ident else last(row.get(thing))


def money(row: Mapping[str, Any], name: str) -> Decimal:
    """An amount as text, or as an object of amount and currency: both occur."""
    value = row.get(name)
    return rows.number(value, "amount") if isinstance(value, dict) else rows.number(row, name)


def objects(row: Mapping[str, Any], name: str, *, optional: bool = False) -> list[Row]:
    """A nested list of objects; absent or null gives an empty one where it is optional."""
    if optional and row.get(name) is None:
        return []
    found = rows.sequence(row, name)
    if not all(isinstance(part, dict) for part in found):
        raise UnreadableReply(f"{name} holds something else than objects")
    return found


def told_day(value: object, where: str) -> date:
    """A day, told as a date or as an instant (then the New York day)."""
    if isinstance(value, str) and len(value) > 10:
        return rows.market_day(rows.instant(value, where))
    return rows.day(value, where)


def account_of(row: Mapping[str, Any]) -> str | None:
    """The number of the account that a row belongs to, where it says so."""
    number = rows.optional_text(row, "account_number")
    return number if number or not row.get("account") else last(row["account"])


def mine(row: Mapping[str, Any], scene: Scene, otherwise: bool = True) -> bool:
    """Whether a row is of the account being read: many lists hold the rows of all accounts."""
    number = account_of(row)
    if number is None or scene.account is None:
        return otherwise
    return number == scene.account.key


def unsigned(row: Mapping[str, Any], name: str, scene: Scene) -> Decimal:
    """A quantity with our sign: negative when `type` is short."""
    quantity = rows.number(row, name)
    word = rows.optional_text(row, "type") or "long"
    if word not in {"long", "short"}:
        raise UnreadableReply("a position is neither long nor short")
    return -abs(quantity) if word == "short" else quantity


# ---- accounts and balances


def account(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    """A row of GET /accounts/ (3.2)."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.ACCOUNT, "account", scene.notes)
    number = _plain(rows.text(row, "account_number"))
    word, kind = rows.text(row, "type"), rows.optional_text(row, "brokerage_account_type") or "individual"
    for table, name in ((TYPES, word), (ACCOUNTS, kind)):
        if name not in table:
            scene.notes.words[f"account.{name[:32]}"] += 1
    told = ACCOUNTS.get(kind, AccountKind.OTHER) or TYPES.get(word, AccountKind.OTHER)
    rhs = rows.optional_text(row, "rhs_account_number")
    yield AccountTold(
        key=number,
        name=f"{kind.replace('_', ' ').capitalize()} {number[-4:]}",
        number=number,
        kind=told,
        routing={"rhs": rhs} if rhs else {},
        open=row.get("deactivated") is not True,
        raw=raw,
    )


def needs_portfolio(raw: bytes) -> Iterator[str]:
    yield "portfolio:" + rows.text(rows.fields(raw), "account_number")


def balance(raw: bytes, scene: Scene) -> Iterator[Balance]:
    """GET /accounts/{n}/ for the cash, GET /portfolios/{n}/ for the whole. Debt is negative cash."""
    row = rows.fields(raw)
    cash = rows.optional_number(row, "portfolio_cash")
    whole = scene.references.get("portfolio:" + rows.text(row, "account_number"))
    if whole is None:
        raise UnreadableReply("there is no portfolio for the account")
    extended = rows.optional_number(whole, "extended_hours_equity")
    yield Balance(
        currency="USD",
        cash=rows.number(row, "cash") if cash is None else cash,
        buying_power=rows.optional_number(row, "buying_power"),
        total_value=rows.number(whole, "equity") if extended is None else extended,
    )


# ---- positions


def needs_stock(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    yield "instrument:" + named(row, "instrument")
    yield "quote:" + rows.text(row, "instrument")


def stock(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A row of GET /positions/ (3.3). It has no price; zero cost of what came from elsewhere is unknown."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.STOCK, "position", scene.notes)
    quantity = unsigned(row, "quantity", scene)
    if not quantity or not mine(row, scene):
        return
    average = rows.optional_number(row, "average_buy_price")
    quote = scene.references.get("quote:" + rows.text(row, "instrument"), {})
    price = rows.optional_number(quote, "last_extended_hours_trade_price")
    yield _position(
        share(named(row, "instrument"), scene, rows.optional_text(row, "symbol")),
        quantity,
        None if average == 0 and row.get("avg_cost_affected") is not False else average,
        rows.optional_number(quote, "last_trade_price") if price is None else price,
        quote,
        raw,
    )


def needs_option(raw: bytes) -> Iterator[str]:
    ident = named(rows.fields(raw), "option")
    yield from ("option:" + ident, "mark:" + ident)


def option(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A row of GET /options/positions/ (3.3): one contract each; aggregates mix the legs of a spread."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.OPTION, "option_position", scene.notes)
    quantity = unsigned(row, "quantity", scene)
    if not quantity or not mine(row, scene):
        return
    multiplier = rows.optional_number(row, "trade_value_multiplier") or HUNDRED
    ident = named(row, "option")
    instrument = contract(ident, scene, multiplier)
    average = rows.optional_number(row, "average_price")
    # The quote knows the OCC symbol for sure, the id only perhaps.
    occ = instrument.option.occ if instrument.option else ""
    mark = scene.references.get("mark:" + ident) or scene.references.get("mark:" + occ, {})
    # Shorts may be told with a negative average (unconfirmed): the quantity has the sign here.
    yield _position(
        instrument,
        quantity,
        None if average is None else abs(average) / multiplier,
        rows.optional_number(mark, "adjusted_mark_price"),
        mark,
        raw,
        multiplier,
    )


def needs_coin(raw: bytes) -> Iterator[str]:
    row = rows.fields(raw)
    yield "crypto:" + rows.text(row, "account_id")
    yield "pair:" + rows.text(rows.mapping(row, "currency"), "code")


def coin(raw: bytes, scene: Scene) -> Iterator[Position]:
    """A row of nummus /holdings/ (3.3). The host has accounts of its own, tied by the rhs number."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.COIN, "holding", scene.notes)
    quantity = rows.number(row, "quantity")
    if not quantity or not my_crypto(row, scene):
        return
    code = rows.text(rows.mapping(row, "currency"), "code")
    pair = scene.references.get("pair:" + code, {})
    quote = scene.references.get(f"coin-quote:{pair.get('id')}", {})
    cost, covered = ZERO, ZERO
    for basis in objects(row, "cost_bases"):
        for part in ("direct", "direct_reward", "direct_transfer"):  # rewards and transfers are kept apart
            cost += rows.optional_number(basis, f"{part}_cost_basis") or ZERO
            covered += rows.optional_number(basis, f"{part}_quantity") or ZERO
    average = quotient(cost, covered) if covered == quantity else None
    price = rows.optional_number(quote, "mark_price")
    yield _position(currency(code), quantity, average, price, quote, raw)


def _position(
    instrument: Instrument,
    quantity: Decimal,
    average: Decimal | None,
    price: Decimal | None,
    quote: Mapping[str, Any],
    raw: bytes,
    multiplier: Decimal = Decimal(1),
) -> Position:
    units = quantity * multiplier
    cost = None if average is None else average * units
    value = None if price is None else price * units
    return Position(
        instrument=instrument,
        quantity=quantity,
        currency="USD",
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=None if cost is None or value is None else value - cost,
        flags=(Flag.COST_UNKNOWN,) if average is None else (),
        as_of=None if quote.get("updated_at") is None else rows.instant(quote["updated_at"], "updated_at"),
        raw=raw,
    )


# ---- instruments


def share(ident: str, scene: Scene, symbol: str | None = None) -> Instrument:
    """A listed instrument by its id; one that Robinhood does not know any more keeps its id as a name."""
    own = (("robinhood:instrument", ident),)
    told = scene.references.get("instrument:" + ident)
    if told is None:
        return Instrument(InstrumentKind.OTHER, symbol or ident, identifiers=own)
    word = rows.optional_text(told, "type") or "stock"  # absent in old recordings
    if word not in KINDS:
        scene.notes.words[f"instrument.{word[:32]}"] += 1
    name = rows.optional_text(told, "simple_name") or rows.optional_text(told, "name")
    return Instrument(KINDS.get(word, InstrumentKind.OTHER), rows.text(told, "symbol"), "USD", name, own)


def contract(ident: str, scene: Scene, multiplier: Decimal = HUNDRED) -> Instrument:
    """An option by its id, from the look-up of its terms."""
    told = scene.references.get("option:" + ident)
    if told is None:
        raise UnreadableReply("an option is not known to the look-up")
    return option_instrument(
        terms(told, rows.text(told, "chain_symbol"), "type", multiplier), own_option(ident)
    )


def own_option(ident: str) -> tuple[str, str]:
    return "robinhood:option", ident


def terms(row: Mapping[str, Any], underlying: str, right: str, multiplier: Decimal = HUNDRED) -> OptionTerms:
    word = rows.text(row, right)
    if word not in RIGHTS:
        raise UnreadableReply("an option is neither call nor put")
    expiration = rows.day(row.get("expiration_date"), "expiration_date")
    return OptionTerms(underlying, expiration, RIGHTS[word], rows.number(row, "strike_price"), multiplier)


def currency(code: str) -> Instrument:
    return Instrument(InstrumentKind.CRYPTO, code)


def my_crypto(row: Mapping[str, Any], scene: Scene) -> bool:
    """Whether a nummus row belongs to the account being read."""
    told = scene.references.get("crypto:" + rows.text(row, "account_id"))
    if told is None or scene.account is None or "rhs" not in scene.account.routing:
        raise UnreadableReply("coins cannot be matched to an account")
    return rows.text(told, "rhs_account_number") == scene.account.routing["rhs"]


# ---- look-ups


def ask_by_ids(
    path: str, parameter: str = "ids", *more: tuple[str, str]
) -> Callable[[tuple[str, ...], Call], Request]:
    """A look-up of many: the keys' names joined by commas."""

    def ask(keys: tuple[str, ...], call: Call) -> Request:
        return get(path, (parameter, ",".join(key.partition(":")[2] for key in keys)), *more)

    return ask


def take_by(scheme: str, *names: str) -> Callable[[Response, tuple[str, ...]], Row]:
    """Results under each of these fields. Lists hold null for what is not known: it is left out."""

    def take(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for raw in raw_rows(dig(response, ("results",))):
            row = decode(raw)
            if row is None:
                continue
            if not isinstance(row, dict):
                raise UnreadableReply("a result of a look-up is not an object")
            if not any(row.get(name) for name in names):
                raise UnreadableReply("a result of a look-up does not say whose it is")
            kept = {name: row[name] for name in fields.KEPT if name in row}
            found.update((f"{scheme}:{row[name]}", kept) for name in names if row.get(name))
        return found

    return take


def take_pairs(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
    """Currency pairs by their id and, for those in dollars, by the coin's code: `BTC-USD`."""
    found = take_by("pair", "id")(response, keys)
    symbols = {rows.text(row, "symbol").partition("-"): row for row in found.values()}
    return found | {f"pair:{code}": row for (code, _, quoted), row in symbols.items() if quoted == "USD"}


def leads_to_quote(pair: Mapping[str, Any]) -> Iterator[str]:
    yield "coin-quote:" + rows.text(pair, "id")


def take_one(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
    """A look-up that answers with the thing itself."""
    return {keys[0]: rows.fields(response.body)}


def take_splits(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
    return {keys[0]: [rows.fields(raw) for raw in raw_rows(dig(response, ("results",)))]}


def take_primary(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
    """Without its flags GET /accounts/ tells the first account only (3.2). Raises UnreadableReply when it
    tells none: rows that name no account would belong to nobody, and be lost."""
    found = raw_rows(dig(response, ("results",)))
    if not found:
        raise UnreadableReply("no account is told, though rows belong to the first one")
    return {keys[0]: rows.text(rows.fields(found[0]), "account_number")}
