"""One cluster for all tests of this folder that a test process runs: starting it takes seconds."""

from collections.abc import AsyncIterator, Iterator

import clustered
import pytest
import pytest_asyncio
from clustered import Cluster
from postgres import Postgres


@pytest.fixture(scope="session")
def processes(postgresql: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    address = postgresql.create()
    with clustered.running(tmp_path_factory.mktemp("cluster"), address) as made:
        yield made
    postgresql.drop(address)


@pytest_asyncio.fixture
async def cluster(processes: Cluster) -> AsyncIterator[Cluster]:
    """All four processes run, whatever became of them in the test before."""
    await processes.whole()
    yield processes
    for faulty in processes.sandboxes.stage.faulty.values():
        faulty.set_faults([])
