"""The sandbox's Flex Web Service: a reference code first, the statement then. Part of the sandbox."""

from datetime import date, datetime, timedelta

from adapters.brokerages.ibkr import spelling, tell_flex
from adapters.brokerages.ibkr.gate import Refused
from adapters.brokerages.ibkr.spelling import NEW_YORK, Query
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say_text
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount, TruthTransaction

YEAR = timedelta(days=365)
MESSAGES = {
    "1001": "Statement could not be generated at this time. Please try again shortly.",
    "1003": "Statement is not available.",
    "1004": "Statement is incomplete at this time. Please try again shortly.",
    "1005": "Settlement data is not ready at this time. Please try again shortly.",
    "1006": "FIFO P/L data is not ready at this time. Please try again shortly.",
    "1007": "MTM P/L data is not ready at this time. Please try again shortly.",
    "1008": "MTM and FIFO P/L data is not ready at this time. Please try again shortly.",
    "1009": "The server is under heavy load. Statement could not be generated at this time.",
    "1010": "Legacy Flex Queries are no longer supported. Please convert over to Activity Flex.",
    "1011": "Service account is inactive.",
    "1012": "Token has expired.",
    "1013": "IP restriction.",
    "1014": "Query is invalid.",
    "1015": "Token is invalid.",
    "1016": "Account in invalid.",
    "1017": "Reference code is invalid.",
    "1018": "Too many requests have been made from this token. Please try again shortly.",
    "1019": "Statement generation in progress. Please try again shortly.",
    "1020": "Invalid request or unable to validate request.",
    "1021": "Statement could not be retrieved at this time. Please try again shortly.",
}
WARNINGS = frozenset({"1018", "1019"})


class FlexService:
    """`trouble`: codes that are answered next, one each. `pending`: how often a statement is still being made
    when it is fetched. `behind`: the last day that is told, where the nightly run has not come further."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.token = play.token("flex token", 0, 24, "0123456789")
        self.query_id = play.code("flex query", 7)
        self.query = Query.of(play.seed)
        self.trouble: list[str] = []
        self.pending = 1 if play.persona == "slow" else 0
        self.behind: date | None = None
        self._asked: dict[str, tuple[date, date, int]] = {}

    def send(self, asked: Asked) -> Response:
        code = self._wrong(asked, {"t", "q", "v", "fd", "td"})
        if code is None and asked.param("q") != self.query_id:
            code = "1014"
        days = self._days(asked)
        if code is not None or days is None:
            return self._fail(asked, code or "1020")
        reference = str(1_000_000_000 + self._play.count("flex reference"))
        self._asked[reference] = (*days, self.pending)
        address = f"{asked.at(asked.host)}/AccountManagement/FlexWebService/GetStatement"
        return self._say(asked, {"Status": "Success", "ReferenceCode": reference, "Url": address})

    def get(self, asked: Asked) -> Response:
        code = self._wrong(asked, {"t", "q", "v"})
        reference = asked.param("q")
        if code is None and reference not in self._asked:
            code = "1017"
        if code is not None:
            return self._fail(asked, code)
        start, end, pending = self._asked[reference]
        if pending:
            self._asked[reference] = (start, end, pending - 1)
            return self._fail(asked, "1019")
        told = [self._statement(owner, start, end, asked.now) for owner in self._play.accounts]
        return say_text(spelling.whole(told), kind="text/xml;charset=UTF-8")

    def forget(self) -> None:
        """All reference codes are invalid from now on."""
        self._asked.clear()

    def _statement(self, owner: TruthAccount, start: date, end: date, now: datetime) -> list[str]:
        last = min(end, self.behind) if self.behind else end
        rows = [row for row in reversed(self._play.rows(owner)) if start <= row.trade_date <= last]
        today = next(known for known in self._play.accounts if known.number == owner.number)
        opened = self._opened(owner.transactions)
        return tell_flex.statement(today, rows, (start, end), opened, now, self.query)

    def _opened(self, rows: tuple[TruthTransaction, ...]) -> date:
        first = min((row.trade_date for row in rows), default=self._play.truth.today - timedelta(days=30))
        return first - timedelta(days=2)

    def _days(self, asked: Asked) -> tuple[date, date] | None:
        """From `fd` to `td`, or the query's own period: the last year. None where they are wrong."""
        yesterday = asked.now.astimezone(NEW_YORK).date() - timedelta(days=1)
        told = asked.param("fd"), asked.param("td")
        if not any(told):
            return yesterday - YEAR, yesterday
        if not all(len(day) == 8 and day.isdigit() for day in told):
            return None
        try:
            start, end = (datetime.strptime(day, "%Y%m%d").date() for day in told)  # noqa: DTZ007  a day
        except ValueError:
            return None
        return (start, end) if start <= end <= start + YEAR else None

    def _wrong(self, asked: Asked, known: set[str]) -> str | None:
        if not asked.header("user-agent"):
            raise Refused(403, "Forbidden")
        if self.trouble:
            return self.trouble.pop(0)
        if asked.param("v") != "3" or {name for name, _ in asked.query} - known:
            return "1020"
        return None if asked.param("t") == self.token else "1015"

    def _fail(self, asked: Asked, code: str) -> Response:
        status = "Warn" if code in WARNINGS else "Fail"
        return self._say(asked, {"Status": status, "ErrorCode": code, "ErrorMessage": MESSAGES[code]})

    @staticmethod
    def _say(asked: Asked, parts: dict[str, str]) -> Response:
        return say_text(spelling.response(parts, asked.now), kind="text/xml;charset=UTF-8")
