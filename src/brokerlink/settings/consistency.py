"""What must fit together in the settings before a server may start. All problems are told at once."""

from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from brokerlink.settings.addresses import loopback
from brokerlink.settings.problems import Problem, unreadable, variable

if TYPE_CHECKING:
    from brokerlink.settings.model import Settings

TLS = ("tls_certificate", "tls_key", "tls_client_ca")


def problems(settings: "Settings") -> list[Problem]:
    return [
        *_key(settings),
        *_exposure(settings),
        *_hooks(settings),
        *_tls(settings),
        *_times(settings),
        *_processes(settings),
        *_calendar(settings),
        *_sandbox(settings),
    ]


def _key(settings: "Settings") -> list[Problem]:
    name, file_name = variable("encryption_key"), variable("encryption_key_file")
    given = settings.encryption_key is not None, settings.encryption_key_file is not None
    if given == (False, False):
        fix = f"Make one with `brokerlink keys generate` and give it in {name}, or its file in {file_name}."
        return [Problem(name, f"There is no key to seal secrets with: {name} is not set.", fix)]
    if given == (True, True):
        return [Problem(file_name, f"{name} and {file_name} are both set.", "Give one of them.")]
    return []


def _exposure(settings: "Settings") -> list[Problem]:
    """Without TLS only this machine may call: whoever listens on the way would have all tokens."""
    name = variable("listen")
    if settings.local:
        return []
    if settings.insecure_dev:
        sentence = f"{variable('insecure_dev')} is set, but {name} lets other machines in."
        return [Problem(name, sentence, "Listen on 127.0.0.1 or a Unix socket, or leave it out.")]
    if settings.tls_certificate is None and not settings.allow_plaintext:
        fix = (
            f"Give {variable('tls_certificate')} and {variable('tls_key')}, or listen on 127.0.0.1 or a Unix "
            f"socket; {variable('allow_plaintext')}=true only where something else encrypts."
        )
        return [Problem(name, f"{name} lets other machines in, but there is no TLS.", fix)]
    if settings.tls_client_ca is None and not settings.allow_plaintext:
        fix = f"Give {variable('tls_client_ca')}, or listen on 127.0.0.1 or a Unix socket."
        sentence = f"{name} lets other machines in, but nothing tells who calls."
        return [Problem(name, sentence, fix)]
    return []


def _hooks(settings: "Settings") -> list[Problem]:
    """Notices are signed, but not encrypted: what the world sends has to come through something that is."""
    if settings.hooks is None or settings.hooks.local or settings.allow_plaintext:
        return []
    name = variable("hooks_listen")
    fix = (
        "Listen on 127.0.0.1 or a Unix socket, behind a proxy with TLS;"
        f" {variable('allow_plaintext')}=true only where something else encrypts."
    )
    return [Problem(name, f"{name} lets other machines in, but there is no TLS.", fix)]


def _tls(settings: "Settings") -> list[Problem]:
    certificate, key, authority = (getattr(settings, name) for name in TLS)
    found: list[Problem] = []
    if (certificate is None) != (key is None):
        given, missing = (TLS[1], TLS[0]) if certificate is None else (TLS[0], TLS[1])
        sentence = f"{variable(given)} is set without {variable(missing)}."
        found.append(Problem(variable(missing), sentence, "Give both, or neither."))
    elif authority is not None and certificate is None:
        sentence = f"{variable(TLS[2])} is set without {variable(TLS[0])} and {variable(TLS[1])}."
        found.append(Problem(variable(TLS[2]), sentence, "Client certificates need TLS: give all three."))
    files = zip(TLS, (certificate, key, authority), strict=True)
    refusals = [unreadable(variable(name), path) for name, path in files if path is not None]
    return found + [refusal for refusal in refusals if refusal is not None]


def _times(settings: "Settings") -> list[Problem]:
    if settings.run_deadline_seconds > settings.lease_seconds * 2:
        return []
    name, lease = variable("run_deadline_seconds"), variable("lease_seconds")
    sentence = f"{name} is less than two times {lease}: a run would end before another process can take it."
    return [Problem(name, sentence, f"Raise {name}, or lower {lease}.")]


def _calendar(settings: "Settings") -> list[Problem]:
    if settings.sync_cadence != "market_hours" or find_spec("exchange_calendars") is not None:
        return []
    name = variable("sync_cadence")
    sentence = f"{name} is market_hours, but the calendar is not installed."
    return [Problem(name, sentence, f"Install brokerlink[calendar], or set {name} to minutes.")]


def unshared(settings: "Settings") -> list[str]:
    """Addresses that only one process can listen on: Unix sockets, and a port that the system chooses."""
    listeners = (*settings.listeners, *((settings.hooks,) if settings.hooks else ()))
    return [listener.text for listener in listeners if listener.path or not listener.port]


def _processes(settings: "Settings") -> list[Problem]:
    found: list[Problem] = []
    work, name = variable("work"), variable("processes")
    postgresql = f"give {variable('database_url')}=postgresql://..."
    if settings.embedded and not settings.work:
        sentence = f"{work} is false, but with SQLite nobody else can run the syncs."
        found.append(Problem(work, sentence, f"Leave it out, or {postgresql}."))
    if settings.embedded and settings.process_count > 1:
        sentence = f"{name} is more than 1, but SQLite belongs to one process."
        found.append(Problem(name, sentence, f"Leave it out, or {postgresql}."))
    if settings.process_count > 1 and unshared(settings):
        sentence = f"{name} is more than 1, but a Unix socket or port 0 cannot be shared."
        found.append(
            Problem(name, sentence, f"Leave it out, or give {variable('listen')} a host and a port.")
        )
    return found


def _sandbox(settings: "Settings") -> list[Problem]:
    """While we play, no call may reach a real brokerage."""
    if settings.sandbox_url is None:
        return [
            Problem(
                name := variable("brokerages", brokerage_id, "limited"),
                f"{name} is false, but that brokerage is no sandbox: it would lock us out.",
                "Leave it out.",
            )
            for brokerage_id, given in sorted(settings.brokerages.items())
            if not given.limited
        ]
    return [
        Problem(
            name := variable("brokerages", brokerage_id, "hosts", host),
            f"{variable('sandbox_url')} is set, but {name} leads away from this machine.",
            "Leave one of them out.",
        )
        for brokerage_id, given in sorted(settings.brokerages.items())
        for host, url in sorted(given.hosts.items())
        if not loopback(urlsplit(url).hostname or "")
    ]
