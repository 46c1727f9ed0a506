"""Coinbase: portfolios and wallets into our nouns, by hand-written rows, and what its sheet warns of."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.coinbase import parse
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import PermissionInsufficient, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Flag, Position

NOW = datetime(2026, 6, 1, tzinfo=UTC)
D = Decimal
MINE, WALLET = "b87a2d3f-8a1e-49b3-a4ea-402d8c389aca", "8bfc20d7-f7c6-4422-bf07-8243ca4169fe"
ACCOUNT = AccountTold(MINE, "Primary", MINE, AccountKind.CRYPTO)
Json = dict[str, Any]

BREAKDOWN: Json = {
    "portfolio": {"name": "Primary", "uuid": MINE, "type": "DEFAULT", "deleted": False},
    "portfolio_balances": {"total_balance": {"value": "125000.50", "currency": "USD"}},
    "spot_positions": [
        {
            "asset": "BTC",
            "account_uuid": WALLET,
            "total_balance_fiat": D("85000.5"),
            "total_balance_crypto": D("1.2395"),
            "cost_basis": {"value": "61000.12", "currency": "USD"},
            "average_entry_price": {"value": "49213.49", "currency": "USD"},
            "unrealized_pnl": D("24000.38"),
        }
    ],
}


def scene(references: Json | None = None, account: AccountTold = ACCOUNT) -> Scene:
    told = {"breakdown:": BREAKDOWN, f"breakdown:{MINE}": BREAKDOWN, **(references or {})}
    return Scene(account, told, Notes(), NOW)


def raw(row: Json) -> bytes:
    return json.dumps(row).encode()


# ---- the account


def permissions(**fields: Any) -> bytes:
    usual = {"can_view": True, "can_trade": False, "can_transfer": False, "portfolio_type": "DEFAULT"}
    return raw(usual | {"portfolio_uuid": MINE} | fields)


def test_the_account_is_the_portfolio_that_the_key_is_bound_to() -> None:
    (told,) = parse.account(permissions(), scene())

    assert (told.key, told.number, told.name) == (MINE, MINE, "Primary")
    assert (told.kind, told.currency, told.open) == (AccountKind.CRYPTO, "USD", True)


def test_the_currency_of_an_account_is_that_of_its_breakdown() -> None:
    euros = {"total_balance": {"value": "1", "currency": "EUR"}}
    here = scene({f"breakdown:{MINE}": BREAKDOWN | {"portfolio_balances": euros}})

    (told,) = parse.account(permissions(), here)

    assert told.currency == "EUR"


def test_a_deleted_portfolio_is_a_closed_account() -> None:
    gone = BREAKDOWN | {"portfolio": BREAKDOWN["portfolio"] | {"deleted": True}}

    (told,) = parse.account(permissions(), scene({f"breakdown:{MINE}": gone}))

    assert not told.open


def test_after_a_rotation_the_key_may_be_of_another_portfolio_and_that_is_another_account() -> None:
    other = "c98b3e4f-8a1e-49b3-a4ea-402d8c389aca"
    told = BREAKDOWN | {"portfolio": BREAKDOWN["portfolio"] | {"uuid": other}}

    (found,) = parse.account(permissions(portfolio_uuid=other), scene({f"breakdown:{other}": told}))

    assert found.key == other


def test_a_breakdown_of_another_portfolio_is_not_taken() -> None:
    told = BREAKDOWN | {"portfolio": BREAKDOWN["portfolio"] | {"uuid": "other"}}

    with pytest.raises(UnreadableReply):
        list(parse.account(permissions(), scene({f"breakdown:{MINE}": told})))


def test_a_key_that_may_not_view_is_no_empty_account() -> None:
    with pytest.raises(PermissionInsufficient):
        list(parse.account(permissions(can_view=False), scene()))


# ---- wallets


def wallet(free: str, hold: str = "0", code: str = "BTC", **fields: Any) -> bytes:
    usual = {
        "uuid": WALLET,
        "name": f"{code} Wallet",
        "currency": code,
        "available_balance": {"value": free, "currency": code},
        "hold": {"value": hold, "currency": code},
        "type": "ACCOUNT_TYPE_FIAT" if code in {"USD", "EUR"} else "ACCOUNT_TYPE_CRYPTO",
        "retail_portfolio_id": MINE,
    }
    return raw(usual | fields)


def coins(row: bytes, here: Scene | None = None) -> list[Position]:
    priced = scene({"product:BTC-USD": {"price": "68923.67"}})
    return list(parse.coin(row, here or priced))


def test_what_is_on_hold_is_held_and_to_the_last_of_18_places_not_as_the_breakdown_rounds_it() -> None:
    (told,) = coins(wallet("1.234500000000000001", "0.005000000000000002"))

    assert told.quantity == D("1.239500000000000003")
    assert told.market_value == D("1.239500000000000003") * D("68923.67")
    assert (told.price, told.average_cost, told.cost_basis) == (D("68923.67"), D("49213.49"), D("61000.12"))
    assert (told.unrealized_gain, told.flags) == (D("24000.38"), ())


def test_cash_is_available_and_hold_and_only_what_is_available_buys() -> None:
    (told,) = parse.balance(wallet("10000.50", "450.00", "USD"), scene())

    assert (told.cash, told.buying_power, told.settled_cash) == (D("10450.50"), D("10000.50"), None)
    assert told.total_value == D("125000.50")


def test_cash_equivalents_of_the_breakdown_include_stablecoins_and_are_no_cash() -> None:
    balances = BREAKDOWN["portfolio_balances"] | {
        "total_cash_equivalent_balance": {"value": "40000", "currency": "USD"}
    }
    here = scene({"breakdown:": BREAKDOWN | {"portfolio_balances": balances}})

    (told,) = parse.balance(wallet("10000.50", "450.00", "USD"), here)

    assert told.cash == D("10450.50")


def test_the_total_stands_with_its_own_currency_only() -> None:
    (told,) = parse.balance(wallet("10", "0", "EUR"), scene())

    assert (told.currency, told.cash, told.total_value) == ("EUR", D(10), None)


def test_coins_are_no_balance_stablecoins_stay_positions_and_fiat_is_none() -> None:
    stable = wallet("5", code="USDC")

    assert list(parse.balance(stable, scene())) == []
    assert [position.instrument.symbol for position in coins(stable)] == ["USDC"]
    assert coins(wallet("5", code="USD")) == []


def test_an_empty_wallet_is_no_position() -> None:
    assert coins(wallet("0.0000000000000000")) == []


def test_the_type_of_a_wallet_comes_with_and_without_its_prefix() -> None:
    assert len(coins(wallet("1", type="CRYPTO"))) == 1
    assert len(list(parse.balance(wallet("1", code="USD", type="FIAT"), scene()))) == 1


@pytest.mark.parametrize("word", ["ACCOUNT_TYPE_VAULT", "ACCOUNT_TYPE_PERP_FUTURES", "ACCOUNT_TYPE_NEW"])
def test_wallets_of_other_types_are_held_too_and_new_ones_are_counted(word: str) -> None:
    here = scene()

    assert len(coins(wallet("1", type=word), here)) == 1
    assert bool(here.notes.words) == (word == "ACCOUNT_TYPE_NEW")


def test_a_platform_that_nobody_confirmed_is_counted_and_its_wallet_is_held() -> None:
    here = scene()

    for word in (
        "ACCOUNT_PLATFORM_CONSUMER",
        "ACCOUNT_PLATFORM_CFM_CONSUMER",
        "ACCOUNT_PLATFORM_INTX",
        "NEW",
    ):
        assert len(coins(wallet("1", platform=word), here)) == 1
    assert here.notes.words == {"platform.NEW": 1}


def test_a_wallet_of_another_portfolio_is_not_ours() -> None:
    assert coins(wallet("1", retail_portfolio_id="another")) == []


def test_a_wallet_without_a_portfolio_is_ours_as_in_old_recordings() -> None:
    assert len(coins(wallet("1", retail_portfolio_id=None))) == 1


def test_a_cost_of_zero_is_unknown() -> None:
    spot = BREAKDOWN["spot_positions"][0] | {"cost_basis": {"value": "0", "currency": "USD"}}
    here = scene({"breakdown:": BREAKDOWN | {"spot_positions": [spot]}})

    (told,) = coins(wallet("1"), here)

    assert (told.cost_basis, told.average_cost, told.unrealized_gain) == (None, None, None)
    assert Flag.COST_UNKNOWN in told.flags


def test_what_the_breakdown_omits_is_held_without_a_cost() -> None:
    (told,) = coins(wallet("1", uuid="staked"))

    assert (told.quantity, told.cost_basis, told.price) == (D(1), None, D("68923.67"))


def test_without_a_product_the_price_is_what_the_breakdown_makes_of_it() -> None:
    (told,) = coins(wallet("1.2395"), scene())

    assert told.price is not None
    assert round(told.price, 2) == D("68576.44")
    assert Flag.DERIVED_PRICE in told.flags


def test_in_another_currency_no_price_in_dollars_is_taken() -> None:
    euros = AccountTold(MINE, "Primary", MINE, AccountKind.CRYPTO, "EUR")
    here = scene({"product:BTC-USD": {"price": "68923.67"}}, euros)

    (told,) = coins(wallet("1.2395"), here)

    assert told.currency == "EUR"
    assert told.price != D("68923.67")
    assert (told.cost_basis, told.average_cost) == (None, None)


def contracts(**fields: Any) -> tuple[list[Position], Notes]:
    row: Json = {"portfolio": {}, "portfolio_balances": {}, "spot_positions": []}
    here = scene()
    return list(parse.contracts(raw(row | fields), here)), here.notes


def test_futures_are_positions_of_contracts_and_shorts_are_negative() -> None:
    future = {"product_id": "BIT-24APR26-CDE", "side": "SHORT", "amount": "2", "avg_entry_price": "68000"}
    future |= {"current_price": "67000", "notional_value": "1340", "unrealized_pnl": "20"}

    (told,), _ = contracts(futures_positions=[future])

    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.FUTURE, "BIT-24APR26-CDE")
    assert (told.quantity, told.market_value, told.unrealized_gain) == (D(-2), D(-1340), D(20))


def test_shares_are_positions_by_the_name_that_coinbase_has_for_them() -> None:
    money = {name: {"value": "10", "currency": "USD"} for name in ("cost_basis", "total_balance_fiat")}
    share = {"cbrn": "cbrn:eq:1", "total_balance_equity": {"value": "0.5", "currency": "X"}} | money

    (told,), _ = contracts(equity_positions=[share])

    assert (told.instrument.kind, told.quantity, told.market_value) == (
        InstrumentKind.EQUITY,
        D("0.5"),
        D(10),
    )


def test_lists_of_the_breakdown_that_are_new_may_lack_and_unread_ones_are_counted() -> None:
    assert contracts() == ([], Notes())
    found, notes = contracts(perp_positions=[{"x": 1}])
    assert (found, dict(notes.words)) == ([], {"breakdown.perp_positions": 1})
