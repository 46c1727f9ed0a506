"""Real payloads, as people recorded them, read by the reads of the adapters.

They are no part of this repository. Who has some names their folder, with one folder for each brokerage:

BROKERLINK_SAMPLES=/my/samples pytest -rA tests/adapters/brokerages/test_samples.py
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.brokerages import card
from adapters.kit.card import Call, Read, Scene
from adapters.kit.replies import failure_of
from adapters.kit.wire import Response, decode, raw_fields, raw_rows
from adapters.sandbox.asked import to_json
from domain.accounts import AccountKind, AccountTold
from domain.errors import Failure, PermissionInsufficient
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionType

# Read now: the tests run without the variables of whoever runs them.
SAMPLES = os.environ.get("BROKERLINK_SAMPLES", "")
pytestmark = pytest.mark.skipif(not SAMPLES, reason="BROKERLINK_SAMPLES names no folder with real payloads")

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
Body = Callable[[bytes], bytes]
References = Callable[[Path], Mapping[str, Any]]


def as_it_is(body: bytes) -> bytes:
    return body


def nothing(folder: Path) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Sample:
    """Which read of the brokerage reads a payload. `rows` must become that many things of ours, `silent`
    more tell none (why is said beside them). `account` is whose answer it is."""

    reads: tuple[str, ...]
    rows: int
    silent: int = 0
    account: str = ""
    routing: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    body: Body = as_it_is
    references: References = nothing
    words: frozenset[str] = frozenset()  # what is counted of it, and why is said beside it


# ---- Schwab joins its list of accounts from three answers.


def schwab_accounts(folder: Path) -> Mapping[str, Any]:
    (types, nicknames, *_) = card("schwab").doors[0].references
    told = raw_rows((folder / "account_numbers.json").read_bytes())
    typed = [{"securitiesAccount": {**decode(row), "type": "MARGIN"}} for row in told]
    preferences = Response(200, {}, (folder / "user_preference.json").read_bytes())
    return {**types.take(Response(200, {}, to_json(typed)), ()), **nicknames.take(preferences, ())}


# ---- Robinhood tells prices in calls of their own; what it does not know any more keeps its id as a name.


def robinhood_instruments(folder: Path) -> Mapping[str, Any]:
    found = next(r for r in card("robinhood").doors[0].references if r.scheme == "instrument")
    return found.take(Response(200, {}, (folder / "instruments.json").read_bytes()), ())


def robinhood_portfolio(folder: Path) -> Mapping[str, Any]:
    rows = [*raw_rows(raw_fields((folder / "accounts_cash.json").read_bytes())["results"])]
    return {f"portfolio:{decode(row)['account_number']}": {"equity": "214.89"} for row in rows}


def first_result(body: bytes) -> bytes:
    return raw_rows(raw_fields(body)["results"])[0]


def as_list(body: bytes) -> bytes:
    return b'{"next":null,"previous":null,"results":[' + body + b"]}"


def with_next(body: bytes) -> bytes:
    """Recordings lack the member where their author cut the page out; answers have it."""
    return to_json({"next": None, **decode(body)})


# ---- Coinbase's ledger is one walk through the wallets: a page is read where the walk stands in one.


def coinbase_portfolio(folder: Path) -> Mapping[str, Any]:
    total = {"total_balance": {"value": "0", "currency": "GBP"}}
    return {"breakdown:": {"portfolio_balances": total, "spot_positions": []}}


def one_row(body: bytes) -> bytes:
    """The details of one row, in the list that they belong to."""
    return b'{"TransactionListResponse":{"Transaction":[%b],"totalCount":1}}' % bytes(
        raw_fields(body)["TransactionDetailsResponse"]
    )


def of_one(name: str) -> Body:
    """Of TradeStation's answer about several accounts, what it says of the second."""
    return lambda body: to_json({**decode(body), name: decode(body)[name][1:2]})


def one_of_a_page(body: bytes) -> bytes:
    """tastytrade's details of one row, in the page that they belong to."""
    pages = b'{"page-offset":0,"total-items":1,"total-pages":1}'
    return b'{"data":{"items":[%b]},"pagination":%b}' % (bytes(raw_fields(body)["data"]), pages)


def in_accounts(body: bytes) -> bytes:
    """An account that was asked for by itself, in the list of accounts."""
    return b'{"accounts":[%b]}' % body


# ---- eToro names instruments by numbers.

ETORO = {"type": "trading", "environment": "real"}


def etoro_instruments(folder: Path) -> Mapping[str, Any]:
    known = {"instrumenttypeid": 5, "symbolfull": "X", "instrumentdisplayname": "X"}
    return {"instrument:1002": known, "types:": {"5": "Stocks"}}


# Dialects that several brokerages share: who reads them here.
DIALECTS = {"fdx": "fidelity", "plaid": "sofi"}

# The statement of a window that has been asked for.
FETCHING = '{"end":"2015-12-31","days":364,"floor":"2011-01-03","reference":"1"}'

READ: dict[str, Sample] = {
    "alpaca/account.json": Sample(("account", "balance"), 2),
    "alpaca/positions.json": Sample(("positions",), 1),
    "alpaca/activities.json": Sample(("activities",), 4),
    "alpaca/activities_next_page.json": Sample(("activities",), 4),
    "etoro/aggregate_portfolio.json": Sample(("balances",), 1, account="4498", routing=ETORO),
    "etoro/portfolio.json": Sample(
        ("positions", "history"), 2, account="7765437", routing=ETORO, references=etoro_instruments
    ),
    "etoro/cash_transactions.json": Sample(("history",), 1, account="A", routing={"type": "cash"}),
    "tradestation/accounts.json": Sample(("accounts",), 3),
    "tradestation/balances.json": Sample(("balances",), 1, account="123456782", body=of_one("Balances")),
    "tradestation/positions.json": Sample(("positions",), 1, account="123456782"),
    # What was not filled has done nothing.
    "tradestation/orders.json": Sample(("orders",), 1, silent=4, account="123456782"),
    "tradestation/historical_orders.json": Sample(
        ("orders",), 1, silent=3, account="123456782", cursor="historicalorders|2026-02-04|0|"
    ),
    # Of the first generation of paths: only its balance is read.
    "webull/gen1_account_balance.json": Sample(("balance",), 1, account="13467788"),
    # An empty wallet of a stablecoin is neither cash nor a position.
    "coinbase/v3_accounts.json": Sample(
        ("cash", "coins"), 0, silent=2, account="A", references=coinbase_portfolio
    ),
    "coinbase/v3_fills.json": Sample(("fills",), 1, account="A"),
    "coinbase/v2_transactions.json": Sample(
        ("ledger",), 6, account="A", cursor='{"wallets":[{"uuid":"a","code":"BTC"}]}'
    ),
    "ibkr/portfolio_accounts.json": Sample(("accounts",), 1),
    "ibkr/ledger.json": Sample(("ledger",), 1, account="DUMMY_ACCOUNT_ID123"),
    "ibkr/flex_statement.xml": Sample(("history",), 3, account="U123456", cursor=FETCHING),
    "schwab/account_numbers.json": Sample(("accounts",), 2, references=schwab_accounts),
    "schwab/account_with_positions.json": Sample(
        ("balance", "positions"), 3, account="11111111", routing={"hash": "A"}
    ),
    "schwab/transactions.json": Sample(("transactions",), 4, account="111111111", routing={"hash": "A"}),
    "etrade/accounts_list.json": Sample(("accounts",), 2),
    "etrade/balance.json": Sample(("balance",), 1, routing={"accountIdKey": "A"}),
    "etrade/transactions.json": Sample(("transactions",), 3, routing={"accountIdKey": "A"}),
    "etrade/transaction_details.json": Sample(
        ("transactions",), 1, routing={"accountIdKey": "A"}, body=one_row
    ),
    "robinhood/accounts_cash.json": Sample(("accounts",), 1),
    "robinhood/accounts_margin.json": Sample(("accounts",), 1, body=with_next),
    # The recording has closed positions only: a quantity of zero is held no more.
    "robinhood/positions.json": Sample(
        ("stocks",), 0, silent=5, account="8UD09348", references=robinhood_instruments, body=with_next
    ),
    # An order that is still open: a transaction comes with each execution.
    "robinhood/order_stop_limit_confirmed.json": Sample(("orders",), 0, silent=1, body=as_list),
}
# The same payload once more, as the answer of another read.
AGAIN: dict[str, Sample] = {
    "robinhood/accounts_cash.json": Sample(
        ("balance",), 1, body=first_result, references=robinhood_portfolio
    ),
}
# Plaid's own examples. Of three accounts one is an investment; amounts and fees of rows do not agree there.
READ |= {
    "plaid/accounts_get.json": Sample(("accounts",), 1, silent=2),
    "plaid/investments_transactions_get.json": Sample(
        ("plaid_transactions",), 3, account="…6666",
        routing={"account_id": "rz99ex9ZQotvnjXdgQLEsR81e3ArPgulVWjGj"},
        words=frozenset({"transaction.fees_do_not_add_up"}),
    ),
}  # fmt: skip
# tastytrade's own examples: three rows of 1,622, and one row as its own answer.
READ |= {
    "tastytrade/positions.json": Sample(("positions",), 1, account="5WT00000"),
    "tastytrade/transactions.json": Sample(("transactions",), 3, account="5WT0001"),
    "tastytrade/transaction.json": Sample(("transactions",), 1, account="5WT00001", body=one_of_a_page),
}
# Tradier's: a margin account's figures, four shares without quotes, one booking between accounts.
READ |= {
    "tradier/user_profile.json": Sample(("profile",), 3),
    "tradier/balances_margin.json": Sample(("balances",), 1, account="VA00000000"),
    "tradier/positions.json": Sample(("positions",), 4, account="VA00000000"),
    "tradier/history_one_event.json": Sample(("history",), 1, account="VA00000000"),
}
# Akoya's own samples, in its raw mode: four of the six accounts are a bank's. One investment has no number.
READ |= {
    "fdx/akoya_accounts_info.json": Sample(("accounts",), 2),
    "fdx/akoya_balances.json": Sample(("balance",), 1, account="…7054", routing={"id": "5426873"}),
    "fdx/akoya_transactions_deposit.json": Sample(
        ("fdx_transactions",), 2, account="…8537", routing={"id": "33fbd9e5-9cc3-3d7d-15b3-70d97d87ca1d"}
    ),
    # Of a provider that writes decimals as texts; wrapped into the list that the hub's door reads.
    "fdx/fdx51_account_string_decimals.json": Sample(
        ("balance",), 1, account="…1050", routing={"id": "investmentAccount0000001"}, body=in_accounts
    ),
}  # fmt: skip
LOOKED_UP = {
    "plaid/item_get.json": "the item: read while signing in",
    "schwab/user_preference.json": "the nicknames of accounts: read with account_numbers.json",
    "robinhood/instruments.json": "a look-up: read with positions.json",
    "etoro/cash_accounts.json": "the bank's side of money accounts: their balances are read elsewhere",
    "tradestation/error_invalid_account.json": "a refusal with status 200: see below",
}
# Payloads that refuse, with the status they come with.
REFUSALS = {
    "plaid/error_item_login_required.json": 400,
    "coinbase/v2_error_auth.json": 401,
    "coinbase/v3_error_not_found.json": 404,
    "ibkr/error_no_bridge.json": 400,
    "etoro/error_unauthorized.json": 401,
    "etoro/error_too_many.json": 429,
    "schwab/error_token_invalid_grant.json": 400,
    "tradier/error_invalid_token.json": 401,
    "etrade/error.json": 400,
    "etrade/error.xml": 400,
}
NOT_READ = {
    "alpaca/cancel_orders_207.json": "answers an order of ours; we place none",
    "alpaca/close_all_positions_207.json": "answers an order of ours; we place none",
    "coinbase/v2_accounts.json": "v2 lists the wallets of all portfolios: those of the key's are v3's",
    "ibkr/auth_status.json": "the answer to the opening of a session, of which one word is read",
    "ibkr/live_orders.json": "orders are not read yet",
    "schwab/orders.json": "orders are not read yet",
    "tastytrade/total_fees.json": "the fees of a day in one sum: each row tells its own",
    "tradier/gainloss.json": "closed lots: the trades behind them are read",
    "tradier/orders.json": "orders are not read yet",
    "tradier/orders_empty.json": "orders are not read yet",
}


def found() -> list[str]:
    folder = Path(SAMPLES)
    names = [
        name
        for name in (
            "alpaca",
            "coinbase",
            "etrade",
            "fdx",
            "ibkr",
            "plaid",
            "robinhood",
            "schwab",
            "tastytrade",
            "tradier",
            "etoro",
            "tradestation",
            "webull",
        )
        if SAMPLES
    ]
    return sorted(f"{name}/{file.name}" for name in names for file in (folder / name).glob("*"))


@dataclass
class Counted:
    """What became of the rows of a payload."""

    rows: int = 0
    mapped: int = 0
    silent: int = 0
    other: list[str] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)


def read_of(brokerage: str, name: str) -> Read[Any]:
    door = card(DIALECTS.get(brokerage, brokerage)).doors[0]
    reads: Iterable[Read[Any]] = (door.accounts, *door.balances, *door.positions, *door.transactions)
    return next(read for read in reads if read.name == name)


def counted(file: str, sample: Sample) -> Counted:
    brokerage = file.partition("/")[0]
    path = Path(SAMPLES) / file
    account = AccountTold(sample.account, "", sample.account, AccountKind.MARGIN, routing=sample.routing)
    call = Call(account, None, date(2026, 5, 4), sample.cursor, NOW)
    response = Response(200, {"content-type": "application/json"}, sample.body(path.read_bytes()))
    told = Counted()
    scene = Scene(account if sample.account else None, sample.references(path.parent), told.notes, NOW)
    for name in sample.reads:
        read = read_of(brokerage, name)
        for row in read.take(response, call).rows:
            things = list(read.parse(row, scene))
            told.rows += 1
            told.mapped += len(things)
            told.silent += not things
            told.other += [
                thing.source_type
                for thing in things
                if isinstance(thing, Transaction) and thing.type is TransactionType.OTHER
            ]
    return told


@pytest.mark.parametrize("file", found())
def test_every_row_of_a_real_payload_is_mapped(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    if file not in READ:
        assert file in LOOKED_UP | REFUSALS | NOT_READ, "nobody says what reads this payload"
        pytest.skip((LOOKED_UP | dict.fromkeys(REFUSALS, "a refusal: see below") | NOT_READ)[file])
    for sample in (READ[file], AGAIN.get(file)):
        if sample is None:
            continue

        told = counted(file, sample)

        with capsys.disabled():
            unknown = dict(told.notes.fields) | dict(told.notes.words)
            reads = " and ".join(sample.reads)
            sys.stdout.write(
                f"\n{file} as {reads}: {told.rows} rows, {told.mapped} mapped, {told.silent} tell nothing,"
                f" unknown: {unknown or 'none'} "
            )
        assert (told.mapped, told.silent) == (sample.rows, sample.silent)
        assert told.other == [], "typed OTHER"
        assert told.notes.words.keys() == sample.words, "words that nobody knows"


def test_a_real_look_up_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    instruments = robinhood_instruments(Path(SAMPLES) / "robinhood")

    with capsys.disabled():
        sys.stdout.write(f"\nrobinhood/instruments.json as a look-up: {len(instruments)} rows ")
    assert len(instruments) == 2


def test_a_real_flex_statement_is_read_as_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    content = (Path(SAMPLES) / "ibkr" / "flex_statement.xml").read_bytes()
    (way,) = card("ibkr").files

    told = way.read(content, date(2026, 5, 4))

    (account,) = told.accounts
    with capsys.disabled():
        rows, held = len(account.transactions), len(account.positions or ())
        sys.stdout.write(f"\nibkr/flex_statement.xml as a file: {rows} transactions, {held} positions ")
    assert way.fits(content)
    assert (rows, held) == (3, 1)
    assert not told.notes.words
    assert not told.notes.fields


def test_a_real_refusal_with_status_200_is_no_empty_list() -> None:
    body = (Path(SAMPLES) / "tradestation" / "error_invalid_account.json").read_bytes()
    call = Call(AccountTold("123", "", "123", AccountKind.MARGIN), None, date(2026, 5, 4), None, NOW)

    with pytest.raises(PermissionInsufficient):
        read_of("tradestation", "positions").take(Response(200, {}, body), call)


@pytest.mark.parametrize("file", sorted(set(found()) & REFUSALS.keys()))
def test_a_real_refusal_is_a_failure_of_ours(file: str) -> None:
    body = (Path(SAMPLES) / file).read_bytes()
    response = Response(REFUSALS[file], {}, body)
    brokerage = file.partition("/")[0]
    door = card(DIALECTS.get(brokerage, brokerage)).doors[0]

    explained = door.explain(response) if door.explain else None

    assert isinstance(explained or failure_of(response, NOW), Failure)
