"""The sandbox's side: transactions as aggregates of OFX. Sheet: ofx, 3.4."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Union

from adapters.files.tell import plain
from adapters.sandbox.truth import TruthInstrument, TruthTransaction

ZERO = Decimal(0)
Element = tuple[str, Union[str, list["Element"]]]  # noqa: UP007  a text cannot be joined by |

INFOS = {
    "equity": "STOCKINFO", "etf": "STOCKINFO", "mutual_fund": "MFINFO", "option": "OPTINFO",
    "bond": "DEBTINFO", "crypto": "OTHERINFO",
}  # fmt: skip
STEMS = {
    "equity": "STOCK", "etf": "STOCK", "mutual_fund": "MF", "option": "OPT", "bond": "DEBT",
    "crypto": "OTHER",
}  # fmt: skip
# The enumeration that says more of a trade: its field, and its word.
WORDS = {
    "BUY": "BUY", "DIVIDEND_REINVESTMENT": "BUY", "BUY_TO_COVER": "BUYTOCOVER", "SELL": "SELL",
    "SELL_SHORT": "SELLSHORT", "BUY_TO_OPEN": "BUYTOOPEN", "BUY_TO_CLOSE": "BUYTOCLOSE",
    "SELL_TO_OPEN": "SELLTOOPEN", "SELL_TO_CLOSE": "SELLTOCLOSE",
}  # fmt: skip
ENDS = {"OPTION_EXPIRATION": "EXPIRE", "OPTION_ASSIGNMENT": "ASSIGN", "OPTION_EXERCISE": "EXERCISE"}
INCOMES = {"DIVIDEND": "DIV", "CAPITAL_GAIN": "CGLONG"}
# TRNTYPE and NAME of rows that move cash alone; a row takes one of them by its number.
BANK = {
    "DEPOSIT": (("CREDIT", "ELECTRONIC FUNDS TRANSFER RCVD"), ("DEP", "CHECK IN"), ("DIRECTDEP", "PAY")),
    "WITHDRAWAL": (("DEBIT", "ELECTRONIC FUNDS TRANSFER PAID"), ("CHECK", "CHECK PAID"), ("PAYMENT", "BILL")),
    "INTEREST": (("INT", "CREDIT"), ("DEP", "INTEREST EARNED")),
    "FEE": (("FEE", "CHARGE"), ("OTHER", "LATE SETTLEMENT FEE"), ("SRVCHG", "SERVICE CHARGE")),
    "TRANSFER_IN": (("XFER", "MOVED HERE"), ("DEP", "TRANSFERRED FROM VS X00")),
    "TRANSFER_OUT": (("XFER", "MOVED AWAY"), ("DEBIT", "TRANSFERRED TO VS X00")),
    "ADJUSTMENT": (("OTHER", "CORRECTION"),),
}  # fmt: skip


def leaf(tag: str, value: str) -> Element:
    return (tag, value)


def secid(identifier: str, scheme: str) -> Element:
    return ("SECID", [leaf("UNIQUEID", identifier), leaf("UNIQUEIDTYPE", scheme)])


@dataclass(slots=True)
class SecurityIds:
    """Which securities a document has named so far; all that it names, it lists."""

    named: dict[TruthInstrument, None] = field(default_factory=dict)

    def of(self, instrument: TruthInstrument) -> Element:
        """Options have a "CUSIP" of the broker's making, which is shorter than one is."""
        self.named[instrument] = None
        return secid(instrument.cusip or f"O{instrument.number:07d}", "CUSIP")


def told_rows(rows: Sequence[TruthTransaction], ids: SecurityIds) -> Iterator[Element]:
    """Newest first. A reinvestment that spends its dividend to the cent is one aggregate with it."""
    one = _together(rows)
    for row in rows:
        if row.number not in one:
            yield _row(row, ids, reinvest=row.reinvests in one)


def reinvested(rows: Sequence[TruthTransaction]) -> Iterator[TruthTransaction]:
    """The same rows as such an aggregate tells them: with one date of settlement, and no costs."""
    one = _together(rows)
    for row in rows:
        if row.number in one:
            yield replace(row, settlement_date=one[row.number].settlement_date)
        else:
            yield replace(row, fees=None) if row.reinvests in one else row


def _together(rows: Sequence[TruthTransaction]) -> dict[int, TruthTransaction]:
    """Dividends that are told with the purchase that they pay for, and that purchase."""
    by_number = {row.number: row for row in rows}
    return {
        row.reinvests: row
        for row in rows
        if row.reinvests is not None and _is_one(row, by_number.get(row.reinvests))
    }


def _is_one(row: TruthTransaction, dividend: TruthTransaction | None) -> bool:
    if dividend is None or dividend.net is None or row.net is None:
        return False
    # Some brokers tell the two apart whatever they amount to.
    alike = dividend.net == -row.net and not dividend.taxes and not row.fees
    return alike and dividend.trade_date == row.trade_date and row.number % 3 > 0


def _row(row: TruthTransaction, ids: SecurityIds, *, reinvest: bool) -> Element:
    instrument = row.instrument
    if reinvest and instrument is not None:
        return ("REINVEST", [*_head(row, ids), leaf("INCOMETYPE", "DIV"), _total(row), _sub(), *_many(row)])
    if row.trade and instrument is not None:
        return _trade(row, instrument, ids)
    if row.type in INCOMES:
        return (
            "INCOME",
            [*_head(row, ids), leaf("INCOMETYPE", INCOMES[row.type]), _total(row), _sub(), _fund()],
        )
    if row.type == "RETURN_OF_CAPITAL":
        return ("RETOFCAP", [*_head(row, ids), _total(row), _sub(), _fund()])
    if row.type == "TAX":
        return ("INVEXPENSE", [*_head(row, ids), _total(row), _sub(), _fund()])
    if row.type == "MARGIN_INTEREST":
        return ("MARGININTEREST", [*_head(row, ids), _total(row), _fund()])
    if row.type in ENDS:
        many = [leaf("UNITS", plain(row.quantity or ZERO)), leaf("SHPERCTRCT", "100"), _sub()]
        return ("CLOSUREOPT", [*_head(row, ids), leaf("OPTACTION", ENDS[row.type]), *many])
    if row.type in {"SPLIT", "STOCK_DIVIDEND"}:
        return ("SPLIT", [*_head(row, ids), _sub(), *_ratio(row)])
    if instrument is not None:
        way = leaf("TFERACTION", "IN" if (row.quantity or ZERO) > 0 else "OUT")
        price = [leaf("UNITPRICE", plain(row.price))] if row.price is not None else []
        many = [leaf("UNITS", plain(row.quantity or ZERO)), way, leaf("POSTYPE", "LONG"), *price]
        return ("TRANSFER", [*_head(row, ids), _sub(), *many])
    return _bank(row)


def _trade(row: TruthTransaction, instrument: TruthInstrument, ids: SecurityIds) -> Element:
    side = "BUY" if (row.quantity or ZERO) > 0 else "SELL"
    stem, word = STEMS[instrument.kind], WORDS[word_of(row)]
    fees = row.fees or ZERO
    cent = min(fees, Decimal("0.01"))
    costs = [leaf("COMMISSION", plain(fees - cent)), leaf("FEES", plain(cent))]
    body = [*_head(row, ids), *_many(row), *costs, _total(row), _sub(), _fund()]
    more = (
        [leaf(f"OPT{side}TYPE" if stem == "OPT" else f"{side}TYPE", word)]
        if stem in {"STOCK", "MF", "OPT"}
        else []
    )
    if stem == "OPT":
        more.append(leaf("SHPERCTRCT", "100"))
    return (f"{side}{stem}", [(f"INV{side}", body), *more])


def word_of(row: TruthTransaction) -> str:
    """OFX tells of options what opens and what closes, whatever else the brokerage's own words are."""
    return row.deed if row.trade and row.instrument is not None and row.instrument.option else row.type


def _head(row: TruthTransaction, ids: SecurityIds) -> list[Element]:
    memo = {"DIVIDEND_REINVESTMENT": "REINVESTMENT", "TAX": "FOREIGN TAX WITHHELD"}.get(
        row.type, row.description
    )
    invtran = [leaf("FITID", fitid(row)), leaf("DTTRADE", f"{row.trade_date:%Y%m%d}160000.000[-5:EST]")]
    if row.settlement_date is not None:
        invtran.append(leaf("DTSETTLE", f"{row.settlement_date:%Y%m%d}160000.000[-5:EST]"))
    invtran.append(leaf("MEMO", memo))
    return [("INVTRAN", invtran), *([ids.of(row.instrument)] if row.instrument is not None else [])]


def _bank(row: TruthTransaction) -> Element:
    words = BANK[row.type]
    word, name = words[row.number % len(words)]
    told = [
        leaf("TRNTYPE", word),
        leaf("DTPOSTED", f"{row.trade_date:%Y%m%d}"),
        leaf("TRNAMT", f"{row.net or ZERO:+020.5f}"),
        leaf("FITID", fitid(row)),
        leaf("NAME", name),
    ]
    return ("INVBANKTRAN", [("STMTTRN", told), _fund()])


def fitid(row: TruthTransaction) -> str:
    """Long, dotted, and no number."""
    return f"{row.number}.0123.{row.trade_date:%m%d%Y}.{row.uuid[:4]}"


def _many(row: TruthTransaction) -> list[Element]:
    return [leaf("UNITS", plain(row.quantity or ZERO)), leaf("UNITPRICE", plain(row.price or ZERO))]


def _ratio(row: TruthTransaction) -> list[Element]:
    more = row.quantity or ZERO
    old = more * 2
    ratio = [leaf("NUMERATOR", "3"), leaf("DENOMINATOR", "2")]
    return [leaf("OLDUNITS", plain(old)), leaf("NEWUNITS", plain(old + more)), *ratio]


def _total(row: TruthTransaction) -> Element:
    return leaf("TOTAL", plain(row.net or ZERO))


def _sub() -> Element:
    return leaf("SUBACCTSEC", "CASH")


def _fund() -> Element:
    return leaf("SUBACCTFUND", "OTHER")
