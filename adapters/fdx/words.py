"""FDX's words in ours (sheet, 3.5 and 5). All of them are open lists: providers send words of their own."""

import re
from collections.abc import Mapping

from domain.accounts import AccountKind
from domain.instruments import InstrumentKind
from domain.transactions import TransactionType

T = TransactionType
K = AccountKind
I = InstrumentKind  # noqa: E741  one letter for each table


def bare(word: str) -> str:
    """A word without what providers write differently: case, blanks, hyphens."""
    return re.sub(r"[^A-Z0-9]", "", word.upper())


# What an account is. The words on the right are those that name an account through any door (README);
# on the left FDX's, and below them those that providers send who do not keep to the list.
_BROKERAGE = "TAXABLE BROKERAGEPRODUCT INVESTMENTACCOUNT"
SUBTYPES: Mapping[str, str] = {
    **dict.fromkeys(_BROKERAGE.split(), "brokerage"),
    "401A": "401a", "401K": "401k", "403B": "403b", "529": "529", "COVERDELL": "education savings account",
    "DIGITALASSET": "crypto exchange", "DEFINEDBENEFIT": "pension", "INDIVIDUALPENSIONPLAN": "pension",
    "REGISTEREDPENSIONPLAN": "pension", "SPECIFIEDPENSIONPLAN": "pension",
    "DEFERREDPROFITSHARINGPLAN": "profit sharing plan", "ESOP": "stock plan", "GUARDIAN": "ugma",
    "INSTITUTIONALTRUST": "trust", "TRUST": "trust", "IRA": "ira", "ROLLOVER": "ira", "ROTH": "roth",
    "KEOGH": "keogh", "SARSEP": "sarsep", "LIFEINCOMEFUND": "lif", "LOCKEDINRETIREMENTACCOUNT": "lira",
    "LOCKEDINRETIREMENTINCOMEFUND": "lrif", "LOCKEDINRETIREMENTSAVINGSPLAN": "lrsp",
    "PRESCRIBEDREGISTEREDRETIREMENTINCOMEFUND": "prif", "REGISTEREDRETIREMENTINCOMEFUND": "rrif",
    "REGISTEREDDISABILITYSAVINGSPLAN": "rdsp", "REGISTEREDEDUCATIONSAVINGSPLAN": "resp",
    "REGISTEREDRETIREMENTSAVINGSPLAN": "rrsp", "RESTRICTEDLIFEINCOMEFUND": "rlif",
    "RESTRICTEDLOCKEDINSAVINGSPLAN": "lrsp", "TAXFREESAVINGSACCOUNT": "tfsa", "UGMA": "ugma",
    "UTMA": "utma", "VARIABLEANNUITY": "variable annuity", "NONQUALIFIEDPLAN": "other",
    "NONQUALIFEDPLAN": "other", "OTHERINVESTMENT": "other", "PREPAID": "other", "TDA": "other",
    "TERM": "other",
    **dict.fromkeys(["BROKERAGE", "BROKERAGEACCOUNT", "INDIVIDUAL", "INDIVIDUALTOD", "CMAEDGE"], "brokerage"),
    **dict.fromkeys(["TRADITIONALIRA", "ROLLOVERIRA", "IRAEDGE"], "ira"),
    "ROTHIRA": "roth", "SEPIRA": "sep ira", "SIMPLEIRA": "simple ira", "HSA": "hsa",
    "COLLEGESAVINGS": "529",
}  # fmt: skip
KINDS: Mapping[str, AccountKind] = {
    "ira": K.IRA_TRADITIONAL, "roth": K.IRA_ROTH, "trust": K.TRUST, "ugma": K.CUSTODIAL, "utma": K.CUSTODIAL,
    **dict.fromkeys(["sep ira", "simple ira", "sarsep", "keogh"], K.IRA_OTHER), "crypto exchange": K.CRYPTO,
    **dict.fromkeys(
        "401a 401k 403b pension lif lira lrif lrsp prif rrif rrsp rlif".split(), K.RETIREMENT
    ),
    "profit sharing plan": K.RETIREMENT,
}  # fmt: skip
CLOSED = frozenset({"CLOSED"})
STATUSES = CLOSED | frozenset(
    "DELINQUENT NEGATIVECURRENTBALANCE OPEN PAID PENDINGCLOSE PENDINGOPEN RESTRICTED".split()
)

# What is held: `holdingType` and `securityType`. ETFs come as STOCK or OTHER.
INSTRUMENTS: Mapping[str, InstrumentKind] = {
    "ANNUITY": I.OTHER, "BOND": I.BOND, "CD": I.BOND, "DEBT": I.BOND, "DIGITALASSET": I.CRYPTO,
    "MUTUALFUND": I.MUTUAL_FUND, "OPTION": I.OPTION, "OTHER": I.OTHER, "STOCK": I.EQUITY,
    "SWEEP": I.CASH_EQUIVALENT,
}  # fmt: skip
CASH = frozenset({"CASH", "MONEYMARKET"})
IDENTIFIERS = frozenset("CUSIP ISIN SEDOL SICC VALOR WKN CINS CMC CME ITSA NASDAQ".split())

# `transactionType`, grouped by what its figures mean.
BUYS: Mapping[str, TransactionType] = {
    "PURCHASED": T.BUY, "PURCHASEDTOCOVER": T.BUY_TO_COVER, "PURCHASETOOPEN": T.BUY_TO_OPEN,
    "PURCHASETOCLOSE": T.BUY_TO_CLOSE,
}  # fmt: skip
SELLS: Mapping[str, TransactionType] = {
    "SOLD": T.SELL, "SOLDTOCLOSE": T.SELL_TO_CLOSE, "SOLDTOOPEN": T.SELL_TO_OPEN,
}  # fmt: skip
# The same words where it is no option.
NO_OPTION = {
    T.BUY_TO_OPEN: T.BUY, T.BUY_TO_CLOSE: T.BUY_TO_COVER, T.SELL_TO_CLOSE: T.SELL,
    T.SELL_TO_OPEN: T.SELL_SHORT,
}  # fmt: skip
SHORTS = {T.BUY: T.BUY_TO_COVER, T.SELL: T.SELL_SHORT}
DIVIDENDS = frozenset({"DIV", "DIVIDEND", "INCOME"})
REINVESTED = frozenset({"DIVIDENDREINVEST", "DIVIDENDREINVESTMENT", "REINVESTOFINCOME"})
GAINS = frozenset({"CGLONG", "CGSHORT"})
INCOMES = GAINS | {"MISC"}
COMING = frozenset({"DEP", "DEPOSIT", "DIRECTDEP", "CONTRIBUTION"})
GOING = frozenset({"CASH", "ATM", "CHECK", "POS", "PAYMENT", "DIRECTDEBIT", "REPEATPMT"})
TRANSFERS = frozenset({"TRANSFER", "XFER"})
FEES = frozenset({"FEE", "SRVCHG", "EXPENSE", "INVEXPENSE"})
EVENTS: Mapping[str, TransactionType] = {
    "OPTIONEXERCISE": T.OPTION_EXERCISE, "OPTIONASSIGNMENT": T.OPTION_ASSIGNMENT,
    "OPTIONEXPIRATION": T.OPTION_EXPIRATION,
}  # fmt: skip
PLAIN: Mapping[str, TransactionType] = {
    "INTEREST": T.INTEREST, "MARGININTEREST": T.MARGIN_INTEREST, "SPLIT": T.SPLIT,
    "RETURNOFCAPITAL": T.RETURN_OF_CAPITAL, "ADJUSTMENT": T.ADJUSTMENT, "CLOSURE": T.ADJUSTMENT,
    "CLOSUREOPT": T.OTHER, "JRNLFUND": T.OTHER, "JRNLSEC": T.OTHER, "OTHER": T.OTHER,
}  # fmt: skip
KNOWN = (
    frozenset({*BUYS, *SELLS, *EVENTS, *PLAIN})
    | DIVIDENDS | REINVESTED | COMING | GOING | TRANSFERS | FEES
)  # fmt: skip

# Which way the cash of a row goes where `debitCreditMemo` does not say it.
INWARDS = frozenset({*SELLS, "INTEREST", "RETURNOFCAPITAL"}) | DIVIDENDS | COMING
OUTWARDS = frozenset({*BUYS, "MARGININTEREST"}) | GOING | FEES
MEMOS = {"CREDIT": 1, "DEBIT": -1}

PENDING = frozenset({"PENDING", "AUTHORIZATION", "MEMO"})
STATUS = PENDING | {"POSTED"}

# What CLOSUREOPT closes is in its words only.
CLOSURES = (
    (re.compile(r"\bEXERCIS", re.IGNORECASE), T.OPTION_EXERCISE),
    (re.compile(r"\bASSIGN", re.IGNORECASE), T.OPTION_ASSIGNMENT),
    (re.compile(r"\bEXPIR", re.IGNORECASE), T.OPTION_EXPIRATION),
)
