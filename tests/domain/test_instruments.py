"""What makes two instruments one, and the one canonical form of an option."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import UnreadableReply
from domain.instruments import (
    CUSIP,
    ISIN,
    OCC,
    SYMBOL,
    Instrument,
    InstrumentKind,
    Known,
    OptionTerms,
    Right,
    family,
    option_from_occ,
    option_instrument,
    same_instrument,
)

ROOTS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=5) | st.sampled_from(
    ["BRKB", "SPXW", "AAPL1"]
)
TERMS = st.builds(
    OptionTerms,
    ROOTS,
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(Right),
    st.decimals("0.001", "99999.999", places=3),
    st.just(Decimal(100)),
)


@given(TERMS)
def test_the_terms_of_an_option_come_back_from_its_occ_form(terms: OptionTerms) -> None:
    assert len(terms.occ) == 21
    assert option_from_occ(terms.occ, Decimal(100)) == terms


@given(TERMS)
def test_so_do_they_from_the_forms_that_brokerages_use(terms: OptionTerms) -> None:
    compact = terms.occ.replace(" ", "")
    dashed = terms.occ.replace(" ", "-")

    assert option_from_occ(compact, Decimal(100)) == option_from_occ(dashed, Decimal(100)) == terms


@pytest.mark.parametrize(
    "text",
    [
        "", "AAPL", "260619C00200000", "AAPL  260619X00200000", "AAPL  261319C00200000",
        "AAPL  260231P00200000",
        "AAPL  260619C0020000", "AAPL  26O619C00200000", "AAPL  260619C002000.0", "      260619C00200000",
        "AAPL  260619C0020000²",
    ],
)  # fmt: skip
def test_what_is_no_occ_form_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableReply):
        option_from_occ(text)


@pytest.mark.parametrize("underlying", ["BRKB", "BRK.B", "BRK/B", "BRK B"])
def test_a_contract_has_one_form_however_its_underlying_is_written(underlying: str) -> None:
    terms = OptionTerms(underlying, date(2026, 6, 19), Right.PUT, Decimal("512.5"))

    assert terms.occ == "BRKB  260619P00512500"


def test_the_multiplier_is_what_is_told_and_never_a_hundred_by_itself() -> None:
    assert option_from_occ("AAPL  260619C00200000").multiplier is None


def test_an_option_is_known_by_its_terms_and_a_share_by_its_symbol() -> None:
    option = option_instrument(OptionTerms("AAPL", date(2026, 6, 19), Right.PUT, Decimal(200)), ("x:id", "7"))
    share = Instrument(InstrumentKind.ETF, "VTI", identifiers=((CUSIP, "922908769"),))

    assert option.keys == (("x:id", "7"), (OCC, "AAPL  260619P00200000"))
    assert share.keys == ((CUSIP, "922908769"), (SYMBOL, "listed:VTI"))


def known(identifier: str, scheme: str, value: str, *strong: tuple[str, str]) -> Known:
    return Known(identifier, scheme, value, strong)


VTI = Instrument(InstrumentKind.EQUITY, "VTI")
VTI_CUSIP = Instrument(InstrumentKind.EQUITY, "VTI", identifiers=((CUSIP, "1"),))


def test_a_strong_identifier_decides_whatever_the_symbol_is() -> None:
    renamed = Instrument(InstrumentKind.EQUITY, "NEW", identifiers=((CUSIP, "1"),))

    assert same_instrument(renamed, (known("old", CUSIP, "1", (CUSIP, "1")),)) == "old"


def test_a_symbol_decides_where_nothing_contradicts_it() -> None:
    assert same_instrument(VTI, (known("a", SYMBOL, "listed:VTI"),)) == "a"
    assert same_instrument(VTI_CUSIP, (known("a", SYMBOL, "listed:VTI"),)) == "a"
    assert same_instrument(VTI, (known("a", SYMBOL, "listed:VTI", (CUSIP, "1")),)) == "a"
    assert same_instrument(VTI_CUSIP, (known("a", SYMBOL, "listed:VTI", (ISIN, "9")),)) == "a"


def test_a_ticker_that_now_belongs_to_another_company_is_another_instrument() -> None:
    assert same_instrument(VTI_CUSIP, (known("a", SYMBOL, "listed:VTI", (CUSIP, "2")),)) is None


def test_ids_of_two_brokerages_never_meet() -> None:
    ours = Instrument(InstrumentKind.EQUITY, "VTI", identifiers=(("alpaca:asset", "7"),))

    assert (
        same_instrument(ours, (known("a", "robinhood:instrument", "7", ("robinhood:instrument", "7")),))
        is None
    )


def test_a_coin_and_a_share_of_one_ticker_are_two_and_an_etf_and_a_stock_are_one() -> None:
    assert family(InstrumentKind.CRYPTO) != family(InstrumentKind.EQUITY)
    assert family(InstrumentKind.ETF) == family(InstrumentKind.EQUITY)
    assert (
        same_instrument(Instrument(InstrumentKind.CRYPTO, "VTI"), (known("a", SYMBOL, "listed:VTI"),)) is None
    )


def test_nothing_known_is_a_new_one() -> None:
    assert same_instrument(VTI_CUSIP, ()) is None
