"""What tastytrade tells, in its shapes: dashes in names, money as text whose sign is a word beside it (3)."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from adapters.sandbox.truth import Customer, TruthAccount, TruthInstrument, TruthPosition, TruthTransaction
from domain.money import plain

Json = dict[str, object]
KINDS = {"equity": "Equity", "option": "Equity Option", "crypto": "Cryptocurrency"}
TYPES = {"margin": ("Individual", "Margin"), "cash": ("Individual", "Cash"), "ira_roth": ("Roth IRA", "Cash")}
SHARES = {
    "BUY": "Buy to Open", "SELL": "Sell to Close", "SELL_SHORT": "Sell to Open",
    "BUY_TO_COVER": "Buy to Close",
}  # fmt: skip
MONEY = {
    "DIVIDEND": "Dividend", "TAX": "Dividend", "INTEREST": "Credit Interest",
    "MARGIN_INTEREST": "Debit Interest", "FEE": "Fee", "DEPOSIT": "Deposit", "WITHDRAWAL": "Withdrawal",
    "ADJUSTMENT": "Balance Adjustment", "TRANSFER_IN": "Transfer", "TRANSFER_OUT": "Transfer",
}  # fmt: skip
RECEIVED = {
    "OPTION_EXPIRATION": "Expiration", "OPTION_ASSIGNMENT": "Assignment", "OPTION_EXERCISE": "Exercise",
    "SPLIT": "Forward Split", "DIVIDEND_REINVESTMENT": "Dividend", "TRANSFER_IN": "ACAT",
    "TRANSFER_OUT": "ACAT",
}  # fmt: skip
_ZEROS = (
    "day-trading-buying-power maintenance-requirement maintenance-excess maintenance-call-value"
    " reg-t-call-value reg-t-margin-requirement day-trading-call-value day-equity-call-value"
    " day-trade-excess long-futures-value short-futures-value long-futures-derivative-value"
    " short-futures-derivative-value long-margineable-value short-margineable-value long-bond-value"
    " long-fixed-income-security-value futures-margin-requirement futures-overnight-margin-requirement"
    " futures-intraday-margin-requirement cryptocurrency-margin-requirement bond-margin-requirement"
    " equity-offering-margin-requirement fixed-income-security-margin-requirement"
    " used-derivative-buying-power pending-margin-interest closed-loop-available-balance"
    " special-memorandum-account-value sma-equity-option-buying-power".split()
)
LIKE_ACTIONS = (*SHARES.values(), "Buy", "Sell")


def text(value: Decimal) -> str:
    """At least one decimal: 4 as 4.0."""
    told = plain(value)
    return told if "." in told else f"{told}.0"


def effect(value: Decimal) -> str:
    return "None" if not value else "Credit" if value > 0 else "Debit"


def pair(name: str, value: Decimal) -> Json:
    """A figure without its sign, and the sign."""
    return {name: text(abs(value)), f"{name}-effect": effect(value)}


def instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def symbol(instrument: TruthInstrument) -> str:
    return f"{instrument.symbol}/USD" if instrument.kind == "crypto" else instrument.symbol


def underlying(instrument: TruthInstrument) -> str:
    return instrument.option.underlying if instrument.option else symbol(instrument)


def named(instrument: TruthInstrument) -> Json:
    return {
        "symbol": symbol(instrument),
        "instrument-type": KINDS[instrument.kind],
        "underlying-symbol": underlying(instrument),
    }


# Accounts and balances (3.1, 3.2).


def customer(person: Customer) -> Json:
    address = {
        "city": "Anytown", "country": "USA", "is-domestic": True, "is-foreign": False,
        "postal-code": "00000", "state-region": "IL", "street-one": "1 Example Street",
    }  # fmt: skip
    flags = (
        "is-foreign subject-to-tax-withholding has-industry-affiliation has-listed-affiliation"
        " has-political-affiliation has-delayed-quotes has-pending-or-approved-application"
        " is-professional".split()
    )
    return dict.fromkeys(flags, False) | {
        "id": "me", "external-id": f"C-{person.uuid[:8]}", "first-name": person.first_name,
        "last-name": person.last_name, "email": person.email, "mobile-phone-number": person.phone,
        "address": address, "mailing-address": address, "usa-citizenship-type": "Citizen",
        "birth-date": "1980-01-01", "tax-number-type": "SSN", "permitted-account-types": [],
        "created-at": "2019-03-14T15:39:31.265+00:00",
    }  # fmt: skip


def account(one: TruthAccount) -> Json:
    type_, leverage = TYPES[one.kind]
    return {
        "account-number": one.number,
        "external-id": f"A{one.uuid[:8]}",
        "opened-at": "2019-03-14T15:39:31.265+00:00",
        "nickname": one.name,
        "account-type-name": type_,
        "day-trader-status": False,
        "is-closed": False,
        "is-futures-approved": False,
        "is-firm-error": False,
        "is-firm-proprietary": False,
        "is-test-drive": False,
        "margin-or-cash": leverage,
        "is-foreign": False,
        "funding-date": "2019-03-15",
        "created-at": "2019-03-14T15:39:31.265+00:00",
        "investment-objective": "SPECULATION",
        "suitable-options-level": "No Restrictions",
        "regulatory-domain": "USA",
    }


def trading_status(one: TruthAccount) -> Json:
    flags = (
        "has-intraday-equities-margin is-aggregated-at-clearing is-closed is-closing-only"
        " is-cryptocurrency-enabled is-frozen is-full-equity-margin-required is-futures-closing-only"
        " is-futures-intra-day-enabled is-futures-enabled is-in-day-trade-equity-maintenance-call"
        " is-in-margin-call is-pattern-day-trader is-small-notional-futures-intra-day-enabled"
        " is-roll-the-day-forward-enabled are-far-otm-net-options-restricted short-calls-enabled"
        " is-equity-offering-enabled is-equity-offering-closing-only".split()
    )
    return dict.fromkeys(flags, False) | {
        "account-number": one.number, "id": int(one.number[-5:]), "fee-schedule-name": "default",
        "equities-margin-calculation-type": "REG_T", "futures-margin-rate-multiplier": "0.0",
        "small-notional-futures-margin-rate-multiplier": "0.0", "options-level": "No Restrictions",
        "updated-at": "2026-05-13T17:09:41.714+00:00",
    }  # fmt: skip


def balance(one: TruthAccount, now: datetime) -> Json:
    def worth(kind: str, sign: int) -> str:
        values = (
            h.market_value for h in one.positions if h.instrument.kind == kind and h.quantity * sign > 0
        )
        return text(abs(sum(values, Decimal(0))))

    cash, power = text(one.cash), text(one.buying_power)
    return dict.fromkeys(_ZEROS, "0.0") | {
        "account-number": one.number,
        "currency": one.currency,
        "cash-balance": cash,
        "net-liquidating-value": text(one.total_value),
        "equity-buying-power": power,
        "derivative-buying-power": cash,
        "available-trading-funds": cash,
        "cash-available-to-withdraw": cash,
        "cash-settle-balance": cash,
        "margin-settle-balance": "0.0",
        "total-settle-balance": cash,
        "effective-cryptocurrency-buying-power": cash,
        "margin-equity": text(one.total_value),
        "long-equity-value": worth("equity", 1),
        "short-equity-value": worth("equity", -1),
        "long-derivative-value": worth("option", 1),
        "short-derivative-value": worth("option", -1),
        "long-cryptocurrency-value": worth("crypto", 1),
        "short-cryptocurrency-value": "0.0",
        **pair("pending-cash", Decimal(0)),
        **pair("buying-power-adjustment", Decimal(0)),
        "unsettled-cryptocurrency-fiat-amount": "0.0",
        "unsettled-cryptocurrency-fiat-effect": "None",
        "snapshot-date": now.date().isoformat(),
        "updated-at": instant(now),
    }


def snapshot(one: TruthAccount, now: datetime, time_of_day: str) -> Json:
    """Only of today: the truth has no balances of other days."""
    return balance(one, now) | {"time-of-day": time_of_day}


def net_liquidity(one: TruthAccount, now: datetime) -> Json:
    """The one candle of now."""
    total = text(one.total_value)
    told: Json = {"time": instant(now)}
    for name in ("open", "high", "low", "close"):
        told |= {name: total, f"total-{name}": total, f"pending-cash-{name}": "0.0"}
    return told


# Positions (3.3).


def position(number: str, held: TruthPosition, now: datetime, *, marks: bool) -> Json:
    instrument, size = held.instrument, abs(held.quantity)
    whole = size == size.to_integral_value()
    told: Json = {
        "account-number": number,
        **named(instrument),
        "quantity": int(size) if whole else text(size),
        "quantity-direction": "Long" if held.quantity > 0 else "Short",
        # The close before is told as well, and is not the price.
        "close-price": text(instrument.price + 1),
        "average-open-price": text(held.average_cost),
        "average-yearly-market-close-price": text(held.average_cost),
        "average-daily-market-close-price": text(instrument.price),
        "multiplier": "1.0" if instrument.kind == "crypto" else int(instrument.multiplier),
        "cost-effect": "Credit" if held.quantity > 0 else "Debit",
        "is-suppressed": False,
        "is-frozen": False,
        "restricted-quantity": 0,
        **pair("realized-day-gain", Decimal(0)),
        **pair("realized-today", Decimal(0)),
        "created-at": "2026-02-17T15:30:00.000+00:00",
        "updated-at": instant(now),
    }
    if instrument.option is not None:
        told["expires-at"] = f"{instrument.option.expiration.isoformat()}T21:00:00.000+00:00"
    if marks:
        told["mark"] = text(abs(held.market_value))
        told["mark-price"] = text(instrument.price)
    return told


# Transactions (3.4).


def words(row: TruthTransaction) -> tuple[str, str]:
    """Type and sub-type."""
    if row.deed == "DIVIDEND_REINVESTMENT" or (row.quantity is not None and not row.trade):
        return "Receive Deliver", RECEIVED[row.deed]
    if row.trade:
        return "Receive Deliver" if row.leg_of is not None else "Trade", SHARES.get(
            row.deed, row.deed.replace("_", " ").title().replace(" To ", " to ")
        )
    return "Money Movement", MONEY[row.deed]


def transaction(number: str, row: TruthTransaction) -> Json:
    type_, sub = words(row)
    told: Json = {
        "id": row.number,
        "account-number": number,
        **(named(row.instrument) if row.instrument else {}),
        "transaction-type": type_,
        "transaction-sub-type": sub,
        "description": row.description,
        "executed-at": instant(row.executed_at),
        "transaction-date": row.trade_date.isoformat(),
        "is-estimated-fee": not row.trade,
        "currency": row.currency,
    }
    if row.quantity is not None:
        told["quantity"] = text(abs(row.quantity))
    if row.deed.startswith("OPTION_"):
        # Neither action nor price nor effect: what was removed may have been long or short.
        return told | {"value": "0.0", "net-value": "0.0"}
    if row.quantity is not None:
        told["action"] = (
            sub if sub in LIKE_ACTIONS else ("Buy to Open" if row.quantity > 0 else "Sell to Close")
        )
    if row.price is not None:
        told["price"] = text(row.price)
    return told | _money(row)


def _money(row: TruthTransaction) -> Json:
    gross, net = row.gross or Decimal(0), row.net or Decimal(0)
    if row.deed == "SPLIT" and row.instrument is not None and row.quantity is not None:
        # The cost that the shares carry with them, and no cash.
        gross = net = -(row.quantity * row.instrument.price).quantize(Decimal("0.01"))
    if row.deed == "DIVIDEND_REINVESTMENT":
        gross = net = Decimal(0)  # the cash came as a row of its own
    told = pair("value", gross) | pair("net-value", net)
    if row.fees is None or not row.trade or row.deed == "DIVIDEND_REINVESTMENT":
        return told
    if row.leg_of is not None:
        return told | pair("clearing-fees", -row.fees)
    regulatory = (row.fees / 8).quantize(Decimal("0.001"))
    clearing = (row.fees / 5).quantize(Decimal("0.001"))
    return (
        told
        | pair("regulatory-fees", -regulatory)
        | pair("clearing-fees", -clearing)
        | pair("commission", -(row.fees - regulatory - clearing))
        | pair("proprietary-index-option-fees", Decimal(0))
        | {"order-id": row.order, "leg-count": 1, "ext-exec-id": str(row.number), "exec-id": row.uuid}
    )


def total_fees(rows: Iterable[TruthTransaction], day: date) -> Json:
    fees = (row.fees or Decimal(0) for row in rows if row.trade_date == day)
    return pair("total-fees", -sum(fees, Decimal(0)))
