"""Removing what a replay left, so that it can be replayed again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors

_OF_USERS: Final = (
    tables.transactions,
    tables.idempotency_keys,
    tables.payees,
    tables.persons,
    tables.sessions,
    tables.sign_ins,
    tables.device_keys,
    tables.fraud_reports,
    tables.labels,
    tables.experiment_scores,
    tables.users,
)
_OF_RECEIVERS: Final = (tables.receiver_hours, tables.receiver_days, tables.receiver_reputation)


async def forget_users(engine: AsyncEngine, user_prefix: str, handle: str) -> None:
    """Delete users by the beginning of their id, all they did, and the receivers that only they paid.

    Args:
        engine: where.
        user_prefix: such as ``REPLAY-STREAM-``.
        handle: receivers ``…@<handle>`` go too.

    Raises:
        StoreUnavailableError: the store did not do it; nothing was deleted.
    """
    transactional = engine.execution_options(isolation_level="READ COMMITTED")
    with store_errors(engine):
        async with transactional.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            for table in _OF_USERS:
                await connection.execute(delete(table).where(table.c.user_id.startswith(user_prefix, autoescape=True)))
            for table in _OF_RECEIVERS:
                column = table.c.receiver_upi
                await connection.execute(delete(table).where(column.endswith(f"@{handle}", autoescape=True)))
