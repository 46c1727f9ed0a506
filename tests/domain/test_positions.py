"""Balances: several pots of one currency are one balance."""

from decimal import Decimal

from domain.positions import Balance, by_currency

D = Decimal


def test_pots_of_one_currency_are_added_up_and_the_account_s_total_is_told_once() -> None:
    trading = Balance("USD", D("10.50"), D("9.50"), None, D(100))
    futures = Balance("USD", D("4.25"), D("4.25"), None, D(100))
    euros = Balance("EUR", D(7))

    assert by_currency([trading, euros, futures]) == (
        Balance("USD", D("14.75"), D("13.75"), None, D(100)),
        euros,
    )


def test_what_one_pot_does_not_tell_is_unknown_of_all() -> None:
    assert by_currency([Balance("USD", D(1)), Balance("USD", None, D(2))]) == (Balance("USD"),)
