"""Coinbase: its signatures, its sign-in, and what its sandbox refuses."""

import json
from base64 import b64decode, b64encode, urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import conformance
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.brokerages.coinbase import KEY, gate, signin
from adapters.brokerages.coinbase.sandbox import Coinbase
from adapters.kit.door import CardDoor
from adapters.kit.key_trial import Trying
from adapters.kit.signin import Given, Moment, Send
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.errors import (
    CredentialsRejected,
    FieldInvalid,
    PermissionInsufficient,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
TODAY = date(2026, 6, 1)
BASE = f"{conformance.BASE}/coinbase"
V3 = "/api/v3/brokerage"
Json = dict[str, Any]


def key_of(sandbox: Any, kind: str = "") -> dict[str, str]:
    known = sandbox.credentials()
    prefix = f"{kind}_" if kind else ""
    return {name: known[prefix + name] for name in ("key_name", "private_key")}


async def signed_in(door: CardDoor, sandbox: Any, kind: str = "") -> Grant:
    outcome = await door.begin(key_of(sandbox, kind), "")
    assert isinstance(outcome, Grant)
    return outcome


# ---- signatures

# RFC 8037, appendix A: an Ed25519 key and what it signs.
ED25519_SEED = urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
ED25519_SIGNED = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhij"
    "cNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
# RFC 7515, appendix A.3: a P-256 key and what it signed; its signature took a chance.
P256_SECRET = urlsafe_b64decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI=")
P256_SIGNED = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
    "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(P256_SECRET, "big"), ec.SECP256R1())


def taken(token: str, key: gate.PublicKey, algorithm: str) -> bool:
    """Whether the sandbox takes a signature."""
    message, _, signature = token.rpartition(".")
    told = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    try:
        gate.signed(message.encode(), told, key, algorithm)
    except gate.Wrong:
        return False
    return True


def test_eddsa_is_that_of_rfc_8037_in_adapter_and_sandbox() -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(ED25519_SEED)

    assert signin.signed(key, ED25519_SIGNED.rpartition(".")[0].encode()) == ED25519_SIGNED
    assert taken(ED25519_SIGNED, key.public_key(), "EdDSA")
    assert not taken(ED25519_SIGNED[:-2] + "AA", key.public_key(), "EdDSA")


def test_es256_is_that_of_rfc_7515_raw_and_64_bytes_in_adapter_and_sandbox() -> None:
    ours = signin.signed(p256(), P256_SIGNED.rpartition(".")[0].encode())

    assert taken(P256_SIGNED, p256().public_key(), "ES256")
    assert taken(ours, p256().public_key(), "ES256")
    assert ours == signin.signed(p256(), P256_SIGNED.rpartition(".")[0].encode()), "it takes no chance"
    assert len(urlsafe_b64decode(ours.rpartition(".")[2] + "==")) == 64


def token(kind: str = "ecdsa", request: Request | None = None) -> tuple[Json, Json]:
    """Header and claims of what the adapter signs for a request."""
    sandbox = create("coinbase", 3)
    asked = request or get(f"{V3}/accounts", ("limit", "250"))
    told = signin.authorise(
        asked, Grant(key_of(sandbox, kind)), Moment(NOW, "ab" * 16, {"api": "https://api.coinbase.com"})
    )
    parts = dict(told.headers)["Authorization"].removeprefix("Bearer ").split(".")
    assert not any("=" in part for part in parts)
    header, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in parts[:2])
    return header, claims


@pytest.mark.parametrize(("kind", "algorithm"), [("ecdsa", "ES256"), ("ed25519", "EdDSA")])
def test_a_token_says_what_the_official_client_says(kind: str, algorithm: str) -> None:
    header, claims = token(kind)

    name = key_of(create("coinbase", 3), kind)["key_name"]
    start = int(NOW.timestamp())
    assert header == {"alg": algorithm, "typ": "JWT", "kid": name, "nonce": "ab" * 16}
    assert claims == {
        "sub": name,
        "iss": "cdp",
        "nbf": start,
        "exp": start + 120,
        "uri": f"GET api.coinbase.com{V3}/accounts",
    }


def test_the_query_is_not_part_of_what_a_token_names() -> None:
    _, claims = token(request=get("/v2/accounts/a/transactions", ("starting_after", "b")))

    assert claims["uri"] == "GET api.coinbase.com/v2/accounts/a/transactions"


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def test_keys_are_read_in_every_form_in_which_they_are_pasted() -> None:
    sec1, edwards = pem(p256(), PrivateFormat.TraditionalOpenSSL), b64encode(ED25519_SEED).decode()
    ecdsa = (sec1, pem(p256(), PrivateFormat.PKCS8), sec1.replace("\n", "\\n"), f"  {sec1}\n\n")
    whole = b64encode(ED25519_SEED + bytes(32)).decode()
    key = ed25519.Ed25519PrivateKey.from_private_bytes(ED25519_SEED)
    others = (edwards, f"{edwards[:20]}\n {edwards[20:]}\n", whole, pem(key, PrivateFormat.PKCS8))

    for text in ecdsa:
        found = signin.private_key(text)
        assert isinstance(found, ec.EllipticCurvePrivateKey)
        assert found.private_numbers() == p256().private_numbers()
    for text in others:
        found = signin.private_key(text)
        assert isinstance(found, ed25519.Ed25519PrivateKey)
        assert found.private_bytes_raw() == ED25519_SEED
    assert len(whole) == 88


@pytest.mark.parametrize(
    "text",
    [
        "no key at all, and certainly none that is base64",
        b64encode(bytes(33)).decode(),
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
        pem(ec.generate_private_key(ec.SECP384R1()), PrivateFormat.PKCS8),
    ],
)
async def test_what_is_no_key_is_told_before_anything_is_sent(text: str) -> None:
    door, _ = conformance.played("coinbase")

    with pytest.raises(FieldInvalid):
        await door.begin({"key_name": "organizations/a/apiKeys/b", "private_key": text}, "")


# ---- signing in


@pytest.mark.parametrize("kind", ["ecdsa", "ed25519"])
async def test_a_key_of_either_kind_opens_the_door(kind: str) -> None:
    door, sandbox = conformance.played("coinbase")

    grant = await signed_in(door, sandbox, kind)

    assert (grant.values, grant.expires_at) == (key_of(sandbox, kind), None)
    assert not door.renewable


async def test_another_key_is_rejected() -> None:
    door, sandbox = conformance.played("coinbase")
    _, stranger = conformance.played("coinbase", 8)

    with pytest.raises(CredentialsRejected):
        await door.begin(key_of(sandbox, "ecdsa") | {"key_name": key_of(stranger)["key_name"]}, "")
    with pytest.raises(CredentialsRejected):
        await door.begin(key_of(stranger), "")


async def test_a_key_without_the_permission_view_is_insufficient() -> None:
    door, sandbox = conformance.played("coinbase")
    cast("Coinbase", sandbox).gate.can_view = False

    with pytest.raises(PermissionInsufficient):
        await signed_in(door, sandbox)


def test_permissions_that_do_not_let_view_are_insufficient_too() -> None:
    state = Trying({})

    with pytest.raises(PermissionInsufficient):
        signin.TRIAL.hear(state, Response(200, {}, b'{"can_view":false}'), Moment(NOW, ""))


def test_the_state_between_two_moves_can_be_sealed() -> None:
    given = Given(key_of(create("coinbase")), "")
    move = signin.TRIAL.begin(given, Moment(NOW, "a" * 32, {"api": BASE}))

    assert isinstance(move, Send)
    assert KEY.sign_in.unpack(KEY.sign_in.pack(move.state)) == move.state


async def test_a_key_that_was_deleted_asks_the_user_again() -> None:
    door, sandbox = conformance.played("coinbase")
    grant = await signed_in(door, sandbox)
    sandbox.play.revoked = True

    with pytest.raises(ReauthorizationRequired):
        await door.accounts(grant)


# ---- what the sandbox refuses


class Table:
    """The sandbox, asked directly with tokens of the adapter's making."""

    def __init__(self, seed: int = 3, persona: str = "plain") -> None:
        self.sandbox = cast("Coinbase", create("coinbase", seed, persona, TODAY))
        self._stage = Stage([self.sandbox])
        self.grant = Grant(key_of(self.sandbox, "ecdsa"))

    def send(self, request: Request, at: datetime = NOW, signed: Request | None = None) -> Response:
        moment = Moment(at, "a" * 32, {"api": BASE})
        headers = dict(signin.authorise(signed or request, self.grant, moment).headers)
        return self.raw(request, headers)

    def raw(self, request: Request, headers: dict[str, str]) -> Response:
        url = BASE + request.target
        return self._stage.hear(request.method, url, headers, request.body, NOW, conformance.BASE).response

    def get(self, path: str, *query: tuple[str, str]) -> Any:
        told = self.send(get(path, *query))
        assert told.status == 200, told.text
        return json.loads(told.body)


@pytest.fixture
def table() -> Table:
    return Table()


ACCOUNTS = get(f"{V3}/accounts")


@pytest.mark.parametrize("minutes", [-3, 3])
def test_a_token_of_another_time_is_refused(table: Table, minutes: int) -> None:
    assert table.send(ACCOUNTS, NOW + timedelta(minutes=minutes)).status == 401


def test_a_token_of_another_request_is_refused(table: Table) -> None:
    other = get(f"{V3}/key_permissions")
    assert table.send(ACCOUNTS, signed=other).status == 401
    assert table.send(ACCOUNTS, signed=replace(ACCOUNTS, method="POST")).status == 401


def test_a_query_inside_the_token_is_refused(table: Table) -> None:
    headers = dict(table_headers(table, uri=f"GET {BASE.partition('://')[2]}{V3}/accounts?limit=1"))

    assert table.raw(get(f"{V3}/accounts", ("limit", "1")), headers).status == 401


def table_headers(table: Table, uri: str) -> dict[str, str]:
    values = table.grant.values
    token = signin.jwt(values["key_name"], values["private_key"], uri, Moment(NOW, "a" * 32))
    return {"Authorization": f"Bearer {token}"}


def test_v3_refuses_in_plain_text_and_v2_in_its_own_form(table: Table) -> None:
    v3, v2 = table.raw(ACCOUNTS, {}), table.raw(get("/v2/accounts"), {})

    assert (v3.status, v3.body) == (401, b"Unauthorized\n")
    assert v2.status == 401
    assert json.loads(v2.body)["errors"][0]["id"] == "authentication_error"


def test_the_list_of_addresses_that_other_clients_sign_is_taken() -> None:
    sandbox = create("coinbase", 3)
    key = ed25519.Ed25519PrivateKey.from_private_bytes(
        b64decode(key_of(sandbox, "ed25519")["private_key"])[:32]
    )
    parts: list[Json] = [{"alg": "EdDSA", "kid": "k"}]
    start = int(NOW.timestamp())
    parts.append({"sub": "k", "iss": "cdp", "nbf": start, "exp": start + 120, "uris": ["GET x/y"]})
    message = b".".join(signin._base64(json.dumps(part).encode()) for part in parts)

    token = signin.signed(key, message)
    gate.verified(token, {"k": key.public_key()}, "GET x/y", NOW.timestamp())

    with pytest.raises(gate.Wrong):
        gate.verified(token, {"k": key.public_key()}, "GET x/z", NOW.timestamp())


def test_unknown_parameters_limits_and_cursors_are_refused(table: Table) -> None:
    for query in (("page", "2"), ("limit", "251"), ("limit", "x"), ("cursor", "???")):
        assert table.send(get(f"{V3}/accounts", query)).status == 400, query


def test_open_orders_are_not_listed_with_others(table: Table) -> None:
    assert table.send(get(f"{V3}/orders/historical/batch", ("order_status", "OPEN"))).status == 200
    both = (("order_status", "OPEN"), ("order_status", "FILLED"))
    assert table.send(get(f"{V3}/orders/historical/batch", *both)).status == 400


def test_the_order_of_a_query_says_nothing(table: Table) -> None:
    query = (("limit", "2"), ("sort_by", "TRADE_TIME"), ("product_ids", "BTC-USD"))
    there, back = (table.get(f"{V3}/orders/historical/fills", *told) for told in (query, query[::-1]))

    assert there == back
    assert len(there["fills"]) == 2


def test_a_key_of_a_list_is_repeated(table: Table) -> None:
    both = (("product_ids", "BTC-USD"), ("product_ids", "ETH-USD"))
    told = table.get(f"{V3}/orders/historical/fills", *both)["fills"]

    assert {fill["product_id"] for fill in told} == {"BTC-USD", "ETH-USD"}


def test_a_view_key_places_no_orders(table: Table) -> None:
    told = table.send(Request("POST", f"{V3}/orders", body=b"{}"))

    assert (told.status, json.loads(told.body)["error_details"]) == (403, "Missing required scopes")


def test_an_empty_object_as_the_body_of_a_get_is_tolerated(table: Table) -> None:
    assert table.send(replace(ACCOUNTS, body=b"{}")).status == 200


def test_booleans_in_a_query_are_the_words_of_python(table: Table) -> None:
    told = table.get(f"{V3}/products/BTC-USD", ("get_tradability_status", "False"))

    assert told["product_id"] == "BTC-USD"


def test_v3_tells_its_limit_what_is_left_and_when_it_starts_anew(table: Table) -> None:
    headers = table.send(ACCOUNTS).headers

    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("30", "29")
    assert headers["x-ratelimit-reset"] == str(int(NOW.timestamp()) + 1)


def test_an_order_that_is_not_there_is_404_with_the_error_unknown(table: Table) -> None:
    told = table.send(get(f"{V3}/orders/historical/nobody"))

    assert (told.status, json.loads(told.body)["error"]) == (404, "unknown")


def test_v2_lists_wallets_of_all_portfolios_and_one_that_was_never_used(table: Table) -> None:
    v2 = {row["id"]: row for row in table.get("/v2/accounts", ("limit", "100"))["data"]}
    v3 = {row["uuid"] for row in table.get(f"{V3}/accounts")["accounts"]}

    assert len(v2.keys() - v3) == 2
    assert v2["XLM"]["created_at"] is None


def test_a_wallet_that_was_never_used_has_an_id_in_v3_and_no_ledger_in_v2(table: Table) -> None:
    (unused,) = [row for row in table.get(f"{V3}/accounts")["accounts"] if row["currency"] == "XLM"]

    told = table.send(get(f"/v2/accounts/{unused['uuid']}/transactions"))

    assert (told.status, json.loads(told.body)["errors"][0]["id"]) == (404, "not_found")


def test_the_commission_of_a_fill_is_only_on_the_row_of_the_coin(table: Table) -> None:
    def fills_of(code: str) -> list[Json]:
        path = f"/v2/accounts/{table.sandbox.books.wallet_id(code)}/transactions"
        rows = table.get(path, ("limit", "100"))["data"]
        return [row["advanced_trade_fill"] for row in rows if row["type"] == "advanced_trade_fill"]

    coins, cash = fills_of("BTC"), fills_of("USD")
    assert all("commission" in fill for fill in coins)
    assert not any("commission" in fill for fill in cash)
    assert coins
    assert cash


def test_wallets_come_49_at_a_time_unless_a_limit_is_asked_for(table: Table) -> None:
    many = [replace(table.sandbox.books.never_used(), uuid=f"w{n}") for n in range(60)]
    table.sandbox.books.wallets = lambda: many  # type: ignore[method-assign]

    assert len(table.get(f"{V3}/accounts")["accounts"]) == 49
    assert len(table.get(f"{V3}/accounts", ("limit", "250"))["accounts"]) == 61


def test_the_breakdown_omits_empty_wallets(table: Table) -> None:
    table.sandbox.play.truth = replace(
        table.sandbox.play.truth, accounts=create("coinbase", 3, "empty").play.accounts
    )

    told = table.get(f"{V3}/portfolios/{table.sandbox.tell.portfolio_id}")

    assert told["breakdown"]["spot_positions"] == []


def test_an_answer_without_a_version_warns(table: Table) -> None:
    path = "/v2/accounts"

    assert table.get(path)["warnings"][0]["id"] == "missing_version"
    headers = dict(
        signin.authorise(get(path, group="ledger"), table.grant, Moment(NOW, "", {"api": BASE})).headers
    )
    assert "warnings" not in json.loads(table.raw(get(path), headers).body)
