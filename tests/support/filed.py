"""Statements in files, told by a sandbox and read by the card: what every format's tests need.

for file in filed.files("schwab", seed=3):
    assert filed.differences("schwab", file) == []
"""

from datetime import date, timedelta
from typing import Any

import conformance

from adapters.brokerages import card
from adapters.files.tell import File, FilesDesk
from adapters.kit.statements import Files
from adapters.sandbox.create import create
from domain.ports.statements import AccountStatement, Statement

TODAY = date(2026, 11, 25)
Json = dict[str, Any]


def files(brokerage: str, seed: int = 7, persona: str = "plain", today: date = TODAY) -> tuple[File, ...]:
    """All files of a brokerage's sandbox."""
    sandbox: Any = create(brokerage, seed, persona, today)
    desk: FilesDesk = sandbox.statements
    return desk.files()


def named(brokerage: str, name: str, seed: int = 7) -> File:
    return next(file for file in files(brokerage, seed) if file.name == name)


def read(brokerage: str, content: bytes, today: date = TODAY) -> Statement:
    """By the port that the use case has."""
    return Files((brokerage,), card).read(brokerage, content, today + timedelta(days=1))


def differences(brokerage: str, file: File) -> list[str]:
    """Where what is read of a file is not the truth."""
    statement = read(brokerage, file.content)
    told = sorted((_account(account) for account in statement.accounts), key=_number)
    wanted = sorted((_ordered(account) for account in file.truth()), key=_number)
    unknown = {*statement.notes.words, *statement.notes.fields}
    unread = [f"unknown {name}" for name in unknown ^ file.words]
    skipped = [f"line {one.line} skipped: {one.reason}" for one in statement.skipped]
    if len(skipped) == file.left_out:
        skipped = []
    return [*unread, *skipped, *conformance.differences(told, wanted)]


def _account(told: AccountStatement) -> Json:
    return conformance.account_told(told.account, told.balances, told.positions, list(told.transactions))


def _ordered(account: Json) -> Json:
    more: Json = {}
    if "transactions" in account:
        rows = [{n: v for n, v in row.items() if n != "number"} for row in account["transactions"]]
        more["transactions"] = conformance.ordered(rows)
    if "positions" in account:
        more["positions"] = sorted(account["positions"], key=conformance.by_symbol)
    return {n: v for n, v in account.items() if n != "key"} | more


def _number(account: Json) -> str:
    return str(account["number"])
