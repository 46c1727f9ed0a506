"""The doctor: looks for all that would keep a server from working here, and changes nothing.

for check in run(load(complete=False)):
    print(check.name, check.ok, check.sentence, check.fix)
"""

from brokerlink.doctor import inside, outside
from brokerlink.doctor.check import Check
from brokerlink.doctor.database import Database, Facts, SqlDatabase
from brokerlink.settings import Settings

__all__ = ["Check", "Database", "Facts", "SqlDatabase", "run"]


def run(settings: Settings, database: Database | None = None) -> list[Check]:
    """All checks, in the order in which they are best repaired."""
    facts = (database or SqlDatabase(settings.database)).facts()
    key, keys = inside.key(settings)
    return [
        *inside.settings_whole(settings),
        key,
        *inside.database(facts),
        inside.key_fits(keys, facts),
        inside.clock(facts),
        *inside.packages(),
        *outside.listening(settings),
        *outside.tls(settings),
        *outside.sandbox(settings),
        *inside.brokerages(settings),
    ]
