"""What the benchmarks put together differently from the container still fits it."""

from pathlib import Path

import pytest
from dependency_injector import providers

from bench.house import house_at
from bench.serving import Echo, keep_nothing


@pytest.mark.parametrize("fresh", [True, False])
async def test_the_server_that_is_measured_can_be_put_together(fresh: bool, tmp_path: Path) -> None:
    house = house_at("http://127.0.0.1:9", tmp_path, f"sqlite:///{tmp_path}/bench.db")
    house.servicers.add_kwargs(brokerages=providers.Singleton(Echo))
    if fresh:
        keep_nothing(house)

    assert house.rpc() is not None
    house.store().close()
