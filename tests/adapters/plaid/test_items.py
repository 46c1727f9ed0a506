"""What Plaid's items are like: who has typed them in, what a name may be, and Plaid's answers for clients."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import conformance
import pytest

from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from adapters.plaid import FIELDS, door, parse, reads
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import Dataset, Support
from domain.ports.brokerage import Notes

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("brokerage:1", "One", "…1", AccountKind.OTHER, routing={"account_id": "A"})
Json = dict[str, Any]


def noted(**members: object) -> dict[str, int]:
    """What the reading of a balance counts."""
    money = {"available": 1, "current": 2, "iso_currency_code": "USD", "unofficial_currency_code": None}
    whole = {"accounts": [{"account_id": "A", "balances": money}], "holdings": [], "securities": []}
    body = json.dumps(whole | {"item": {"error": None}} | members).encode()
    notes = Notes()
    for raw in reads.take_balance(Response(200, {}, body), Call(ACCOUNT, None, date.min, None, NOW)).rows:
        list(parse.balance(raw, Scene(ACCOUNT, {}, notes, NOW)))
    return dict(notes.words)


@pytest.mark.parametrize("members", [{}, {"is_investments_fallback_item": False}])
def test_an_item_that_an_institution_feeds_counts_nothing(members: Json) -> None:
    assert noted(**members) == {}


def test_what_the_user_has_typed_in_by_hand_is_counted() -> None:
    assert noted(is_investments_fallback_item=True) == {"item.typed_in_by_the_user": 1}


def test_what_plaid_shows_as_our_name_has_at_most_30_characters() -> None:
    (field,) = [one for one in FIELDS if one.key == "plaid_client_name"]

    assert field.pattern is not None
    assert re.fullmatch(field.pattern, "x" * 30)
    assert not re.fullmatch(field.pattern, "x" * 31)


def test_there_are_no_orders_no_buying_power_and_data_are_of_the_night_before() -> None:
    told = {one.dataset: one for one in door(institution="SoFi", access="").facts.capabilities}

    assert told[Dataset.ORDERS].support is Support.UNSUPPORTED
    assert "no buying power" in told[Dataset.BALANCES].note
    assert "night before" in told[Dataset.POSITIONS].note


# The sandbox's answers.


def ask(path: str, body: Json) -> Json:
    """A sandbox of SoFi's."""
    box = create("sofi", persona="empty", today=NOW.date())
    known = box.credentials()
    keys = {"PLAID-CLIENT-ID": known["plaid_client_id"], "PLAID-SECRET": known["plaid_secret"]}
    headers = keys | {"content-type": "application/json"}
    url = f"{conformance.BASE}/sofi/plaid{path}"
    reply = Stage([box]).hear("POST", url, headers, json.dumps(body).encode(), NOW, conformance.BASE)
    told: Json = json.loads(reply.body)
    return told


LINK: Json = {
    "client_name": "Our App", "language": "en", "country_codes": ["US"], "user": {"client_user_id": "u"},
    "products": ["investments"],
}  # fmt: skip


def test_a_hosted_page_is_told_only_where_it_is_asked_for() -> None:
    assert "hosted_link_url" in ask("/link/token/create", LINK | {"hosted_link": {}})
    assert ask("/link/token/create", LINK).keys() == {"link_token", "expiration", "request_id"}


def test_an_institution_has_the_seven_members_that_clients_need() -> None:
    found = ask("/institutions/get_by_id", {"institution_id": "ins_109508", "country_codes": ["US"]})

    assert found["institution"].keys() == {
        "institution_id", "name", "products", "country_codes", "routing_numbers", "oauth",
        "connection_availability",
    }  # fmt: skip


def test_every_answer_has_a_request_id_refusals_too() -> None:
    assert ask("/link/token/create", LINK)["request_id"]
    assert ask("/accounts/get", {"access_token": "x"})["request_id"]


def test_an_institution_that_is_not_found_is_an_empty_list_and_no_error() -> None:
    told = ask("/institutions/search", {"query": "Nobody's Bank", "country_codes": ["US"]})

    assert told["institutions"] == []


def test_a_status_of_an_institution_is_told_where_it_is_asked_for() -> None:
    body = {"institution_id": "ins_109508", "country_codes": ["US"], "options": {"include_status": True}}

    updates = ask("/institutions/get_by_id", body)["institution"]["status"]["investments_updates"]

    parts = updates["breakdown"]
    assert updates["status"] in {"HEALTHY", "DEGRADED", "DOWN"}
    assert parts["success"] + parts["error_plaid"] + parts["error_institution"] == pytest.approx(1)
    assert parts["refresh_interval"] in {"NORMAL", "DELAYED", "STOPPED"}
