"""What is over, in memory."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from datetime import datetime
from itertools import islice
from typing import Any

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.housekeeping import Kind
from upi_risk.domain.session import Session, TokenKind


class MemoryLeftovers:
    """See :class:`upi_risk.domain.housekeeping.Leftovers`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def remove(self, kind: Kind, before: datetime, most: int) -> int:
        """Remove some."""
        if kind is Kind.SESSIONS:
            over = (key for key, held in self._store.sessions.items() if self._is_over(held, before))
            return _removed(self._store.sessions, islice(over, most))
        held: MutableMapping[Any, Any] = self._store.challenges if kind is Kind.CHALLENGES else self._store.sign_ins
        return _removed(held, islice((key for key, one in held.items() if one.expires_at < before), most))

    def _is_over(self, session: Session, before: datetime) -> bool:
        if max(session.expires_at, session.created_at) >= before:
            return False
        return session.kind is TokenKind.ACCESS or session.family not in self._store.sign_ins


def _removed(held: MutableMapping[Any, Any], keys: Iterable[Any]) -> int:
    gone = list(keys)
    for key in gone:
        del held[key]
    return len(gone)
