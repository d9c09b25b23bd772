"""The latest figures in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors

_TABLE: Final = tables.monitoring
_ONLY: Final = 1
_decode: Final = msgspec.json.Decoder(list[tuple[str, str, float]]).decode


class PostgresFigures:
    """See :class:`upi_risk.domain.monitoring.Figures`: one row, replaced whole."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put(self, at: datetime, figures: Sequence[tuple[str, str, float]]) -> None:
        """Store figures in place of all before."""
        values = {"taken_at": at, "figures": msgspec.json.encode(sorted(figures)).decode()}
        statement = insert(_TABLE).values(number=_ONLY, **values)
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=values))

    async def latest(self) -> tuple[datetime, list[tuple[str, str, float]]] | None:
        """When figures were stored, and which."""
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(select(_TABLE.c.taken_at, _TABLE.c.figures))).one_or_none()
        return (row[0], _decode(row[1])) if row else None
