"""Reading the past from a replica, and from the primary where the replica cannot tell."""

from __future__ import annotations

from datetime import datetime

from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.ports import History
from upi_risk.domain.transaction import Transaction


class ReadFromReplica:
    """A :class:`~upi_risk.domain.ports.History` that asks a replica first.

    Attributes:
        elsewhere: questions that went to the primary since the replica did not answer.
    """

    def __init__(self, replica: History, primary: History) -> None:
        self._replica = replica
        self._primary = primary
        self.elsewhere = 0

    async def transaction(self, user_id: str, transaction_id: str) -> Transaction | None:
        """The user's transaction; one that the replica does not have may be newer than the replica."""
        try:
            found = await self._replica.transaction(user_id, transaction_id)
        except StoreUnavailableError:
            self.elsewhere += 1
            found = None
        return found or await self._primary.transaction(user_id, transaction_id)

    async def page(self, user_id: str, before: datetime | None, limit: int) -> list[Transaction]:
        """The user's latest transactions, as far as the replica has come."""
        try:
            return await self._replica.page(user_id, before, limit)
        except StoreUnavailableError:
            self.elsewhere += 1
        return await self._primary.page(user_id, before, limit)
