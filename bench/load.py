"""A load of one kind of call, from a process of its own.

python -m bench.load PORT ACCOUNT KIND SECONDS IN_FLIGHT     prints calls a second
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import grpc.aio
import uvloop

from brokerlink.v1 import (
    brokerages_pb2,
    brokerages_pb2_grpc,
    portfolios_pb2,
    portfolios_pb2_grpc,
    transactions_pb2,
    transactions_pb2_grpc,
)

Call = Callable[[], Awaitable[object]]


def calls(channel: grpc.aio.Channel, account: str) -> dict[str, Call]:
    brokerages = brokerages_pb2_grpc.BrokerageServiceStub(channel)
    portfolios = portfolios_pb2_grpc.PortfolioServiceStub(channel)
    transactions = transactions_pb2_grpc.TransactionServiceStub(channel)
    empty = brokerages_pb2.GetBrokerageRequest(brokerage_id="none")
    portfolio = portfolios_pb2.GetPortfolioRequest(account_id=account)
    page = transactions_pb2.ListTransactionsRequest(account_id=account, page_size=100)
    return {
        "echo": lambda: brokerages.GetBrokerage(empty),
        "portfolio": lambda: portfolios.GetPortfolio(portfolio),
        "transactions": lambda: transactions.ListTransactions(page),
    }


async def main(port: str, account: str, kind: str, seconds: float, in_flight: int) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = calls(channel, account)[kind]
        await call()
        done, end = 0, time.perf_counter() + seconds

        async def one_after_the_other() -> None:
            nonlocal done
            while time.perf_counter() < end:
                await call()
                done += 1

        start = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
        print(done / (time.perf_counter() - start))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        where, whose, what = sys.argv[1:4]
        runner.run(main(where, whose, what, float(sys.argv[4]), int(sys.argv[5])))
