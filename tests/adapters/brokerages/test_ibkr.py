"""Interactive Brokers: signing by the sheet's vectors; accounts, balances and positions of the Web API."""

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.ibkr import gate, parse, reads, sign
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import FieldInvalid, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Flag, Position

D = Decimal
NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
OWN = AccountTold("U7654321", "Robin", "U7654321", AccountKind.OTHER, "USD")


def scene(**references: Any) -> Scene:
    return Scene(OWN, {name.replace("__", ":"): value for name, value in references.items()}, Notes(), NOW)


def call(cursor: str | None = None, since: date | None = None) -> Call:
    return Call(OWN, since, date(2026, 11, 25), cursor, NOW)


def ok(body: object) -> Response:
    return Response(200, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


# ---- signing: the vectors of the fact sheet, in the adapter and in the sandbox

PRIME = 0xE138AF80767F587FCA217DC68A60BE2B
PREPEND = "095582790e9ac29d1d729da2862930b22dc7393a4833c0907ca71aa02e5330e7"
EXCHANGES = [
    (
        "22511783270cdfd38305e807c96856625bd6573a66dd69ec60708670bf1cfe3d",
        "770acf0ffba2c9f77c52dc1072238f59",
        "703a23b072c11c4a292945ad670a9c86c61d7161263c8ddce492a21b512e410b",
        "8fdab79797d5841e52d7db4460b4e6c8",
        "00971ea097086126149930ac675ecb83d6", "1uzG3nUPupaxC715i/qTHE625AU=",
        "897460698699f583cf19a6c44245ebe2495e4e6e",
    ),
    (
        "308031ccc78a9474b5b22a33a8e3ad4365ccf52aefc4d1b3e49a3462a7c6c57",
        "51a3ffef6d09f8bc3c12fcd10629c754",
        "60695d9ee912b60b1d8003d908673de14ff992b7d22699e538c5b7262c1ffc70",
        "bb66ec346af8519783d63058b5efa065",
        "4b1574da87170bdfc896b6ae924964aa", "1pRswS86DE90aah7YBe2KJ0olDU=",
        "da6d518bb122e8b437bc994814b7179ee4d9c8dd",
    ),
    (
        "f848fb0613ddc6daccbbd335a6e9961a257c5314a5efa5c81d81c3f876ac2dad",
        "84292b3c11cbb45dabb3c2c4a8f172be",
        "c520a3f9a956de8ca4c24da4f65e8d6cd812327e9bf243454d4edd2d0dedd6fe",
        "db6c24767260f01623efb72a627b8a3",
        "0cccf975a8e5e1745ae908d65ffc2211", "7t329UM7x1LKI4n54tSj/W5NRsM=",
        "91d872087cbe2b340d168477fe3d96c950afc20d",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("a", "ours", "b", "theirs", "key", "token", "signature"), EXCHANGES)
def test_the_live_session_token_is_that_of_the_vectors(
    a: str, ours: str, b: str, theirs: str, key: str, token: str, signature: str
) -> None:
    assert sign.challenge(int(a, 16), PRIME) == ours
    assert sign.shared_key(theirs, int(a, 16), PRIME).hex() == key
    assert sign.session_token(bytes.fromhex(key), PREPEND) == token
    assert sign.token_signature(token, "DEMOCONSU") == signature

    shared = pow(int(ours, 16), int(b, 16), PRIME)
    assert gate.key_bytes(shared).hex() == key
    assert sign.session_token(gate.key_bytes(shared), PREPEND) == token
    assert gate.live_session_token(shared, bytes.fromhex(PREPEND)) == base64.b64decode(token)


PAIRS = [
    ("oauth_token", "a1b2c3d4"), ("oauth_timestamp", "1763900000"), ("oauth_signature_method", "HMAC-SHA256"),
    ("oauth_nonce", "abcdefABCDEF0123"), ("oauth_consumer_key", "DEMOCONSU"),
]  # fmt: skip
ACCOUNTS = "https://api.ibkr.com/v1/api/portfolio/accounts"
BASE = (
    "GET&https%3A%2F%2Fapi.ibkr.com%2Fv1%2Fapi%2Fportfolio%2Faccounts&oauth_consumer_key%3DDEMOCONSU%26"
    "oauth_nonce%3DabcdefABCDEF0123%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1763900000%26"
    "oauth_token%3Da1b2c3d4"
)


def test_a_request_is_signed_as_in_the_vector() -> None:
    base = sign.base_string("GET", ACCOUNTS, PAIRS)
    signature = sign.hmac_sha256(base, "7t329UM7x1LKI4n54tSj/W5NRsM=")

    assert base == BASE
    assert gate.text_to_sign("GET", ACCOUNTS, PAIRS) == BASE.encode()
    told = sign.header(PAIRS, signature, "limited_poa")
    assert 'oauth_signature="BxEPRO8oNB7EepntybanI0418UyRVeVhWFzsMM339mk%3D"' in told
    assert told.startswith('OAuth realm="limited_poa", oauth_consumer_key="DEMOCONSU", oauth_nonce=')
    assert "oauth_version" not in told


def test_the_secret_stands_in_front_without_a_separator() -> None:
    assert sign.base_string("POST", ACCOUNTS, PAIRS, PREPEND).startswith(PREPEND + "POST&https")
    assert gate.text_to_sign("POST", ACCOUNTS, PAIRS, PREPEND).startswith(f"{PREPEND}POST&".encode())


@pytest.mark.parametrize("told", ["", "0", "1", "xyz", "-5", f"{PRIME - 1:x}", f"{PRIME:x}", "f" * 2000])
def test_an_answer_outside_of_the_group_is_refused(told: str) -> None:
    with pytest.raises(UnreadableReply):
        sign.shared_key(told, 5, PRIME)


def test_keys_that_are_none_are_refused_by_their_field() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    for wrong in (pem, "x"):
        with pytest.raises(FieldInvalid, match="RSA"):
            sign.private_key(wrong, "private_signature")
    for wrong in ("zz", pem):
        with pytest.raises(FieldInvalid, match=r"prime in hex|Diffie-Hellman"):
            sign.prime_of(wrong, "dh_param")


def test_the_parameters_are_read_as_openssl_writes_them() -> None:
    # openssl dhparam of the toy prime, by hand: SEQUENCE { INTEGER prime, INTEGER 2 }
    body = bytes.fromhex("3016021100" + f"{PRIME:x}" + "020102")
    inside = base64.b64encode(body).decode()
    pem = f"-----BEGIN DH PARAMETERS-----\n{inside}\n-----END DH PARAMETERS-----\n"

    assert sign.prime_of(pem, "dh_param") == (PRIME, 2)
    assert sign.prime_of(pem.replace("\n", "\\n"), "dh_param") == (PRIME, 2)
    assert sign.prime_of(pem.replace("\n", "\r\n\r\n"), "dh_param") == (PRIME, 2)
    assert sign.prime_of(f"{PRIME:x}", "dh_param") == (PRIME, 2)


# ---- accounts and balances

ACCOUNT = {
    "id": "U7654321", "accountId": "U7654321", "displayName": "Robin Example", "accountAlias": None,
    "currency": "USD", "type": "INDIVIDUAL", "tradingType": "STKNOPT", "clearingStatus": "O",
}  # fmt: skip


def account(**changed: object) -> tuple[AccountTold, Notes]:
    stage = scene()
    (told,) = parse.account(json.dumps(ACCOUNT | changed).encode(), stage)
    return told, stage.notes


@pytest.mark.parametrize(
    ("word", "trading", "kind"),
    [("INDIVIDUAL", "STKNOPT", AccountKind.OTHER), ("INDIVIDUAL", "PMRGN", AccountKind.MARGIN),
     ("DEMO", "PMRGN", AccountKind.MARGIN), ("JOINT", "STKNOPT", AccountKind.JOINT),
     ("ORG", "STKNOPT", AccountKind.OTHER), ("LLC", "PMRGN", AccountKind.OTHER),
     ("TRUST", "STKNOPT", AccountKind.TRUST), ("IRA", "STKNOPT", AccountKind.IRA_OTHER),
     ("IRA-ROTH", "STKNOPT", AccountKind.IRA_ROTH)],
)  # fmt: skip
def test_every_kind_of_account(word: str, trading: str, kind: AccountKind) -> None:
    told, notes = account(type=word, tradingType=trading)

    assert told.kind is kind
    assert not notes.words


def test_an_account_is_called_by_its_alias_else_by_its_owner_else_by_its_number() -> None:
    told = [account(accountAlias="Savings"), account(), account(displayName=None)]

    assert [one.name for one, _ in told] == ["Savings", "Robin Example", "U7654321"]


def test_unknown_kinds_of_accounts_are_counted() -> None:
    assert account(type="MARS")[1].words == {"account.type.MARS": 1}
    assert account(tradingType="BARTER")[1].words == {"account.tradingType.BARTER": 1}


def test_the_status_of_an_account_is_when_it_was_opened_and_closes_nothing() -> None:
    told, notes = account(accountStatus=1551657600000)

    assert told.open
    assert not notes.fields


@pytest.mark.parametrize("status", "ARCPN")
def test_accounts_that_are_not_open_are_kept_and_not_read(status: str) -> None:
    assert not account(clearingStatus=status)[0].open
    assert account()[0].open


def ledger_row(currency: str, cash: str, total: str, **more: object) -> dict[str, Any]:
    figures = {"cashbalance": D(cash), "settledcash": D(cash), "netliquidationvalue": D(total)}
    told = {name: float(value) for name, value in figures.items()}
    return told | {"currency": currency, "acctcode": "U7654321", "timestamp": 1763900000} | more


def test_each_currency_has_a_balance_and_the_base_one_the_total() -> None:
    body = {
        "EUR": ledger_row("EUR", "-250.5", "700"),
        "USD": ledger_row("USD", "5021.44", "26177.05"),
        "BASE": ledger_row("BASE", "4750.9", "26933.05"),
    }
    cut = reads.take_ledger(ok(body), call())
    (euros, dollars) = parse.ledger(cut.rows[0], scene(summary__U7654321=D(9000)))

    assert (euros.currency, euros.cash, euros.total_value, euros.buying_power) == (
        "EUR",
        D("-250.5"),
        None,
        None,
    )
    assert (dollars.currency, dollars.cash, dollars.settled_cash) == ("USD", D("5021.44"), D("5021.44"))
    assert (dollars.total_value, dollars.buying_power) == (D("26933.05"), D(9000))


def test_the_time_of_a_ledger_is_in_seconds() -> None:
    """That of a summary is in milliseconds."""
    body = {"BASE": ledger_row("BASE", "1", "1", timestamp=1763900000)}

    cut = reads.take_ledger(ok(body), call())

    assert cut.as_of == datetime(2025, 11, 23, 12, 13, 20, tzinfo=UTC)


def test_the_last_row_of_a_ledger_says_so_and_that_is_no_news() -> None:
    stage = scene(summary__U7654321=None)
    body = {"USD": ledger_row("USD", "1", "1", endofbundle=1), "BASE": ledger_row("BASE", "1", "1")}

    (told,) = parse.ledger(json.dumps(body).encode(), stage)

    assert (told.currency, told.cash) == ("USD", D(1))
    assert not stage.notes.fields


def test_an_empty_ledger_is_no_balance() -> None:
    """Weekends have given them."""
    with pytest.raises(UnreadableReply, match="BASE"):
        reads.take_ledger(ok({}), call())
    with pytest.raises(UnreadableReply, match="currency"):
        list(parse.ledger(json.dumps({"BASE": ledger_row("BASE", "1", "1")}).encode(), scene()))


def test_a_ledger_of_another_account_is_refused() -> None:
    body = {"USD": ledger_row("USD", "1", "1"), "BASE": ledger_row("BASE", "1", "1", acctcode="U1")}
    with pytest.raises(UnreadableReply, match="another account"):
        list(parse.ledger(json.dumps(body).encode(), scene()))


@pytest.mark.parametrize("name", ["isNull", "isNone"])
def test_a_figure_that_is_null_is_told_in_two_spellings(name: str) -> None:
    assert parse.buying_power({"buyingpower": {"amount": D(5), name: False}}) == D(5)
    assert parse.buying_power({"buyingpower": {"amount": D(0), name: True}}) is None


# ---- positions

POSITION: dict[str, Any] = {
    "acctId": "U7654321", "conid": 900000001, "contractDesc": "ACME", "position": 150.0, "mktPrice": 143.0,
    "mktValue": 21450.0, "currency": "USD", "avgCost": 120.3333, "avgPrice": 120.3333,
    "unrealizedPnl": 3400.0,
    "assetClass": "STK", "ticker": "ACME", "type": "COMMON", "strike": "0", "multiplier": 0.0,
}  # fmt: skip
CONTRACT = POSITION | {
    "conid": 900000002, "contractDesc": "ACME   DEC2026 150 C [ACME  261218C00150000 100]", "position": -1.0,
    "mktPrice": 3.1, "mktValue": -310.0, "avgCost": 420.0, "avgPrice": 4.2, "unrealizedPnl": 110.0,
    "expiry": "20261218", "putOrCall": "C", "multiplier": 100.0, "strike": "150", "assetClass": "OPT",
}  # fmt: skip


def position(row: dict[str, Any], **references: Any) -> Position:
    (told,) = parse.position(json.dumps(row).encode(), scene(**references))
    return told


def test_a_short_option_carries_its_multiplier_in_the_totals() -> None:
    told = position(CONTRACT)

    assert told.instrument.symbol == "ACME  261218C00150000"
    assert (told.quantity, told.average_cost, told.cost_basis) == (D(-1), D("4.2"), D(-420))
    assert (told.price, told.market_value, told.unrealized_gain) == (D("3.1"), D(-310), D(110))


def test_prices_lose_the_noise_of_a_32_bit_float() -> None:
    noisy = position(POSITION | {"mktPrice": 454.44000245, "mktValue": 45444.0})

    assert (noisy.price, noisy.market_value) == (D("454.44"), D(45444))
    for exact in (0.123456, 1234567.25, 12345.123456):
        assert position(POSITION | {"mktPrice": exact}).price == D(str(exact))


def test_fields_come_and_go_and_are_looked_up() -> None:
    always = {
        "acctId",
        "conid",
        "position",
        "mktPrice",
        "mktValue",
        "currency",
        "avgCost",
        "avgPrice",
        "assetClass",
    }
    bare = {name: value for name, value in CONTRACT.items() if name in always}
    looked_up = {"ticker": "ACME", "expiry": "20261218", "putOrCall": "C", "strike": 150, "multiplier": 100}

    assert list(parse.position_needs(json.dumps(bare).encode())) == ["secdef:900000002"]
    assert position(bare, secdef__900000002=looked_up).instrument.symbol == "ACME  261218C00150000"
    assert position(bare).instrument.symbol == "900000002"
    assert position(bare).unrealized_gain is None
    assert not list(parse.position_needs(json.dumps(CONTRACT).encode()))


@pytest.mark.parametrize("strike", ["150", 150, 150.0, "150.00"])
def test_a_strike_is_a_text_or_a_number(strike: object) -> None:
    told = position(CONTRACT | {"contractDesc": "ACME DEC2026 150 C", "strike": strike})

    assert told.instrument.symbol == "ACME  261218C00150000"


@pytest.mark.parametrize("multiplier", [0.0, None, 1])
def test_a_multiplier_of_nothing_is_one(multiplier: object) -> None:
    told = position(POSITION | {"multiplier": multiplier})

    assert (told.quantity, told.cost_basis, told.market_value) == (D(150), D("18049.995"), D(21450))
    assert told.instrument.option is None


def test_an_option_s_symbol_stands_in_brackets_padded() -> None:
    bare = {name: value for name, value in CONTRACT.items() if name not in {"expiry", "putOrCall", "strike"}}

    assert position(bare).instrument.symbol == "ACME  261218C00150000"


def test_what_looks_like_a_time_or_a_name_and_is_none_is_not_read() -> None:
    """`time` is a small number of IBKR's own, `chineseName` is in entities, `base…` is another currency."""
    stage = scene()
    odd = {"time": 12, "chineseName": "&#x793A;", "baseMktValue": 1.0, "baseAvgCost": 1.0, "undSym": "ACME"}

    (told,) = parse.position(json.dumps(POSITION | odd).encode(), stage)

    assert (told.market_value, told.instrument.name) == (D(21450), None)
    assert not stage.notes.fields


def test_an_error_with_status_200_is_no_empty_list() -> None:
    for body in ({"error": "Please query /accounts first"}, {"error": "x", "statusCode": 500}):
        with pytest.raises(UnreadableReply):
            reads.take_positions(ok(body), call())


def test_an_etf_is_a_stock_whose_type_says_so() -> None:
    assert position(POSITION | {"type": "ETF"}).instrument.kind is InstrumentKind.ETF
    assert position(POSITION).instrument.kind is InstrumentKind.EQUITY


def test_what_was_sold_today_is_held_no_more() -> None:
    assert list(parse.position(json.dumps(POSITION | {"position": 0.0}).encode(), scene())) == []


def test_a_cost_of_zero_is_unknown() -> None:
    assert position(POSITION | {"avgCost": 0.0, "avgPrice": 0.0}).flags == (Flag.COST_UNKNOWN,)
    assert position(POSITION).flags == ()


def test_a_position_of_another_account_is_refused() -> None:
    with pytest.raises(UnreadableReply, match="another account"):
        position(POSITION | {"acctId": "U1"})


def test_pages_have_the_size_that_their_rows_state() -> None:
    full = [POSITION | {"conid": n, "pageSize": 2} for n in (1, 2)]

    assert reads.take_positions(ok(full), call()).cursor == "1:1"
    assert reads.take_positions(ok(full[:1]), call("1:9")).cursor is None
    assert reads.take_positions(ok([POSITION]), call()).cursor == "1:900000001"  # no size: until one is empty
    assert reads.take_positions(ok([]), call("1:900000001")).cursor is None


def test_pages_that_are_ignored_do_not_go_on_for_ever() -> None:
    with pytest.raises(UnreadableReply, match="same page"):
        reads.take_positions(ok([POSITION]), call("1:900000001"))


def test_no_positions_are_believed_only_if_the_ledger_says_so() -> None:
    assert reads.take_positions(ok([]), call()).cursor == "proof"
    nothing = {"BASE": {"stockmarketvalue": 0.0, "funds": 0.0}}
    assert reads.take_positions(ok(nothing), call("proof")).rows == []
    bodies: list[dict[str, object]] = [{"BASE": {"stockmarketvalue": 5.0}}, {"BASE": {}}, {}]
    for body in bodies:
        with pytest.raises(UnreadableReply):
            reads.take_positions(ok(body), call("proof"))
