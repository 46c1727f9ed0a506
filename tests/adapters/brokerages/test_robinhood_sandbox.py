"""Robinhood's sandbox: what it refuses, and that its truth comes out."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl

import conformance
import pytest
from robinhood_table import Table, granted, signed_in

from adapters.brokerages.robinhood import CARD, PRIVATE, signin
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response, get, post_form, post_json
from domain.errors import UnreadableReply
from domain.ports.brokerage import Grant

NEWER = "/stock_loan/payments/"

# ---- what the sandbox refuses


def test_nothing_is_told_without_a_living_token() -> None:
    table = Table()
    grant = granted(table.begin())
    read = signin.authorise(get("/positions/"), grant, table.moment())

    bare = table.send(get("/positions/"))
    table.now += timedelta(days=1)
    late = table.send(read)

    assert (bare.status, bare.json) == (401, {"detail": "Incorrect authentication credentials."})
    assert (late.status, late.json) == (401, {"detail": "Invalid token."})


def reading(table: Table) -> Callable[..., Response]:
    grant = granted(table.begin())
    return lambda path, *query: table.send(signin.authorise(get(path, *query), grant, table.moment()))


def test_the_list_of_accounts_tells_only_the_first_without_its_flag() -> None:
    read = reading(Table())

    assert len(read("/accounts/").json["results"]) == 1
    assert len(read("/accounts/", ("default_to_all_accounts", "true")).json["results"]) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere/", 404), ("/orders", 404), ("/oauth2/token/", 405), ("/accounts/5XXX0000/", 404)],
)
def test_an_address_that_is_none_is_answered_as_django_does(path: str, status: int) -> None:
    response = reading(Table())(path)

    assert (response.status, list(response.json)) == (status, ["detail"])


def test_the_two_addresses_that_clients_write_without_a_slash_are_answered() -> None:
    table = Table()
    read, number = reading(table), table.sandbox.play.accounts[0].number

    assert read(f"/accounts/{number}").json == read(f"/accounts/{number}/").json
    assert read(f"/portfolios/{number}").status == 200


def test_a_page_goes_on_at_the_server_itself_and_a_made_up_cursor_nowhere() -> None:
    table = Table()
    read = reading(table)

    first = read("/orders/", ("page_size", "10")).json
    second = read(first["next"]).json

    assert first["next"].startswith(f"{conformance.BASE}/robinhood/orders/?cursor=")
    assert len(second["results"]) == 10
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    assert read("/orders/", ("cursor", "bm93aGVyZQ==")).status == 404


def test_lent_shares_are_told_at_the_older_and_at_the_newer_address() -> None:
    read = reading(Table())

    older, newer = (read(path).json["results"] for path in ("/accounts/stock_loan_payments/", NEWER))

    assert older == newer != []


def test_the_password_is_taken_as_form_and_as_json() -> None:
    table = Table()
    table.begin()
    (form,) = table.sent
    fields = dict(parse_qsl(form.body.decode()))

    told = [table.send(one) for one in (form, post_json(form.url, fields | {"try_passkeys": "False"}))]

    assert [response.status for response in told] == [200, 200]


def test_unknown_symbols_are_null_and_a_bad_date_is_refused() -> None:
    read = reading(Table())

    assert read("/quotes/", ("symbols", "XMPL,NOPE")).json["results"][1] is None
    assert read("/orders/", ("updated_at[gte]", "yesterday")).status == 400


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post_form("/oauth2/token/", ("grant_type", "password")), 400),
        (post_form("/oauth2/token/", ("grant_type", "client_credentials")), 400),
        (post_json("/pathfinder/user_machine/", {"flow": "suv", "input": {"workflow_id": "w"}}), 404),
        (post_json("/pathfinder/user_machine/", {"flow": "other"}), 400),
        (get("/pathfinder/inquiries/m/user_view/"), 404),
        (get("/push/c/get_prompts_status/"), 404),
        (post_form("/challenge/c/respond/", ("response", "1")), 404),
    ],
)
def test_a_step_out_of_order_is_refused(request_: Request, status: int) -> None:
    assert Table().send(request_).status == status


async def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    asked_for: list[str] = []

    def answer(request: Request, url: str) -> Response:
        asked_for.append(url)
        elsewhere = b'"https://api.robinhood.com.example.com/accounts/?cursor=x"'
        return Response(200, {}, b'{"next":%s,"previous":null,"results":[]}' % elsewhere)

    door = CardDoor(CARD, PRIVATE, MemoryWire(answer), limited=False)

    with pytest.raises(UnreadableReply):
        await door.accounts(Grant({"access_token": "a"}))
    assert len(asked_for) == 1


# ---- everything comes out


@pytest.mark.parametrize("seed", range(20))
async def test_what_the_sandbox_tells_comes_out_of_the_parser(seed: int) -> None:
    persona = ("plain", "mfa", "device-approval")[seed % 3]
    door, sandbox = conformance.played("robinhood", seed, persona)

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_an_empty_customer_has_accounts_and_nothing_in_them() -> None:
    door, sandbox = conformance.played("robinhood", persona="empty")

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert [(len(account["positions"]), len(account["transactions"])) for account in told] == [(0, 0)] * 3


async def test_rows_that_come_while_one_pages_are_read_once_and_none_is_lost() -> None:
    door, sandbox = conformance.played("robinhood", persona="growing")
    grant = await signed_in(door, sandbox)

    await conformance.read_all(door, grant)
    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_nothing_that_the_sandbox_tells_is_unknown_to_the_parser() -> None:
    door, sandbox = conformance.played("robinhood")
    grant = await signed_in(door, sandbox)
    account = (await door.accounts(grant)).rows[0]

    notes = [(await door.positions(grant, account)).notes, (await door.balances(grant, account)).notes]
    notes += [(await door.history(grant, account, feed.name, None, None)).notes for feed in door.feeds]

    assert not [note for note in notes if note.fields or note.words]
