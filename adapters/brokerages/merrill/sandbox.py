"""Merrill, played by us: Akoya's hosts, Plaid's, the bank's own server with FDX 6, and the site's files."""

from functools import partial

from adapters.brokerages.merrill import tell_csv
from adapters.fdx import profiles
from adapters.fdx.desk import HUB_HOSTS, OWN_HOSTS, FdxDesk
from adapters.files.tell import FilesDesk
from adapters.kit.wire import Response
from adapters.plaid.link import HOST
from adapters.plaid.profiles import profile
from adapters.plaid.sandbox import PlaidDesk
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import Truth

INSTITUTION = "ins_900004"  # made up: the real one is what Plaid's search answers
PROVIDER = "bofa-example"  # made up: the real one is shown in Akoya's hub
PROFILE = profile("merrill", hosts=(*HUB_HOSTS, *OWN_HOSTS, HOST), number_pattern="51@-#####")


class MerrillSandbox:
    """Merrill for one customer."""

    id = "merrill"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.statements = FilesDesk(play, partial(tell_csv.files, PROFILE))
        self.fdx = FdxDesk(play, "akoya", provider=PROVIDER)
        self.direct = FdxDesk(play, "v6", name="direct")
        self.plaid = PlaidDesk(play, "Merrill", INSTITUTION)

    def _desk(self, asked: Asked) -> FdxDesk | PlaidDesk:
        desks = {**dict.fromkeys(HUB_HOSTS, self.fdx), **dict.fromkeys(OWN_HOSTS, self.direct)}
        return desks.get(asked.host, self.plaid)

    def answer(self, asked: Asked) -> Response:
        return self.statements.answer(asked) or self._desk(asked).answer(asked)

    def credentials(self) -> dict[str, str]:
        return self.fdx.credentials() | self.direct.credentials() | self.plaid.credentials()

    def announce(self) -> list[str]:
        return [*self.fdx.announce(), *self.direct.announce(), *self.plaid.announce()]

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return self._desk(asked).refusal(asked, status)

    def seen_by(self, door: str) -> tuple[Truth, Profile]:
        """Plaid tells less than FDX does, and ETFs better."""
        return self.play.truth_now(), PROFILE if door == "plaid" else profiles.seen(PROFILE)


def sandbox(play: Play) -> MerrillSandbox:
    return MerrillSandbox(play)
