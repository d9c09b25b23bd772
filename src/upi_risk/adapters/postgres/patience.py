"""Reading whole tables, as of one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors

_PATIENCE: Final = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL enable_seqscan = on",
    "SET LOCAL plan_cache_mode = force_custom_plan",
    "SET LOCAL work_mem = '64MB'",
)
"""What reads whole tables and sorts them on disk: nobody waits for it, and it waits for nobody."""


@asynccontextmanager
async def patient(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that sees one moment and takes its time.

    Raises:
        StoreUnavailableError: the store failed meanwhile.
    """
    with store_errors(engine):
        async with engine.execution_options(isolation_level="REPEATABLE READ").begin() as connection:
            for setting in _PATIENCE:
                await connection.exec_driver_sql(setting)
            yield connection
