"""What lapses, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.person import NOBODY_LIKE
from upi_risk.domain.retention import Lapsed


class MemoryRetention:
    """See :class:`upi_risk.domain.retention.Retention`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def count(self, lapsed: Lapsed, before: datetime) -> int:
        """How many lapsed."""
        return len(self._found(lapsed, before))

    async def inactive(self, before: datetime, after: str, most: int) -> Sequence[str]:
        """Inactive users."""
        return sorted(user_id for user_id in self._found(Lapsed.PERSONS, before) if user_id > after)[:most]

    async def remove(self, lapsed: Lapsed, before: datetime, most: int) -> int:
        """Remove some."""
        found = self._found(lapsed, before)[:most]
        for key in found:
            if lapsed is Lapsed.NOTES:
                self._store.reviews[key] = replace(self._store.reviews[key], note="")
            elif lapsed is Lapsed.MESSAGES:
                del self._store.messages[key]
            else:
                user_id, key_id = key
                del self._store.device_keys[user_id][key_id]
        return len(found)

    def _found(self, lapsed: Lapsed, before: datetime) -> list[Any]:
        store = self._store
        if lapsed is Lapsed.PERSONS:
            users = store.users.values()
            somebody = (user for user in users if not user.phone_key.startswith(NOBODY_LIKE))
            return [user.user_id for user in somebody if user.last_event_at < before]
        if lapsed is Lapsed.NOTES:
            return [key for key, held in store.reviews.items() if held.note and held.at < before]
        if lapsed is Lapsed.MESSAGES:
            return [key for key, held in store.messages.items() if held.died_at and held.died_at < before]
        keys = ((user_id, each) for user_id, held in store.device_keys.items() for each in held.values())
        return [(user_id, each.key_id) for user_id, each in keys if each.revoked_at and each.revoked_at < before]
