"""AccountService: accounts, the connections that read them, and how old their figures are."""

from brokerlink.rpc import page_tokens, values
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.rpc.principals import caller
from brokerlink.usecases.list_accounts import AccountView, GetAccount, ListAccounts
from brokerlink.v1 import accounts_pb2 as pb
from brokerlink.v1 import accounts_pb2_grpc as pb_grpc
from domain.accounts import AccountKind

KINDS = values.words(pb.AccountKind, "ACCOUNT_KIND", AccountKind)
USUAL, MOST = 50, 500


class AccountServicer(pb_grpc.AccountServiceServicer):
    def __init__(self, list_accounts: ListAccounts, get_account: GetAccount, tokens: PageTokens) -> None:
        self._list = list_accounts
        self._get = get_account
        self._tokens = tokens

    async def ListAccounts(self, request: pb.ListAccountsRequest, context: object) -> pb.ListAccountsResponse:
        caller().check_user(request.user_id)
        listing, after = self._tokens.open(request)
        size = page_tokens.size(request.page_size, USUAL, MOST)
        found = await self._list(request.user_id, request.brokerage_id, page_tokens.word(after), size + 1)
        shown = found[:size]
        return pb.ListAccountsResponse(
            accounts=[to_proto(view) for view in shown],
            next_page_token=listing.token(shown[-1].account.id) if len(found) > size else "",
        )

    async def GetAccount(self, request: pb.GetAccountRequest, context: object) -> pb.Account:
        return to_proto(await self._get(request.account_id, caller().user_id))


def to_proto(view: AccountView) -> pb.Account:
    account = view.account
    return pb.Account(
        id=account.id,
        user_id=account.user_id,
        brokerage_id=account.brokerage_id,
        name=account.name,
        masked_number=account.masked_number,
        kind=KINDS[account.kind.value],
        currency_code=account.currency,
        state=pb.ACCOUNT_STATE_OPEN if account.open else pb.ACCOUNT_STATE_CLOSED,
        connection_ids=view.connection_ids,
        freshness=[values.freshness(told) for told in view.freshness],
    )
