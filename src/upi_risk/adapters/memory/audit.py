"""The audit log in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.audit import Entry, Head, Record, chained


class MemoryAuditLog:
    """See :class:`upi_risk.domain.audit.AuditLog`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def append(self, entries: Sequence[Entry]) -> Head:
        """Add entries."""
        self._store.audit += chained(self._head(), entries)
        return self._head()

    async def records(self, after: int = 0) -> AsyncGenerator[Record, None]:
        """Every later record."""
        for record in list(self._store.audit):
            if record.number > after:
                yield record

    async def latest(self, count: int) -> list[Record]:
        """The last records."""
        return self._store.audit[::-1][:count]

    def _head(self) -> Head:
        return self._store.audit[-1].head if self._store.audit else Head()
