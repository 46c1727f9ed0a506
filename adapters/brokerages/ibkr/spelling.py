"""How a Flex query of the sandbox spells days, times, figures and elements. Part of the sandbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from domain.money import plain

NEW_YORK = ZoneInfo("America/New_York")
DAYS = ("%Y%m%d", "%Y-%m-%d", "%m/%d/%Y")
SEPARATORS = (";", ",", " ", "T")
TIMES = ("%H%M%S", "%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Query:
    """How the owner has set the query up: spellings of days and times, and which attributes are ticked."""

    day: str = DAYS[0]
    separator: str = SEPARATORS[0]
    time: str = TIMES[0]
    sums: bool = False
    money: bool = True
    commas: bool = False

    @classmethod
    def of(cls, seed: int) -> "Query":
        return cls(
            DAYS[seed % 3], SEPARATORS[seed % 4], TIMES[seed % 2], seed % 3 == 0, seed % 4 != 1, seed % 2 == 1
        )

    def on(self, day: date) -> str:
        return f"{day:{self.day}}"

    def at(self, moment: datetime) -> str:
        there = moment.astimezone(NEW_YORK)
        return f"{there:{self.day}}{self.separator}{there:{self.time}}"

    def figure(self, value: Decimal) -> str:
        text = plain(value)
        if text == "0":
            return "-0" if self.commas else "0"
        whole, dot, rest = text.partition(".")
        return f"{int(whole):,}{dot}{rest}" if self.commas and abs(value) >= 1000 else text


Attributes = dict[str, str]


def element(name: str, attributes: Attributes) -> str:
    return f"<{name} {' '.join(f'{key}={quoteattr(value)}' for key, value in attributes.items())} />"


def section(name: str, rows: Iterable[str]) -> list[str]:
    found = list(rows)
    return [f"<{name}>", *found, f"</{name}>"] if found else [f"<{name} />"]


def response(parts: Attributes, stamp: datetime) -> str:
    """FlexStatementResponse: what is said in place of a statement."""
    there = stamp.astimezone(NEW_YORK)
    told = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items())
    moment = f"{there:%d %B, %Y %I:%M %p} {there.tzname()}"
    return f'<FlexStatementResponse timestamp="{moment}">{told}</FlexStatementResponse>'


def whole(statements: list[list[str]]) -> str:
    lines = [line for statement in statements for line in statement]
    return "\n".join(
        [
            '<FlexQueryResponse queryName="PortfolioSync" type="AF">',
            f'<FlexStatements count="{len(statements)}">',
            *lines,
            "</FlexStatements>",
            "</FlexQueryResponse>",
            "",
        ]
    )
