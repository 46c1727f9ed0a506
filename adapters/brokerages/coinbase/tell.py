"""The truth in Coinbase's own words: wallets, portfolio, fills, orders (v3), and the ledger (v2)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from adapters.brokerages.coinbase.books import (
    CASH,
    Books,
    Line,
    Wallet,
    cents,
    converted,
    native,
    simple,
    terse,
)
from adapters.sandbox.asked import number
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthInstrument, TruthTransaction
from domain.money import plain

Json = dict[str, Any]
ZERO = Decimal(0)
OPENED = "2021-05-31T09:59:59"
# The words of the ledger for what is no trade (3.4); where there are several, the row's number chooses.
WORDS: dict[str, tuple[str, ...]] = {
    "DEPOSIT": ("fiat_deposit",),
    "WITHDRAWAL": ("fiat_withdrawal", "cardspend"),
    "INTEREST": ("interest",),
    "FEE": ("subscription",),
    "STAKING_REWARD": ("staking_reward", "inflation_reward"),
    "TRANSFER_IN": ("send", "receive", "tx", "pro_withdrawal", "unstaking_transfer", "vault_withdrawal"),
    "TRANSFER_OUT": ("send", "tx", "pro_deposit", "staking_transfer", "exchange_deposit"),
}


def v3(value: Decimal, code: str) -> Json:
    return {"value": plain(value), "currency": code}


def v2(value: Decimal, code: str) -> Json:
    """At least with the places that its currency usually has."""
    places = 2 if code == CASH else 8
    text = plain(value)
    short = -int(Decimal(text).as_tuple().exponent) < places
    return {"amount": f"{value:.{places}f}" if short else text, "currency": code}


def double(value: Decimal) -> msgspec.Raw:
    """A JSON number as a program with binary floats prints it: what has more digits is rounded."""
    return number(Decimal(repr(float(value))))


def seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def nanoseconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"


class Teller:
    """One customer's rows as JSON."""

    def __init__(self, play: Play, books: Books) -> None:
        self.play, self.books = play, books
        self.user = play.customer.uuid

    @property
    def portfolio_id(self) -> str:
        return self.books.account.number

    # ---- v3

    def portfolio(self) -> Json:
        return {
            "name": self.books.account.name,
            "uuid": self.portfolio_id,
            "type": "DEFAULT",
            "deleted": False,
        }

    def permissions(self) -> Json:
        return {
            "can_view": True,
            "can_trade": False,
            "can_transfer": False,
            "portfolio_uuid": self.portfolio_id,
            "portfolio_type": "DEFAULT",
        }

    def wallet(self, wallet: Wallet) -> Json:
        return {
            "uuid": wallet.uuid,
            "name": f"Cash ({wallet.code})" if wallet.cash else f"{wallet.code} Wallet",
            "currency": wallet.code,
            "available_balance": v3(wallet.held - wallet.hold, wallet.code),
            "default": True,
            "active": True,
            "created_at": f"{OPENED}.000Z",
            "updated_at": f"{OPENED}.123Z",
            "deleted_at": None,
            "type": "ACCOUNT_TYPE_FIAT" if wallet.cash else "ACCOUNT_TYPE_CRYPTO",
            "ready": True,
            "hold": v3(wallet.hold, wallet.code),
            "retail_portfolio_id": self.portfolio_id,
            "platform": "ACCOUNT_PLATFORM_CONSUMER",
        }

    def breakdown(self) -> Json:
        account = self.books.account
        coins = sum((position.market_value for position in account.positions), ZERO)
        nothing = v3(ZERO, CASH)
        balances = {
            "total_balance": v3(account.total_value, CASH),
            "total_futures_balance": nothing,
            "total_cash_equivalent_balance": v3(account.cash, CASH),
            "total_crypto_balance": v3(coins, CASH),
            "futures_unrealized_pnl": nothing,
            "perp_unrealized_pnl": nothing,
            "total_equities_balance": nothing,
        }
        # It leaves out what is empty (4).
        spot = [self._spot(wallet, account.total_value) for wallet in self.books.wallets() if wallet.held]
        return {
            "portfolio": self.portfolio(),
            "portfolio_balances": balances,
            "spot_positions": spot,
            "perp_positions": [],
            "futures_positions": [],
            "equity_positions": [],
            "prediction_markets_positions": [],
        }

    def _spot(self, wallet: Wallet, total: Decimal) -> Json:
        position, free = wallet.position, wallet.held - wallet.hold
        price = Decimal(1) if position is None else position.price
        told: Json = {
            "asset": wallet.code,
            "account_uuid": wallet.uuid,
            "asset_uuid": self.asset_id(wallet.code),
        }
        for use, units in (("total_balance", wallet.held), ("available_to_trade", free)):
            told |= {f"{use}_fiat": double(cents(units * price)), f"{use}_crypto": double(units)}
        for use in ("available_to_transfer", "available_to_send"):
            told |= {f"{use}_fiat": double(cents(free * price)), f"{use}_crypto": double(free)}
        cost = ZERO if position is None else position.cost_basis
        average = ZERO if position is None else position.average_cost
        gain = ZERO if position is None else position.unrealized_gain
        return told | {
            "allocation": double(wallet.held * price / total) if total else 0,
            "cost_basis": v3(cost, CASH),
            "average_entry_price": v3(average, CASH),
            "unrealized_pnl": double(cents(gain)),
            "funding_pnl": 0,
            "is_cash": wallet.cash,
            "asset_img_url": "",
            "asset_color": "#F7931A",
            "account_type": "ACCOUNT_TYPE_FIAT" if wallet.cash else "ACCOUNT_TYPE_CRYPTO",
        }

    def asset_id(self, code: str) -> str:
        return self.play.uuid(f"asset {code}", 0)

    def fill(self, row: TruthTransaction) -> Json:
        return {
            "entry_id": self.play.digest("entry", row.uuid).hex()[:64],
            "trade_id": row.uuid,
            "order_id": self.order_id(row),
            "trade_time": nanoseconds(row.executed_at),
            "trade_type": "FILL",
            "price": plain(row.price or ZERO),
            "size": plain(abs(row.quantity or ZERO)),
            "commission": plain(row.fees or ZERO),
            "product_id": product(row),
            "sequence_timestamp": nanoseconds(row.executed_at),
            "liquidity_indicator": ("TAKER", "MAKER")[row.number % 2],
            "size_in_quote": False,
            "user_id": self.user,
            "side": side(row),
            "retail_portfolio_id": self.portfolio_id,
        }

    def order_id(self, row: TruthTransaction) -> str:
        return self.play.uuid("order", row.order)

    def order(self, fills: Sequence[TruthTransaction]) -> Json:
        """A filled order from its fills, oldest first."""
        first, last = fills[0], fills[-1]
        size = sum((abs(row.quantity or ZERO) for row in fills), ZERO)
        worth = sum((abs(row.gross or ZERO) for row in fills), ZERO)
        fees = sum((row.fees or ZERO for row in fills), ZERO)
        net = worth + fees if side(first) == "BUY" else worth - fees
        return self._order(first, size) | {
            "status": "FILLED",
            "completion_percentage": "100",
            "filled_size": plain(size),
            "average_filled_price": plain(worth / size),
            "number_of_fills": str(len(fills)),
            "filled_value": plain(worth),
            "total_fees": plain(fees),
            "total_value_after_fees": plain(net),
            "settled": True,
            "last_fill_time": nanoseconds(last.executed_at),
            "outstanding_hold_amount": "0",
        }

    def open_order(self, like: TruthTransaction) -> Json:
        """An order that waits: it moved nothing yet."""
        return self._order(like, Decimal("0.01")) | {"order_id": self.play.uuid("open order", 0)}

    def _order(self, like: TruthTransaction, size: Decimal) -> Json:
        limit = {"base_size": plain(size), "limit_price": plain(like.price or ZERO), "post_only": False}
        figures = "filled_size average_filled_price number_of_fills filled_value total_fees"
        figures += " completion_percentage total_value_after_fees"
        nothing = dict.fromkeys(figures.split(), "0")
        return nothing | {
            "order_id": self.order_id(like),
            "product_id": product(like),
            "user_id": self.user,
            "order_configuration": {"limit_limit_gtc": limit},
            "side": side(like),
            "client_order_id": self.play.uuid("client order", like.order),
            "status": "OPEN",
            "time_in_force": "GOOD_UNTIL_CANCELLED",
            "created_time": nanoseconds(like.executed_at),
            "fee": "",
            "pending_cancel": False,
            "size_in_quote": False,
            "size_inclusive_of_fees": False,
            "trigger_status": "INVALID_ORDER_TYPE",
            "order_type": "LIMIT",
            "reject_reason": "REJECT_REASON_UNSPECIFIED",
            "settled": False,
            "product_type": "SPOT",
            "reject_message": "",
            "cancel_message": "",
            "order_placement_source": "RETAIL_ADVANCED",
            "outstanding_hold_amount": plain(size),
            "is_liquidation": False,
            "last_fill_time": None,
            "edit_history": [],
            "leverage": "",
            "margin_type": "UNKNOWN_MARGIN_TYPE",
            "retail_portfolio_id": self.portfolio_id,
            "originating_order_id": "",
            "attached_order_id": "",
        }

    # ---- v2

    def v2_wallet(self, wallet: Wallet, name: str) -> Json:
        exponent, kind = (2, "fiat") if wallet.cash else (8, "crypto")
        currency = {"code": wallet.code, "name": name, "color": "#F7931A", "sort_index": 100}
        return {
            "id": wallet.uuid,
            "name": f"{wallet.code} Wallet",
            "primary": wallet.code == "BTC",
            "type": "fiat" if wallet.cash else "wallet",
            "currency": currency
            | {"exponent": exponent, "type": kind, "asset_id": self.asset_id(wallet.code)},
            "balance": v2(wallet.held, wallet.code),
            "created_at": f"{OPENED}Z",
            "updated_at": f"{OPENED}Z",
            "resource": "account",
            "resource_path": f"/v2/accounts/{wallet.uuid}",
            "allow_deposits": True,
            "allow_withdrawals": True,
        }

    def never_used(self) -> Json:
        """A wallet without an id of its own (3.3)."""
        wallet = self.books.never_used()
        told = self.v2_wallet(replace(wallet, uuid=wallet.code), "Stellar Lumens")
        return told | {"created_at": None, "updated_at": None}

    def line(self, line: Line, wallet: str) -> Json:
        row = line.row
        word = self._word(row)
        moved, code = self._moved(line)
        worth = native(row) if line.base else abs(moved)
        told: Json = {
            "id": line.id,
            "type": word,
            "status": "completed" if row.posted else "pending",
            "amount": v2(moved, code),
            "native_amount": v2(worth.copy_sign(moved), CASH),
            "description": None,
            "created_at": seconds(row.executed_at),
            "updated_at": seconds(row.executed_at),
            "resource": "transaction",
            "resource_path": f"/v2/accounts/{wallet}/transactions/{line.id}",
            "instant_exchange": False,
            "details": {"title": row.description, "subtitle": ""},
        }
        return told | self._about(line, word)

    def _word(self, row: TruthTransaction) -> str:
        if converted(row):
            return "trade"
        if row.trade:
            return side(row).lower() if simple(row) else "advanced_trade_fill"
        words = WORDS[row.deed] if row.quantity is not None or "TRANSFER" not in row.deed else ("transfer",)
        return words[row.number % len(words)]

    def _moved(self, line: Line) -> tuple[Decimal, str]:
        """The amount of a line: coins in the wallet of the coin, money in the wallet that paid."""
        row = line.row
        if line.base:
            return (
                (row.net or ZERO, CASH) if row.quantity is None else (row.quantity, instrument_of(row).symbol)
            )
        net = native(row) if simple(row) else abs(row.net or ZERO)
        return (-net if (row.quantity or ZERO) > 0 else net), CASH

    def _about(self, line: Line, word: str) -> Json:
        row = line.row
        ident = self.play.uuid(word, row.order or row.number)
        match word:
            case "buy" | "sell" if terse(row):
                return {
                    word: {"id": ident, "resource": word, "resource_path": f"/v2/accounts/x/{word}s/{ident}"}
                }
            case "buy" | "sell":
                subtotal = abs(cents(row.gross or ZERO))
                amounts = {"fee": row.fees or ZERO, "subtotal": subtotal, "total": native(row)}
                told = {name: v2(amount, CASH) for name, amount in amounts.items()}
                return {word: {"id": ident, "payment_method_name": "USD Wallet"} | told}
            case "trade":
                return {word: {"id": ident, "fee": v2(ZERO, CASH), "payment_method_name": "Wallet"}}
            case "advanced_trade_fill":
                known = {"fill_price": plain(row.price or ZERO), "product_id": product(row)}
                known |= {"order_id": self.order_id(row), "order_side": side(row).lower()}
                # The commission stands with the coins only (3.4, known traps).
                return {word: known | ({"commission": plain(row.fees or ZERO)} if line.base else {})}
            case "send":
                there = {"resource": "address", "address": "bc1qexample"}
                network = {"status": "confirmed", "hash": "0" * 64, "network_name": "bitcoin"}
                return {"network": network, "to" if (row.quantity or ZERO) < 0 else "from": there}
            case "fiat_deposit" | "fiat_withdrawal":
                path = f"/v2/accounts/x/{word.removeprefix('fiat_')}s/{ident}"
                return {word: {"id": ident, "resource": word, "resource_path": path}}
            case _:
                return {}


def instrument_of(row: TruthTransaction) -> TruthInstrument:
    if row.instrument is None:
        raise ValueError("a row of coins names its coin")
    return row.instrument


def product(row: TruthTransaction) -> str:
    return f"{instrument_of(row).symbol}-{CASH}"


def side(row: TruthTransaction) -> str:
    return "BUY" if (row.quantity or ZERO) > 0 else "SELL"
