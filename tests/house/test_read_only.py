"""brokerlink reads. Whatever a door sends while it signs in and reads everything changes nothing: no order,
no transfer, no setting. So what brokerages ask of those who place orders is no matter of ours."""

import re
from typing import Any
from urllib.parse import urlsplit

import conformance
import doors
import pytest

from adapters.sandbox.reply import Reply
from adapters.sandbox.stage import Stage

# What is sent by another method than GET, by its path behind the brokerage's own prefix. An address with the
# word token in it gives out tokens; no brokerage takes an order there.
TOKENS = re.compile(r"token")
SESSIONS = {  # of Interactive Brokers: its login to the trading floor, and a sign of life
    f"{host}/v1/api{path}" for host in ("", "/gateway") for path in ("/iserver/auth/ssodh/init", "/tickle")
}
PLAID = {  # which asks everything with POST
    f"/plaid{path}"
    for path in (
        "/accounts/get",
        "/institutions/search",
        "/investments/holdings/get",
        "/investments/transactions/get",
        "/item/get",
    )
}
QUOTES = {"/v1/markets/quotes"}  # Tradier's long lists of symbols
QUESTIONS = SESSIONS | PLAID | QUOTES
# OpenD has numbers for methods: state, accounts, funds, positions, fills of today, orders and fills of the
# past, fees, cash flow.
OPEND = {"/1002", "/2001", "/2101", "/2102", "/2211", "/2221", "/2222", "/2225", "/2226"}


@pytest.mark.parametrize("name", doors.DOORS)
async def test_no_door_places_an_order_or_changes_anything(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: set[tuple[str, str]] = set()
    hear = Stage.hear

    def overheard(stage: Stage, method: str, url: str, *rest: Any) -> Reply:
        sent.add((method, urlsplit(url).path.removeprefix(f"/{name.partition('/')[0]}")))
        return hear(stage, method, url, *rest)

    monkeypatch.setattr(Stage, "hear", overheard)
    door, sandbox = conformance.played(name)

    await conformance.read_all(door, await conformance.signed_in(door, sandbox, name))

    assert sent
    posted = {path for method, path in sent if method != "GET" and not TOKENS.search(path)}
    assert posted - QUESTIONS == set(), "if these only ask, list them above"
    if name == "moomoo":
        assert {path for _, path in sent} - OPEND == set()
