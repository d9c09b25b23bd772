"""What lapses, in PostgreSQL. Whole tables are read, so it is for once a day or less, and for the schema's owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.operating_tables import device_keys, webhook_messages
from upi_risk.adapters.postgres.operator_tables import reviews
from upi_risk.adapters.postgres.tables import users
from upi_risk.domain.person import NOBODY_LIKE
from upi_risk.domain.retention import Lapsed

_PATIENCE: Final = ("SET LOCAL statement_timeout = 0", "SET LOCAL enable_seqscan = on")
_TABLES: Final = {
    Lapsed.PERSONS: users,
    Lapsed.DEVICES: device_keys,
    Lapsed.NOTES: reviews,
    Lapsed.MESSAGES: webhook_messages,
}


class PostgresRetention:
    """See :class:`upi_risk.domain.retention.Retention`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")

    async def count(self, lapsed: Lapsed, before: datetime) -> int:
        """How many lapsed."""
        table = _TABLES[lapsed]
        statement = select(func.count()).select_from(table).where(*_over(lapsed, before))
        return int((await self._run(statement)).scalar_one())

    async def inactive(self, before: datetime, after: str, most: int) -> Sequence[str]:
        """Inactive users."""
        over = _over(Lapsed.PERSONS, before)
        found = select(users.c.user_id).where(*over, users.c.user_id > after).order_by(users.c.user_id).limit(most)
        return list((await self._run(found)).scalars())

    async def remove(self, lapsed: Lapsed, before: datetime, most: int) -> int:
        """Remove some."""
        table = _TABLES[lapsed]
        key = tuple_(*table.primary_key.columns)
        chosen = select(*table.primary_key.columns).where(*_over(lapsed, before)).limit(most)
        return int((await self._run(_change(lapsed, table).where(key.in_(chosen)))).rowcount)

    async def _run(self, statement: Any) -> Any:  # noqa: ANN401 - a statement and a result of SQLAlchemy's
        with store_errors():
            async with self._engine.begin() as connection:
                await _be_patient(connection)
                return await connection.execute(statement)


async def _be_patient(connection: AsyncConnection) -> None:
    for setting in _PATIENCE:
        await connection.exec_driver_sql(setting)


def _change(lapsed: Lapsed, table: Table) -> Update | Delete:
    return update(table).values(note="") if lapsed is Lapsed.NOTES else delete(table)


def _over(lapsed: Lapsed, before: datetime) -> tuple[ColumnElement[bool], ...]:
    if lapsed is Lapsed.PERSONS:
        nobody = or_(*(users.c.mobile.startswith(each, autoescape=True) for each in NOBODY_LIKE))
        return (users.c.last_event_at < before, ~nobody)
    if lapsed is Lapsed.DEVICES:
        return (device_keys.c.revoked_at < before,)
    if lapsed is Lapsed.NOTES:
        return (reviews.c.reviewed_at < before, reviews.c.note != "")
    return (webhook_messages.c.died_at < before,)
