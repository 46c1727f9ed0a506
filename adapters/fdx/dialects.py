"""The three dialects of FDX, and what differs between them: hosts, paths, tokens, how one goes on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to speak FDX. `{provider}` and `{id}` in paths are filled in; `listed`: one account is asked
    for as a list of one. `bearer` names the member of the token answer that data calls carry.

    `refresh_in_body`: the client's id and secret are sent in the body when renewing, not as HTTP Basic.
    `page`: how many rows are asked for. `instants`: bounds of a window are instants, not days.
    """

    id: str
    auth_host: str
    data_host: str
    authorize: str
    tokens: str
    revoke: str
    accounts: str
    account: str
    transactions: str
    listed: bool = False
    bearer: str = "access_token"
    refresh_in_body: bool = False
    page: int = 100
    instants: bool = False


# The first words of Akoya's hosts name them.
AKOYA = Dialect(
    id="akoya",
    auth_host="idp",
    data_host="products",
    authorize="/auth",
    tokens="/token",
    revoke="/revoke",
    accounts="/accounts-info/v2/{provider}",
    account="/accounts/v2/{provider}",
    transactions="/transactions/v2/{provider}/{id}",
    listed=True,
    bearer="id_token",
    refresh_in_body=True,
    page=50,
    instants=True,
)
# A provider's own server. Where it signs people in is the provider's matter: paths may be replaced.
V6 = Dialect(
    id="fdx6",
    auth_host="consent",
    data_host="fdx",
    authorize="/authorize",
    tokens="/token",
    revoke="/revoke",
    accounts="/accounts",
    account="/accounts/{id}",
    transactions="/accounts/{id}/transactions",
)
V5 = Dialect(
    id="fdx5",
    auth_host=V6.auth_host,
    data_host=V6.data_host,
    authorize=V6.authorize,
    tokens=V6.tokens,
    revoke=V6.revoke,
    accounts=V6.accounts,
    account=V6.account,
    transactions=V6.transactions,
)
