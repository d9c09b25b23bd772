"""Keys of devices in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.errors import DeviceConflictError


class MemoryDeviceKeys:
    """See :class:`upi_risk.domain.account_ports.DeviceKeys`."""

    def __init__(self, store: MemoryStore) -> None:
        self._held = store.device_keys

    async def add(self, key: DeviceKey, most: int) -> None:
        """Store a key."""
        live = await self.of_user(key.user_id)
        if len(live) >= most or any(held.public_key == key.public_key for held in live):
            raise DeviceConflictError
        self._held.setdefault(key.user_id, {})[key.key_id] = key

    async def of_user(self, user_id: str) -> list[DeviceKey]:
        """The user's keys."""
        live = [key for key in self._held.get(user_id, {}).values() if key.revoked_at is None]
        return sorted(live, key=lambda key: (key.created_at, key.key_id))

    async def used(self, user_id: str, key_id: str, at: datetime) -> bool:
        """Note a use."""
        return self._change(user_id, key_id, lambda key: replace(key, used_at=at))

    async def revoke(self, user_id: str, key_id: str, at: datetime) -> bool:
        """Revoke a key."""
        return self._change(user_id, key_id, lambda key: replace(key, revoked_at=at))

    def _change(self, user_id: str, key_id: str, how: Callable[[DeviceKey], DeviceKey]) -> bool:
        key = self._held.get(user_id, {}).get(key_id)
        if key is None or key.revoked_at is not None:
            return False
        self._held[user_id][key_id] = how(key)
        return True
