"""Signing in by keys that a person brings: one read with them tells whether they are good."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.kit.replies import failure_of
from adapters.kit.signin import Conversation, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response
from domain.challenges import Answer
from domain.errors import BrokerageUnavailable, ChallengeUnsupported, CredentialsRejected, Failure
from domain.ports.brokerage import Grant


@dataclass(frozen=True, slots=True)
class Trying:
    """Something is being read with the keys."""

    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyTrial:
    """What is tried, and how.

    `fields`: the credential fields that the keys are. `request`: the read, which `authorise` proves. `keep`:
    how the grant keeps them, where not as they were typed; it raises FieldInvalid for what cannot be a key,
    before something is sent. `look` raises where an answer of 200 still says no. `explain`: what other
    answers mean, where the brokerage says more than the status. `refused`: statuses that mean that the keys
    are wrong.
    """

    fields: tuple[str, ...]
    request: Request
    authorise: Callable[[Request, Grant, Moment], Request]
    keep: Callable[[dict[str, str]], dict[str, str]] | None = None
    look: Callable[[Response], None] | None = None
    explain: Callable[[Response], Failure | None] | None = None
    refused: frozenset[int] = frozenset({401})

    @property
    def conversation(self) -> Conversation:
        return Conversation(self.begin, self.hear, (Trying,))

    def begin(self, given: Given, moment: Moment) -> Move:
        values = {name: given.fields[name] for name in self.fields}
        if self.keep is not None:
            values = self.keep(values)
        return Send(self.authorise(self.request, Grant(values), moment), Trying(values))

    def hear(self, state: Trying, heard: Heard, moment: Moment) -> Move:
        match heard:
            case Response(status=200):
                if self.look is not None:
                    self.look(heard)
                return Done(Grant(dict(state.values)))
            case Response():
                told = self.explain(heard) if self.explain is not None else None
                if heard.status in self.refused:
                    raise told or CredentialsRejected()
                raise told or failure_of(heard, moment.now) or BrokerageUnavailable()
            case Answer():
                raise ChallengeUnsupported
