"""One transaction, all repositories."""

from sqlalchemy import Connection as SqlConnection

from adapters.sql.accounts import SqlAccounts
from adapters.sql.connections import SqlConnections, SqlCredentials, SqlSessions
from adapters.sql.duties import SqlDuties
from adapters.sql.feeds import SqlFeeds, SqlFreshness
from adapters.sql.handles import SqlHandles
from adapters.sql.holdings import SqlHoldings
from adapters.sql.instruments import SqlInstruments
from adapters.sql.log import SqlDataKeys, SqlEvents, SqlRequests
from adapters.sql.runs import SqlProgressLog, SqlRuns
from adapters.sql.transactions import SqlTransactions


class SqlUnitOfWork:
    """The port `UnitOfWork` over one open transaction."""

    def __init__(self, connection: SqlConnection) -> None:
        self.sql = connection
        self.data_keys = SqlDataKeys(connection)
        self.connections = SqlConnections(connection)
        self.credentials = SqlCredentials(connection)
        self.handles = SqlHandles(connection)
        self.sessions = SqlSessions(connection)
        self.accounts = SqlAccounts(connection)
        self.instruments = SqlInstruments(connection)
        self.holdings = SqlHoldings(connection)
        self.transactions = SqlTransactions(connection)
        self.feeds = SqlFeeds(connection)
        self.freshness = SqlFreshness(connection)
        self.runs = SqlRuns(connection)
        self.progress = SqlProgressLog(connection)
        self.events = SqlEvents(connection)
        self.requests = SqlRequests(connection)
        self.duties = SqlDuties(connection)
