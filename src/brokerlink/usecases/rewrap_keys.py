"""Rewrap every data key under the newest key-encryption key, so that older ones can be retired.

The data is not touched. It may be stopped at any time and run again, also while servers work: both the
old and the new wrapping open as long as both keys are given.
"""

from dataclasses import dataclass

from domain.ports.storage import Storage, UnitOfWork
from domain.ports.vault import Vault

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class RewrapKeys:
    storage: Storage
    vault: Vault
    current: str

    async def __call__(self) -> int:
        """How many keys were rewrapped. Raises DecryptionFailed at a key that the given ones do not open:
        it is still there, as it was."""
        total = 0
        while True:
            done = await self.storage.write(self._some)
            total += done
            if done < AT_ONCE:
                return total

    def _some(self, uow: UnitOfWork) -> int:
        found = uow.data_keys.not_under(self.current, AT_ONCE)
        for key in found:
            uow.data_keys.rewrapped(self.vault.rewrap(key))
        return len(found)
