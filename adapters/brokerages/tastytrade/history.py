"""tastytrade's transactions into ours. Pure; numbers in brackets are sections of the sheet (3.4, 5).

Signs: `value` and `net-value` are texts without a sign, `Credit` is cash in, `Debit` cash out; `quantity` has
no sign, `action` has. Fees stand in several fields with effects of their own; net-value = value - fees.
"""

from collections.abc import Iterator
from decimal import Decimal

from adapters.brokerages.tastytrade.instruments import OPTIONS, instrument
from adapters.kit import rows
from adapters.kit.card import Scene
from adapters.kit.rows import Row
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.money import ZERO
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionType

T = TransactionType
CURRENCY = "USD"
RECEIVE, MONEY = "Receive Deliver", "Money Movement"
WORDS = frozenset({"Trade", MONEY, RECEIVE, "Administrative Transfer"})
# Sign, and what it is called where options are traded, and where shares are.
ACTIONS: dict[str, tuple[int, TransactionType, TransactionType]] = {
    "Buy to Open": (1, T.BUY_TO_OPEN, T.BUY), "Buy to Close": (1, T.BUY_TO_CLOSE, T.BUY_TO_COVER),
    "Sell to Open": (-1, T.SELL_TO_OPEN, T.SELL_SHORT), "Sell to Close": (-1, T.SELL_TO_CLOSE, T.SELL),
    "Buy": (1, T.BUY, T.BUY), "Sell": (-1, T.SELL, T.SELL),
}  # fmt: skip
# None: the direction decides, see `_directed`.
KINDS: dict[str, TransactionType | None] = {
    "Deposit": T.DEPOSIT, "Withdrawal": T.WITHDRAWAL, "Transfer": None, "ACAT": None,
    "Dividend": T.DIVIDEND, "Special Dividend": T.DIVIDEND,
    "Credit Interest": T.INTEREST, "Debit Interest": T.MARGIN_INTEREST,
    "Fully Paid Stock Lending Income": T.INTEREST,
    "Fee": T.FEE, "Balance Adjustment": T.ADJUSTMENT,
    "Expiration": T.OPTION_EXPIRATION,
    "Assignment": T.OPTION_ASSIGNMENT, "Cash Settled Assignment": T.OPTION_ASSIGNMENT,
    "Exercise": T.OPTION_EXERCISE, "Cash Settled Exercise": T.OPTION_EXERCISE,
    "Forward Split": T.SPLIT, "Reverse Split": T.SPLIT, "Reverse Split Removal": T.SPLIT,
    "Cash Merger": T.MERGER, "Stock Merger": T.MERGER, "Stock Merger Removal": T.MERGER,
    "Symbol Change": T.SYMBOL_CHANGE,
    # Gains and losses of futures, whose trades are worth nothing (4), and bonds that have ended.
    "Mark to Market": T.OTHER, "Futures Settlement": T.OTHER, "Maturity": T.OTHER,
}  # fmt: skip
# Securities against securities: `value` is the cost that goes with them, and no cash. Its effect is the
# direction: what comes in is a Debit. Recorded for splits; the others move no cash by their nature.
CARRIED = frozenset(
    {"Forward Split", "Reverse Split", "Reverse Split Removal", "Stock Merger", "Stock Merger Removal",
     "Symbol Change", "ACAT"}
)  # fmt: skip
# Rows of options that end have no action. One exercises what one has, and is assigned what one owes.
ENDED = {T.OPTION_EXERCISE: -1, T.OPTION_ASSIGNMENT: 1}
CLOSED_LOTS = {"Long": -1, "Short": 1}
FEES = (
    "regulatory-fees", "clearing-fees", "commission", "proprietary-index-option-fees", "other-charge",
    "currency-conversion-fees",
)  # fmt: skip
WITHHELD = ("TAX", "WITHH", "W/H")

_ROW = frozenset(
    "id account-number symbol instrument-type underlying-symbol transaction-type transaction-sub-type"
    " description action quantity price executed-at transaction-date value value-effect net-value"
    " net-value-effect is-estimated-fee order-id leg-count exec-id ext-exchange-order-number"
    " ext-global-order-number ext-group-id ext-group-fill-id ext-exec-id exchange destination-venue"
    " exchange-affiliation-identifier currency other-charge-description reverses-id lots"
    " cost-basis-reconciliation-date agency-price principal-price created-at".split()
) | {f"{name}{end}" for name in FEES for end in ("", "-effect")}


def transaction(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """An item of GET …/transactions (3.4). Settlement dates are not told."""
    row = rows.fields(raw)
    rows.note_unknown(row, _ROW, "transaction", scene.notes)
    word, sub = rows.text(row, "transaction-type"), rows.optional_text(row, "transaction-sub-type") or ""
    item, value = instrument(row, None, scene.notes), signed(row, "value")
    carried = word == RECEIVE and sub in CARRIED
    kind = _kind(row, word, sub, item.kind if item else None, value)
    quantity = None if word == MONEY else _quantity(row, kind, value if carried else ZERO)
    if kind is None:
        kind = _directed(quantity or (ZERO if carried else value))
    _note(word, sub, kind, scene.notes)
    gross, fees, net = _money(row, value, carried=carried, notes=scene.notes)
    yield Transaction(
        source_key=rows.text(row, "id"),
        type=kind,
        trade_date=rows.day(row.get("transaction-date"), "transaction-date"),
        currency=rows.optional_text(row, "currency") or CURRENCY,
        source_type=f"{word}/{sub}",
        executed_at=rows.instant(row.get("executed-at"), "executed-at"),
        instrument=item,
        quantity=quantity,
        price=rows.optional_number(row, "price"),
        gross=gross,
        fees=fees,
        net=net,
        description=rows.optional_text(row, "description") or "",
        raw=raw,
    )


def signed(row: Row, name: str) -> Decimal:
    """A figure with the sign of its twin `<name>-effect`. Raises UnreadableReply where it has none."""
    figure = rows.number(row, name)
    if not figure:
        return ZERO
    effect = rows.optional_text(row, f"{name}-effect")
    if figure < 0 or effect not in {"Credit", "Debit"}:
        raise UnreadableReply(f"{name} has no sign")
    return figure if effect == "Credit" else -figure


def _action(row: Row, sub: str) -> tuple[int, TransactionType, TransactionType] | None:
    return ACTIONS.get(sub) or ACTIONS.get(rows.optional_text(row, "action") or "")


def _kind(
    row: Row, word: str, sub: str, held: InstrumentKind | None, value: Decimal
) -> TransactionType | None:
    """None: the direction decides."""
    traded = _action(row, sub) if sub in ACTIONS or word == "Trade" else None
    if traded is not None:
        return traded[1] if held in OPTIONS else traded[2]
    if word == "Administrative Transfer":
        return None
    if sub == "Dividend" and word == RECEIVE:
        return T.DIVIDEND_REINVESTMENT  # the cash came as a row of its own
    if sub in {"Dividend", "Special Dividend"} and value < 0:
        text = (rows.optional_text(row, "description") or "").upper()
        return T.TAX if any(told in text for told in WITHHELD) else T.DIVIDEND
    return KINDS.get(sub, T.OTHER)


def _quantity(row: Row, kind: TransactionType | None, cost: Decimal) -> Decimal | None:
    """Signed; None where nothing says which way: an option that expired may have been long or short."""
    size = rows.optional_number(row, "quantity")
    if not size:
        return None
    if size < 0:
        raise UnreadableReply("quantity has a sign")
    action = _action(row, rows.optional_text(row, "transaction-sub-type") or "")
    if action is not None:
        return size * action[0]
    if cost:
        return -size if cost > 0 else size
    sign = ENDED.get(kind) if kind else None
    if sign is None and kind is T.OPTION_EXPIRATION:
        sign = _closed(row)
    return None if sign is None else size * sign


def _closed(row: Row) -> int | None:
    """The sign that closes the lots of a row, where it tells lots and all of them lie on one side."""
    lots = rows.sequence(row, "lots") if row.get("lots") else []
    sides = {rows.optional_text(lot, "quantity-direction") or "" for lot in lots if isinstance(lot, dict)}
    return CLOSED_LOTS.get(sides.pop()) if len(sides) == 1 else None


def _directed(moved: Decimal) -> TransactionType:
    if not moved:
        return T.OTHER
    return T.TRANSFER_IN if moved > 0 else T.TRANSFER_OUT


def _note(word: str, sub: str, kind: TransactionType, notes: Notes) -> None:
    """Count words that are not on the sheet, and transfers of which nobody says where they go."""
    if word not in WORDS:
        notes.words[f"transaction-type.{word[:32]}"] += 1
    known = sub in KINDS or sub in ACTIONS or word == "Administrative Transfer"
    if not known:
        notes.words[f"transaction-sub-type.{sub[:32]}"] += 1
    elif kind is T.OTHER and KINDS.get(sub) is not T.OTHER:
        notes.words[f"direction.{sub[:32]}"] += 1


def _money(
    row: Row, value: Decimal, *, carried: bool, notes: Notes
) -> tuple[Decimal, Decimal | None, Decimal]:
    """Gross, fees, net. Fees are what the net has lost; their fields must add up to it."""
    net = signed(row, "net-value")
    told = [-signed(row, name) for name in FEES if row.get(name) is not None]
    fees = value - net
    if told and sum(told) != fees:
        notes.words["fees.do_not_add_up"] += 1
    gross = ZERO if carried else value
    return gross, fees if told or fees else None, gross - fees
