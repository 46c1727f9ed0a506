"""Vanguard, played by us: Plaid answers for it, and its web site gives files."""

from collections.abc import Iterator
from datetime import date

from adapters.brokerages.vanguard import tell_csv
from adapters.files.tell import File, FilesDesk
from adapters.files.tell_ofx import Institution
from adapters.kit.wire import Response
from adapters.plaid.profiles import profile
from adapters.plaid.sandbox import PlaidDesk
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount

INSTITUTION = "ins_900002"  # made up: the real one is what Plaid's search answers
PROFILE = profile(
    "vanguard", kinds=frozenset({"equity", "etf", "mutual_fund", "option"}), number_pattern="########"
)

FILES = Institution("vanguard", "vanguard.com", "Vanguard", "15103", fund=("VMFXX", "922906300"))


def files(accounts: tuple[TruthAccount, ...], today: date) -> Iterator[File]:
    yield from FILES.files(PROFILE, accounts, today)
    yield from tell_csv.files(PROFILE, accounts, today)


class VanguardSandbox:
    """Vanguard for one customer."""

    id = "vanguard"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.statements = FilesDesk(play, files)
        self.desk = PlaidDesk(play, "Vanguard", INSTITUTION, settlement_fund="VMFXX")

    def answer(self, asked: Asked) -> Response:
        return self.statements.answer(asked) or self.desk.answer(asked)

    def credentials(self) -> dict[str, str]:
        return self.desk.credentials()

    def announce(self) -> list[str]:
        return self.desk.announce()

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return self.desk.refusal(asked, status)


def sandbox(play: Play) -> VanguardSandbox:
    return VanguardSandbox(play)
