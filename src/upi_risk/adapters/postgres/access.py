"""Roles and keys in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Row, any_, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import operator_tables as tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.access import LAST_USE, ApiKey, Role, Scope


class PostgresRoles:
    """See :class:`upi_risk.domain.access.Roles`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, user_id: str) -> Role:
        """The user's role."""
        statement = select(tables.user_roles.c.role).where(tables.user_roles.c.user_id == user_id)
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                role = (await connection.execute(statement)).scalar()
        return Role.PAYER if role is None else Role(role)

    async def give(self, user_id: str, role: Role, at: datetime) -> None:
        """Make this the user's role."""
        given = {"role": role.value, "given_at": at}
        statement = insert_or(tables.user_roles).values(user_id=user_id, **given)
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                await connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=given))


class PostgresApiKeys:
    """See :class:`upi_risk.domain.access.ApiKeys`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, key: ApiKey) -> None:
        """Store a new key."""
        row = {
            "key_id": key.key_id,
            "digest": key.digest,
            "label": key.label,
            "scopes": sorted(scope.value for scope in key.scopes),
            "created_at": key.created_at,
        }
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                await connection.execute(insert(tables.api_keys).values(row))

    async def find(self, digests: Sequence[bytes]) -> list[ApiKey | None]:
        """The key of each digest."""
        asked = bindparam("asked", list(digests), ARRAY(LargeBinary))
        statement = select(tables.api_keys).where(tables.api_keys.c.digest == any_(asked))
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).all()
        found = {row.digest: _key(row) for row in rows}
        return [found.get(digest) for digest in digests]

    async def all(self) -> list[ApiKey]:
        """Every key."""
        keys = tables.api_keys
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(select(keys).order_by(keys.c.created_at, keys.c.key_id))).all()
        return [_key(row) for row in rows]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Let a key open nothing."""
        keys = tables.api_keys.c
        statement = update(tables.api_keys).where(keys.key_id == key_id, keys.revoked_at.is_(None))
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                revoked = await connection.execute(statement.values(revoked_at=at).returning(keys.key_id))
                return revoked.first() is not None

    async def used(self, key_id: str, at: datetime) -> None:
        """Record a use."""
        keys = tables.api_keys.c
        news = or_(keys.last_used_at.is_(None), keys.last_used_at <= at - LAST_USE)
        statement = update(tables.api_keys).where(keys.key_id == key_id, news).values(last_used_at=at)
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                await connection.execute(statement)


def _key(row: Row[Any]) -> ApiKey:
    scopes = frozenset(map(Scope, row.scopes))
    return ApiKey(row.key_id, row.digest, row.label, scopes, row.created_at, row.revoked_at, row.last_used_at)
