"""Tokens in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Row, any_, bindparam, insert, select
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
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                await connection.execute(insert(tables.sessions).values(rows))

    async def find(self, token_digests: Sequence[bytes]) -> list[Session | None]:
        """The session of each token."""
        if not token_digests:
            return []
        asked = bindparam("asked", list(token_digests), ARRAY(LargeBinary))
        statement = select(tables.sessions).where(tables.sessions.c.token_digest == any_(asked))
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).all()
        found = {row.token_digest: _session(row) for row in rows}
        return [found.get(token_digest) for token_digest in token_digests]


def _session(row: Row[Any]) -> Session:
    return Session(row.token_digest, row.user_id, TokenKind(row.kind), row.family, row.created_at, row.expires_at)
