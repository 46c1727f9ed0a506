"""Robinhood's dividends, interest, bank transfers and fees: cash comes or goes, and nothing else (3.5)."""

from collections.abc import Callable, Iterable, Iterator

from adapters.brokerages.robinhood import fields, parse
from adapters.brokerages.robinhood.history.standing import (
    CENT,
    INCOMING,
    Standing,
    T,
    cents,
    key_of,
    signed,
    standing_of,
)
from adapters.brokerages.robinhood.parse import Row, mine, money, named, told_day
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.money import ZERO
from domain.transactions import Transaction, TransactionType


def needs_dividend(raw: bytes) -> Iterator[str]:
    yield "instrument:" + named(rows.fields(raw), "instrument")


def dividend(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /dividends/. `amount` is gross, that is rate times position; two fields of tax."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.DIVIDEND, "dividend", scene.notes)
    if not mine(row, scene):
        return
    standing = standing_of(row, T.DIVIDEND, "dividend", scene)
    gross = money(row, "amount")
    rate, position = rows.optional_number(row, "rate"), rows.optional_number(row, "position")
    if rate is not None and position is not None and abs(rate * position - gross) > CENT:
        gross = cents(rate * position)
    told = [rows.optional_number(row, name) for name in ("withholding", "nra_withholding")]
    taxes = None if all(tax is None for tax in told) else sum((tax or ZERO for tax in told), ZERO)
    paid = None if row.get("paid_at") is None else rows.instant(row["paid_at"], "paid_at")
    yield standing.marks(
        Transaction(
            source_key=key_of("dividend", row),
            type=standing.kind,
            trade_date=rows.day(row.get("payable_date"), "payable_date")
            if paid is None
            else rows.market_day(paid),
            source_type=f"dividend {row.get('state')}",
            executed_at=paid,
            instrument=parse.share(named(row, "instrument"), scene),
            gross=gross,
            taxes=taxes,
            net=None if taxes is None else gross - taxes,
            raw=raw,
            currency="USD",
        )
    )


def sweep(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    """A row of GET /accounts/sweeps/: interest on idle cash, for all accounts in one list."""
    row = rows.fields(raw)
    rows.note_unknown(row, fields.SWEEP, "sweep", scene.notes)
    if not mine(row, scene):
        return
    reason = rows.text(row, "reason")
    standing = standing_of(row, {"interest_payment": T.INTEREST}.get(reason), f"sweep.{reason}", scene)
    amount = signed(money(row, "amount"), rows.text(row, "direction"), scene)
    day = told_day(row.get("pay_date"), "pay_date")
    yield standing.cash(key_of("sweep", row), amount, day, f"sweep {reason}", raw)


def needs_account(raw: bytes) -> Iterator[str]:
    """Some lists name no account: such rows belong to the first one."""
    if parse.account_of(rows.fields(raw)) is None:
        yield "primary:account"


def transfer(prefix: str) -> Callable[[bytes, Scene], Iterable[Transaction]]:
    """Rows of GET /ach/transfers/ and /ach/received/transfers/."""

    def parsed(raw: bytes, scene: Scene) -> Iterator[Transaction]:
        row = rows.fields(raw)
        rows.note_unknown(row, fields.TRANSFER, prefix, scene.notes)
        if not _mine_or_primary(row, scene):
            return
        charged = row.get("fees")
        if charged and (not isinstance(charged, str) or rows.number(row, "fees")):
            scene.notes.words[f"{prefix}.fees"] += 1  # whether they are in the amount is not known
        word = rows.text(row, "direction")
        amount = signed(money(row, "amount"), word, scene)
        kind = None if amount is None else (T.DEPOSIT if INCOMING[word] > 0 else T.WITHDRAWAL)
        standing = standing_of(row, kind, f"{prefix}.{word}", scene)
        at = rows.instant(row.get("created_at"), "created_at")
        yield standing.cash(key_of(prefix, row), amount, at, f"{prefix} {word}", raw)

    return parsed


def charge(prefix: str, kind: TransactionType, sign: int) -> Callable[[bytes, Scene], Iterable[Transaction]]:
    """Rows of three lists: margin interest and subscription fees (out), stock lending (in).

    A `credit` has been taken off the bill: what was paid is the amount without it.
    """

    def parsed(raw: bytes, scene: Scene) -> Iterator[Transaction]:
        row = rows.fields(raw)
        rows.note_unknown(row, fields.CHARGE, prefix, scene.notes)
        if not _mine_or_primary(row, scene):
            return
        if row.get("refunds"):
            scene.notes.words[f"{prefix}.refunds"] += 1  # their shape is not known
        amount = money(row, "amount") - (money(row, "credit") if row.get("credit") is not None else ZERO)
        day = row.get("record_date")
        when = (
            rows.instant(row.get("created_at"), "created_at") if day is None else told_day(day, "record_date")
        )
        yield Standing(kind).cash(key_of(prefix, row), sign * amount, when, prefix, raw)

    return parsed


def _mine_or_primary(row: Row, scene: Scene) -> bool:
    account = scene.account
    primary = account is not None and scene.references.get("primary:account") == account.key
    return mine(row, scene, otherwise=primary)
