"""Reading one's own past from PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.partition_statements import AHEAD_AT_MOST
from upi_risk.adapters.postgres.rows import TransactionRow, is_uuid
from upi_risk.adapters.postgres.schema import INSTANT
from upi_risk.adapters.postgres.tables import transactions
from upi_risk.domain.transaction import Transaction

Rows = Select[Any]

_RECENT: Final = timedelta(days=45)
"""Two or three partitions."""


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
        """The user's latest transactions, along ``idx_transactions_user_id``.

        Most pages are in the partitions of the last months, or of the months before the instant. Where these hold no
        whole page, all are read; so what is answered does not depend on any clock.
        """
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(recent(user_id, before, limit))).all()
        if len(rows) == limit and rows[-1].checked_at >= rows[-1].whole_since:
            return [_transaction(row) for row in rows]
        return await self._fetch(latest(user_id, before, limit))

    async def _fetch(self, statement: Rows) -> list[Transaction]:
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).all()
        return [_transaction(row) for row in rows]


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


def recent(user_id: str, before: datetime | None, limit: int) -> Rows:
    """The same of ids of some weeks alone, and since when nothing is missing among them."""
    anchor: ColumnElement[Any] = func.now() if before is None else cast(before, INSTANT)
    since = anchor - _RECENT
    milliseconds = cast(func.extract("epoch", since) * 1000, BigInteger)
    first = cast(func.rpad(func.lpad(func.to_hex(milliseconds), 12, "0"), 32, "0"), Uuid(as_uuid=False))
    statement = latest(user_id, before, limit).add_columns((since + AHEAD_AT_MOST).label("whole_since"))
    return statement.where(transactions.c.transaction_id >= first)


def _transaction(row: object) -> Transaction:
    return msgspec.convert(row, TransactionRow, from_attributes=True).value()
