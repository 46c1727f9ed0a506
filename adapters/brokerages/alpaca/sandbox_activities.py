"""Alpaca's account activities: what is asked, what is refused, and pages by the id of the last row (3.3)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from adapters.brokerages.alpaca import sandbox_rows as tell
from adapters.brokerages.alpaca.sandbox_asked import Refused, choice, moment, whole, words
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.truth import TruthTransaction

MOST = 100
LONGEST = 1_000_000
UNKNOWN_TYPE = 40010001
# What may be asked for (3.3): CORR, SEG, SSO, SSP and DTCS are told, and refused here.
FILTERS = frozenset(
    "FILL CSD CSW CSR ACATC ACATS JNL JNLC JNLS DIV DIVCGL DIVCGS DIVROC DIVTXEX DIVFEE DIVFT DIVNRA DIVTW"
    " DIVWH INT INTNRA INTTW INTPNL FEE CFEE PTC PTR SUB WH SPLIT SPIN MA REORG NC SC CIL VOF OPASN OPEXC"
    " OPXRC OPEXP OPTRD OPCSH OPCA ECEXP EXTRD FXTRD FXCNV ALLOC DVF FIMAT INVPNL MEM SWP OCT TRANS MISC"
    " TRD".split()
)
FOLDED = {"TRANS": {"CSD", "CSW"}}


class Activities:
    """The account's rows, told once: a reader of 20,000 asks two hundred times for a page of them."""

    def __init__(self) -> None:
        self._rows: tuple[TruthTransaction, ...] = ()
        self._told: list[tell.Row] = []
        self._ids: list[str] = []

    def answer(self, asked: Asked, rows: tuple[TruthTransaction, ...]) -> Response:
        try:
            question = Question.of(asked)
        except Refused as refused:
            return refused.response
        if rows is not self._rows:
            fills = tell.Fills.of(rows)
            self._told = sorted((tell.activity(row, fills) for row in rows), key=lambda row: str(row["id"]))
            self._ids = [str(row["id"]) for row in self._told]
            self._rows = rows
        tonight = asked.now.astimezone(tell.NEW_YORK).date().isoformat()
        found = (row for row in self._from(question) if question.means(row) and _written(row, tonight))
        return say(list(islice(found, question.size)))

    def _from(self, question: "Question") -> Iterator[tell.Row]:
        """From the row after the token on, in the direction of the question."""
        if question.direction == "asc":
            first = bisect_right(self._ids, question.token) if question.token else 0
            return islice(self._told, first, None)
        end = bisect_left(self._ids, question.token) if question.token else len(self._told)
        return (self._told[place] for place in range(end - 1, -1, -1))


@dataclass(frozen=True, slots=True)
class Question:
    """GET /v2/account/activities and /v2/account/activities/{type}."""

    types: frozenset[str]
    category: str
    day: date | None
    after: datetime | None
    until: datetime | None
    direction: str
    token: str
    size: int

    @classmethod
    def of(cls, asked: Asked) -> "Question":
        """Raises Refused."""
        typed, types = asked.names.get("type"), words(asked, "activity_types")
        category = choice(asked, "category", "", ("trade_activity", "non_trade_activity"))
        if category and (typed or types):
            raise Refused("category can not be specified with activity types")
        if typed and types:
            raise Refused("activity_types can not be specified with a type in the path")
        types |= {typed} if typed else set()
        for word in sorted(types):
            if word not in FILTERS:
                raise Refused(f"invalid activity type: {word[:40]}", UNKNOWN_TYPE)
        day = moment(asked, "date")
        if day and (asked.param("after") or asked.param("until")):
            raise Refused("date can not be specified with after or until")
        # With a date there is no limit (3.3).
        size = whole(asked, "page_size", *((LONGEST, LONGEST) if day else (MOST, MOST)))
        return cls(
            types=frozenset(word for told in types for word in FOLDED.get(told, {told})),
            category=category,
            day=day.date() if day else None,
            after=moment(asked, "after"),
            until=moment(asked, "until"),
            direction=choice(asked, "direction", "desc", ("asc", "desc")),
            token=asked.param("page_token"),
            size=size,
        )

    def means(self, row: tell.Row) -> bool:
        trade = row["activity_type"] == "FILL"
        return (
            (not self.types or row["activity_type"] in self.types)
            and (not self.category or trade == (self.category == "trade_activity"))
            and (self.day is None or _instant(row).astimezone(tell.NEW_YORK).date() == self.day)
            and (self.after is None or _instant(row) >= self.after)
            and (self.until is None or _instant(row) <= self.until)
        )


def _written(row: tell.Row, tonight: str) -> bool:
    """All but fills is written in the night after its day (4)."""
    return row["activity_type"] == "FILL" or str(row["date"]) < tonight


def _instant(row: tell.Row) -> datetime:
    """When a row happened; those with a date only count from its midnight in New York."""
    if "transaction_time" in row:
        return datetime.fromisoformat(str(row["transaction_time"]))
    return datetime.combine(date.fromisoformat(str(row["date"])), datetime.min.time(), tell.NEW_YORK)
