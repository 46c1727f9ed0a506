"""The sandbox's side: what a provider says of accounts, holdings and transactions (section 3)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

ZERO = Decimal(0)
Row = dict[str, Any]

HELD = {"equity": "STOCK", "etf": "STOCK", "mutual_fund": "MUTUALFUND", "option": "OPTION", "bond": "BOND"}
# How one dialect names what an account is: the hub passes on what providers call it (3.1).
KINDS = {"margin": "TAXABLE", "cash": "TAXABLE", "ira_roth": "ROTH", "ira_traditional": "IRA"}
RAW_KINDS = {"margin": "BROKERAGE", "cash": "BROKERAGE", "ira_roth": "Roth IRA", "ira_traditional": "IRA"}
# transactionType, and what else tells it.
WORDS: dict[str, tuple[str, Row]] = {
    "BUY": ("PURCHASED", {}), "SELL": ("SOLD", {}), "SELL_SHORT": ("SOLD", {"positionType": "SHORT"}),
    "BUY_TO_COVER": ("PURCHASEDTOCOVER", {"positionType": "SHORT"}),
    "BUY_TO_OPEN": ("PURCHASETOOPEN", {}), "BUY_TO_CLOSE": ("PURCHASETOCLOSE", {}),
    "SELL_TO_OPEN": ("SOLDTOOPEN", {}), "SELL_TO_CLOSE": ("SOLDTOCLOSE", {}),
    "OPTION_EXPIRATION": ("OPTIONEXPIRATION", {}), "OPTION_ASSIGNMENT": ("OPTIONASSIGNMENT", {}),
    "OPTION_EXERCISE": ("OPTIONEXERCISE", {}),
    "DIVIDEND": ("DIVIDEND", {}), "DIVIDEND_REINVESTMENT": ("REINVESTOFINCOME", {}),
    "STOCK_DIVIDEND": ("DIVIDEND", {}), "CAPITAL_GAIN": ("INCOME", {"incomeType": "CGLONG"}),
    "RETURN_OF_CAPITAL": ("RETURNOFCAPITAL", {}), "INTEREST": ("INTEREST", {}),
    "MARGIN_INTEREST": ("MARGININTEREST", {}), "DEPOSIT": ("DEPOSIT", {}), "WITHDRAWAL": ("PAYMENT", {}),
    "TRANSFER_IN": ("TRANSFER", {"transferAction": "IN"}),
    "TRANSFER_OUT": ("TRANSFER", {"transferAction": "OUT"}), "FEE": ("SRVCHG", {}), "TAX": ("EXPENSE", {}),
    "SPLIT": ("SPLIT", {}), "ADJUSTMENT": ("ADJUSTMENT", {}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speech:
    """How one dialect is spoken: "akoya", "v5" or "v6". v5 here writes decimals as texts, as some do."""

    style: str

    @property
    def flat(self) -> bool:
        return self.style == "v6"

    def figure(self, value: Decimal) -> object:
        return plain(value) if self.style == "v5" else value

    def stamp(self, moment: datetime) -> str:
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" + ("Z" if self.style == "akoya" else ".000Z")

    def midnight(self, day: date) -> str:
        return self.stamp(datetime.combine(day, time(), UTC))

    def wrapped(self, noun: str, told: Row) -> Row:
        if self.flat:
            return {"accountCategory": "INVESTMENT_ACCOUNT"} | told
        return {f"investment{noun}": told}

    # Accounts.

    def account_id(self, account: TruthAccount) -> str:
        return f"inv-{account.hash[:20].lower()}"

    def named(self, account: TruthAccount) -> Row:
        """Who an account is; of its number the last four digits."""
        shown = account.number[-4:]
        hub = self.style == "akoya"
        return {
            "accountId": self.account_id(account),
            "accountType": (RAW_KINDS if hub else KINDS)[account.kind],
            "accountNumberDisplay": f"xxxx{shown}" if hub else shown,
            "productName": "Brokerage Account",
            "nickname": account.name,
            "status": "OPEN",
            "currency": {"currencyCode": account.currency},
            "margin": account.kind == "margin",
        }

    def account(self, account: TruthAccount, now: datetime) -> Row:
        """The same with money and holdings."""
        held = [self._holding(position, account) for position in account.positions]
        if account.cash:
            held.append(self._cash(account))
        return self.named(account) | {
            "availableCashBalance": self.figure(account.cash),
            "balanceAsOf": self.stamp(now),
            "currentValue": self.figure(account.total_value),
            "balanceList": [],
            "holdings": held,
        }

    def _cash(self, account: TruthAccount) -> Row:
        return {
            "holdingName": "CASH SWEEP",
            "holdingType": "OTHER",
            "holdingSubType": "CASH",
            "symbol": "CASH",
            "units": self.figure(account.cash),
            "currentUnitPrice": self.figure(Decimal(1)),
            "marketValue": self.figure(account.cash),
            "cashAccount": True,
        }

    # Securities.

    def symbol(self, instrument: TruthInstrument) -> str | None:
        """Bonds have none; of options each dialect has a spelling of its own."""
        option = instrument.option
        if option is None:
            return None if instrument.kind == "bond" else instrument.symbol
        if self.style == "akoya":
            letter = option.right[0].upper()
            return f"{option.underlying}{option.expiration:%y%m%d}{letter}{plain(option.strike)}"
        return option.occ if self.flat else option.occ.replace(" ", "")

    def _identified(self, instrument: TruthInstrument, *, listed: bool) -> Row:
        if not instrument.cusip:
            return {}
        if listed:
            return {"securityIds": [{"id": instrument.cusip, "idType": "CUSIP"}]}
        return {"securityId": instrument.cusip, "securityIdType": "CUSIP"}

    def _holding(self, position: TruthPosition, account: TruthAccount) -> Row:
        """Units are unsigned where the side says it; of some the lots are told, of funds none."""
        instrument, quantity = position.instrument, position.quantity
        told: Row = self._identified(instrument, listed=self.flat) | {
            "holdingName": instrument.name,
            "holdingType": HELD[instrument.kind],
            "positionType": "SHORT" if quantity < 0 else "LONG",
            "heldInAccount": "CASH",
            "units": self.figure(abs(quantity)),
            "purchasedPrice": self.figure(position.average_cost * _each(instrument)),
            "currentUnitPrice": self.figure(position.price * _each(instrument)),
            "marketValue": self.figure(position.market_value),
            "averageCost": True,
            "cashAccount": False,
            "currency": {"currencyCode": account.currency},
        }
        symbol, option = self.symbol(instrument), instrument.option
        if symbol is not None:
            told["symbol"] = symbol
        if option is not None:
            told["optionSecurity"] = {
                "secured": "COVERED",
                "optionType": option.right.upper(),
                "strikePrice": self.figure(option.strike),
                "expireDate": option.expiration.isoformat(),
                "sharesPerContract": self.figure(option.multiplier),
            }
        if instrument.kind != "mutual_fund":
            told["taxLots"] = self._lots(position)
        return told

    def _lots(self, position: TruthPosition) -> list[Row]:
        """Two where there is more than one unit."""
        cost, units = abs(position.cost_basis), abs(position.quantity)
        first = Decimal(1) if units > 1 else units
        share = abs(position.average_cost) * first * position.instrument.multiplier
        parts = [(first, share), (units - first, cost - share)] if units > first else [(units, cost)]
        return [
            {"quantity": self.figure(quantity), "costBasis": self.figure(basis), "positionType": "LONG"}
            for quantity, basis in parts
        ]

    # Transactions.

    def transaction(self, row: TruthTransaction, account: TruthAccount) -> Row:
        """The amount is unsigned: the memo says which way it went. Trades tell an instant, the rest a day."""
        word, more = WORDS[row.type]
        net, instrument = row.net or ZERO, row.instrument
        told: Row = {
            "accountId": self.account_id(account),
            "transactionId": f"t-{row.uuid}",
            "transactionTimestamp": self.stamp(row.executed_at)
            if row.trade and row.posted
            else self.midnight(row.trade_date),
            "description": row.description,
            "debitCreditMemo": "DEBIT" if net < 0 else "CREDIT",
            "status": row.status,
            "amount": self.figure(abs(net)),
            "transactionType": word,
            **more,
        }
        if row.posted:
            told["postedTimestamp"] = self.midnight(posted_on(row))
        if row.type == "TAX":
            told["taxes"] = self.figure(abs(net))
        if instrument is not None:
            told |= self._security(instrument)
        if instrument is not None and row.quantity:
            told |= self._moved(row, instrument, row.quantity)
        return told

    def _security(self, instrument: TruthInstrument) -> Row:
        symbol = self.symbol(instrument)
        named = {} if symbol is None else {"symbol": symbol}
        return named | self._identified(instrument, listed=False) | {"securityType": HELD[instrument.kind]}

    def _moved(self, row: TruthTransaction, instrument: TruthInstrument, quantity: Decimal) -> Row:
        told: Row = {"units": self.figure(abs(quantity)), "unitType": "SHARES"}
        if self.style != "v6":
            told["shares"] = told["units"]
        if row.type == "OPTION_EXPIRATION":
            told["positionType"] = "SHORT" if quantity > 0 else "LONG"
        if row.price is not None:
            told["unitPrice"] = self.figure(row.price * _each(instrument))
        if row.fees is not None:
            option = instrument.option is not None
            told["commission"] = self.figure(row.fees if option else ZERO)
            told["fees"] = self.figure(ZERO if option else row.fees)
        return told


def _each(instrument: TruthInstrument) -> Decimal:
    """Bonds are priced in percent, and told for each unit of face."""
    return Decimal("0.01") if instrument.kind == "bond" else Decimal(1)


def posted_on(row: TruthTransaction) -> date:
    """The day that windows go by: of settlement for trades; for what is not posted, its own."""
    return row.settlement_date or row.trade_date
