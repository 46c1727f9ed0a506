"""Ally's orders of a day, as its sandbox tells them: FIXML inside JSON (3.5)."""

from typing import Any
from xml.etree import ElementTree as ET

from adapters.brokerages.ally.tell import SHORT, SIDES, TYPES, ZERO, listed
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthTransaction
from domain.money import plain

NAMESPACE = "http://www.fixprotocol.org/FIXML-5-0-SP2"
FILLED, MARKET, DAY = "2", "1", "0"


def orders(account: TruthAccount, rows: tuple[TruthTransaction, ...]) -> dict[str, Any]:
    """Those of the newest day with trades, where Ally tells 24 hours. Fractions were never ordered."""
    traded = [row for row in rows if row.trade and not (row.quantity or ZERO) % 1]
    told = [{"fixmlmessage": fixml(row, account)} for row in traded if row.trade_date == traded[0].trade_date]
    return {"orderstatus": {"order": listed(told)} if told else {}}


def fixml(row: TruthTransaction, account: TruthAccount) -> str:
    assert row.instrument is not None  # noqa: S101 - what is traded is something
    quantity, price = plain(abs(row.quantity or ZERO)), plain(row.price or ZERO)
    ident, when = f"SVI-6{row.number:09d}", row.executed_at.isoformat(timespec="milliseconds")
    root = ET.Element("FIXML", xmlns=NAMESPACE)
    known = {
        "OrdID": ident,
        "ID": ident,
        "Stat": FILLED,
        "Acct": account.number,
        "Side": SIDES.get(row.type, "1" if row.quantity and row.quantity > 0 else "2"),
        "Typ": MARKET,
        "TmInForce": DAY,
        "LastQty": quantity,
        "LastPx": price,
        "LeavesQty": "0",
        "TrdDt": when,
        "TxnTm": when,
    }
    if row.type == "BUY_TO_COVER":
        known["AcctTyp"] = SHORT
    report = ET.SubElement(root, "ExecRpt", known)
    ET.SubElement(report, "Instrmt", _instrument(row.instrument))
    if row.instrument.option is not None:
        ET.SubElement(report, "Undly", Sym=row.instrument.option.underlying)
    ET.SubElement(report, "OrdQty", Qty=quantity)
    ET.SubElement(report, "Comm", Comm=plain(row.fees or ZERO))
    return ET.tostring(root, encoding="unicode")


def _instrument(instrument: TruthInstrument) -> dict[str, str]:
    option = instrument.option
    told = {"SecTyp": TYPES[instrument.kind], "Desc": instrument.name}
    if option is None:
        return told | {"Sym": instrument.symbol}
    return told | {
        "Sym": option.underlying,
        "CFI": "OC" if option.right == "call" else "OP",
        "MMY": f"{option.expiration:%Y%m}",
        "MatDt": f"{option.expiration}T00:00:00.000-05:00",
        "StrkPx": plain(option.strike),
        "Mult": plain(option.multiplier),
    }
