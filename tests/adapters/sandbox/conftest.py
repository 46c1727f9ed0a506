"""A tiny brokerage for the tests of what all sandboxes share."""

from collections.abc import Callable
from datetime import date
from typing import Protocol

import pytest

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say
from adapters.sandbox.create import play_of
from adapters.sandbox.play import Play, Sandbox
from adapters.sandbox.profile import ALL_KINDS, Profile
from adapters.sandbox.router import Router
from domain.money import plain

PROFILE = Profile("toy", hosts=("side",), accounts=2, kinds=ALL_KINDS)
TODAY = date(2026, 3, 10)


class Toy:
    """Password grant, bearer tokens, offset paging, one other host."""

    id = "toy"

    def __init__(self, play: Play) -> None:
        self.play = play
        self.profile = play.profile
        router = Router(
            missing=lambda _: say({"error": "no such path"}, 404),
            wrong_method=lambda _: say({"error": "not so"}, 405),
            slash="optional",
        )
        router.post("/token/", self._token)
        router.get("/accounts", self._accounts)
        router.get("/accounts/{number}/positions", self._positions)
        router.get("/accounts/{number}/transactions", self._transactions)
        router.get("/echo/{word}", self._echo, slash="as-written")
        router.get("/echo/{word}", self._echo, host="side")
        router.get("/nothing", lambda _: Response(204))
        router.get("/away", lambda asked: redirect(f"{asked.at('side')}/echo/here"))
        router.get("/broken", self._broken)
        self._router = router

    def answer(self, asked: Asked) -> Response:
        return self._router.answer(asked)

    def credentials(self) -> dict[str, str]:
        customer = self.play.customer
        return {"username": customer.username, "password": customer.password}

    def announce(self) -> list[str]:
        return [f"code: {self.play.code('sms')}"]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return say({"detail": "toy says no"}, status) if status == 401 else None

    def _token(self, asked: Asked) -> Response:
        form, customer = asked.form(), self.play.customer
        if (form.get("username"), form.get("password")) != (customer.username, customer.password):
            return say({"error": "invalid_grant"}, 400)
        token = self.play.token("access")
        self.play.issue(token, "access", asked.now, 1800)
        return say({"access_token": token, "expires_in": 1800})

    def _allowed(self, asked: Asked) -> bool:
        return self.play.grant(asked.bearer, "access", asked.now) is not None and not self.play.withdrawn()

    def _accounts(self, asked: Asked) -> Response:
        if not self._allowed(asked):
            return say({"detail": "toy says no"}, 401)
        return say({"accounts": [{"number": a.number, "cash": plain(a.cash)} for a in self.play.accounts]})

    def _positions(self, asked: Asked) -> Response:
        account = self.play.account(asked.names["number"])
        if account is None or not self._allowed(asked):
            return say({"detail": "toy says no"}, 401)
        rows = [{"symbol": p.instrument.symbol, "quantity": p.quantity} for p in account.positions]
        return say({"positions": rows})

    def _transactions(self, asked: Asked) -> Response:
        account = self.play.account(asked.names["number"])
        if account is None or not self._allowed(asked):
            return say({"detail": "toy says no"}, 401)
        offset = int(asked.param("offset", "0"))
        rows = self.play.rows(account)
        page = [{"id": row.number, "type": row.type} for row in rows[offset : offset + 20]]
        following = f"{asked.base}{asked.path}?offset={offset + 20}" if len(page) == 20 else None
        return say({"results": page, "next": following})

    def _echo(self, asked: Asked) -> Response:
        told = {"word": asked.names["word"], "path": asked.path, "host": asked.host, "base": asked.base}
        return say(told | {"url": asked.url, "raw_query": asked.raw_query, "method": asked.method})

    def _broken(self, asked: Asked) -> Response:
        raise ZeroDivisionError(asked.path)


class MakeToy(Protocol):
    def __call__(
        self, seed: int = 1, persona: str = "plain", marker: str = "", rows: int | None = None
    ) -> Sandbox: ...


@pytest.fixture
def toy() -> MakeToy:
    """Makes toy sandboxes, all on the same made-up day."""

    def make(seed: int = 1, persona: str = "plain", marker: str = "", rows: int | None = None) -> Sandbox:
        playing: Callable[[Play], Sandbox] = Toy
        return play_of(PROFILE, playing, seed, persona, TODAY, marker, rows=rows)

    return make
