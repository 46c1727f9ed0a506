"""The words of Fidelity's CSV files in ours. Sheet: fidelity, 3.2 and 3.3."""

from adapters.files.phrases import phrases
from domain.transactions import TransactionType

T = TransactionType

# What an action begins with; the first that fits. Deposits, transfers and interest: in or out by the sign.
ACTIONS = tuple(
    (prefix, kind)
    for prefixes, kind in (
        ("you bought", T.BUY),
        ("you sold; redemption payout", T.SELL),
        ("purchase into core account; redemption from core account", T.SWEEP),
        ("reinvestment", T.DIVIDEND_REINVESTMENT),
        ("dividend received", T.DIVIDEND),
        ("short-term cap gain; long-term cap gain", T.CAPITAL_GAIN),
        ("return of capital", T.RETURN_OF_CAPITAL),
        ("in lieu of", T.CASH_IN_LIEU),
        ("interest earned; muni exempt int", T.INTEREST),
        ("margin interest", T.MARGIN_INTEREST),
        (
            """electronic funds transfer received; electronic funds transfer paid; direct deposit;
            direct debit; wire transfer; check received; check paid; bill payment; debit card; contribution;
            partic contr; rollover""",
            T.DEPOSIT,
        ),
        ("transferred from; transferred to; journaled; transfer of assets", T.TRANSFER_IN),
        ("fee charged; advisor fee; adjust fee", T.FEE),
        ("foreign tax paid; adj foreign tax", T.TAX),
        ("distribution", T.SPLIT),
        ("merger; conversion; exchange in; exchange out", T.MERGER),
        ("buy cancel; sell cancel", T.ADJUSTMENT),
        ("expired", T.OPTION_EXPIRATION),
        ("assigned", T.OPTION_ASSIGNMENT),
        ("exercised", T.OPTION_EXERCISE),
    )
    for prefix in phrases(prefixes)
)
OUT = {T.DEPOSIT: T.WITHDRAWAL, T.TRANSFER_IN: T.TRANSFER_OUT, T.INTEREST: T.MARGIN_INTEREST}
OPTION_TRADES = {
    (T.BUY, "opening"): T.BUY_TO_OPEN, (T.BUY, "closing"): T.BUY_TO_CLOSE,
    (T.SELL, "opening"): T.SELL_TO_OPEN, (T.SELL, "closing"): T.SELL_TO_CLOSE,
}  # fmt: skip
SHORTS = {T.BUY: T.BUY_TO_COVER, T.SELL: T.SELL_SHORT}
# Funds and deposits that an account's cash lies in.
CORE = frozenset(phrases("SPAXX; FCASH; FDRXX; FZFXX; FTEXX; FDLXX; QXXXX; CORE"))

POSITION_COLUMNS = frozenset(
    phrases(
        """last price change; today's gain/loss dollar; today's gain/loss percent; total gain/loss dollar;
        total gain/loss percent; percent of account; cost basis total; average cost basis; cost basis;
        cost basis per share; type"""
    )
)
ACTIVITY_COLUMNS = frozenset(
    phrases(
        """account; account number; description; security description; type; security type; price; price ($);
        commission; commission ($); fees; fees ($); accrued interest; accrued interest ($); amount;
        amount ($); cash balance ($); exchange quantity; exchange currency; currency; exchange rate"""
    )
)
