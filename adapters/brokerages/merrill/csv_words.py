"""The words of Merrill's CSV files in ours. Sheet: merrill, 3.1 and 3.2."""

from adapters.files.phrases import lexicon, phrases
from domain.transactions import TransactionType

T = TransactionType

# "Description 1". Deposits, transfers and interest: in or out by the sign.
ACTIONS = lexicon(
    {
        "purchase; option purchase": T.BUY,
        "sale; option sale; sale-option exercised": T.SELL,
        "reinvestment share(s); reinvestment program": T.DIVIDEND_REINVESTMENT,
        "dividend; foreign dividend": T.DIVIDEND,
        "interest; bank interest": T.INTEREST,
        "deposit; direct deposit; funds received; current year contribution": T.DEPOSIT,
        "withdrawal; pre-authorized withdrawal; check": T.WITHDRAWAL,
        "depository bank (adr) fee": T.FEE,
        "foreign tax withholding": T.TAX,
        "transfer / adjustment": T.TRANSFER_IN,
        "stock dividend; stock dividend due bill; split": T.SPLIT,
        "cash in lieu": T.CASH_IN_LIEU,
        "option assigned": T.OPTION_ASSIGNMENT,
        "option exercised": T.OPTION_EXERCISE,
        "option expired": T.OPTION_EXPIRATION,
    }
)
OUT = {T.DEPOSIT: T.WITHDRAWAL, T.TRANSFER_IN: T.TRANSFER_OUT, T.INTEREST: T.MARGIN_INTEREST}
# What cash lies in overnight, by CUSIP and ticker, and the rows that move it there and back.
SWEEPS = frozenset({"990156937", "IIAXX"})
MOVES = frozenset({"deposit", "withdrawal"})
COLUMNS = frozenset(
    phrases(
        """cob date; security #; security description; account nickname; account registration;
        unrealized gain/loss ($); unrealized gain/loss (%); cumulative investment return ($);
        cumulative investment return (%); accrued interest ($); short/long; acquisition cost;
        acquisition price; liquidation price"""
    )
)
