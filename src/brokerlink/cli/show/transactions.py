"""Transactions as a table, and instruments as people call them."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from brokerlink.cli.show.figures import ABSENT, day, dim, gain, given, price, quantity, word
from brokerlink.cli.show.tables import row, table
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import instruments_pb2, transactions_pb2

_RIGHTS = {instruments_pb2.OPTION_RIGHT_CALL: "call", instruments_pb2.OPTION_RIGHT_PUT: "put"}
COLUMNS = ("!Date", "Type", "Instrument", ">?Quantity", ">?Price", ">Net amount", "!?", "!?Description")


def instrument(one: instruments_pb2.Instrument) -> str:
    """ "VTI", or "AAPL 2026-12-18 200 call" for an option."""
    if one.HasField("option_details"):
        terms = one.option_details
        right = _RIGHTS.get(terms.right, "")
        expires = day(terms.expiration_date)
        return clean(f"{terms.underlying_symbol} {expires} {quantity(terms.strike)} {right}".strip())
    return clean(one.symbol) or clean(one.name) or ABSENT


def transactions(
    found: Sequence[transactions_pb2.Transaction], accounts: Mapping[str, str], title: str = ""
) -> None:
    """Newest first. `accounts` names the accounts; the column is left out when there is only one."""
    if not found:
        console().print(dim("No transactions."))
        return
    several = len({one.account_id for one in found}) > 1
    made = table(*(["Account"] if several else []), *COLUMNS, title=title)
    for one in found:
        name = accounts.get(one.account_id, one.account_id)
        row(made, *([name] if several else []), *_cells(one))
    console().print(made)


def _cells(one: transactions_pb2.Transaction) -> list[str | Text]:
    pending = one.status == transactions_pb2.TRANSACTION_STATUS_PENDING
    kind = word(transactions_pb2.TransactionType, one.type, "TRANSACTION_TYPE")
    unknown = one.type == transactions_pb2.TRANSACTION_TYPE_OTHER and one.brokerage_type
    return [
        day(one.trade_date) if one.HasField("trade_date") else ABSENT,
        Text(f"{kind} ({clean(one.brokerage_type)})" if unknown else kind)
        + Text(" pending" if pending else "", style="yellow"),
        Text(instrument(one.instrument) if one.HasField("instrument") else "", style="bold"),
        quantity(given(one, "quantity")) if one.HasField("quantity") else "",
        price(given(one, "price")) if one.HasField("price") else "",
        gain(given(one, "net_amount")),
        one.currency_code,
        dim(one.description[:60]),
    ]
