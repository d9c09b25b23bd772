"""Figures of the whole service that only the database knows: labels, live quality, how far a replica is behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.partition_statements import bounds

MATURITY: Final = timedelta(days=7)
"""By then, most frauds have been reported; a payment is judged by what is known so long after it."""

WINDOW: Final = timedelta(days=30)

_NOTHING: Final = text("select 1")
_LABELS: Final = text(
    "select source, count(*), extract(epoch from max(reported_at)) from fraud_reports group by source"
)
_JUDGED: Final = text(
    "select level, decision <> 'ALLOW', reported_at is not null and reported_at < checked_at + :maturity, count(*) "
    "from transactions where checked_at >= :begin and checked_at < :end "
    "and transaction_id >= cast(:first_id as uuid) and transaction_id < cast(:end_id as uuid) group by 1, 2, 3"
)
_WRITTEN: Final = text("select pg_current_wal_lsn()::text")
_BEHIND: Final = text(
    "select case when not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= cast(:written as pg_lsn) then 0 "
    "else extract(epoch from now() - pg_last_xact_replay_timestamp()) end"
)


class Labels(NamedTuple):
    """Fraud labels of one source, and when the latest came, in seconds since 1970."""

    source: str
    number: int
    latest: float


class Judged(NamedTuple):
    """Matured payments that are alike.

    Attributes:
        level: the answer's level.
        flagged: whether the answer was VERIFY or BLOCK.
        fraud: whether they were reported before they matured.
        number: how many.
    """

    level: str
    flagged: bool
    fraud: bool
    number: int


class PostgresSurvey:
    """Reads whole tables: seldom, from one process alone, over an engine of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def answers(self) -> None:
        """Return if the database answers.

        Raises:
            SQLAlchemyError: it does not.
        """
        async with self._engine.connect() as connection:
            await connection.execute(_NOTHING)

    async def labels(self) -> list[Labels]:
        """Labels by source."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_LABELS)).all()
        return [Labels(source, number, float(latest)) for source, number, latest in rows]

    async def judged(self, now: datetime) -> list[Judged]:
        """Payments of the 30 days before those that may still be reported."""
        end = now - MATURITY
        values = {"maturity": MATURITY, "begin": end - WINDOW, "end": end, **bounds(end - WINDOW, end)}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_JUDGED, values)).all()
        return [Judged(*row) for row in rows]

    async def lag_seconds(self, replica: AsyncEngine) -> float | None:
        """How far a replica is behind; None if it has never replayed anything.

        It is 0 as soon as everything is replayed that was written when we asked: an idle primary ages no replica.
        """
        async with self._engine.connect() as connection:
            written = (await connection.execute(_WRITTEN)).scalar_one()
        async with replica.connect() as connection:
            found = (await connection.execute(_BEHIND, {"written": written})).scalar_one()
        return None if found is None else float(found)
