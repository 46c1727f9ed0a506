"""What the doctor looks at in what we were given: settings, key, database, brokerages, packages, clock."""

import time
from datetime import UTC, datetime

from adapters.aesgcm.keyring import KeyRing
from adapters.aesgcm.roots import Roots
from brokerlink import preflight
from brokerlink.doctor.check import Check, bad, good, of
from brokerlink.doctor.database import Facts
from brokerlink.settings import Settings
from brokerlink.settings.problems import variable
from domain.errors import DecryptionFailed

KEYS = frozenset({variable("encryption_key"), variable("encryption_key_file")})
OLDEST = datetime(2026, 1, 1, tzinfo=UTC)  # this program is younger than that
CLOCKS_MAY_DIFFER = 2.0  # seconds
CLOCK_MAY_SLIP = 0.02  # seconds, while we look


def settings_whole(settings: Settings) -> list[Check]:
    found = [problem for problem in settings.problems() if problem.setting not in KEYS]
    found += preflight.brokerages(settings)
    if found:
        return [of(problem, "settings") for problem in found]
    return [good("settings", "They are whole and fit together.")]


def key(settings: Settings) -> tuple[Check, KeyRing | None]:
    """Whether there is a key that can be used; and it."""
    keys, found = preflight.keys_of(settings)
    found += [problem for problem in settings.problems() if problem.setting in KEYS]
    if found or keys is None:
        return of(found[0], "key"), None
    older = f", {len(keys.ids) - 1} older held" if len(keys.ids) > 1 else ""
    return good("key", f"It can be used: {keys.current.id} is the current one{older}."), keys


def key_fits(keys: KeyRing | None, facts: Facts) -> Check:
    name = "key and database"
    if keys is None or facts.complaint:
        return bad(name, "They cannot be compared.", "Put the key and the database right first.")
    if facts.root is None:
        return good(name, "Nothing is sealed yet; the first start seals with the current key.")
    try:
        _, again = Roots(keys).unlock(facts.root)
    except DecryptionFailed as error:
        return bad(name, error.message, "Put the key that it was sealed with behind the current one.")
    rest = " The next start moves it to the current key." if again else ""
    return good(name, f"The database opens with this key.{rest}")


def database(facts: Facts) -> list[Check]:
    if facts.complaint:
        fix = f"Correct {variable('database_url')} or {variable('data_dir')}, or start the database."
        return [bad("database", f"It cannot be used: {facts.complaint}.", fix)]
    fresh = facts.fresh
    found = [good("database", "It is empty; the first start makes all tables." if fresh else "It answers.")]
    if not fresh and facts.revision == facts.newest:
        found.append(good("schema", "It is the newest."))
    elif not fresh:
        fix = "Start the server once, which migrates; or run the program that made it."
        found.append(bad("schema", "It is not the one of this program.", fix))
    if facts.refuses_writes:
        found.append(bad("writing", f"It takes no writes: {facts.refuses_writes}.", "Correct its rights."))
    else:
        found.append(good("writing", "It can be written."))
    if not fresh and facts.journal == "wal":
        found.append(good("journal", "It is in WAL mode: readers and writer do not wait for each other."))
    elif not fresh and facts.journal is not None:
        found.append(bad("journal", "It is not in WAL mode.", "Keep it on a local disk; start the server."))
    if facts.exposed:
        sentence = "Other users of this machine can read the database file."
        found.append(bad("privacy", sentence, "chmod 700 its directory."))
    return found


def clock(facts: Facts) -> Check:
    drift = time.monotonic() - time.time()
    time.sleep(0.05)
    drift -= time.monotonic() - time.time()
    now, fix = datetime.now(UTC), "Let the machine keep its time (NTP)."
    if now < OLDEST:
        return bad("clock", f"It says {now:%Y-%m-%d}, which is long ago.", fix)
    if abs(drift) > CLOCK_MAY_SLIP:
        return bad("clock", "It is being moved at this moment.", fix)
    if facts.seconds_off is None:
        return good("clock", "It goes steadily.")
    if abs(facts.seconds_off) > CLOCKS_MAY_DIFFER:
        return bad("clock", f"It differs from the database's by {abs(facts.seconds_off):.0f} seconds.", fix)
    return good("clock", "It goes steadily, and as the database's does.")


def packages() -> list[Check]:
    found = [of(problem, "packages") for problem in preflight.packages()]
    return found or [good("packages", "domain and adapters are ours alone.")]


def brokerages(settings: Settings) -> list[Check]:
    """Which can be used as they are, and what the operator could still set."""
    from adapters.brokerages import NAMES, card  # noqa: PLC0415 - all cards are loaded, for this alone

    found: list[Check] = []
    for name in NAMES:
        doors, given = card(name).doors, settings.operator(name)
        fields = [field for door in doors for field in door.facts.fields if field.operator and field.required]
        missing = sorted({field.key for field in fields} - given.keys())
        wish = settings.opens(name)
        closed = [door.facts.id for door in doors if not (door.open if wish is None else wish)]
        opens = f"until {variable('brokerages', name, 'open')}=true opens it"
        notes = [f"door {identifier} is closed {opens}" for identifier in closed]
        if missing:
            notes.append(
                f"callers must send {' and '.join(missing)}, or the operator sets them for all users"
            )
        sentence = "; ".join(notes) or "can be used"
        found.append(good(f"brokerage {name}", f"{sentence[:1].upper()}{sentence[1:]}."))
    return found
