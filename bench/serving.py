"""A server with one synced account, for the load of another process.

python -m bench.serving FOLDER ADDRESS DATABASE KEPT     prints its port and the account, then serves
"""

import asyncio
import json
import sys
from pathlib import Path

import uvloop
from dependency_injector import providers

from adapters.telemetry.logs import configure
from bench.house import house_at
from bench.recording import BROKERAGE
from brokerlink.container import Container
from brokerlink.rpc.portfolios import PortfolioServicer
from brokerlink.rpc.statements import StatementImports
from brokerlink.rpc.transactions import TransactionServicer
from brokerlink.usecases.connect import Connect
from brokerlink.usecases.get_portfolio import GetPortfolio, GetUserPortfolio
from brokerlink.usecases.list_transactions import GetTransaction, ListTransactions
from brokerlink.v1 import brokerages_pb2_grpc

USER = "bench"


class Echo(brokerages_pb2_grpc.BrokerageServiceServicer):
    """An empty call of the same server: through principal, scope, decoding, validation, deadline and
    access log like any other, and then there is nothing to do."""

    async def GetBrokerage(  # type: ignore[override]  # noqa: N802 - gRPC calls it so
        self, request: object, context: object
    ) -> bytes:
        return b""


async def main(folder: Path, address: str, database: str, *, kept: bool) -> None:
    configure("INFO", "json", (folder / "server.log").open("w"))  # the access log is part of a call
    house = house_at(address, folder, database)
    house.servicers.add_kwargs(brokerages=providers.Singleton(Echo))
    if not kept:
        keep_nothing(house)
    dispatch, rpc = house.dispatch(), house.rpc()
    port = rpc.listen("127.0.0.1:0")
    dispatch.start()
    await rpc.start()
    credentials = json.loads((folder / "credentials").read_text())
    view = await Connect(house.connecting())(USER, BROKERAGE, credentials=credentials)
    await _synced(house, view.connection.id if view.connection else "")
    print(port, view.accounts[0].id, flush=True)
    await asyncio.Event().wait()


async def _synced(house: Container, connection_id: str) -> None:
    while True:
        run = await house.store().read(lambda uow: uow.runs.latest(connection_id))
        if run is not None and run.state.terminal:
            return
        await asyncio.sleep(0.1)


def keep_nothing(house: Container) -> None:
    """Every read comes out of the database and is rendered anew."""
    reading, instruments = house.reading, house.shown_instruments
    house.servicers.add_kwargs(
        portfolios=providers.Singleton(
            PortfolioServicer,
            providers.Singleton(GetPortfolio, reading),
            providers.Singleton(GetUserPortfolio, reading),
            instruments,
            kept=0,
        ),
        transactions=providers.Singleton(
            TransactionServicer,
            providers.Singleton(ListTransactions, reading),
            providers.Singleton(GetTransaction, reading),
            instruments,
            house.tokens,
            providers.Singleton(StatementImports, house.import_statement, house.once),
            kept=0,
        ),
    )


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], kept=sys.argv[4] == "kept"))
