"""What callers are told of each of the sandboxes' wrong answers."""

# Of all mutations that are not named below.
UNREADABLE = "BROKERAGE_RESPONSE_UNREADABLE"

REASONS = {
    "401": "REAUTHORIZATION_REQUIRED",
    "403": "PERMISSION_INSUFFICIENT",
    "maintenance-html": "BROKERAGE_MAINTENANCE",
    **dict.fromkeys(("429", "429-date"), "BROKERAGE_RATE_LIMITED"),
    **dict.fromkeys(("500", "502", "503", "504"), "BROKERAGE_UNAVAILABLE"),
    **dict.fromkeys(("truncated", "reset", "reset-after", "hang", "drip"), "BROKERAGE_UNAVAILABLE"),
}
# Where a status means another thing: so do edges of Alpaca's refuse bad keys.
OWN = {("alpaca", "403"): "REAUTHORIZATION_REQUIRED"}
# We try again later.
PASSING = {"BROKERAGE_MAINTENANCE", "BROKERAGE_RATE_LIMITED", "BROKERAGE_UNAVAILABLE"}


def reason_of(brokerage: str, mutation: str) -> str:
    return OWN.get((brokerage, mutation)) or REASONS.get(mutation, UNREADABLE)
