"""Sealing anew in memory, where nothing but phones has a form that keys make."""

from __future__ import annotations

from dataclasses import replace

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.person import NOBODY_LIKE, PhoneKeys
from upi_risk.domain.protection import Kept, Step
from upi_risk.domain.user import User


class MemoryProtection:
    """See :class:`upi_risk.domain.protection.Protection`."""

    def __init__(self, store: MemoryStore, phones: PhoneKeys) -> None:
        self._store = store
        self._phones = phones

    async def exposed(self, kept: Kept) -> int:
        """How many are not under the current keys."""
        return len(self._found(kept, ""))

    async def protect(self, kept: Kept, after: str, most: int) -> Step:
        """Seal some."""
        found = self._found(kept, after)
        batch, sealed = found[:most], 0
        for user in batch:
            person = self._store.persons.get(user.user_id)
            token = self._phones.kept(person.phone) if person else user.phone_key
            if person is None or token in self._store.phones:
                continue
            del self._store.phones[user.phone_key]
            self._store.phones[token] = user.user_id
            self._store.users[user.user_id] = replace(user, phone_key=token, version=user.version + 1)
            sealed += 1
        return Step(sealed, len(batch) - sealed, batch[-1].user_id if len(found) > most else None)

    def _found(self, kept: Kept, after: str) -> list[User]:
        if kept is not Kept.USERS:
            return []
        others = (self._phones.mark, *NOBODY_LIKE)
        users = (user for user in self._store.users.values() if user.user_id > after)
        return sorted((user for user in users if not user.phone_key.startswith(others)), key=lambda user: user.user_id)
