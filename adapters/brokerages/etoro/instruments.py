"""What eToro calls an instrument, in our words; and contracts about one, which are instruments themselves."""

from adapters.brokerages.etoro.reads import Row
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind

K = InstrumentKind
KINDS = {
    "stocks": K.EQUITY, "etf": K.ETF, "crypto": K.CRYPTO, "cryptocurrencies": K.CRYPTO, "indices": K.INDEX,
    "currencies": K.OTHER, "commodities": K.OTHER,
}  # fmt: skip
# Where the look-up of types fails: the numbers seen so far (3.6).
TYPES = {"1": "Currencies", "2": "Commodities", "4": "Indices", "5": "Stocks", "6": "ETF", "10": "Crypto"}
NEVER_OWNED = frozenset({"currencies", "commodities", "indices"})
# What a position is besides the asset itself: a contract about it (3.3).
REAL, CONTRACTS = 1, {0: "CFD", 2: "CFD", 3: "MARGIN", 4: "FUTURE"}


def told(row: Row, contract: str, dollars: bool, scene: Scene) -> Instrument:
    """The asset, or a contract about it: that is another instrument than what it is about."""
    number = rows.text(row, "instrumentid")
    known = scene.references.get(f"instrument:{number}")
    if known is None:
        scene.notes.words["instrument.unknown"] += 1
        known = {}
    word = _type(known, scene)
    kind = KINDS.get(word, K.OTHER)
    if word not in KINDS:
        scene.notes.words[f"instrument_type.{word[:32]}"] += 1
    symbol = rows.optional_text(known, "symbolfull") or f"eToro {number}"
    name = rows.optional_text(known, "instrumentdisplayname")
    if contract:
        kind, symbol = (K.FUTURE if contract == "FUTURE" else K.OTHER), f"{symbol} {contract}"
    own = (f"etoro:{contract.lower() or 'instrument'}", number)
    return Instrument(kind, symbol, "USD" if dollars else None, name, (own,))


def _type(known: Row, scene: Scene) -> str:
    number = rows.optional_text(known, "instrumenttypeid") or ""
    types = scene.references.get("types:") or TYPES
    return str(types.get(number, number)).lower()


def contract(row: Row, scene: Scene) -> str:
    """Of a row of history, which does not tell how it was settled: what is leveraged, short, or nothing that
    one can own, is a CFD."""
    known = scene.references.get(f"instrument:{rows.text(row, 'instrumentid')}") or {}
    owned = buys(row) and rows.number(row, "leverage") == 1 and _type(known, scene) not in NEVER_OWNED
    return "" if owned else "CFD"


def buys(row: Row) -> bool:
    if not isinstance(row.get("isbuy"), bool):
        raise UnreadableReply("isBuy is missing")
    return bool(row["isbuy"])
