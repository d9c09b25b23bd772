"""Reading one's own past from PostgreSQL."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.rows import TransactionRow, is_uuid
from upi_risk.adapters.postgres.tables import transactions
from upi_risk.domain.transaction import Transaction

Rows = Select[tuple[object, ...]]


class PostgresHistory:
    """See :class:`upi_risk.domain.ports.History`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def transaction(self, user_id: str, transaction_id: str) -> Transaction | None:
        """The user's transaction with this id."""
        if not is_uuid(transaction_id):
            return None
        found = await self._fetch(one(user_id, transaction_id))
        return found[0] if found else None

    async def page(self, user_id: str, before: datetime | None, limit: int) -> list[Transaction]:
        """The user's latest transactions, along ``idx_transactions_user_id``."""
        return await self._fetch(latest(user_id, before, limit))

    async def _fetch(self, statement: Rows) -> list[Transaction]:
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).all()
        return [msgspec.convert(row, TransactionRow, from_attributes=True).value() for row in rows]


def one(user_id: str, transaction_id: str) -> Rows:
    """The statement that reads a transaction."""
    key = (transactions.c.user_id == user_id, transactions.c.transaction_id == transaction_id)
    return select(transactions).where(*key)


def latest(user_id: str, before: datetime | None, limit: int) -> Rows:
    """The statement that reads a page."""
    statement = select(transactions).where(transactions.c.user_id == user_id)
    if before is not None:
        statement = statement.where(transactions.c.checked_at < before)
    return statement.order_by(transactions.c.checked_at.desc()).limit(limit)
