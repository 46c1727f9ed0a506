"""What we may have to ask a person while a connection is being made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class ChallengeKind(Enum):
    REDIRECT = "redirect"  # open authorize_url, come back with the callback URL
    VERIFIER_CODE = "verifier_code"  # open authorize_url, the page shows a code to type in
    SMS_CODE = "sms_code"
    EMAIL_CODE = "email_code"
    APP_CODE = "app_code"
    CHOICE = "choice"
    DEVICE_APPROVAL = "device_approval"  # approve in the brokerage's app; we are asked to look again
    QUESTION = "question"
    MORE_CREDENTIALS = "more_credentials"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One thing to ask. Holds nothing secret: it is shown to the caller.

    `destination` is masked ("***-**12"). `poll_after`: for DEVICE_APPROVAL, how long to wait between
    two looks. `options` are (key, label) of a CHOICE.
    """

    kind: ChallengeKind
    prompt: str
    options: tuple[tuple[str, str], ...] = ()
    destination: str | None = None
    authorize_url: str | None = None
    attempts_left: int | None = None
    expires_at: datetime | None = None
    poll_after: timedelta | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person did. Exactly one of these is set; `credentials` only for MORE_CREDENTIALS."""

    code: str | None = None
    choice: str | None = None
    callback_url: str | None = None
    approved: bool = False
    text: str | None = None
    credentials: tuple[tuple[str, str], ...] = ()
