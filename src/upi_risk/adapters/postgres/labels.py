"""Labels in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.patience import patient
from upi_risk.adapters.postgres.rows import is_uuid
from upi_risk.domain.labels import Label, LabelSource

_OF: Final = text(
    """
SELECT source, fraud, labelled_at FROM labels
 WHERE user_id = :user_id AND transaction_id = CAST(:transaction_id AS uuid)
UNION
SELECT source, TRUE, reported_at FROM fraud_reports
 WHERE user_id = :user_id AND transaction_id = CAST(:transaction_id AS uuid) AND source = 'payer'
"""
)
_ADD: Final = text(
    """
INSERT INTO labels (user_id, transaction_id, source, labelled_at, fraud)
VALUES (:user_id, CAST(:transaction_id AS uuid), :source, :at, :fraud)
ON CONFLICT DO NOTHING
"""
)
_PAYERS: Final = text(
    "SELECT transaction_id::text, user_id FROM transactions WHERE transaction_id = ANY(CAST(:wanted AS uuid[]))"
)


class PostgresLabels:
    """See :class:`upi_risk.domain.labels.Labels`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, user_id: str, transaction_id: str) -> list[Label]:
        """The labels of a payment, a payer's report among them."""
        if not is_uuid(transaction_id):
            return []
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                values = {"user_id": user_id, "transaction_id": transaction_id}
                rows = (await connection.execute(_OF, values)).all()
        return [Label(user_id, transaction_id, LabelSource(source), fraud, at) for source, fraud, at in rows]

    async def add(self, label: Label) -> None:
        """Keep a label."""
        values = {
            "user_id": label.user_id,
            "transaction_id": label.transaction_id,
            "source": str(label.source),
            "at": label.at,
            "fraud": label.fraud,
        }
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                await connection.execute(_ADD, values)

    async def payers(self, transaction_ids: Sequence[str]) -> Mapping[str, str]:
        """The user of each transaction, by one reading of the whole table: its key begins with the user."""
        wanted = [each for each in transaction_ids if is_uuid(each)]
        async with patient(self._engine) as connection:
            rows = (await connection.execute(_PAYERS, {"wanted": wanted})).all()
        return dict(map(tuple, rows))
