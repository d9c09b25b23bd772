"""Everybody's committed checks in PostgreSQL, through a server-side cursor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.partition_statements import within
from upi_risk.adapters.postgres.patience import patient
from upi_risk.domain.collecting import PastCheck

PAGE: Final = 2_000
_FEATURES: Final = [field.name for field in fields(PastCheck)].index("features")

_WITHIN: Final = "t.checked_at >= '{first}'::timestamptz AND t.checked_at < '{end}'::timestamptz AND {ids}"

_COUNT: Final = f"SELECT count(*) FROM transactions t WHERE {_WITHIN}"  # noqa: S608 - constants

_DECLARE: Final = f"""
DECLARE past_checks NO SCROLL CURSOR FOR
 SELECT t.checked_at, t.user_id, t.receiver_upi, t.amount_paise, t.settled_at, t.reported_at, u.created_at,
        t.features, t.score, t.decision, t.model_version, t.probability
   FROM transactions t JOIN users u USING (user_id)
  WHERE {_WITHIN}
  ORDER BY t.checked_at, t.user_id
"""  # noqa: S608 - constants
"""A statement like this takes no parameters; what is put into it are instants alone."""

_FETCH: Final = f"FETCH FORWARD {PAGE} FROM past_checks"


class PostgresPastChecks:
    """See :class:`upi_risk.domain.collecting.PastChecks`.

    One statement is one moment: whatever is committed meanwhile is not seen. The rows leave the server as they are
    fetched, a page at a time.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self, first: datetime | None, end: datetime) -> int:
        """How many there are."""
        async with patient(self._engine) as connection:
            return int((await connection.exec_driver_sql(_between(_COUNT, first, end))).scalar_one())

    async def read(self, first: datetime | None, end: datetime) -> AsyncGenerator[Sequence[PastCheck], None]:
        """The checks in order, in pages."""
        async with patient(self._engine) as connection:
            await connection.exec_driver_sql(_between(_DECLARE, first, end))
            while page := (await connection.exec_driver_sql(_FETCH)).all():
                yield [_past(*row) for row in page]


def _between(statement: str, first: datetime | None, end: datetime) -> str:
    return statement.format(
        first=first.isoformat() if first else "-infinity", end=end.isoformat(), ids=within(first, end)
    )


def _past(*row: Any) -> PastCheck:  # noqa: ANN401 - each column's own type
    values = list(row)
    values[_FEATURES] = tuple(values[_FEATURES])
    return PastCheck(*values)
