"""What is over, in PostgreSQL. Each call is one statement over an index, and waits for nobody's lock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.housekeeping import Kind
from upi_risk.domain.session import TokenKind

_KEYS: Final[Mapping[Kind, tuple[Table, Column[object]]]] = {
    Kind.CHALLENGES: (tables.challenges, tables.challenges.c.slot),
    Kind.SIGN_INS: (tables.sign_ins, tables.sign_ins.c.family),
    Kind.SESSIONS: (tables.sessions, tables.sessions.c.token_digest),
}


class PostgresLeftovers:
    """See :class:`upi_risk.domain.housekeeping.Leftovers`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def remove(self, kind: Kind, before: datetime, most: int) -> int:
        """Remove some."""
        table, key = _KEYS[kind]
        over = select(key).where(*_over(kind, before)).limit(most).with_for_update(skip_locked=True)
        chosen = over.cte("over_")
        gone = delete(table).where(key == func.any(func.array(select(chosen).scalar_subquery())))
        with store_errors():
            async with self._engine.connect() as connection:
                return (await connection.execute(gone)).rowcount


def _over(kind: Kind, before: datetime) -> list[ColumnElement[bool]]:
    if kind is not Kind.SESSIONS:
        return [_KEYS[kind][0].c.expires_at < before]
    held, sign_ins = tables.sessions.c, tables.sign_ins.c
    lives = exists().where(sign_ins.family == held.family)
    return [held.expires_at < before, held.created_at < before, (held.kind == TokenKind.ACCESS.value) | ~lives]
