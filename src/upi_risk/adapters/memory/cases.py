"""Payments to be looked at again, in memory."""

from __future__ import annotations

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.decision import Decision
from upi_risk.domain.review import Position, Review
from upi_risk.domain.transaction import Transaction


class MemoryCases:
    """See :class:`upi_risk.domain.review.Cases`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def find(self, transaction_id: str) -> Transaction | None:
        """The transaction with this id."""
        held = (mine.get(transaction_id) for mine in self._store.transactions.values())
        return next((transaction for transaction in held if transaction is not None), None)

    async def waiting(self, before: Position | None, limit: int) -> list[Transaction]:
        """Payments to be reviewed."""
        open_ones = [
            held
            for mine in self._store.transactions.values()
            for held in mine.values()
            if held.assessment.decision is not Decision.ALLOW
            and (held.payment.user_id, held.payment.transaction_id) not in self._store.reviews
            and (before is None or _position(held) < before)
        ]
        return sorted(open_ones, key=_position, reverse=True)[:limit]

    async def review_of(self, user_id: str, transaction_id: str) -> Review | None:
        """What was found."""
        return self._store.reviews.get((user_id, transaction_id))

    async def record(self, review: Review) -> Review:
        """Keep a finding."""
        return self._store.reviews.setdefault((review.user_id, review.transaction_id), review)


def _position(held: Transaction) -> Position:
    return held.payment.at, held.payment.transaction_id
