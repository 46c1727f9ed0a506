"""E*TRADE: accounts, balances and positions into our nouns."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.etrade import parse
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position

NOW = datetime(2026, 3, 23, 16, 0, tzinfo=UTC)
ACCOUNT = AccountTold(
    "700012345", "Brokerage", "700012345", AccountKind.MARGIN, routing={"accountIdKey": "AbC_dEf-1"}
)
OPTION = {
    "symbol": "XMPL",
    "securityType": "OPTN",
    "callPut": "PUT",
    "expiryYear": 2026,
    "expiryMonth": 3,
    "expiryDay": 20,
    "strikePrice": 7.5,
}


def scene() -> Scene:
    return Scene(ACCOUNT, {}, Notes(), NOW)


def account(at: Scene | None = None, **changed: Any) -> AccountTold:
    told = {
        "accountId": "700012345",
        "accountIdKey": "AbC_dEf-1",
        "accountMode": "MARGIN",
        "accountDesc": "Individual Brokerage",
        "accountName": " ",
        "accountType": "INDIVIDUAL",
        "institutionType": "BROKERAGE",
        "accountStatus": "ACTIVE",
        "closedDate": 0,
    }
    (found,) = parse.account(json.dumps(told | changed).encode(), at or scene())
    return found


def test_accounts_are_named_by_number_and_reached_by_key() -> None:
    assert (account().key, account().routing) == ("700012345", {"accountIdKey": "AbC_dEf-1"})


def test_a_name_of_one_blank_is_none_and_the_description_stands_in() -> None:
    assert (account().name, account(accountName="Mine").name) == ("Individual Brokerage", "Mine")


@pytest.mark.parametrize("day", [0, "0", 1767330000])
def test_closed_accounts_stay_listed_and_are_not_read(day: object) -> None:
    assert account(closedDate=day).open
    assert not account(accountStatus="CLOSED", closedDate=day).open


def test_accounts_of_the_bank_are_not_read() -> None:
    assert not account(institutionType="BANK").open


def test_the_mode_tells_the_kind_of_an_individual_account_and_may_be_of_any_word() -> None:
    assert (account().kind, account(accountMode="CASH").kind) == (AccountKind.MARGIN, AccountKind.CASH)
    assert account(accountMode="PDT ACCOUNT").kind is AccountKind.MARGIN
    assert account(accountMode="CHECKING").kind is account(accountMode=None).kind is AccountKind.OTHER


def test_a_type_of_account_is_one_of_hundreds_and_unknown_ones_are_counted() -> None:
    at = scene()

    assert account(at, accountType="ROTHIRA").kind is AccountKind.IRA_ROTH
    assert at.notes.words == {}
    assert account(at, accountType="ESTATE").kind is AccountKind.OTHER
    assert at.notes.words == {"accountType.ESTATE": 1}


COMPUTED: dict[str, Any] = {
    "netCash": 2012.44,
    "cashBalance": 0,
    "marginBuyingPower": 7024.88,
    "cashBuyingPower": 3512.44,
    "RealTimeValues": {"totalAccountValue": 6012.44, "netMv": 5000.0},
}


def balance(mode: str = "MARGIN", **changed: Any) -> Balance:
    told = {"accountMode": mode, "Computed": COMPUTED | changed}
    (found,) = parse.balance(json.dumps(told).encode(), scene())
    return found


def test_cash_is_what_is_left_of_the_total_and_not_what_the_cash_fields_say() -> None:
    found = balance()

    assert (found.cash, found.total_value) == (Decimal("1012.44"), Decimal("6012.44"))
    assert (found.buying_power, found.settled_cash) == (Decimal("7024.88"), None)


def test_an_old_answer_without_live_values_tells_its_net_cash_and_no_total() -> None:
    old = balance("PDT ACCOUNT", RealTimeValues={}, netCash="93921.44", marginBuyingPower=None)

    assert (old.cash, old.total_value) == (Decimal("93921.44"), None)
    assert balance(RealTimeValues={}, netCash=None, cashBalance=5).cash == Decimal(5)


def test_any_computed_figure_may_be_missing_and_is_unknown_then() -> None:
    nothing: dict[str, Any] = dict.fromkeys(COMPUTED)
    found = balance("MARGIN", **nothing)

    assert (found.cash, found.buying_power, found.total_value) == (None, None, None)


def test_a_balance_without_computed_figures_is_none() -> None:
    with pytest.raises(UnreadableReply):
        list(parse.balance(b'{"accountMode":"CASH"}', scene()))


@pytest.mark.parametrize(
    ("mode", "power"),
    [("MARGIN", "7024.88"), ("margin", "7024.88"), ("PDT ACCOUNT", "7024.88"), ("CASH", "3512.44")],
)
def test_the_mode_that_the_balance_tells_decides_which_power_buys(mode: str, power: str) -> None:
    assert balance(mode).buying_power == Decimal(power)


def test_margin_fields_are_of_margin_accounts_only() -> None:
    assert balance(marginBuyingPower=None).buying_power == Decimal("3512.44")


def test_figures_of_a_balance_may_be_text_as_in_the_documentation() -> None:
    live = {name: str(figure) for name, figure in COMPUTED["RealTimeValues"].items()}

    assert balance(RealTimeValues=live, marginBuyingPower="7024.88") == balance()


def held(**changed: Any) -> Position:
    told = {
        "positionId": 47000000001,
        "pricePaid": 100.05,
        "quantity": 40,
        "positionType": "LONG",
        "marketValue": 4200.0,
        "totalCost": 4002.0,
        "totalGain": 198.0,
        "costPerShare": 1,
        "Product": {"symbol": "XMPL", "securityType": "EQ"},
        "Quick": {"lastTrade": 105.0, "lastTradeTime": 1774277980},
    }
    (found,) = parse.position(json.dumps(told | changed).encode(), scene())
    return found


def test_a_long_position_is_told_as_it_is() -> None:
    found = held()

    assert (found.quantity, found.average_cost) == (Decimal(40), Decimal("100.05"))
    assert (found.cost_basis, found.market_value) == (Decimal(4002), Decimal(4200))
    assert (found.price, found.unrealized_gain) == (Decimal(105), Decimal(198))


def test_the_time_of_a_quote_is_in_seconds() -> None:
    assert held().as_of == datetime(2026, 3, 23, 14, 59, 40, tzinfo=UTC)
    assert held(Quick={"lastTrade": 105.0, "lastTradeTime": 0}).as_of is None


@pytest.mark.parametrize("day", [-57600000, -68400000, 0, 1767330000000, "-68400000", None])
def test_the_day_when_it_was_acquired_says_nothing_to_us_as_it_may_be_unknown(day: object) -> None:
    assert plainly(held(dateAcquired=day)) == plainly(held())


def test_figures_of_a_position_may_be_text_as_in_the_documentation() -> None:
    figures = {"pricePaid": "100.05", "quantity": "40", "marketValue": "4200.0", "totalCost": "4002.0"}

    assert plainly(held(**figures)) == plainly(held())


def test_what_e_trade_s_own_sandbox_leaves_out_is_not_missed() -> None:
    bare = {"adjPrevClose": 105.3, "Quick": {"lastTrade": 105.0, "lastTradeTime": 1774277980}}
    full = bare | {"Quick": bare["Quick"] | {"quoteStatus": "REALTIME"}}  # type: ignore[operator]

    assert plainly(held(**full)) == plainly(held())
    assert held(Product={"symbol": "XETF", "securityType": "EQ"}).instrument.kind is InstrumentKind.EQUITY


def plainly(position: Position) -> Position:
    return replace(position, raw=b"")


@pytest.mark.parametrize("sign", [1, -1])
def test_a_short_is_negative_however_it_is_told(sign: int) -> None:
    figures = {"quantity": sign * 40, "marketValue": sign * 4200, "totalCost": sign * 4002}

    found = held(positionType="SHORT", totalGain=-198, **figures)

    assert found.quantity == Decimal(-40)
    assert (found.cost_basis, found.market_value) == (Decimal(-4002), Decimal(-4200))
    assert found.unrealized_gain == Decimal(-198)


def test_the_symbol_of_an_option_is_its_root_and_the_contract_is_built_from_its_parts() -> None:
    found = held(Product=OPTION, pricePaid=3.2375)

    assert found.instrument.symbol == "XMPL  260320P00007500"


@pytest.mark.parametrize("cost", [323.75, 3.2375])
def test_the_cost_per_share_of_an_option_is_not_used_with_or_without_its_multiplier(cost: float) -> None:
    figures = {"quantity": 2, "totalCost": 647.5, "marketValue": 800}
    found = held(Product=OPTION, pricePaid=3.2375, costPerShare=cost, **figures)

    assert (found.average_cost, found.cost_basis) == (Decimal("3.2375"), Decimal("647.5"))


@pytest.mark.parametrize(
    ("product", "kind"),
    [
        ({"securityType": "EQ", "securitySubType": "ETF"}, InstrumentKind.ETF),
        ({"securityType": "MF"}, InstrumentKind.MUTUAL_FUND),
        ({"securityType": "MMF"}, InstrumentKind.CASH_EQUIVALENT),
        ({"securityType": "BOND"}, InstrumentKind.BOND),
        ({"securityType": "INDX"}, InstrumentKind.INDEX),
        ({"securityType": "NEW"}, InstrumentKind.OTHER),
    ],
)
def test_security_types_are_kinds(product: dict[str, str], kind: InstrumentKind) -> None:
    assert held(Product={"symbol": "XMPL", **product}).instrument.kind is kind


def test_a_price_that_is_not_told_is_unknown_and_a_cost_of_zero_is_flagged() -> None:
    assert held(Quick={}).price is None
    assert held(totalCost=0).flags == (Flag.COST_UNKNOWN,)


def test_a_price_of_zero_is_unknown_where_there_is_a_value() -> None:
    assert held(Quick={"lastTrade": 0}).price is None
    assert held(Quick={"lastTrade": 0}, marketValue=0).price == 0
