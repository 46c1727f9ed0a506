"""Coinbase's history into our nouns: order fills from v3, all else from the ledger of v2. Pure.

Signs: the size of a fill is unsigned, its side tells. An amount of the ledger is + into *that wallet*: a
trade is two rows in two wallets, of which one becomes a transaction (a conversion: both). `native_amount` is
what the coins were worth, in cents: the cash of a trade, but no cash where coins only move.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.brokerages.coinbase import fields
from adapters.brokerages.coinbase.parse import Row, coin_of
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.money import quotient
from domain.transactions import Transaction, TransactionStatus, TransactionType

T, S = TransactionType, TransactionStatus
SIDES = {"BUY": (T.BUY, 1), "SELL": (T.SELL, -1)}
# Undone and corrected fills move what their side says; which fill they mean is not told.
TRADES = {"FILL": None, "SYNTHETIC": None, "REVERSAL": T.ADJUSTMENT, "CORRECTION": T.ADJUSTMENT}
STATUSES = {
    "completed": S.POSTED,
    "pending": S.PENDING,
    "waiting_for_clearing": S.PENDING,
    "waiting_for_signature": S.PENDING,
}
NEVER_HAPPENED = frozenset({"failed", "expired", "canceled"})
# Section 3.4. None: the sign of the amount decides whether it came in or went out.
TYPES: dict[str, TransactionType | None] = {
    "send": None,
    "receive": None,
    "transfer": None,
    "vault_withdrawal": None,
    "intx_deposit": None,
    "intx_withdrawal": None,
    "pro_deposit": None,
    "pro_withdrawal": None,
    "exchange_deposit": None,
    "exchange_withdrawal": None,
    "derivatives_settlement": None,
    "tx": None,
    "staking_transfer": None,
    "unstaking_transfer": None,
    "wrap_asset": None,
    "unwrap_asset": None,
    "retail_simple_dust": None,
    "retail_eth2_deprecation": None,
    "unsupported_asset_recovery": None,
    "fcm_futures_usdc_sell": None,
    "fcm_futures_usdc_sell_rollup": None,
    "fiat_deposit": T.DEPOSIT,
    "fiat_withdrawal": T.WITHDRAWAL,
    "staking_reward": T.STAKING_REWARD,
    "inflation_reward": T.STAKING_REWARD,
    "interest": T.INTEREST,
    "subscription": T.FEE,
    "cardspend": T.WITHDRAWAL,
    # "other income", "reversal -> other", "-> other": the sheet has no closer word, nor have we.
    "earn_payout": T.OTHER,
    "incentives_rewards_payout": T.OTHER,
    "subscription_rebate": T.OTHER,
    "learning_reward": T.OTHER,
    "cardbuyback": T.OTHER,
    "clawback": T.OTHER,
    "incentives_shared_clawback": T.OTHER,
    "request": T.OTHER,
}
TRADED = frozenset({"buy", "sell", "trade"})
MONEY = frozenset({"fiat_deposit", "fiat_withdrawal"})  # never of coins, however rare the currency
ROLLED_UP = "fcm_futures_usdc_sell"


# ---- v3


def fill(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /orders/historical/fills (3.5). What it cost is in the quote currency."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.FILL, "fill", scene.notes)
    portfolio = rows.optional_text(row, "retail_portfolio_id")
    if portfolio is not None and scene.account is not None and portfolio != scene.account.key:
        return
    side = (rows.optional_text(row, "side") or "").upper()
    kind, sign = SIDES.get(side, (T.OTHER, None))
    for word, known, name in (
        (side, SIDES, "side"),
        (rows.text(row, "trade_type"), TRADES, "trade_type"),
        (rows.optional_text(row, "liquidity_indicator") or "MAKER", fields.LIQUIDITY, "liquidity"),
    ):
        if word not in known:
            scene.notes.words[f"fill.{name}.{word[:32]}"] += 1
    executed = rows.instant(row.get("trade_time"), "trade_time")
    instrument, quote = product_of(rows.text(row, "product_id"))
    price, size = rows.number(row, "price"), rows.number(row, "size")
    quantity, worth = _size(row, price, size)
    coins = instrument.kind is InstrumentKind.CRYPTO  # of a contract nothing tells how much it is for
    gross = None if sign is None or not coins else -sign * worth
    fees = rows.optional_number(row, "commission")
    yield Transaction(
        source_key="fill:" + rows.text(row, "entry_id"),
        type=TRADES.get(rows.text(row, "trade_type"), T.OTHER) or kind,
        trade_date=rows.market_day(executed),
        currency=quote,
        source_type=f"{rows.text(row, 'trade_type')} {side}",
        executed_at=executed,
        instrument=instrument,
        quantity=None if sign is None else sign * quantity,
        price=price,
        gross=gross,
        fees=fees,
        net=None if gross is None or fees is None else gross - fees,
        raw=raw,
    )


def _size(row: Row, price: Decimal, size: Decimal) -> tuple[Decimal, Decimal]:
    """How many coins, and what they cost: `size` is either, and says which."""
    in_quote = row.get("size_in_quote", False)
    if not isinstance(in_quote, bool):
        raise UnreadableReply("size_in_quote is neither true nor false")
    if not in_quote:
        return size, size * price
    if not price:
        raise UnreadableReply("price is zero")
    return quotient(size, price), size


def product_of(product: str) -> tuple[Instrument, str]:
    """BTC-USD: the coin, and what it is paid in. BIT-24APR26-CDE is a contract, in dollars."""
    parts = product.split("-")
    if len(parts) < 2 or not all(parts):
        raise UnreadableReply("product_id names no market")
    if len(parts) == 2:
        return coin_of(parts[0]), parts[1]
    own = (("coinbase:product", product),)
    return Instrument(InstrumentKind.FUTURE, product, identifiers=own), "USD"


# ---- v2


@dataclass(frozen=True, slots=True)
class Money:
    """A v2 amount."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, row: Row, name: str) -> "Money":
        told = rows.mapping(row, name)
        return cls(rows.number(told, "amount"), rows.text(told, "currency"))

    @classmethod
    def optional(cls, row: Row, name: str) -> "Money | None":
        return cls.of(row, name) if row.get(name) else None


def entry(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /v2/accounts/{id}/transactions (3.4). Fills of orders are left out: v3 tells them, with
    their price, their fee and an id of their own. So are rows of what never happened."""
    row = rows.fields(raw)
    word, state = rows.text(row, "type"), rows.text(row, "status")
    rows.note_unknown(row, fields.ENTRY | {word}, "entry", scene.notes)
    if state not in STATUSES and state not in NEVER_HAPPENED:
        scene.notes.words[f"entry.status.{state[:32]}"] += 1
    moved, worth = Money.of(row, "amount"), Money.of(row, "native_amount")
    if word == "advanced_trade_fill" or state in NEVER_HAPPENED:
        return
    cash = word in MONEY or moved.currency in fields.FIAT or moved.currency == worth.currency
    if word in TRADED and cash:
        return  # the wallet that paid, or was paid: told with the coins
    at = rows.instant(row.get("created_at"), "created_at")
    details = rows.optional_mapping(row, "details")
    common: dict[str, Any] = {
        "source_key": "tx:" + rows.text(row, "id"),
        "trade_date": rows.market_day(at),
        "executed_at": at,
        "source_type": word,
        "status": STATUSES.get(state, S.PENDING),
        "description": rows.optional_text(row, "description") or rows.optional_text(details, "title") or "",
        "raw": raw,
    }
    if word in TRADED:
        yield _traded(row, word, moved, worth, common)
        return
    kind = _kind(row, word, moved.amount, scene)
    if cash:
        amount = moved.amount
        yield Transaction(type=kind, currency=moved.currency, gross=amount, net=amount, **common)
    else:
        yield _coins(kind, moved, worth, common)


def _coins(kind: TransactionType, moved: Money, worth: Money, common: dict[str, Any]) -> Transaction:
    """Coins came or went, and no cash did. What they were worth is their price."""
    each = quotient(abs(worth.amount), abs(moved.amount)) if moved.amount and worth.amount else None
    return Transaction(
        type=kind,
        currency=worth.currency,
        instrument=coin_of(moved.currency),
        quantity=moved.amount,
        price=each,
        **common,
    )


def _traded(row: Row, word: str, moved: Money, worth: Money, common: dict[str, Any]) -> Transaction:
    """A simple buy or sell, or one half of a conversion. A sell is signed by its type: recorded ones have
    both amounts negative. Coins that paid for other coins (a negative buy) are sold for their worth."""
    told = rows.optional_mapping(row, word)
    buys = moved.amount > 0
    paid = (word == "trade") or buys != (word == "buy")
    total, fee, subtotal = (Money.optional(told, name) for name in ("total", "fee", "subtotal"))
    if paid:
        total = subtotal = None
        fee = fee if buys else None  # both halves name the fee of the whole
    total = total or worth
    # What is told in another currency than the total cannot be added to it.
    fee, subtotal = (one if one and one.currency == total.currency else None for one in (fee, subtotal))
    sign = -1 if buys else 1
    net, fees = sign * abs(total.amount), None if fee is None else fee.amount
    gross = None if fees is None else net + fees
    if subtotal is not None:
        gross = sign * abs(subtotal.amount)
    elif paid and not buys:
        gross = net
    return Transaction(
        type=T.BUY if buys else T.SELL,
        currency=total.currency,
        instrument=coin_of(moved.currency),
        quantity=moved.amount,
        price=quotient(abs(gross), abs(moved.amount)) if gross and moved.amount else None,
        gross=gross,
        fees=fees,
        net=net,
        **common,
    )


def _kind(row: Row, word: str, amount: Decimal, scene: Scene) -> TransactionType:
    if word not in TYPES and not word.startswith(ROLLED_UP):
        scene.notes.words[f"entry.type.{word[:40]}"] += 1
        return T.OTHER
    told = TYPES.get(word)
    if told is not None:
        return told
    source = rows.optional_mapping(row, "from")
    if word == "send" and source.get("resource") == "user" and source.get("name") == "Coinbase":
        return T.OTHER  # a gift of Coinbase's: income of another kind
    return T.TRANSFER_IN if amount >= 0 else T.TRANSFER_OUT
