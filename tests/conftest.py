"""What all tests share: a clean environment, and hypothesis without a clock."""

import os

import pytest
from hypothesis import settings

# A slow machine is not a fault; a fault is repeated with its blob.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in [name for name in os.environ if name.startswith("BROKERLINK_")]:
        monkeypatch.delenv(name)
