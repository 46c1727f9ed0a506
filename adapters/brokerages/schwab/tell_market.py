"""The sandbox's side: quotes and the search for instruments (section 3.6)."""

import re
from typing import Any

from adapters.brokerages.schwab.tell_portfolio import cusip
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, number, say
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthInstrument

Row = dict[str, Any]
MOST = 500
BLOCKS = frozenset({"quote", "reference", "fundamental", "extended", "regular", "all"})
PROJECTIONS = frozenset(
    {"symbol-search", "symbol-regex", "desc-search", "desc-regex", "search", "fundamental"}
)
MAIN_TYPES = {
    "equity": ("EQUITY", "COE"),
    "etf": ("EQUITY", "ETF"),
    "mutual_fund": ("MUTUAL_FUND", "OEF"),
    "option": ("OPTION", ""),
}
SEARCHED = {"equity": "EQUITY", "etf": "ETF", "mutual_fund": "MUTUAL_FUND", "option": "OPTION"}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
}


def market_error(play: Play, status: int, detail: str, parameter: str = "") -> Response:
    """The body of market-data errors; `status` is a text in some and a number in others (4)."""
    told: Row = {
        "id": play.uuid("error"),
        "status": status if status == 401 else str(status),
        "title": TITLES.get(status, "Error"),
        "detail": detail,
    }
    return say({"errors": [told | ({"source": {"parameter": parameter}} if parameter else {})]}, status)


class Market:
    """Everything that the customer has ever held or traded has a quote."""

    def __init__(self, play: Play) -> None:
        self._play = play

    def _listed(self) -> dict[str, TruthInstrument]:
        """Drawn anew each time: the accounts may have grown."""
        accounts = self._play.accounts
        held = [position.instrument for account in accounts for position in account.positions]
        traded = [row.instrument for account in accounts for row in account.transactions if row.instrument]
        return {instrument.symbol: instrument for instrument in (*traded, *held)}

    def quotes(self, asked: Asked) -> Response:
        symbols = [symbol for symbol in asked.param("symbols").split(",") if symbol]
        if not 0 < len(symbols) <= MOST:
            return market_error(self._play, 400, "symbols must be 1 to 500 symbols", "symbols")
        return self._quoted(asked, symbols)

    def quote(self, asked: Asked) -> Response:
        return self._quoted(asked, [asked.names["symbol"]])

    def _quoted(self, asked: Asked, symbols: list[str]) -> Response:
        fields = {field for field in asked.param("fields").split(",") if field}
        if not fields <= BLOCKS:
            return market_error(self._play, 400, "fields is not valid", "fields")
        blocks = fields - {"all"} or {"quote", "reference"}
        listed = self._listed()
        told: Row = {symbol: _quote(listed[symbol], blocks) for symbol in symbols if symbol in listed}
        missing = [symbol for symbol in symbols if symbol not in listed]
        return say(told | ({"errors": {"invalidSymbols": missing}} if missing else {}))

    def instruments(self, asked: Asked) -> Response:
        wanted, projection = asked.param("symbol"), asked.param("projection")
        if not wanted:
            return market_error(self._play, 400, "symbol is missing", "symbol")
        if projection not in PROJECTIONS:
            return market_error(self._play, 400, "projection is not valid", "projection")
        try:
            found = [i for i in self._listed().values() if _matches(i, wanted, projection)]
        except re.error:
            return market_error(self._play, 400, "symbol is no regular expression", "symbol")
        return say({"instruments": [_instrument(instrument) for instrument in found[:MOST]]})

    def instrument(self, asked: Asked) -> Response:
        for instrument in self._listed().values():
            if instrument.cusip and instrument.cusip == asked.names["cusip"]:
                return say(_instrument(instrument))
        return market_error(self._play, 404, "cusip not found")


def _matches(instrument: TruthInstrument, wanted: str, projection: str) -> bool:
    """Descriptions match where they hold all the words that are asked for."""
    match projection:
        case "desc-search":
            return set(wanted.upper().split()) <= set(instrument.name.upper().split())
        case "desc-regex":
            return re.fullmatch(wanted, instrument.name) is not None
        case "symbol-regex":
            return re.fullmatch(wanted, instrument.symbol) is not None
        case "search":
            return instrument.symbol.startswith(wanted) or wanted.upper() in instrument.name.upper()
        case _:
            return instrument.symbol in wanted.split(",")


def _quote(instrument: TruthInstrument, blocks: set[str]) -> Row:
    main, sub = MAIN_TYPES[instrument.kind]
    price = number(instrument.price)
    told: Row = {"assetMainType": main}
    if sub:
        told["assetSubType"] = sub
    told |= {"quoteType": "NBBO", "realtime": True, "ssid": instrument.number, "symbol": instrument.symbol}
    if "quote" in blocks:
        names = (
            "askPrice",
            "bidPrice",
            "closePrice",
            "highPrice",
            "lastPrice",
            "lowPrice",
            "mark",
            "openPrice",
        )
        told["quote"] = dict.fromkeys(names, price) | {"securityStatus": "Normal", "totalVolume": 0}
    if "reference" in blocks:
        reference = {"cusip": cusip(instrument), "description": instrument.name}
        told["reference"] = reference | {"exchange": "Q", "exchangeName": "NASDAQ"}
    return told


def _instrument(instrument: TruthInstrument) -> Row:
    return {
        "cusip": cusip(instrument),
        "symbol": instrument.symbol,
        "description": instrument.name,
        "exchange": "NASDAQ",
        "assetType": SEARCHED[instrument.kind],
    }
