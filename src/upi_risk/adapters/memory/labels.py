"""Labels in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.labels import Label, LabelSource


class MemoryLabels:
    """See :class:`upi_risk.domain.labels.Labels`."""

    def __init__(self, store: MemoryStore) -> None:
        """``store`` holds transactions and reports."""
        self._store = store
        self._labels: dict[tuple[str, str, str, object], Label] = {}

    async def of(self, user_id: str, transaction_id: str) -> list[Label]:
        """The labels of a payment, a payer's report among them."""
        said = [label for key, label in self._labels.items() if key[:2] == (user_id, transaction_id)]
        for report in self._store.reports:
            if (report.user_id, report.transaction_id, report.source) == (user_id, transaction_id, LabelSource.PAYER):
                label = Label(user_id, transaction_id, LabelSource.PAYER, fraud=True, at=report.reported_at)
                said += [] if label in said else [label]
        return said

    async def add(self, label: Label) -> None:
        """Keep a label."""
        self._labels.setdefault((label.user_id, label.transaction_id, label.source, label.at), label)

    async def payers(self, transaction_ids: Sequence[str]) -> Mapping[str, str]:
        """The user of each transaction."""
        wanted = set(transaction_ids)
        return {
            transaction_id: user_id
            for user_id, held in self._store.transactions.items()
            for transaction_id in wanted & held.keys()
        }
