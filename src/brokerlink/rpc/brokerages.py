"""BrokerageService: the catalogue."""

from brokerlink.rpc import page_tokens, values
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.usecases.list_brokerages import BrokerageView, GetBrokerage, ListBrokerages
from brokerlink.v1 import brokerages_pb2 as pb
from brokerlink.v1 import brokerages_pb2_grpc as pb_grpc
from domain.brokerages import BrokerageStatus, CredentialField, DoorFacts, DoorKind, Support

STATUSES = values.words(pb.BrokerageStatus, "BROKERAGE_STATUS", BrokerageStatus)
DOOR_KINDS = values.words(pb.DoorKind, "DOOR_KIND", DoorKind)
SUPPORTS = values.words(pb.Support, "SUPPORT", Support)
USUAL, MOST = 50, 100


class BrokerageServicer(pb_grpc.BrokerageServiceServicer):
    def __init__(
        self, list_brokerages: ListBrokerages, get_brokerage: GetBrokerage, tokens: PageTokens
    ) -> None:
        self._list = list_brokerages
        self._get = get_brokerage
        self._tokens = tokens

    async def ListBrokerages(
        self, request: pb.ListBrokeragesRequest, context: object
    ) -> pb.ListBrokeragesResponse:
        listing, after = self._tokens.open(request)
        size = page_tokens.size(request.page_size, USUAL, MOST)
        found = self._list(page_tokens.word(after), size + 1)
        shown = found[:size]
        return pb.ListBrokeragesResponse(
            brokerages=[to_proto(view) for view in shown],
            next_page_token=listing.token(shown[-1].facts.id) if len(found) > size else "",
        )

    async def GetBrokerage(self, request: pb.GetBrokerageRequest, context: object) -> pb.Brokerage:
        return to_proto(self._get(request.brokerage_id))


def to_proto(view: BrokerageView) -> pb.Brokerage:
    facts = view.facts
    return pb.Brokerage(
        id=facts.id,
        title=facts.title,
        status=STATUSES[facts.status.value],
        successor_brokerage_id=facts.successor_id or "",
        doors=[_door(door, view.closed.get(door.id)) for door in facts.doors],
        homepage=facts.homepage,
        verification=facts.doors[0].verification if facts.doors else "",
    )


def _door(door: DoorFacts, closed: str | None) -> pb.Door:
    return pb.Door(
        id=door.id,
        title=door.title,
        kind=DOOR_KINDS[door.kind.value],
        open=closed is None,
        closed_reason=closed or "",
        credential_fields=[field_to_proto(field) for field in door.fields],
        capabilities=[
            pb.Capability(
                dataset=values.DATASETS[one.dataset.value], support=SUPPORTS[one.support.value], note=one.note
            )
            for one in door.capabilities
        ],
        history_days=door.history_days,
        access=door.access,
        terms_note=door.terms,
        limits=door.limits,
        verification=door.verification,
        sign_in=door.sign_in,
    )


def field_to_proto(field: CredentialField) -> pb.CredentialField:
    return pb.CredentialField(
        key=field.key,
        label=field.label,
        help=field.help,
        secret=field.secret,
        required=field.required,
        operator=field.operator,
    )
