"""One wire for all: requests to a gateway's address (tcp://) go one way, all others speak HTTP."""

from dataclasses import dataclass

from adapters.kit.http import HttpWire
from adapters.kit.opend import OpendWire, gateway
from adapters.kit.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Wires:
    http: HttpWire
    opend: OpendWire

    async def send(self, request: Request, hosts: dict[str, str]) -> Response:
        if gateway(request, hosts) is not None:
            return await self.opend.send(request, hosts)
        return await self.http.send(request, hosts)

    async def close(self) -> None:
        await self.opend.close()
        await self.http.close()
