"""What Vanguard's files have in common."""

# The settlement funds, by ticker and CUSIP: an account's cash (sheet, 3.1 and 5; the CUSIP is unconfirmed).
CASH_FUNDS = frozenset({"VMFXX", "922906300"})
