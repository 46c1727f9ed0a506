"""The sandbox's side: what Plaid says of accounts, holdings, securities and transactions (section 3)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from adapters.sandbox.asked import number
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

ZERO = Decimal(0)
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
Row = dict[str, Any]

TYPES = {
    "equity": ("equity", "common stock"), "etf": ("etf", "etf"),
    "mutual_fund": ("mutual fund", "mutual fund"),
    "option": ("derivative", "option"), "crypto": ("cryptocurrency", "cryptocurrency"),
    "bond": ("fixed income", "bond"),
}  # fmt: skip
SUBTYPES = {
    "margin": "brokerage", "cash": "cash management", "ira_roth": "roth", "ira_traditional": "ira",
    "crypto": "crypto exchange", "retirement": "401k", "joint": "brokerage", "other": "other",
}  # fmt: skip

# type and subtype of a deed (5). The words of options are in the name: Plaid has none for open and close.
WORDS = {
    "BUY": ("buy", "buy", "BUY"), "SELL": ("sell", "sell", "SELL"),
    "SELL_SHORT": ("sell", "sell short", "SELL SHORT"),
    "BUY_TO_COVER": ("buy", "buy to cover", "BUY TO COVER"),
    "BUY_TO_OPEN": ("buy", "buy", "BUY TO OPEN"), "BUY_TO_CLOSE": ("buy", "buy", "BUY TO CLOSE"),
    "SELL_TO_OPEN": ("sell", "sell", "SELL TO OPEN"), "SELL_TO_CLOSE": ("sell", "sell", "SELL TO CLOSE"),
    "OPTION_EXPIRATION": ("transfer", "expire", "EXPIRED"),
    "OPTION_ASSIGNMENT": ("transfer", "assignment", "ASSIGNED"),
    "OPTION_EXERCISE": ("transfer", "exercise", "EXERCISED"),
    "DIVIDEND": ("cash", "dividend", "DIVIDEND"),
    "DIVIDEND_REINVESTMENT": ("buy", "dividend reinvestment", "DIVIDEND REINVESTMENT"),
    "STOCK_DIVIDEND": ("transfer", "stock distribution", "STOCK DIVIDEND"),
    "CAPITAL_GAIN": ("cash", "long-term capital gain", "LONG TERM GAIN"),
    "RETURN_OF_CAPITAL": ("fee", "return of principal", "RETURN OF PRINCIPAL"),
    "INTEREST": ("cash", "interest", "INTEREST ON FREE CREDIT"),
    "MARGIN_INTEREST": ("cash", "margin expense", "MARGIN CHARGE"),
    "DEPOSIT": ("cash", "deposit", "ACH DEPOSIT"), "WITHDRAWAL": ("cash", "withdrawal", "ACH WITHDRAWAL"),
    "TRANSFER_IN": ("transfer", "transfer", "ACAT TRANSFER IN"),
    "TRANSFER_OUT": ("transfer", "transfer", "ACAT TRANSFER OUT"),
    "FEE": ("fee", "account fee", "SERVICE CHARGE"), "TAX": ("cash", "tax withheld", "WITHHELD"),
    "SPLIT": ("transfer", "split", "SPLIT"), "ADJUSTMENT": ("fee", "adjustment", "CORRECTION"),
}  # fmt: skip


def plaid_id(*parts: str) -> str:
    """37 letters and digits, as Plaid's ids are: fixed by what they name."""
    digest = hashlib.sha512("\x1f".join(parts).encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:37])


@dataclass(frozen=True, slots=True)
class Speech:
    """How one item is told: ids of accounts and rows are the item's, those of securities are everybody's.

    `settlement_fund` is the ticker of a money fund that cash is held in; without one it is held as such.
    """

    item_id: str
    brokerage: str
    settlement_fund: str = ""

    def account_id(self, account: TruthAccount) -> str:
        return plaid_id("account", self.item_id, account.uuid)

    def account(self, account: TruthAccount) -> Row:
        """Nothing of the account but its last digits, its kind and its money."""
        balances = {
            "available": number(account.cash),
            "current": number(account.total_value),
            "limit": None,
            "margin_loan_amount": number(ZERO) if account.kind == "margin" else None,
            "iso_currency_code": account.currency,
            "unofficial_currency_code": None,
        }
        return {
            "account_id": self.account_id(account),
            "balances": balances,
            "mask": account.number[-4:],
            "name": account.name,
            "official_name": None,
            "type": "investment",
            "subtype": SUBTYPES[account.kind],
            "holder_category": "personal",
        }

    # Securities.

    def security_id(self, instrument: TruthInstrument) -> str:
        return plaid_id("security", self.brokerage, instrument.symbol)

    @property
    def cash_id(self) -> str:
        return plaid_id("security", self.brokerage, self.settlement_fund or "CUR:USD")

    def security(self, instrument: TruthInstrument, today: date) -> Row:
        kind, subtype = TYPES[instrument.kind]
        option, ticker = instrument.option, instrument.symbol
        contract = None
        if option is not None:
            ticker = ticker.replace(" ", "")  # OSI without padding
            contract = {
                "contract_type": option.right,
                "expiration_date": option.expiration.isoformat(),
                "strike_price": option.strike,
                "underlying_security_ticker": option.underlying,
            }
        told = _security(self.security_id(instrument), instrument.name, ticker, kind, subtype)
        # As Plaid's own sample has it: a coin that is flagged as cash and is none.
        flagged = instrument.symbol == "BTC"
        price = {"close_price": instrument.price, "close_price_as_of": today.isoformat()}
        return told | price | {"option_contract": contract, "is_cash_equivalent": flagged}

    def cash_security(self, currency: str, today: date) -> Row:
        if self.settlement_fund:
            told = _security(
                self.cash_id, "FEDERAL MONEY MARKET FUND", self.settlement_fund, "mutual fund", "mutual fund"
            )
        else:
            told = _security(self.cash_id, "U S Dollar", f"CUR:{currency}", "cash", "cash")
        price = {"close_price": number(Decimal(1)), "close_price_as_of": today.isoformat()}
        return told | price | {"is_cash_equivalent": True}

    # Holdings.

    def holdings(self, account: TruthAccount, today: date) -> list[Row]:
        told = [self._holding(position, account, today) for position in account.positions]
        if account.cash:
            told.append(
                self._held(account, self.cash_id, today, account.cash, Decimal(1), account.cash, None)
            )
        return told

    def _holding(self, position: TruthPosition, account: TruthAccount, today: date) -> Row:
        units = position.quantity * shares(position.instrument)
        price = position.price * _per_unit(position.instrument)
        known = self.security_id(position.instrument)
        return self._held(account, known, today, units, price, position.market_value, position.cost_basis)

    def _held(
        self,
        account: TruthAccount,
        security_id: str,
        today: date,
        quantity: Decimal,
        price: Decimal,
        value: Decimal,
        cost: Decimal | None,
    ) -> Row:
        return {
            "account_id": self.account_id(account),
            "security_id": security_id,
            "institution_price": price,
            "institution_price_as_of": today.isoformat(),
            "institution_price_datetime": None,
            "institution_value": value,
            "cost_basis": cost,
            "quantity": quantity,
            "iso_currency_code": account.currency,
            "unofficial_currency_code": None,
            "vested_quantity": None,
            "vested_value": None,
            "tax_lots": [],
        }

    # Transactions.

    def transaction(self, row: TruthTransaction, account: TruthAccount) -> Row:
        """Cash rows name the cash security, or none where cash is held in a fund. What is transferred in
        kind has no price and no amount."""
        kind, subtype, words = WORDS[row.type]
        if not row.posted:
            subtype = "pending credit" if (row.net or ZERO) > 0 else "pending debit"
        instrument, net = row.instrument, row.net or ZERO
        units = ZERO if instrument is None or row.quantity is None else row.quantity * shares(instrument)
        price = row.price or ZERO
        if instrument is not None:
            price *= _per_unit(instrument)
        fees = -net if row.type == "FEE" else row.fees or ZERO
        named = None if instrument is None else self.security_id(instrument)
        return {
            "investment_transaction_id": plaid_id("row", self.item_id, row.uuid),
            "account_id": self.account_id(account),
            "security_id": named or (None if self.settlement_fund else self.cash_id),
            "date": posted_on(row).isoformat(),
            "transaction_datetime": f"{row.executed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            if timed(row)
            else None,
            "name": words if instrument is None else f"{words} {instrument.name}",
            "quantity": units,
            "amount": -net,
            "price": ZERO if row.type in {"TRANSFER_IN", "TRANSFER_OUT"} else price,
            "fees": fees,
            "type": kind,
            "subtype": subtype,
            "cancel_transaction_id": None,
            "iso_currency_code": row.currency,
            "unofficial_currency_code": None,
        }


def timed(row: TruthTransaction) -> bool:
    """Whether the institution tells when the order was given: for plain trades only."""
    option = row.type.endswith(("_TO_OPEN", "_TO_CLOSE"))
    return row.trade and not option and row.type != "DIVIDEND_REINVESTMENT"


def posted_on(row: TruthTransaction) -> date:
    """`date`: the day of posting, for trades that of settlement."""
    return row.settlement_date or row.trade_date


def shares(instrument: TruthInstrument) -> Decimal:
    """Options are counted in shares of the underlying."""
    return Decimal(1) if instrument.option is None else instrument.option.multiplier


def _per_unit(instrument: TruthInstrument) -> Decimal:
    """Bonds are priced in percent, and told for each unit of face."""
    return Decimal("0.01") if instrument.kind == "bond" else Decimal(1)


def newest_first(rows: Iterable[TruthTransaction]) -> list[TruthTransaction]:
    """By the day that is told; the order of the truth within a day."""
    return sorted(rows, key=posted_on, reverse=True)


def within(row: TruthTransaction, start: date, end: date, today: date) -> bool:
    """In the window that is asked for, and in the 24 months that Plaid keeps."""
    return max(start, today - timedelta(days=731)) <= posted_on(row) <= end


def _security(identifier: str, name: str, ticker: str, kind: str, subtype: str) -> Row:
    nothing = (
        "figi", "isin", "cusip", "sedol", "institution_security_id", "institution_id", "proxy_security_id",
        "update_datetime", "unofficial_currency_code", "market_identifier_code", "sector", "industry",
        "cfi_code", "option_contract", "fixed_income",
    )  # fmt: skip
    return {
        "security_id": identifier,
        "name": name,
        "ticker_symbol": ticker,
        "type": kind,
        "subtype": subtype,
        "iso_currency_code": "USD",
        **dict.fromkeys(nothing),
    }
