"""The sandbox's side: a customer's statements as files to be downloaded. Never borrows the readers."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say_text
from adapters.sandbox.compare import account_json
from adapters.sandbox.ledger import rounded
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthTransaction

WHOLE = frozenset({"balance", "positions", "transactions"})
ACTIVITY = frozenset({"transactions"})
HOLDINGS = frozenset({"balance", "positions"})
PLACE = "/statements"


@dataclass(frozen=True, slots=True)
class File:
    """A statement of some accounts. `profile` is what the file is able to tell, `holds` the parts it has, and
    the worth of an account is told with so many places. `words`: what a reader must count of it,
    `left_out`: how many lines it must pass over."""

    name: str
    content: bytes
    accounts: tuple[TruthAccount, ...]
    profile: Profile
    holds: frozenset[str] = WHOLE
    total_places: int | None = None
    media: str = "text/csv"
    words: frozenset[str] = frozenset()
    left_out: int = 0

    def truth(self) -> list[dict[str, object]]:
        """What must be read of it, account by account, in the words of the truth's comparison."""
        told = []
        for account in self.accounts:
            worth = rounded(account.total_value, self.total_places)
            whole = account_json(replace(account, total_value=worth), self.profile)
            rows = whole["transactions"] if isinstance(whole["transactions"], list) else []
            whole["transactions"] = [row for row in rows if row["status"] == "POSTED"]
            told.append({n: v for n, v in whole.items() if n in self.holds or n not in WHOLE})
        return told


Tellers = Callable[[tuple[TruthAccount, ...], date], Iterable[File]]


class FilesDesk:
    """GET /statements/<name>: the download page of a web site, without the web site."""

    def __init__(self, play: Play, tellers: Tellers) -> None:
        self._play, self._tellers = play, tellers

    def files(self) -> tuple[File, ...]:
        return tuple(self._tellers(self._play.accounts, self._play.truth.today))

    def answer(self, asked: Asked) -> Response | None:
        """None for what is not meant for it."""
        if asked.path != PLACE and not asked.path.startswith(f"{PLACE}/"):
            return None
        name = asked.path.removeprefix(PLACE).strip("/")
        known = {file.name: file for file in self.files()}
        if not name:
            return say_text("\n".join([*known, ""]))
        file = known.get(name)
        if file is None or asked.method not in {"GET", "HEAD"}:
            return say_text("no such statement\n", 404)
        self._play.note(asked, 200)
        disposition = f'attachment; filename="{name}"'
        headers = {"content-type": file.media, "content-disposition": disposition}
        return Response(200, headers, file.content)


def plain(value: Decimal, places: int | None = None) -> str:
    """A figure as plain text; with so many places, or as many as it has."""
    return f"{value:f}" if places is None else f"{rounded(value, places):f}"


def dollars(value: Decimal, places: int = 2) -> str:
    """-$1,234.50"""
    told = rounded(value, places)
    return f"{'-' if told < 0 else ''}${abs(told):,f}"


def table(rows: Iterable[Iterable[str]], *, quoted: bool = False, end: str = "\r\n") -> str:
    """Rows of cells as CSV text."""
    out = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(out, quoting=quoting, lineterminator=end).writerows(rows)
    return out.getvalue()


def posted(account: TruthAccount) -> list[TruthTransaction]:
    """What a statement holds: what has happened. Newest first."""
    return [row for row in account.transactions if row.posted]
