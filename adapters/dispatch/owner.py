"""Who holds a lease on this machine: names of owners, and whether their process is still there."""

import os
import secrets
import socket

from domain.ports.storage import UnitOfWork


def owner_name() -> str:
    """`1234@host-5f…`: process and host, so that the next process knows whether its owner is dead."""
    return f"{os.getpid()}@{socket.gethostname()[:32]}-{secrets.token_hex(6)}"


def release_dead(uow: UnitOfWork) -> list[str]:
    """End the leases whose process on this host is gone, so that their runs go on at once.

    Only where the store is embedded: elsewhere a host's name proves nothing. A process number that was
    given to somebody else meanwhile only costs the wait until the lease ends by itself.
    """
    here, released = socket.gethostname()[:32], []
    for run_id, owner in uow.runs.held():
        process, _, rest = owner.partition("@")
        if rest.rpartition("-")[0] == here and process.isdigit() and not _alive(int(process)):
            uow.runs.release(run_id, owner)
            released.append(run_id)
    return released


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
