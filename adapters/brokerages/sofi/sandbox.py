"""SoFi, played by us: Plaid is all that answers for it."""

from adapters.kit.wire import Response
from adapters.plaid.profiles import profile
from adapters.plaid.sandbox import PlaidDesk
from adapters.sandbox.asked import Asked
from adapters.sandbox.play import Play

INSTITUTION = "ins_900001"  # made up: the real one is what Plaid's search answers
PROFILE = profile("sofi", kinds=frozenset({"equity", "etf", "option", "crypto"}), number_pattern="5########")


class SofiSandbox:
    """SoFi for one customer."""

    id = "sofi"
    profile = PROFILE

    def __init__(self, play: Play) -> None:
        self.play = play
        self.desk = PlaidDesk(play, "SoFi", INSTITUTION)

    def answer(self, asked: Asked) -> Response:
        return self.desk.answer(asked)

    def credentials(self) -> dict[str, str]:
        return self.desk.credentials()

    def announce(self) -> list[str]:
        return self.desk.announce()

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return self.desk.refusal(asked, status)


def sandbox(play: Play) -> SofiSandbox:
    return SofiSandbox(play)
