"""The sandbox's side: a customer's statement as OFX, 1.x with or without end tags or 2.x. Sheet: ofx, 3."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from adapters.files.tell import File, plain, posted
from adapters.files.tell_ofx_rows import (
    INFOS,
    Element,
    SecurityIds,
    leaf,
    reinvested,
    secid,
    told_rows,
    word_of,
)
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

ZERO = Decimal(0)
ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
SGML = (
    "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\nCHARSET:1252\r\n"
    "COMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
)
XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
POSITIONS = {
    "equity": "POSSTOCK", "etf": "POSSTOCK", "mutual_fund": "POSMF", "option": "POSOPT", "bond": "POSDEBT",
    "crypto": "POSOTHER",
}  # fmt: skip
KINDS = {"etf": "equity", "crypto": "other"}
_OF_A_BANK = frozenset({"DEPOSIT", "WITHDRAWAL", "INTEREST", "FEE", "ADJUSTMENT"})


@dataclass(frozen=True, slots=True)
class Institution:
    """Who makes the file. `fund` is the (ticker, CUSIP) of the fund that holds the cash, where one does.
    `rich`: average costs, buying power and the worth of the account are told."""

    brokerage: str
    broker: str
    org: str
    fid: str = ""
    fund: tuple[str, str] | None = None
    rich: bool = False

    def files(self, profile: Profile, accounts: tuple[TruthAccount, ...], today: date) -> Iterator[File]:
        """All accounts in one file of each family, and each account in one with end tags."""
        told = ofx_profile(profile, rich=self.rich)
        document = self.document(accounts, today)
        shown = tuple(replace(a, transactions=tuple(reinvested(a.transactions))) for a in accounts)
        yield File("all.qfx", _sgml(document), shown, told, media="application/vnd.intu.qfx")
        yield File("all.ofx", _xml(document), shown, told, media="application/x-ofx")
        for n, account in enumerate(accounts, 1):
            one = _sgml(self.document((account,), today), closed=True)
            yield File(f"account-{n}.qfx", one, (shown[n - 1],), told, media="application/vnd.intu.qfx")

    def document(self, accounts: Sequence[TruthAccount], today: date) -> Element:
        ids = SecurityIds()
        answers = [self._answer(account, today, ids) for account in accounts]
        listed = [_info(instrument, ids, today) for instrument in ids.named]
        if self.fund is not None:
            fund = [leaf("SECNAME", "FEDERAL MONEY MARKET FUND"), leaf("TICKER", self.fund[0])]
            listed.append(("MFINFO", [("SECINFO", [secid(self.fund[1], "CUSIP"), *fund])]))
        return (
            "OFX",
            [
                ("SIGNONMSGSRSV1", [self._sign_on(today)]),
                ("INVSTMTMSGSRSV1", answers),
                ("SECLISTMSGSRSV1", [("SECLIST", listed)]),
            ],
        )

    def _sign_on(self, today: date) -> Element:
        who = [leaf("ORG", self.org), *([leaf("FID", self.fid)] if self.fid else [])]
        private = [
            leaf("SESSCOOKIE", "none"),
            leaf("INTU.BID", self.fid or "0"),
            leaf("INTU.USERID", "sample"),
        ]
        return (
            "SONRS",
            [
                _status(),
                leaf("DTSERVER", f"{today:%Y%m%d}090000[-5:EST]"),
                leaf("LANGUAGE", "ENG"),
                ("FI", who),
                *private,
            ],
        )

    def _answer(self, account: TruthAccount, today: date, ids: SecurityIds) -> Element:
        rows = posted(account)
        days = [row.trade_date for row in rows] or [today]
        whose = [leaf("BROKERID", self.broker), leaf("ACCTID", account.number)]
        taken = f"{today - timedelta(days=1):%Y%m%d}160000.000[-5:EST]"
        span = [leaf("DTSTART", f"{min(days):%Y%m%d}"), leaf("DTEND", f"{today:%Y%m%d}")]
        return (
            "INVSTMTTRNRS",
            [
                leaf("TRNUID", "0"),
                _status(),
                (
                    "INVSTMTRS",
                    [
                        leaf("DTASOF", taken),
                        leaf("CURDEF", account.currency),
                        ("INVACCTFROM", whose),
                        ("INVTRANLIST", [*span, *told_rows(rows, ids)]),
                        ("INVPOSLIST", [*self._held(account, taken, ids)]),
                        *self._balances(account, taken),
                    ],
                ),
            ],
        )

    def _held(self, account: TruthAccount, taken: str, ids: SecurityIds) -> Iterator[Element]:
        for position in account.positions:
            yield (POSITIONS[position.instrument.kind], [("INVPOS", self._invpos(position, taken, ids))])
        if self.fund is not None and account.cash > 0:
            units = [
                leaf("UNITS", plain(account.cash)),
                leaf("UNITPRICE", "1.0"),
                leaf("MKTVAL", plain(account.cash)),
            ]
            held = [secid(self.fund[1], "CUSIP"), leaf("HELDINACCT", "CASH"), leaf("POSTYPE", "LONG"), *units]
            yield ("POSMF", [("INVPOS", [*held, leaf("DTPRICEASOF", taken)]), leaf("REINVDIV", "Y")])

    def _invpos(self, position: TruthPosition, taken: str, ids: SecurityIds) -> list[Element]:
        short = position.quantity < 0
        average = [leaf("AVGCOSTBASIS", plain(position.average_cost))] if self.rich else []
        return [
            ids.of(position.instrument),
            leaf("HELDINACCT", "SHORT" if short else "CASH"),
            leaf("POSTYPE", "SHORT" if short else "LONG"),
            leaf("UNITS", plain(position.quantity)),
            leaf("UNITPRICE", plain(position.price)),
            leaf("MKTVAL", plain(position.market_value)),
            *average,
            leaf("DTPRICEASOF", taken),
        ]

    def _balances(self, account: TruthAccount, taken: str) -> Iterator[Element]:
        debt = min(account.cash, ZERO)
        cash = ZERO if self.fund is not None else max(account.cash, ZERO)
        told = [
            leaf("AVAILCASH", plain(cash)), leaf("MARGINBALANCE", plain(debt)), leaf("SHORTBALANCE", "0"),
        ]  # fmt: skip
        if self.rich:
            worth = [
                leaf("NAME", "Net Worth"),
                leaf("DESC", "Total account value"),
                leaf("BALTYPE", "DOLLAR"),
            ]
            worth += [leaf("VALUE", plain(account.total_value)), leaf("DTASOF", taken)]
            told += [leaf("BUYPOWER", plain(account.buying_power)), ("BALLIST", [("BAL", worth)])]
        yield ("INVBAL", told)


def ofx_profile(profile: Profile, *, rich: bool) -> Profile:
    """What OFX is able to tell of a truth."""
    hidden = {"transaction.executed_at", "transaction.taxes", "balance.settled_cash"}
    if not rich:
        hidden |= {
            "balance.buying_power",
            "position.average_cost",
            "position.cost_basis",
            "position.unrealized_gain",
        }
    return replace(
        profile,
        hidden=frozenset(hidden),
        uncompared=profile.uncompared | {"account.name", "account.kind"},
        tell=_tell,
        tell_number=None,
        tell_instrument=lambda told, _: replace(told, kind=KINDS.get(told.kind, told.kind)),
    )


def _tell(row: TruthTransaction) -> TruthTransaction:
    """Stock dividends are splits, and corrections have no word. Cash rows have one date."""
    kind = {"STOCK_DIVIDEND": "SPLIT", "ADJUSTMENT": "OTHER"}.get(row.type, word_of(row))
    of_a_bank = row.type in _OF_A_BANK or (row.type.startswith("TRANSFER") and row.instrument is None)
    price = None if row.type == "SPLIT" or row.type.startswith("OPTION_") else row.price
    return replace(row, type=kind, price=price, settlement_date=None if of_a_bank else row.settlement_date)


def _status() -> Element:
    return ("STATUS", [leaf("CODE", "0"), leaf("SEVERITY", "INFO")])


def _info(instrument: TruthInstrument, ids: SecurityIds, today: date) -> Element:
    option = instrument.option
    ticker = instrument.symbol.replace(" ", "")
    told = [
        ids.of(instrument),
        leaf("SECNAME", instrument.name),
        leaf("TICKER", ticker),
        leaf("UNITPRICE", plain(instrument.price)),
        leaf("DTASOF", f"{today:%Y%m%d}"),
    ]
    more: list[Element] = []
    if option is not None:
        more = [
            leaf("OPTTYPE", option.right.upper()),
            leaf("STRIKEPRICE", plain(option.strike)),
            leaf("DTEXPIRE", f"{option.expiration:%Y%m%d}"),
            leaf("SHPERCTRCT", plain(option.multiplier)),
        ]
    return (INFOS[instrument.kind], [("SECINFO", told), *more])


def _sgml(document: Element, *, closed: bool = False) -> bytes:
    """Without end tags all in one line, with them a line for each."""
    return (SGML + "".join(_parts(document, closed=closed, depth=0, end="\r\n" if closed else ""))).encode(
        "cp1252"
    )


def _xml(document: Element) -> bytes:
    return (XML + "".join(_parts(document, closed=True, depth=0, end="\n"))).encode()


def _parts(element: Element, *, closed: bool, depth: int, end: str) -> Iterable[str]:
    tag, value = element
    pad = "  " * depth if end else ""
    if isinstance(value, str):
        for sign, escape in ESCAPES:
            value = value.replace(sign, escape)
        yield f"{pad}<{tag}>{value}" + (f"</{tag}>" if closed else "") + end
        return
    yield f"{pad}<{tag}>{end}"
    for child in value:
        yield from _parts(child, closed=closed, depth=depth + 1, end=end)
    yield f"{pad}</{tag}>{end}"
