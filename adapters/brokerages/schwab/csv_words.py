"""The words of Schwab's CSV files in ours: actions, kinds of securities, columns. Sources: README."""

from adapters.files.phrases import lexicon, phrases
from domain.instruments import InstrumentKind
from domain.transactions import TransactionType

T = TransactionType
K = InstrumentKind

# Trades tell their quantity without a sign: + into the account is 1.
TRADES = {
    "buy": (T.BUY, 1), "sell": (T.SELL, -1),
    "sell short": (T.SELL_SHORT, -1), "buy to cover": (T.BUY_TO_COVER, 1),
    "buy to open": (T.BUY_TO_OPEN, 1), "buy to close": (T.BUY_TO_CLOSE, 1),
    "sell to open": (T.SELL_TO_OPEN, -1), "sell to close": (T.SELL_TO_CLOSE, -1),
    "reinvest shares": (T.DIVIDEND_REINVESTMENT, 1),
    "full redemption": (T.SELL, -1), "full maturity": (T.SELL, -1), "redemption": (T.SELL, -1),
}  # fmt: skip
# Rows of cash, and events that move securities with our sign. Deposits and transfers: in or out by the sign.
ACTIONS = lexicon(
    {
        """cash dividend; qualified dividend; non-qualified div; special dividend; special qual div;
        special non qual div; pr yr cash div; pr yr div reinvest; pr yr non-qual div; qual div reinvest;
        reinvest dividend; div adjustment; non-qualified div adj; dividend""": T.DIVIDEND,
        """long term cap gain; short term cap gain; long term cap gain reinvest;
        short term cap gain reinvest""": T.CAPITAL_GAIN,
        "credit interest; bank interest; bond interest; bank interest adj; interest": T.INTEREST,
        "margin interest": T.MARGIN_INTEREST,
        "service fee; adr mgmt fee; misc fee; fee; advisor fee": T.FEE,
        """foreign tax paid; nra tax adj; nra withholding; pr yr nra tax; irs withhold adj;
        backup withholding; tax""": T.TAX,
        """moneylink transfer; moneylink deposit; moneylink adj; funds received; funds paid; wire received;
        wire funds received; wire sent; wire funds; wire funds adj; deposit; withdrawal; atm withdrawal;
        visa purchase; check; mobile deposit""": T.DEPOSIT,
        """journal; journaled shares; internal transfer; security transfer; transfer;
        stock plan activity""": T.TRANSFER_IN,
        "stock split; split; reverse split; forward split": T.SPLIT,
        "stock merger; cash merger; cash/stock merger; exchange; reorganized issue": T.MERGER,
        "cancel buy; cancel sell; adjustment; misc cash entry; promotional award": T.ADJUSTMENT,
        "return of capital": T.RETURN_OF_CAPITAL,
        "cash in lieu": T.CASH_IN_LIEU,
        "stock div dist": T.STOCK_DIVIDEND,
        "spin-off": T.SPINOFF,
        "name change": T.SYMBOL_CHANGE,
        "expired": T.OPTION_EXPIRATION,
        "assigned": T.OPTION_ASSIGNMENT,
        "exchange or exercise": T.OPTION_EXERCISE,
    }
)
OUT = {T.DEPOSIT: T.WITHDRAWAL, T.TRANSFER_IN: T.TRANSFER_OUT}
KINDS = lexicon(
    {
        "equity; stock": K.EQUITY,
        "etf; etfs & closed end funds": K.ETF,
        "mutual fund; mutual funds": K.MUTUAL_FUND,
        "option; options": K.OPTION,
        "fixed income; bond": K.BOND,
    }
)
# Columns of positions that are mapped, or knowingly left to the raw row.
COLUMNS = frozenset(
    phrases(
        """price; price chng $ (price change $); price chng % (price change %); cost basis;
        day chng $ (day change $); day chng % (day change %); gain $ (gain/loss $); gain % (gain/loss %);
        ratings; reinvest?; reinvest capital gains?; % of acct (% of account); security type; asset type;
        price change %; price change $; day change %; day change $; gain/loss %; gain/loss $;
        reinvest dividends?; capital gains?; % of account; acctg rule cd"""
    )
)
