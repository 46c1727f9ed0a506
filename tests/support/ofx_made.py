"""OFX files of one account, put together from the parts that a test is about."""

from datetime import date

from adapters.files import ofx
from domain.ports.statements import AccountStatement, Statement
from domain.transactions import Transaction

TODAY = date(2026, 12, 1)
HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
OK = "<STATUS><CODE>0<SEVERITY>INFO</STATUS>"
ACME = "<SECID><UNIQUEID>000000AA1<UNIQUEIDTYPE>CUSIP</SECID>"
FUND = "<SECID><UNIQUEID>922906300<UNIQUEIDTYPE>CUSIP</SECID>"
CALL = "<SECID><UNIQUEID>0CC3<UNIQUEIDTYPE>CUSIP</SECID>"
BOND = "<SECID><UNIQUEID>912810RW0<UNIQUEIDTYPE>CUSIP</SECID>"
SECURITIES = (
    f"<STOCKINFO><SECINFO>{ACME}<SECNAME>ACME CORP<TICKER>ACME</SECINFO></STOCKINFO>"
    f"<MFINFO><SECINFO>{FUND}<SECNAME>MONEY FUND<TICKER>VMFXX</SECINFO></MFINFO>"
    f"<OPTINFO><SECINFO>{CALL}<SECNAME>ACME CALL<TICKER>ACME261218C00125000</SECINFO>"
    f"<OPTTYPE>CALL<STRIKEPRICE>125<DTEXPIRE>20261218<SHPERCTRCT>100{ACME}</OPTINFO>"
    f"<DEBTINFO><SECINFO>{BOND}<SECNAME>US TREASURY<TICKER>912810RW0</SECINFO><PARVALUE>1000</DEBTINFO>"
)
CASH = "<SUBACCTSEC>CASH<SUBACCTFUND>CASH"
FORMAT = ofx.format(brokerage="sample", own=("broker.example",), cash_funds=("VMFXX", "922906300"))


def content(
    body: str, *, securities: str = SECURITIES, whose: str = "broker.example", head: str = OK
) -> bytes:
    account = f"<INVACCTFROM><BROKERID>{whose}<ACCTID>X12345678</INVACCTFROM>"
    statement = f"<INVSTMTRS><DTASOF>20261120160000.000[-5:EST]<CURDEF>USD{account}{body}</INVSTMTRS>"
    answer = f"<INVSTMTTRNRS><TRNUID>0{head}{statement}</INVSTMTTRNRS>"
    listed = f"<SECLISTMSGSRSV1><SECLIST>{securities}</SECLIST></SECLISTMSGSRSV1>"
    sonrs = f"<SONRS>{OK}<DTSERVER>20261123090000<FI><ORG>x</FI><INTU.BID>1</SONRS>"
    sign_on = f"<SIGNONMSGSRSV1>{sonrs}</SIGNONMSGSRSV1>"
    return f"{HEAD}<OFX>{sign_on}<INVSTMTMSGSRSV1>{answer}</INVSTMTMSGSRSV1>{listed}</OFX>".encode("cp1252")


def read(body: str, **more: str) -> Statement:
    return FORMAT.read(content(body, **more), TODAY)


def account(body: str, **more: str) -> AccountStatement:
    (found,) = read(body, **more).accounts
    return found


def rows(*told: str) -> list[Transaction]:
    statement = read(f"<INVTRANLIST><DTSTART>20261101<DTEND>20261130{''.join(told)}</INVTRANLIST>")
    assert not statement.notes.fields
    assert not statement.notes.words
    return list(statement.accounts[0].transactions)


def head(memo: str = "", fitid: str = "F1", more: str = "", when: str = "20261103") -> str:
    return f"<INVTRAN><FITID>{fitid}<DTTRADE>{when}<DTSETTLE>20261104{more}<MEMO>{memo}</INVTRAN>"


def figures(row: Transaction) -> tuple[object, ...]:
    plain = [row.quantity, row.price, row.gross, row.fees, row.taxes, row.net]
    return (row.type, *(None if value is None else str(value) for value in plain))
