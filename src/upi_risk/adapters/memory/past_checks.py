"""Everybody's committed checks in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Final

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.collecting import PastCheck
from upi_risk.domain.transaction import Transaction

PAGE: Final = 100


class MemoryPastChecks:
    """See :class:`upi_risk.domain.collecting.PastChecks`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def count(self, first: datetime | None, end: datetime) -> int:
        """How many there are."""
        return len(self._within(first, end))

    async def read(self, first: datetime | None, end: datetime) -> AsyncGenerator[Sequence[PastCheck], None]:
        """The checks in order, in pages."""
        found = self._within(first, end)
        for begin in range(0, len(found), PAGE):
            yield found[begin : begin + PAGE]

    def _within(self, first: datetime | None, end: datetime) -> list[PastCheck]:
        held = [row for rows in self._store.transactions.values() for row in rows.values()]
        wanted = [row for row in held if (first is None or row.payment.at >= first) and row.payment.at < end]
        return sorted(map(self._past, wanted), key=lambda check: (check.at, check.user_id))

    def _past(self, transaction: Transaction) -> PastCheck:
        payment, assessment = transaction.payment, transaction.assessment
        return PastCheck(
            at=payment.at,
            user_id=payment.user_id,
            receiver=payment.receiver,
            amount_paise=payment.amount_paise,
            settled_at=transaction.settled_at,
            reported_at=transaction.reported_at,
            signed_up_at=self._store.users[payment.user_id].created_at,
            features=transaction.features,
            score=assessment.score,
            decision=assessment.decision,
            model_version=assessment.model_version,
            probability=assessment.probability,
        )
