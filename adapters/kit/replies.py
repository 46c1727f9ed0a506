"""From a response to a failure: what each status means, where the door does not say it better."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from adapters.kit.wire import Response
from domain.errors import (
    BrokerageMaintenance,
    BrokerageRateLimited,
    BrokerageUnavailable,
    BudgetSpent,
    Failure,
    NobodyYet,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

MAX_WAIT = timedelta(hours=24)
SHORT_WAIT = timedelta(seconds=5)  # longer waits belong to the sync run, which can say so


def failure_of(response: Response, now: datetime) -> Failure | None:
    """The failure that a response stands for; None for a success. Never looks into a 2xx body,
    except that an HTML page where data belongs is no success at all."""
    found = _by_status(response, now)
    if found is None and is_web_page(response):
        found = UnreadableReply("The brokerage answered with a web page where data belongs.")
    if found is not None:
        found.status = response.status
    return found


def _by_status(response: Response, now: datetime) -> Failure | None:
    status = response.status
    found: Failure | None
    match status:
        case 401:
            found = ReauthorizationRequired()
        case 403:
            found = PermissionInsufficient()
        case 404 | 410:
            found = UnreadableReply("The brokerage says that this address does not exist.")
        case 429:
            found = BrokerageRateLimited(retry_after=retry_after(response, now))
        case 503 if is_web_page(response):
            found = BrokerageMaintenance(retry_after=retry_after(response, now))
        case 408 | 425:
            found = BrokerageUnavailable(retry_after=retry_after(response, now))
        case _ if status >= 500:
            found = BrokerageUnavailable(retry_after=retry_after(response, now))
        case _ if status >= 400:
            found = UnreadableReply("The brokerage refused the request.")
        case _ if status >= 300:
            found = UnreadableReply("The brokerage sends us to another address; we do not follow.")
        case _:
            found = None
    return found


def retry_after(response: Response, now: datetime) -> timedelta | None:
    """The wait that Retry-After asks for, as seconds or as an HTTP date; at most a day. A date is one of the
    brokerage's clock, so it is compared with that, where the answer tells it."""
    told = response.headers.get("retry-after", "").strip()
    if not told:
        return None
    if told.isascii() and told.isdigit() and len(told) < 9:
        return min(timedelta(seconds=int(told)), MAX_WAIT)
    moment = _http_date(told)
    if moment is None:
        return None
    return min(max(moment - (told_at(response) or now), timedelta(0)), MAX_WAIT)


def told_at(response: Response) -> datetime | None:
    """The time by the clock of whoever answered (the header Date, whole seconds); None if it tells none."""
    return _http_date(response.headers.get("date", ""))


def _http_date(told: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def is_web_page(response: Response) -> bool:
    """Whether it is meant for a person's eyes: then no program of the brokerage's said it."""
    if "html" in response.headers.get("content-type", "").lower():
        return True
    head = response.body[:64].lstrip().lower()
    return head.startswith((b"<!doctype html", b"<html"))


def wait_before_retry(failure: Exception) -> bool | float:
    """Whether to repeat at once, and after how many seconds. Long waits are the sync run's business, and so
    is a 429 that does not say for how long: repeated here it would only find the budget held back, which
    counts as no attempt, and the run would come back every other second for as long as it lasts."""
    if not isinstance(failure, NobodyYet) or isinstance(failure, BudgetSpent):
        return False
    if failure.retry_after is None:
        return not isinstance(failure, BrokerageRateLimited)
    return failure.retry_after.total_seconds() if failure.retry_after <= SHORT_WAIT else False
