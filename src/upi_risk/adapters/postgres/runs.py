"""Runs of tasks in PostgreSQL; who runs one holds an advisory lock of its session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import desc, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.schedule import Run

_TABLE: Final = tables.task_runs
_COLUMNS: Final = [_TABLE.c[field.name] for field in fields(Run)]
_KEY: Final = ("task", "period")
_LOCK: Final = text("SELECT pg_try_advisory_lock(hashtextextended('upi-risk task ' || :task, 0))")
_UNLOCK: Final = text("SELECT pg_advisory_unlock(hashtextextended('upi-risk task ' || :task, 0))")


class PostgresRuns:
    """See :class:`upi_risk.domain.schedule.Runs`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def alone(self, task: str) -> AsyncIterator[bool]:
        """Be the only one to run a task while inside: the server lets go when the connection ends, however it does."""
        with store_errors():
            async with self._engine.connect() as connection:
                got = bool((await connection.execute(_LOCK, {"task": task})).scalar_one())
                try:
                    yield got
                finally:
                    if got:
                        await connection.execute(_UNLOCK, {"task": task})

    async def find(self, task: str, period: str) -> Run | None:
        """The task's run in a period."""
        with store_errors():
            async with self._engine.connect() as connection:
                wanted = select(*_COLUMNS).where(_TABLE.c.task == task, _TABLE.c.period == period)
                row = (await connection.execute(wanted)).one_or_none()
        return Run(*row) if row else None

    async def keep(self, run: Run) -> None:
        """Store a run in place of the one held."""
        values = asdict(run)
        changed = {name: value for name, value in values.items() if name not in _KEY}
        statement = insert(_TABLE).values(**values).on_conflict_do_update(index_elements=_KEY, set_=changed)
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.execute(statement)

    async def latest(self) -> list[Run]:
        """The newest run of each task, by name."""
        newest = select(*_COLUMNS).ext(distinct_on(_TABLE.c.task)).order_by(_TABLE.c.task, desc(_TABLE.c.started_at))
        with store_errors():
            async with self._engine.connect() as connection:
                return [Run(*row) for row in (await connection.execute(newest)).all()]
