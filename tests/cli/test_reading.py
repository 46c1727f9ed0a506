"""Commands that read: what a person sees, and what a program gets."""

import json
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from brokerlink.v1 import (
    accounts_pb2,
    connections_pb2,
    instruments_pb2,
    portfolios_pb2,
    syncs_pb2,
    transactions_pb2,
    types_pb2,
)
from tests.cli.conftest import Fake, Run

NOW = Timestamp()
NOW.FromDatetime(datetime.now(UTC))
VTI = instruments_pb2.Instrument(id="ins_1", symbol="VTI", name="Total Stock Market")
CALL = instruments_pb2.Instrument(
    id="ins_2",
    symbol="AAPL  261218C00200000",
    option_details=instruments_pb2.OptionDetails(
        underlying_symbol="AAPL",
        expiration_date=Date(year=2026, month=12, day=18),
        right=instruments_pb2.OPTION_RIGHT_CALL,
        strike="200.000",
    ),
)
ACCOUNT = accounts_pb2.Account(
    id="acc_1",
    user_id="demo",
    brokerage_id="alpaca",
    name="Individual",
    masked_number="…1234",
    kind=accounts_pb2.ACCOUNT_KIND_MARGIN,
    currency_code="USD",
    state=accounts_pb2.ACCOUNT_STATE_OPEN,
    connection_ids=["con_1"],
    freshness=[
        types_pb2.Freshness(
            dataset=types_pb2.DATASET_POSITIONS,
            fetched_at=NOW,
            completeness=types_pb2.COMPLETENESS_COMPLETE,
        ),
        types_pb2.Freshness(
            dataset=types_pb2.DATASET_BALANCES,
            fetched_at=NOW,
            stale_since=NOW,
            stale_reason="REAUTHORIZATION_REQUIRED",
        ),
    ],
)
PORTFOLIO = portfolios_pb2.Portfolio(
    account_id="acc_1",
    version=3,
    balances=[portfolios_pb2.Balance(currency_code="USD", cash="1000.5")],
    positions=[
        portfolios_pb2.Position(
            instrument=VTI,
            quantity="10.50000000",
            average_cost="100",
            cost_basis="1050",
            price="250.1234",
            market_value="2626.2957",
            unrealized_gain="1576.2957",
            currency_code="USD",
        ),
        portfolios_pb2.Position(
            instrument=CALL,
            quantity="-2",
            cost_basis="-800",
            market_value="-1000",
            unrealized_gain="-200",
            currency_code="USD",
            flags=["suspect_cost"],
        ),
    ],
    totals=[portfolios_pb2.Total(currency_code="USD", cash="1000.5", total_value="2626.80")],
    reconciliation=portfolios_pb2.Reconciliation(
        state=portfolios_pb2.RECONCILIATION_STATE_DIFFERS,
        brokerage_total="2700",
        computed_total="2626.80",
        currency_code="USD",
    ),
)


def accounts(*found: accounts_pb2.Account) -> accounts_pb2.ListAccountsResponse:
    return accounts_pb2.ListAccountsResponse(accounts=found)


def test_accounts_show_how_old_and_how_stale_their_figures_are(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", accounts(ACCOUNT))

    said = run("accounts").stdout

    for words in ("Individual …1234", "margin", "positions", "stale: REAUTHORIZATION_REQUIRED"):
        assert words in said


def test_lists_are_read_to_their_last_page(fake: Fake, run: Run) -> None:
    pages = [
        accounts_pb2.ListAccountsResponse(accounts=[ACCOUNT], next_page_token=token)
        for token in ("a", "b", "")
    ]
    fake.says("ListAccounts", *pages)

    found = json.loads(run("accounts", "-o", "json").stdout)["accounts"]

    assert len(found) == 3
    assert [one.page_token for one in fake.asked("ListAccounts")] == ["", "a", "b"]


def test_a_server_that_goes_round_in_circles_does_not_keep_us(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", accounts_pb2.ListAccountsResponse(accounts=[ACCOUNT], next_page_token="same"))

    assert run("accounts", "-o", "json").exit_code == 0


def test_json_has_the_names_of_the_protos_and_hides_nothing(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", accounts(accounts_pb2.Account(id="acc_1")))

    (found,) = json.loads(run("accounts", "--output", "json").stdout)["accounts"]

    assert found["brokerage_id"] == ""
    assert found["state"] == "ACCOUNT_STATE_UNSPECIFIED"
    assert found["freshness"] == []


def test_a_portfolio_shows_gains_in_money_and_percent(fake: Fake, run: Run) -> None:
    fake.says("GetPortfolio", PORTFOLIO)
    fake.says("ListAccounts", accounts(ACCOUNT))

    said = run("portfolio", "acc_1").stdout

    for words in ("VTI", "10.5", "2,626.30", "+1,576.30", "+150.1 %", "1,000.50 USD"):
        assert words in said
    for words in ("AAPL 2026-12-18 200 call", "-200.00", "-25.0 %", "suspect cost"):
        assert words in said


def test_what_is_unknown_is_a_dash_and_never_a_zero(fake: Fake, run: Run) -> None:
    position = portfolios_pb2.Position(instrument=VTI, quantity="1", currency_code="USD")
    total = portfolios_pb2.Total(currency_code="USD")
    fake.says(
        "GetPortfolio",
        portfolios_pb2.Portfolio(account_id="acc_1", version=1, positions=[position], totals=[total]),
    )
    fake.says("ListAccounts", accounts(ACCOUNT))

    said = run("portfolio", "acc_1").stdout

    assert "0.00" not in said
    assert said.count("–") >= 6


def test_a_total_that_differs_is_said(fake: Fake, run: Run) -> None:
    fake.says("GetPortfolio", PORTFOLIO)
    fake.says("ListAccounts", accounts(ACCOUNT))

    assert "the brokerage says 2,700.00, we compute 2,626.80 USD" in run("portfolio", "acc_1").stdout


def test_an_account_that_was_never_synced_is_not_shown_as_empty(fake: Fake, run: Run) -> None:
    fake.says("GetPortfolio", portfolios_pb2.Portfolio(account_id="acc_1"))
    fake.says("ListAccounts", accounts(ACCOUNT))

    said = run("portfolio", "acc_1").stdout

    assert "Not synced yet" in said
    assert "No positions" not in said


def test_the_plot_draws_long_positions_and_cash_and_no_debts(fake: Fake, run: Run) -> None:
    fake.says("GetUserPortfolio", portfolios_pb2.UserPortfolio(user_id="demo", portfolios=[PORTFOLIO]))
    fake.says("ListAccounts", accounts(ACCOUNT))

    lines = run("portfolio", "--plot").stdout.splitlines()
    plot = lines[next(n for n, line in enumerate(lines) if line.startswith("Allocation")) :]

    assert plot[0].startswith("Allocation of 3,626.80 USD")
    assert [line.split()[0] for line in plot[1:3]] == ["VTI", "cash"]
    assert "72.4 %" in plot[1]
    assert plot[1].count("█") > plot[2].count("█") > 0
    assert not any("AAPL" in line for line in plot)


def test_a_portfolio_as_json_keeps_every_digit(fake: Fake, run: Run) -> None:
    fake.says("GetPortfolio", PORTFOLIO)

    found = json.loads(run("portfolio", "acc_1", "-o", "json").stdout)

    assert found["positions"][0]["market_value"] == "2626.2957"
    assert "price" not in found["positions"][1]


def test_transactions_are_filtered_as_asked(fake: Fake, run: Run) -> None:
    fake.says("ListTransactions", transactions_pb2.ListTransactionsResponse())
    words = (
        "--from 2026-01-02 --to 2026-03-04 --type sell-to-open --type group:transfer --symbol VTI --limit 7"
    )

    run("transactions", "acc_1", *words.split(), "-o", "json")

    (asked,) = fake.asked("ListTransactions")
    assert asked.account_id == "acc_1"
    assert asked.start_date == Date(year=2026, month=1, day=2)
    assert asked.end_date == Date(year=2026, month=3, day=4)
    assert list(asked.types) == [transactions_pb2.TRANSACTION_TYPE_SELL_TO_OPEN]
    assert list(asked.groups) == [transactions_pb2.TRANSACTION_GROUP_TRANSFER]
    assert (asked.symbol, asked.page_size) == ("VTI", 7)


@pytest.mark.parametrize(
    "words", [["--type", "bogus"], ["--type", "unspecified"], ["--from", "2026-02-30"], ["--limit", "-1"]]
)
def test_filters_without_sense_are_refused_before_anything_is_sent(
    fake: Fake, run: Run, words: list[str]
) -> None:
    assert run("transactions", *words).exit_code == 2
    assert fake.heard == []


def test_transactions_tell_the_brokerages_own_word_for_a_type_we_do_not_know(fake: Fake, run: Run) -> None:
    odd = transactions_pb2.Transaction(
        id="txn_1",
        account_id="acc_1",
        type=transactions_pb2.TRANSACTION_TYPE_OTHER,
        status=transactions_pb2.TRANSACTION_STATUS_PENDING,
        brokerage_type="GIFT",
        trade_date=Date(year=2026, month=11, day=2),
        net_amount="-12.5",
        currency_code="USD",
        description="A \x1b[31mgift",
    )
    fake.says("ListTransactions", transactions_pb2.ListTransactionsResponse(transactions=[odd]))
    fake.says("ListAccounts", accounts(ACCOUNT))

    said = run("transactions").stdout

    for words in ("2026-11-02", "other (GIFT)", "pending", "-12.50", "A gift"):
        assert words in said
    assert "\x1b" not in said


@pytest.mark.parametrize("command", ["accounts", "portfolio", "transactions", "connections", "runs"])
def test_a_user_with_nothing_is_told_so_and_it_is_no_failure(fake: Fake, run: Run, command: str) -> None:
    fake.says("ListAccounts", accounts())
    fake.says("GetUserPortfolio", portfolios_pb2.UserPortfolio())
    fake.says("ListTransactions", transactions_pb2.ListTransactionsResponse())
    fake.says("ListConnections", connections_pb2.ListConnectionsResponse())
    fake.says("ListSyncRuns", syncs_pb2.ListSyncRunsResponse())

    result = run(command)

    assert result.exit_code == 0
    assert result.stdout.strip().startswith(("No", "Nothing"))


@pytest.mark.parametrize("width", [90, 120, 200])
def test_a_narrow_screen_has_fewer_columns_and_no_broken_figures(fake: Fake, run: Run, width: int) -> None:
    fake.says("GetPortfolio", PORTFOLIO)
    fake.says("ListAccounts", accounts(ACCOUNT))

    lines = run("portfolio", "acc_1", COLUMNS=str(width)).stdout.splitlines()
    (held,) = [line for line in lines if line.startswith("VTI")]

    assert ("Name" in " ".join(lines)) == (width == 200)
    assert all(len(line) <= width for line in lines)
    assert "+1,576.30" in held
    assert "+150.1 %" in held
