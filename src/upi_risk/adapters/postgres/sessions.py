"""Tokens in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.session import Session, TokenKind


class PostgresSessions:
    """See :class:`upi_risk.domain.ports.Sessions`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, sessions: Sequence[Session]) -> None:
        """Store tokens, all or none."""
        if not sessions:
            return
        rows = [
            {
                "token_digest": session.token_digest,
                "user_id": session.user_id,
                "kind": session.kind.value,
                "family": session.family,
                "created_at": session.created_at,
                "expires_at": session.expires_at,
            }
            for session in sessions
        ]
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.execute(insert(tables.sessions).values(rows))

    async def find(self, token_digest: bytes) -> Session | None:
        """The session of a token."""
        statement = select(tables.sessions).where(tables.sessions.c.token_digest == token_digest)
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(statement)).first()
        if row is None:
            return None
        return Session(row.token_digest, row.user_id, TokenKind(row.kind), row.family, row.created_at, row.expires_at)
