"""SECLIST: what the ids of a statement stand for. Only here are tickers told. Sheet: ofx, 3.3 and 5."""

from dataclasses import dataclass, field, replace

from adapters.files import ofx_values
from adapters.files.ofx_tree import Node
from domain.errors import UnreadableReply
from domain.instruments import (
    CUSIP,
    ISIN,
    Instrument,
    InstrumentKind,
    OptionTerms,
    Right,
    option_from_occ,
    option_instrument,
)
from domain.money import HUNDRED
from domain.ports.brokerage import Notes

K = InstrumentKind

INFOS = {
    "STOCKINFO": K.EQUITY, "MFINFO": K.MUTUAL_FUND, "OPTINFO": K.OPTION, "DEBTINFO": K.BOND,
    "OTHERINFO": K.OTHER,
}  # fmt: skip
RIGHTS = {"CALL": Right.CALL, "PUT": Right.PUT}
_LENGTHS = {CUSIP: 9, ISIN: 12}


@dataclass(frozen=True, slots=True)
class Securities:
    """Instruments by (id, kind of id). `brokerage` scopes ids of a brokerage's own making; `cash_funds` are
    tickers and ids of the funds that hold the cash of an account."""

    brokerage: str
    cash_funds: frozenset[str]
    known: dict[tuple[str, str], Instrument] = field(default_factory=dict)

    def of(self, row: Node, kind: InstrumentKind, currency: str) -> Instrument | None:
        """What a row is about, or None where it names nothing. What the list lacks is known by its id."""
        secid = row.find("SECID")
        if secid is None or not secid.value("UNIQUEID"):
            return None
        key = _key(secid)
        found = self.known.get(key)
        if found is None:
            found = self.named(Instrument(kind, key[0], currency, None, self.identifiers(*key)))
        return found

    def named(self, told: Instrument) -> Instrument:
        """The same, known as cash where it is a fund that stands for cash."""
        names = {told.symbol, *(value for _, value in told.identifiers)}
        return replace(told, kind=K.CASH_EQUIVALENT) if names & self.cash_funds else told

    def identifiers(self, identifier: str, scheme: str) -> tuple[tuple[str, str], ...]:
        """A CUSIP of another length than a CUSIP has is one of the brokerage's own making."""
        name = scheme.lower()
        if len(identifier) == _LENGTHS.get(name, 0):
            return ((name, identifier.upper()),)
        return ((name if name == "sedol" else f"{self.brokerage}:{name or 'id'}", identifier),)


def is_cash(instrument: Instrument | None) -> bool:
    return instrument is not None and instrument.kind is K.CASH_EQUIVALENT


def read(document: Node, brokerage: str, cash_funds: frozenset[str], notes: Notes) -> Securities:
    """All securities that the document lists."""
    told = Securities(brokerage, cash_funds)
    infos = [
        info
        for message in document.all("SECLISTMSGSRSV1")
        for listed in message.all("SECLIST")
        for info in listed.children
    ]
    tickers = {_key(info.find("SECINFO", "SECID")): info.value("SECINFO", "TICKER") for info in infos}
    for info in infos:
        if info.tag not in INFOS:
            notes.fields[f"SECLIST.{info.tag[:48]}"] += 1
            continue
        key = _key(info.find("SECINFO", "SECID"))
        if key[0]:
            told.known[key] = _instrument(info, key, tickers, told, notes)
    return told


def _key(secid: Node | None) -> tuple[str, str]:
    if secid is None:
        return "", ""
    return secid.value("UNIQUEID"), secid.value("UNIQUEIDTYPE").upper()


def _instrument(
    info: Node, key: tuple[str, str], tickers: dict[tuple[str, str], str], told: Securities, notes: Notes
) -> Instrument:
    name = info.value("SECINFO", "SECNAME") or None
    ticker = info.value("SECINFO", "TICKER") or key[0]
    currency = info.value("SECINFO", "CURRENCY", "CURSYM") or "USD"
    own = told.identifiers(*key)
    if info.tag == "OPTINFO":
        terms = _terms(info, ticker, tickers, notes)
        if terms is not None:
            return option_instrument(terms, *own, name=name)
    return told.named(Instrument(INFOS[info.tag], ticker, currency, name, own))


def _terms(info: Node, ticker: str, tickers: dict[tuple[str, str], str], notes: Notes) -> OptionTerms | None:
    """The terms that are told; the root is the ticker's where it is an OCC symbol, else the underlying's."""
    multiplier = ofx_values.figure(info, "SHPERCTRCT") or HUNDRED
    try:
        occ = option_from_occ(ticker, multiplier)
    except UnreadableReply:
        occ = None
    right = RIGHTS.get(info.value("OPTTYPE").upper())
    strike, expires = ofx_values.figure(info, "STRIKEPRICE"), ofx_values.day(info, "DTEXPIRE")
    root = occ.underlying if occ else tickers.get(_key(info.find("SECID")), "")
    if right is None or strike is None or expires is None or not 0 < len(root) <= 6:
        if occ is None:
            notes.words["option without terms"] += 1
        return occ
    return OptionTerms(root, expires, right, strike, multiplier)
