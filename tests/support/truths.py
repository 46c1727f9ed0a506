"""A sandbox's truth as callers of the service see it, and what they were told, in the same order."""

from typing import Any

import conformance
from wired import Json


def expected(sandbox: Any, door: str = "") -> list[Json]:
    """The truth as a caller sees it: numbers are masked, and an instrument is what the service knows of it
    by all its rows together, so that its CUSIP is not compared row by row."""
    told = []
    for account in conformance.expected(sandbox, door):
        seen = {name: value for name, value in account.items() if name not in {"number", "name"}}
        seen["masked_number"] = f"…{account['number'][-4:]}"
        for row in [*seen["positions"], *seen["transactions"]]:
            if row["instrument"] is not None:
                row["instrument"].pop("cusip", None)
        told.append(seen)
    return sorted(told, key=lambda a: str(a["masked_number"]))


def in_order(told: list[Json]) -> list[Json]:
    for account in told:
        account["positions"] = sorted(account["positions"], key=conformance.by_symbol)
        account["transactions"] = conformance.ordered(account["transactions"])
    return sorted(told, key=lambda a: str(a["masked_number"]))
