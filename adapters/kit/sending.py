"""How a door sends: within its limits, signed by the brokerage's clock, repeated where that does no harm."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import stamina

from adapters.kit.card import Door
from adapters.kit.clocks import Clocks
from adapters.kit.http import Wire
from adapters.kit.limits import Limits
from adapters.kit.replies import failure_of, wait_before_retry
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response
from domain.budgets import Turn
from domain.errors import BrokerageRateLimited, BrokerageUnavailable, Failure, GatewayOffline, NobodyYet
from domain.ports.brokerage import Grant

ATTEMPTS = 3


@dataclass
class Sender:
    """Of one door. `turn`: whose calls these are, in a crowd; `made`: how many of them there were."""

    door: Door
    wire: Wire
    hosts: dict[str, str]
    limits: Limits
    clocks: Clocks
    clock: Callable[[], datetime]
    turn: Turn = Turn.PERSON
    made: int = 0

    def for_turn(self, turn: Turn) -> "Sender":
        """The same for one run: limits and clocks are shared, the turn is its own."""
        return replace(self, turn=turn, made=0)

    def moment(self) -> Moment:
        return Moment(self.clock() + self.clocks.ahead, secrets.token_hex(16), self.hosts)

    async def authorised(self, grant: Grant, request: Request) -> Response:
        """Send with authorisation; repeat what may be repeated, with short waits only. Raises NobodyYet where
        that does not help; what other failures a response stands for, `check` tells."""

        def sign(moment: Moment) -> Request:
            return self.door.authorise(request, grant, moment)

        if not request.repeatable:
            return await self.send(sign(self.moment()), _credential(grant))
        async for attempt in stamina.retry_context(
            on=wait_before_retry, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=3.0
        ):
            with attempt:
                # Signed anew each time: a nonce is good for one request only.
                response = await self.signed(sign, _credential(grant))
                found = self.failure(response)
                if isinstance(found, BrokerageRateLimited) and found.retry_after is not None:
                    await self.limits.hold(request.group, _credential(grant), found.retry_after)
                if isinstance(found, NobodyYet):
                    raise found
        return response

    async def signed(self, sign: Callable[[Moment], Request], credential: str) -> Response:
        """Send what is signed now. Where that was refused, the brokerage's clock turns out to be another
        than ours and the signature holds the time: once more, by the brokerage's clock."""
        moment = self.moment()
        request = sign(moment)
        response = await self.send(request, credential)
        if self.clocks.learn(response, self.clock()):
            again = self.moment()
            if sign(replace(moment, now=again.now)) != request:
                return await self.send(sign(again), credential)
        return response

    async def send(self, request: Request, credential: str) -> Response:
        """One request within its budget, unless the breaker is open. Only outages open it: a refusal is
        an answer."""
        await self.limits.place(request.group, credential, self.turn, self.made)
        self.made += 1
        if self.turn is not Turn.PERSON:
            self.turn = Turn.STARTED
        try:
            response = await self.wire.send(request.with_headers(*self.door.headers), self.hosts)
        except BrokerageUnavailable:
            if request.host in self.door.gateways:
                raise GatewayOffline from None
            await self.limits.failed()
            raise
        await self.limits.learn(request.group, credential, response, self.clock())
        return response

    # ---- what answers mean

    def explained(self, response: Response) -> Failure | None:
        """The failure by the door's own words."""
        explained = self.door.explain(response) if self.door.explain else None
        if explained is not None:
            explained.status = response.status
        return explained

    def failure(self, response: Response) -> Failure | None:
        """The same, or by the status."""
        return self.explained(response) or failure_of(response, self.clock())

    def check(self, response: Response) -> None:
        found = self.failure(response)
        if found is not None:
            raise found


def _credential(grant: Grant) -> str:
    """What tells this credential from others. It holds secrets: budgets are named by its keyed hash."""
    return "\n".join(f"{name}={value}" for name, value in sorted(grant.values.items()))
