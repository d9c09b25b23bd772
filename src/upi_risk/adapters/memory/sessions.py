"""Tokens in memory."""

from __future__ import annotations

from collections.abc import Sequence

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.session import Session


class MemorySessions:
    """See :class:`upi_risk.domain.ports.Sessions`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def add(self, sessions: Sequence[Session]) -> None:
        """Store tokens."""
        self._store.sessions |= {session.token_digest: session for session in sessions}

    async def find(self, token_digests: Sequence[bytes]) -> list[Session | None]:
        """The session of each token."""
        return [self._store.sessions.get(token_digest) for token_digest in token_digests]
