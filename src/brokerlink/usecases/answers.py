"""What a caller may give: credentials that fit the door's fields, answers that fit the challenge."""

import re

from domain.brokerages import DoorFacts
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import FieldInvalid


def checked_fields(facts: DoorFacts, told: dict[str, str]) -> dict[str, str]:
    """What the caller gave, if it fits what the door declares. An operator's field may be left out here:
    the door's conversation says so if the operator has not configured it either."""
    declared = {field.key: field for field in facts.fields}
    for key in told:
        if key not in declared:
            names = ", ".join(declared) or "none"
            raise FieldInvalid(
                f"credentials[{key[:64]}]", f"This door takes no such field; it takes: {names}."
            )
    for key, field in declared.items():
        if not told.get(key):
            if field.required and not field.operator:
                raise FieldInvalid(f"credentials[{key}]", f"{field.label} is required.")
        elif not re.fullmatch(field.pattern, told[key]):
            raise FieldInvalid(f"credentials[{key}]", f"{field.label} does not have the form it should have.")
    return {key: value for key, value in told.items() if value}


_ANSWERED_BY = {
    ChallengeKind.REDIRECT: "callback_url",
    ChallengeKind.VERIFIER_CODE: "code",
    ChallengeKind.SMS_CODE: "code",
    ChallengeKind.EMAIL_CODE: "code",
    ChallengeKind.APP_CODE: "code",
    ChallengeKind.CHOICE: "choice",
    ChallengeKind.DEVICE_APPROVAL: "approval",
    ChallengeKind.QUESTION: "answer_text",
    ChallengeKind.MORE_CREDENTIALS: "credentials",
}


def check_answer(challenge: Challenge, answer: Answer) -> None:
    """Raises FieldInvalid when the answer is not of the kind that was asked for."""
    given = {
        "code": answer.code,
        "choice": answer.choice,
        "callback_url": answer.callback_url,
        "approval": answer.approved,
        "answer_text": answer.text,
        "credentials": answer.credentials,
    }
    wanted = _ANSWERED_BY[challenge.kind]
    if not given[wanted]:
        raise FieldInvalid(wanted, f"This challenge is answered by {wanted}.")
    if challenge.kind is ChallengeKind.CHOICE and answer.choice not in {key for key, _ in challenge.options}:
        raise FieldInvalid("choice", "This is none of the options.")


def asked_again(before: Challenge, after: Challenge, answer: Answer) -> bool:
    """Whether the brokerage asks for the same once more because the answer was wrong."""
    if answer.approved or before.kind is not after.kind:
        return False
    left, were = after.attempts_left, before.attempts_left
    return left is not None and were is not None and left < were


def attempts_left(challenge: Challenge) -> str:
    left = challenge.attempts_left
    more = "1 attempt is" if left == 1 else f"{left} attempts are"
    return f"The brokerage does not accept this answer; {more} left."
