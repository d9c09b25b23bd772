"""Roles and keys in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.access import ApiKey, Role


class MemoryRoles:
    """See :class:`upi_risk.domain.access.Roles`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def of(self, user_id: str) -> Role:
        """The user's role."""
        return self._store.roles.get(user_id, Role.PAYER)

    async def give(self, user_id: str, role: Role, at: datetime) -> None:  # noqa: ARG002 - no row to date
        """Make this the user's role."""
        self._store.roles[user_id] = role


class MemoryApiKeys:
    """See :class:`upi_risk.domain.access.ApiKeys`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def add(self, key: ApiKey) -> None:
        """Store a new key."""
        self._store.keys[key.key_id] = key

    async def find(self, digests: Sequence[bytes]) -> list[ApiKey | None]:
        """The key of each digest."""
        by_digest = {key.digest: key for key in self._store.keys.values()}
        return [by_digest.get(digest) for digest in digests]

    async def all(self) -> list[ApiKey]:
        """Every key."""
        return sorted(self._store.keys.values(), key=lambda key: (key.created_at, key.key_id))

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Let a key open nothing."""
        key = self._store.keys.get(key_id)
        if key is None or key.revoked_at is not None:
            return False
        self._store.keys[key_id] = replace(key, revoked_at=at)
        return True

    async def used(self, key_id: str, at: datetime) -> None:
        """Record a use."""
        key = self._store.keys[key_id]
        if key.use_is_news(at):
            self._store.keys[key_id] = replace(key, last_used_at=at)
