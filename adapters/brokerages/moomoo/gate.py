"""What OpenD refuses before it answers: messages that are none, accounts that are not there, times in a wrong
form. A refusal is a text; there are no codes to go by (sheet, sections 2.2 and 4)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from adapters.brokerages.moomoo.sandbox_protos import SCHEMA
from adapters.brokerages.moomoo.sandbox_rows import (
    PAPER_FUTURES,
    Region,
    paper_futures_number,
    paper_number,
    region,
)
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.truth import TruthAccount

FAILED, TIMED_OUT, UNKNOWN, INVALID = -1, -100, -400, -500
LONGEST = timedelta(days=366)
MOST_ORDERS = 400
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")


class Refused(Exception):
    """Answered with a retType that is no success, and a text."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.text, self.code = text, code

    @property
    def response(self) -> Response:
        return refusal(self.text, self.code)


def refusal(text: str, code: int = FAILED, status: int = 200) -> Response:
    return say({"retType": code, "retMsg": text, "errCode": 0}, status)


def success(result: dict[str, object]) -> Response:
    return say({"retType": 0, "retMsg": "", "errCode": 0, "s2c": result})


def message(asked: Asked, protocol: int) -> dict[str, Any]:
    """The c2s of a request that is well-formed. Raises Refused."""
    told = asked.json()
    if not isinstance(told, dict) or set(told) != {"c2s"}:
        raise Refused("the packet cannot be parsed", INVALID)
    wrong = SCHEMA.complaint(SCHEMA.calls[protocol][0], told["c2s"])
    if wrong is not None:
        raise Refused(wrong, INVALID)
    found: dict[str, Any] = told["c2s"]
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """The account of a request's header; None for a paper account, which has nothing in it."""

    header: dict[str, Any]
    account: TruthAccount | None

    @property
    def real(self) -> TruthAccount:
        """Raises Refused."""
        if self.account is None:
            raise Refused("Simulated trading is not supported by this interface")
        return self.account

    @property
    def region(self) -> Region:
        return region(self.real)


def named(told: dict[str, Any], accounts: tuple[TruthAccount, ...]) -> Named:
    """Raises Refused where account, environment and market do not go together."""
    header = told["header"]
    number = str(header["accID"])
    for known in accounts:
        market = region(known).market
        for own, real, permitted in (
            (known.key, True, market),
            (paper_number(known), False, market),
            (paper_futures_number(known), False, PAPER_FUTURES),
        ):
            if (number, header["trdEnv"]) != (own, int(real)):
                continue
            if header["trdMarket"] != permitted:
                raise Refused("This account has no permission for the market")
            return Named(header, known if real else None)
    raise Refused("Nonexisting acc_id")


def between(told: dict[str, Any], here: Region) -> tuple[datetime, datetime]:
    """Begin and end, in the market's own time. Raises Refused."""
    moments = []
    for name in ("beginTime", "endTime"):
        text = told.get("filterConditions", {}).get(name, "")
        if not _TIME.fullmatch(text):
            raise Refused(f"{name} is in a wrong format, it must be YYYY-MM-DD HH:MM:SS")
        try:
            moments.append(datetime.fromisoformat(text).replace(tzinfo=here.zone))
        except ValueError:
            raise Refused(f"{name} is no time") from None
    begin, end = moments
    if begin > end or end - begin > LONGEST:
        raise Refused("The time range is invalid")
    return begin, end


def clearing_day(told: dict[str, Any]) -> date:
    """Raises Refused."""
    text = told.get("clearingDate", "")
    if "startCreateDate" in told or "endCreateDate" in told or not text:
        raise Refused("missing necessary parameter: clearingDate")
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("clearingDate is in a wrong format, it must be YYYY-MM-DD") from None
