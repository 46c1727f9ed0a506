"""What to do about each reason: the next step a person can take, and the exit code it ends with."""

from enum import IntEnum


class Exit(IntEnum):
    """How the program ends. Documented in `brokerlink --help`; scripts decide by it."""

    OK = 0
    FAILED = 1
    USAGE = 2
    USER_MUST_ACT = 3
    NOT_FOUND = 4
    UNAVAILABLE = 5
    NOT_ALLOWED = 6
    OPERATOR_MUST_ACT = 7
    INTERRUPTED = 130


EXIT_CODES = """\
Exit codes: 0 done · 1 it failed · 2 the command or a field is wrong · 3 the user must act (sign in \
again, answer) · 4 there is no such thing · 5 no server, or a brokerage is not available: try again · \
6 not allowed · 7 the operator must act · 130 interrupted."""

_BY_STATUS = {
    "INVALID_ARGUMENT": Exit.USAGE,
    "OUT_OF_RANGE": Exit.USAGE,
    "ALREADY_EXISTS": Exit.USAGE,
    "NOT_FOUND": Exit.NOT_FOUND,
    "UNAVAILABLE": Exit.UNAVAILABLE,
    "RESOURCE_EXHAUSTED": Exit.UNAVAILABLE,
    "DEADLINE_EXCEEDED": Exit.UNAVAILABLE,
    "ABORTED": Exit.UNAVAILABLE,
    "UNAUTHENTICATED": Exit.NOT_ALLOWED,
    "PERMISSION_DENIED": Exit.NOT_ALLOWED,
    "CANCELLED": Exit.INTERRUPTED,
}
_BY_ACTOR = {
    "user": Exit.USER_MUST_ACT,
    "caller": Exit.USAGE,
    "operator": Exit.OPERATOR_MUST_ACT,
    "brokerage": Exit.UNAVAILABLE,
    "nobody": Exit.UNAVAILABLE,
}
ACTORS = {
    "user": "the user",
    "caller": "the caller (this command)",
    "operator": "the operator of the server",
    "brokerage": "the brokerage; it is tried again",
    "nobody": "nobody; it may pass by itself",
}
_NEXT_STEPS = {
    "FIELD_INVALID": "Correct the field and repeat the command; --help shows what it takes.",
    "CREDENTIALS_REJECTED": "Check the user name, password or keys at the brokerage, then connect again.",
    "CHALLENGE_WRONG": "Ask the brokerage for a new code and answer again.",
    "CHALLENGE_EXPIRED": "Start again: brokerlink connect BROKERAGE.",
    "CHALLENGE_UNSUPPORTED": "Tell the operator: the brokerage asks for something new.",
    "REAUTHORIZATION_REQUIRED": "Sign in again: brokerlink connect BROKERAGE --reconnect CONNECTION.",
    "CONSENT_REVOKED": "Give the consent again: brokerlink connect BROKERAGE --reconnect CONNECTION.",
    "IDENTITY_MISMATCH": "Use the login of the same person, or connect it as a connection of its own.",
    "ACCOUNT_LOCKED_AT_BROKERAGE": "Unlock the login at the brokerage first; more tries may prolong it.",
    "PERMISSION_INSUFFICIENT": "Give the missing permission at the brokerage, then connect again.",
    "CONNECTION_PAUSED": "Resume it: brokerlink connections resume CONNECTION.",
    "CONNECTION_DISCONNECTED": "Connect again: brokerlink connect BROKERAGE; accounts and history are kept.",
    "CONNECTION_QUARANTINED": "The operator has to release it: brokerlink connections release CONNECTION.",
    "DOOR_CLOSED": "The operator can open this door in the settings; see brokerlink brokerages BROKERAGE.",
    "OPERATOR_SETTING_MISSING": "Set what `brokerlink doctor` names, and start the server again.",
    "BROKERAGE_RETIRED": "Connect its successor; see brokerlink brokerages BROKERAGE.",
    "BROKERAGE_UNKNOWN": "List the brokerages: brokerlink brokerages.",
    "BROKERAGE_UNAVAILABLE": "Try again later; a sync that waits goes on by itself.",
    "BROKERAGE_UNREACHABLE": "Try again later; if all brokerages are, look at the server's own network.",
    "BROKERAGE_CERTIFICATE_INVALID": "Tell the operator: somebody may stand between, or it has run out.",
    "BROKERAGE_MAINTENANCE": "Try again later; a sync that waits goes on by itself.",
    "GATEWAY_OFFLINE": "Start the gateway program and sign in to it; a sync that waits goes on by itself.",
    "BROKERAGE_RATE_LIMITED": "Wait; a sync that waits goes on by itself.",
    "BROKERAGE_RESPONSE_UNREADABLE": "Tell the operator: the brokerage has changed its answers.",
    "CIRCUIT_OPEN": "Wait; the next try comes by itself.",
    "SNAPSHOT_HELD_BACK": "Nothing to do: the former positions stay until the next sync confirms.",
    "STATEMENT_UNREADABLE": "Download it anew; see brokerlink brokerages BROKERAGE for what is read.",
    "CAPABILITY_UNSUPPORTED": "See what its doors can do: brokerlink brokerages BROKERAGE.",
    "HISTORY_UNAVAILABLE": "What the brokerage does not give cannot be had here; see its history depth.",
    "REQUEST_TOO_LARGE": "Ask for less at once.",
    "REQUEST_UNREADABLE": "Use a client of this contract's version.",
    "DEADLINE_EXCEEDED": "Look whether it was done, then repeat the command.",
    "CALLER_TOKEN_INVALID": "Give a valid token in BROKERLINK_TOKEN.",
    "SCOPE_MISSING": "Use a token with the scope that is named.",
    "CONNECT_SESSION_OVER": "Start a new one: brokerlink connect BROKERAGE.",
    "REQUEST_ID_REUSED": "Repeat the command; it takes a new request id.",
    "ETAG_MISMATCH": "Look at it again, then repeat the command.",
    "BUSY": "Wait a moment and repeat the command.",
    "STORAGE_UNAVAILABLE": "Look at the server's log and at its database, then repeat the command.",
    "QUOTA_EXCEEDED": "Wait a moment and repeat the command.",
    "DECRYPTION_FAILED": "The operator must give the server the key the secrets were sealed with.",
    "SERVER_STOPPING": "Repeat the command in a moment.",
    "INTERNAL": "Tell the operator; the server's log knows it by the correlation id.",
    "SERVER_UNREACHABLE": "Start it with `brokerlink serve`, or name another one with --address.",
}


def next_step(reason: str) -> str:
    """What a person can do now. Empty if we have nothing wiser to say than the sentence itself."""
    if reason.endswith("_NOT_FOUND") or reason == "NOT_FOUND":
        noun = reason.removesuffix("NOT_FOUND").strip("_").lower()
        lists = {
            "account": "accounts",
            "brokerage": "brokerages",
            "connect_session": "connections",
            "connection": "connections",
            "dead_letter": "dead-letters",
            "run": "runs",
            "sync_run": "runs",
            "transaction": "transactions",
            "user": "accounts --user USER",
        }
        return f"List what there is: brokerlink {lists[noun]}." if noun in lists else ""
    return _NEXT_STEPS.get(reason, "")


def exit_code(status: str, actor: str) -> Exit:
    """By what was wrong with the call, else by who must act."""
    if actor == "user":
        return Exit.USER_MUST_ACT
    return _BY_STATUS.get(status) or _BY_ACTOR.get(actor) or Exit.FAILED


def exit_code_of_actor(actor: str) -> Exit:
    return _BY_ACTOR.get(actor, Exit.FAILED)
