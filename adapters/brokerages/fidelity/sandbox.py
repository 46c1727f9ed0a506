"""Fidelity, played by us: Akoya at Akoya's hosts, Plaid at Plaid's, and the files of its web site."""

from functools import partial

from adapters.brokerages.fidelity import tell_csv
from adapters.fdx import profiles
from adapters.fdx.desk import HUB_HOSTS, FdxDesk
from adapters.files.tell import FilesDesk
from adapters.kit.wire import Response
from adapters.plaid.link import HOST
from adapters.plaid.profiles import profile
from adapters.plaid.sandbox import PlaidDesk
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import Truth

INSTITUTION = "ins_900003"  # made up: the real one is what Plaid's search answers
PROVIDER = "fidelity-example"  # made up: the real one is shown in Akoya's hub
PROFILE = profile(
    "fidelity",
    hosts=(*HUB_HOSTS, HOST),
    kinds=frozenset({"equity", "etf", "mutual_fund", "option", "bond"}),
    number_pattern="Z########",
)


class FidelitySandbox:
    """Fidelity for one customer."""

    id = "fidelity"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.statements = FilesDesk(play, partial(tell_csv.files, PROFILE))
        self.fdx = FdxDesk(play, "akoya", provider=PROVIDER)
        self.plaid = PlaidDesk(play, "Fidelity", INSTITUTION)

    def _desk(self, asked: Asked) -> FdxDesk | PlaidDesk:
        return self.fdx if asked.host in self.fdx.hosts else self.plaid

    def answer(self, asked: Asked) -> Response:
        return self.statements.answer(asked) or self._desk(asked).answer(asked)

    def credentials(self) -> dict[str, str]:
        return self.fdx.credentials() | self.plaid.credentials()

    def announce(self) -> list[str]:
        return [*self.fdx.announce(), *self.plaid.announce()]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return self._desk(asked).refusal(asked, status)

    def seen_by(self, door: str) -> tuple[Truth, Profile]:
        """Plaid tells less than FDX does, and ETFs better."""
        return self.play.truth_now(), PROFILE if door == "plaid" else profiles.seen(PROFILE)


def sandbox(play: Play) -> FidelitySandbox:
    return FidelitySandbox(play)
