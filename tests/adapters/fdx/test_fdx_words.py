"""FDX's lists of words: each that the sheet has is known, and each of them is open."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters import fdx
from adapters.fdx import parse, reads, securities, transactions
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import Dataset, Support
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import TransactionStatus

Json = dict[str, Any]
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("brokerage:4321", "", "…4321", AccountKind.OTHER, routing={"id": "inv-0001"})
TYPES = """401A 401K 403B 529 BROKERAGEPRODUCT COVERDELL DIGITALASSET DEFINEDBENEFIT DEFERREDPROFITSHARINGPLAN
ESOP GUARDIAN INDIVIDUALPENSIONPLAN INSTITUTIONALTRUST INVESTMENTACCOUNT IRA KEOGH LIFEINCOMEFUND
LOCKEDINRETIREMENTACCOUNT LOCKEDINRETIREMENTINCOMEFUND LOCKEDINRETIREMENTSAVINGSPLAN NONQUALIFIEDPLAN
NONQUALIFEDPLAN OTHERINVESTMENT PRESCRIBEDREGISTEREDRETIREMENTINCOMEFUND PREPAID REGISTEREDPENSIONPLAN
REGISTEREDDISABILITYSAVINGSPLAN REGISTEREDEDUCATIONSAVINGSPLAN REGISTEREDRETIREMENTINCOMEFUND
REGISTEREDRETIREMENTSAVINGSPLAN RESTRICTEDLIFEINCOMEFUND RESTRICTEDLOCKEDINSAVINGSPLAN ROLLOVER ROTH SARSEP
SPECIFIEDPENSIONPLAN TAXABLE TAXFREESAVINGSACCOUNT TDA TERM TRUST UGMA UTMA VARIABLEANNUITY"""


def account(row: Json) -> tuple[AccountTold, dict[str, int]]:
    notes = Notes()
    whole = {"account": {"accountId": "1"} | row, "key": "k"}
    (found,) = parse.account(json.dumps(whole).encode(), Scene(None, {}, notes, NOW))
    return found, dict(notes.words)


def holding(row: Json) -> dict[str, int]:
    """What a holding makes us count."""
    notes = Notes()
    whole = {"symbol": "ACME", "units": 1, "currentUnitPrice": 1, "marketValue": 1} | row
    list(parse.position(json.dumps(whole).encode(), Scene(ACCOUNT, {}, notes, NOW)))
    return dict(notes.words)


@pytest.mark.parametrize("word", TYPES.split())
def test_every_account_type_of_the_list_is_known_both_spellings_of_one_of_them(word: str) -> None:
    assert reads.subtype_of({"accountType": word}) is not None
    assert account({"accountType": word})[1] == {}


K = AccountKind
OF_A_KIND = {
    K.OTHER: """529 BROKERAGEPRODUCT COVERDELL ESOP INVESTMENTACCOUNT NONQUALIFIEDPLAN NONQUALIFEDPLAN
        OTHERINVESTMENT PREPAID REGISTEREDDISABILITYSAVINGSPLAN REGISTEREDEDUCATIONSAVINGSPLAN TAXABLE
        TAXFREESAVINGSACCOUNT TDA TERM VARIABLEANNUITY""",
    K.RETIREMENT: """401A 401K 403B DEFERREDPROFITSHARINGPLAN DEFINEDBENEFIT INDIVIDUALPENSIONPLAN
        LIFEINCOMEFUND LOCKEDINRETIREMENTACCOUNT LOCKEDINRETIREMENTINCOMEFUND
        LOCKEDINRETIREMENTSAVINGSPLAN PRESCRIBEDREGISTEREDRETIREMENTINCOMEFUND REGISTEREDPENSIONPLAN
        REGISTEREDRETIREMENTINCOMEFUND REGISTEREDRETIREMENTSAVINGSPLAN RESTRICTEDLIFEINCOMEFUND
        RESTRICTEDLOCKEDINSAVINGSPLAN SPECIFIEDPENSIONPLAN""",
    K.IRA_TRADITIONAL: "IRA ROLLOVER",
    K.IRA_ROTH: "ROTH",
    K.IRA_OTHER: "KEOGH SARSEP",
    K.TRUST: "INSTITUTIONALTRUST TRUST",
    K.CUSTODIAL: "GUARDIAN UGMA UTMA",
    K.CRYPTO: "DIGITALASSET",
}


@pytest.mark.parametrize(("kind", "word"), [(k, w) for k, ws in OF_A_KIND.items() for w in ws.split()])
def test_every_account_type_of_the_list_has_its_kind(kind: AccountKind, word: str) -> None:
    assert account({"accountType": word})[0].kind is kind


def test_the_kinds_are_those_of_the_whole_list() -> None:
    assert {word for words in OF_A_KIND.values() for word in words.split()} == set(TYPES.split())


@pytest.mark.parametrize("word", ["College Savings", "BROKERAGE", "Roth IRA"])
def test_words_of_akoyas_raw_mode_that_its_sample_has_are_known(word: str) -> None:
    assert account({"accountType": word, "lineOfBusiness": "LBRB"})[1] == {}


@pytest.mark.parametrize(
    "word", "CLOSED DELINQUENT NEGATIVECURRENTBALANCE OPEN PAID PENDINGCLOSE PENDINGOPEN RESTRICTED".split()
)
def test_every_status_of_an_account_is_known_and_only_closed_is_closed(word: str) -> None:
    found, counted = account({"status": word})

    assert found.open == (word != "CLOSED")
    assert counted == {}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("ANNUITY", InstrumentKind.OTHER), ("BOND", InstrumentKind.BOND), ("CD", InstrumentKind.BOND),
        ("DEBT", InstrumentKind.BOND), ("DIGITALASSET", InstrumentKind.CRYPTO),
        ("MUTUALFUND", InstrumentKind.MUTUAL_FUND), ("OPTION", InstrumentKind.OPTION),
        ("OTHER", InstrumentKind.OTHER), ("STOCK", InstrumentKind.EQUITY),
        ("SWEEP", InstrumentKind.CASH_EQUIVALENT),
    ],
)  # fmt: skip
def test_every_type_of_a_holding_or_security_is_known(word: str, kind: InstrumentKind) -> None:
    symbol, notes = {"symbol": "ACME261218C150" if word == "OPTION" else "ACME"}, Notes()

    found = securities.instrument_of({"holdingType": word} | symbol, "holdingType", "USD", notes)

    assert found is not None
    assert (found.kind, dict(notes.words)) == (kind, {})
    assert holding({"holdingType": word} | symbol) == {}


@pytest.mark.parametrize("scheme", "CUSIP ISIN SEDOL SICC VALOR WKN CINS CMC CME ITSA NASDAQ cusip".split())
def test_every_kind_of_identifier_is_known(scheme: str) -> None:
    assert holding({"securityId": "1", "securityIdType": scheme}) == {}


def test_every_list_is_open_and_an_unknown_word_is_counted() -> None:
    assert account({"accountType": "New", "status": "SLEEPING"})[1] == {
        "account.accountType.New": 1,
        "account.status.SLEEPING": 1,
    }
    assert holding({"holdingType": "New", "securityId": "1", "securityIdType": "LEI"}) == {
        "holdingType.NEW": 1,
        "securityIdType.LEI": 1,
    }


def test_every_field_may_be_missing_or_null() -> None:
    nothing = dict.fromkeys(("nickname", "productName", "status", "accountType", "accountNumberDisplay"))

    for row in (nothing, {}):
        found, counted = account(row)
        assert (found.name, found.number, found.kind, found.open) == ("", "", AccountKind.OTHER, True)
        assert counted == {}


def test_a_pending_row_has_no_time_of_posting_and_another_id_than_the_posted_one() -> None:
    row = {
        "transactionId": "pending-1", "transactionTimestamp": "2026-11-24T00:00:00Z", "status": "PENDING",
        "description": "YOU BOUGHT", "debitCreditMemo": "DEBIT", "amount": 10, "transactionType": "PURCHASED",
        "symbol": "ACME", "securityType": "STOCK", "units": 1, "unitPrice": 10,
    }  # fmt: skip
    posted = row | {"transactionId": "t-9", "postedTimestamp": "2026-11-25T00:00:00Z", "status": "POSTED"}

    first, then = [
        next(transactions.transaction(json.dumps(one).encode(), Scene(ACCOUNT, {}, Notes(), NOW)))
        for one in (row, posted)
    ]

    assert (first.status, first.settlement_date) == (TransactionStatus.PENDING, None)
    assert (then.status, then.settlement_date) == (TransactionStatus.POSTED, date(2026, 11, 25))
    assert first.source_key != then.source_key


def test_there_are_no_orders_and_no_buying_power() -> None:
    told = {one.dataset: one for one in fdx.door(fdx.V6, brokerage="", access="").facts.capabilities}

    assert told[Dataset.ORDERS].support is Support.UNSUPPORTED
    assert "no buying power" in told[Dataset.BALANCES].note


def test_hosts_are_what_a_card_says() -> None:
    hosts = ("https://consent.bank.example", "https://api.bank.example")
    made = fdx.door(fdx.V6, brokerage="", access="", hosts=hosts, scope="fdx:all:read")

    assert dict(made.hosts) == dict(zip(("consent", "fdx"), hosts, strict=True))
