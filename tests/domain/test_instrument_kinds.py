"""Which word for an instrument is kept when brokerages use different ones."""

import pytest

from domain.instruments import InstrumentKind, finer


@pytest.mark.parametrize(
    ("known", "told", "kept"),
    [
        (InstrumentKind.EQUITY, InstrumentKind.ETF, InstrumentKind.ETF),
        (InstrumentKind.ETF, InstrumentKind.EQUITY, InstrumentKind.ETF),
        (InstrumentKind.OTHER, InstrumentKind.EQUITY, InstrumentKind.EQUITY),
        (InstrumentKind.EQUITY, InstrumentKind.OTHER, InstrumentKind.EQUITY),
        (InstrumentKind.ETF, InstrumentKind.MUTUAL_FUND, InstrumentKind.ETF),
        (InstrumentKind.CRYPTO, InstrumentKind.EQUITY, InstrumentKind.CRYPTO),
    ],
)
def test_the_finer_word_is_kept(known: InstrumentKind, told: InstrumentKind, kept: InstrumentKind) -> None:
    assert finer(known, told) is kept
