"""The port `Statements`: a brokerage's files, read by whichever of its card's formats fits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import localcontext

from adapters.kit.card import Card
from adapters.kit.units import in_currency
from domain.errors import BrokerageUnknown, CapabilityUnsupported, StatementUnreadable, UnreadableReply
from domain.money import EXACTLY
from domain.ports.statements import AccountStatement, Statement


@dataclass(frozen=True, slots=True)
class Files:
    names: tuple[str, ...]
    load: Callable[[str], Card]

    def read(self, brokerage_id: str, content: bytes, today: date) -> Statement:
        if brokerage_id not in self.names:
            raise BrokerageUnknown
        card = self.load(brokerage_id)
        if not card.files:
            raise CapabilityUnsupported(f"We read no files of {card.title}.")
        if not content.strip():
            raise StatementUnreadable("The file is empty.")
        fitting = [way for way in card.files if way.fits(content)]
        if not fitting:
            known = ", ".join(way.facts.title for way in card.files)
            raise StatementUnreadable(f"This is none of the files that we read of {card.title}: {known}.")
        try:
            with localcontext(EXACTLY):
                return _in_currencies(fitting[0].read(content, today))
        except UnreadableReply as failure:  # a reader of fields that knows no lines
            raise StatementUnreadable(failure.message) from None


def _in_currencies(told: Statement) -> Statement:
    return replace(told, accounts=tuple(_in_currency(account) for account in told.accounts))


def _in_currency(told: AccountStatement) -> AccountStatement:
    return replace(
        told,
        account=in_currency(told.account),
        transactions=tuple(in_currency(row) for row in told.transactions),
        balances=None if told.balances is None else tuple(in_currency(one) for one in told.balances),
        positions=None if told.positions is None else tuple(in_currency(one) for one in told.positions),
    )
