"""Forgetting who a user was, in memory."""

from __future__ import annotations

from dataclasses import replace

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.erasure import erased
from upi_risk.domain.user import User


class MemoryErasure:
    """See :class:`upi_risk.domain.erasure.Erasure`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def erase(self, user_id: str) -> User | None:
        """Remove what says who it was."""
        store, user = self._store, self._store.users.get(user_id)
        if user is None:
            return None
        gone = erased(user)
        store.phones.pop(user.phone_key, None)
        store.phones[gone.phone_key] = user_id
        store.persons.pop(user_id, None)
        store.users[user_id] = gone
        store.device_keys.pop(user_id, None)
        store.roles.pop(user_id, None)
        store.reviews |= {key: replace(held, note="") for key, held in store.reviews.items() if key[0] == user_id}
        return gone
