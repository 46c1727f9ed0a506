"""The sandbox's portfolio: accounts, ledgers, positions, and the auxiliary history. Part of the sandbox."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from adapters.brokerages.ibkr import tell
from adapters.brokerages.ibkr.gate import Gate, Refused
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, number, say
from adapters.sandbox.play import Play
from adapters.sandbox.router import Handler
from adapters.sandbox.truth import TruthAccount, TruthTransaction

ZERO = Decimal(0)


class Portfolio:
    """`page_size`: of positions; rows say it where `states_size` is set."""

    def __init__(self, play: Play, gate: Gate) -> None:
        self.play, self.gate = play, gate
        self.page_size = (100, 30, 7)[play.seed % 3]
        self.states_size = play.seed % 3 != 1

    def _listed(self) -> list[tell.Json]:
        customer = f"{self.play.customer.first_name} {self.play.customer.last_name}"
        return [tell.account(a, customer, alias=n % 2 == 1) for n, a in enumerate(self.play.accounts)]

    def accounts(self, asked: Asked) -> Response:
        self.gate.admit(asked).listed = True
        return say(self._listed())

    def accounts_paged(self, asked: Asked) -> Response:
        self.gate.admit(asked).listed = True
        page = int(asked.param("page") or "0") if (asked.param("page") or "0").isdigit() else 0
        told = self._listed()
        return say(
            {
                "metadata": {"total": len(told), "pageSize": 20, "pageNum": page},
                "subaccounts": told[page * 20 : page * 20 + 20],
            }
        )

    def of_listed(self, handler: Callable[[Asked, TruthAccount], Response]) -> Handler:
        """Nothing is told of an account before the accounts were listed in the session."""

        def guarded(asked: Asked) -> Response:
            session = self.gate.admit(asked)
            if not session.listed:
                raise Refused(500, "Please query /accounts first")
            owner = next((a for a in self.play.accounts if a.number == asked.names["id"]), None)
            if owner is None:
                raise Refused(401, "Invalid account id")
            return handler(asked, owner)

        return guarded

    def meta(self, asked: Asked, owner: TruthAccount) -> Response:
        return say(next(told for told in self._listed() if told["accountId"] == owner.number))

    def ledger(self, asked: Asked, owner: TruthAccount) -> Response:
        return say(tell.ledger(owner, asked.now))

    def summary(self, asked: Asked, owner: TruthAccount) -> Response:
        return say(tell.summary(owner, asked.now, none=self.play.seed % 2 == 0))

    def allocation(self, asked: Asked, owner: TruthAccount) -> Response:
        held: dict[str, Decimal] = {}
        for position in owner.positions:
            name = tell.CLASSES[position.instrument.kind]
            held[name] = held.get(name, ZERO) + position.market_value
        long = {name: number(value) for name, value in held.items() if value >= 0} | {
            "CASH": number(owner.cash)
        }
        short = {name: number(value) for name, value in held.items() if value < 0}
        return say({"assetClass": {"long": long, "short": short}, "sector": {"long": {}, "short": {}}})

    def combos(self, asked: Asked, owner: TruthAccount) -> Response:
        return say([])

    def invalidate(self, asked: Asked, owner: TruthAccount) -> Response:
        return say({"message": "success"})

    def _rows(self, owner: TruthAccount) -> list[tell.Json]:
        """Fields come and go: a third of the rows has only what is always there."""
        size = self.page_size if self.states_size else None
        return [
            tell.position(p, owner, bare=n % 3 == 2, noisy=n % 2 == 1, size=size)
            for n, p in enumerate(owner.positions)
        ]

    def positions(self, asked: Asked, owner: TruthAccount) -> Response:
        page = asked.names["page"]
        if not page.isdigit():
            raise Refused(400, "Bad Request: page")
        start = int(page) * self.page_size
        return say(self._rows(owner)[start : start + self.page_size])

    def position(self, asked: Asked, owner: TruthAccount) -> Response:
        return say([row for row in self._rows(owner) if str(row["conid"]) == asked.names["conid"]])

    def everywhere(self, asked: Asked) -> Response:
        if not self.gate.admit(asked).listed:
            raise Refused(500, "Please query /accounts first")
        wanted = asked.names["conid"]
        found = {
            a.number: [r for r in self._rows(a) if str(r["conid"]) == wanted] for a in self.play.accounts
        }
        return say({number_: rows for number_, rows in found.items() if rows})

    def positions2(self, asked: Asked, owner: TruthAccount) -> Response:
        return say(
            [
                {
                    "position": number(p.quantity), "conid": str(tell.conid(p.instrument)),
                    "avgCost": number(p.average_cost * p.instrument.multiplier),
                    "avgPrice": number(p.average_cost), "currency": owner.currency,
                    "description": tell.described(p.instrument), "isLastToLoq": False,
                    "marketPrice": number(p.price), "marketValue": number(p.market_value),
                    "secType": tell.CLASSES[p.instrument.kind], "timestamp": int(asked.now.timestamp()),
                }
                for p in owner.positions
            ]
        )  # fmt: skip

    def pa_transactions(self, asked: Asked) -> Response:
        """One conid for a call; fills and dividends of the last days."""
        self.gate.admit(asked)
        told = asked.json()
        if not isinstance(told, dict) or not all(
            isinstance(told.get(n), list) for n in ("acctIds", "conids")
        ):
            raise Refused(400, "Bad Request: acctIds, conids")
        if len(told["conids"]) != 1:
            raise Refused(400, "Bad Request: one conid")
        days = told.get("days", 90)
        since = self.play.truth.today - timedelta(days=days if isinstance(days, int) else 90)
        found = [
            {
                "date": f"{row.trade_date:%a %b %d} 00:00:00 EDT {row.trade_date:%Y}",
                "cur": row.currency,
                "fxRate": 1,
                "acctid": account.number,
                "amt": number(row.net or ZERO),
                "conid": tell.conid(row.instrument),
                "type": _word(row),
                "desc": row.instrument.name,
            }
            for account in self.play.accounts
            if account.number in told["acctIds"]
            for row in account.transactions
            if row.instrument is not None and row.trade_date >= since
            and str(tell.conid(row.instrument)) == str(told["conids"][0])
            and (row.trade or row.type == "DIVIDEND")
        ]  # fmt: skip
        return say(
            {
                "rc": 0,
                "nd": days,
                "currency": told.get("currency", "USD"),
                "id": "getTransactions",
                "transactions": found,
            }
        )


def _word(row: TruthTransaction) -> str:
    if row.type == "DIVIDEND":
        return "Dividend Payment"
    return "Buy" if (row.quantity or ZERO) > 0 else "Sell"
