"""What clients look up at tastytrade's sandbox: quotes and instruments of what one had (3.6, 3.8)."""

from collections.abc import Callable, Iterator

from adapters.brokerages.tastytrade import tell_market as tell
from adapters.brokerages.tastytrade.sandbox_says import USUAL, envelope, listed, refuse, unknown
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.router import Handler

MOST_SYMBOLS = 100


class Lookups:
    def __init__(self, play: Play) -> None:
        self.play = play

    def routes(self) -> Iterator[tuple[str, Handler]]:
        one = "/instruments"
        yield "/market-data/by-type", self._quotes
        yield f"{one}/equities", self._found("equity", tell.equity)
        yield f"{one}/equities/{{symbol}}", self._single("equity", tell.equity)
        yield f"{one}/equity-options", self._found("option", tell.option)
        yield f"{one}/equity-options/{{symbol}}", self._single("option", tell.option)
        # Nothing is played behind the address of the quotes' stream.
        address = "wss://127.0.0.1/realtime"
        stream = {"token": self.play.token("quotes", 0), "dxlink-url": address, "level": "demo"}
        yield "/api-quote-tokens", lambda asked: envelope(stream, asked)

    def _quotes(self, asked: Asked) -> Response:
        known = tell.known(self.play.accounts)
        wanted = [symbol for _, value in asked.query for symbol in value.split(",")]
        if not 0 < len(wanted) <= MOST_SYMBOLS:
            return refuse(400, "validation_error", "Request validation failed", "symbols")
        return listed([tell.quote(known[symbol], asked.now) for symbol in wanted if symbol in known], asked)

    def _found(self, kind: str, told: Callable[..., object]) -> Handler:
        def answered(asked: Asked) -> Response:
            known, wanted = tell.known(self.play.accounts), asked.params("symbol[]")
            found = [
                one for name, one in known.items() if one.kind == kind and (not wanted or name in wanted)
            ]
            return listed([told(one) for one in found], asked, 0, USUAL, len(found))

        return answered

    def _single(self, kind: str, told: Callable[..., object]) -> Handler:
        def answered(asked: Asked) -> Response:
            found = tell.known(self.play.accounts).get(asked.names["symbol"])
            return unknown() if found is None or found.kind != kind else envelope(told(found), asked)

        return answered
