"""The audit log in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.operator_tables import audit
from upi_risk.domain.audit import Entry, Head, Record, chained

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7508241240)")
_PAGE: Final = 1_000


class PostgresAuditLog:
    """See :class:`upi_risk.domain.audit.AuditLog`.

    Whoever adds holds a lock from before the end of the chain is read until it is committed.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._transactions = engine.execution_options(isolation_level="READ COMMITTED")
        self._one_moment = engine.execution_options(isolation_level="REPEATABLE READ")

    async def append(self, entries: Sequence[Entry]) -> Head:
        """Add entries."""
        with store_errors(self._engine):
            async with self._transactions.begin() as connection:
                await connection.execute(_ONE_AT_A_TIME)
                records = chained(await _head(connection), entries)
                await connection.execute(insert(audit), [_row(record) for record in records])
        return records[-1].head

    async def records(self, after: int = 0) -> AsyncGenerator[Record, None]:
        """Every later record, a page at a time."""
        with store_errors():  # however long the reader takes
            async with self._one_moment.begin() as connection:
                while True:
                    later = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(_PAGE)
                    page = [_record(row) for row in (await connection.execute(later)).all()]
                    for record in page:
                        yield record
                    if len(page) < _PAGE:
                        return
                    after = page[-1].number

    async def latest(self, count: int) -> list[Record]:
        """The last records."""
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = await connection.execute(select(audit).order_by(audit.c.number.desc()).limit(count))
                return [_record(row) for row in rows.all()]


async def _head(connection: AsyncConnection) -> Head:
    last = select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
    row = (await connection.execute(last)).first()
    return Head() if row is None else Head(row.number, row.digest)


def _row(record: Record) -> dict[str, Any]:
    entry = record.entry
    return {
        "number": record.number,
        "at": entry.at,
        "actor": entry.actor,
        "deed": str(entry.deed),
        "subject": entry.subject,
        "detail": entry.detail,
        "previous": record.previous,
        "digest": record.digest,
    }


def _record(row: Row[Any]) -> Record:
    entry = Entry(row.at, row.actor, row.deed, row.subject, row.detail)
    return Record(row.number, entry, row.previous, row.digest)
