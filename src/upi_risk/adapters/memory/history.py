"""Reading one's own past in memory."""

from __future__ import annotations

from datetime import datetime

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.transaction import Transaction


class MemoryHistory:
    """See :class:`upi_risk.domain.ports.History`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def transaction(self, user_id: str, transaction_id: str) -> Transaction | None:
        """The user's transaction with this id."""
        return self._store.transaction((user_id, transaction_id))

    async def page(self, user_id: str, before: datetime | None, limit: int) -> list[Transaction]:
        """The user's latest transactions."""
        held = self._store.transactions.get(user_id, {}).values()
        earlier = [transaction for transaction in held if before is None or transaction.payment.at < before]
        return sorted(earlier, key=lambda transaction: transaction.payment.at, reverse=True)[:limit]
