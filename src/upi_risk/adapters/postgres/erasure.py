"""Forgetting who a user was, in PostgreSQL."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.rows import UserRow
from upi_risk.domain.erasure import erased
from upi_risk.domain.user import User


class PostgresErasure:
    """See :class:`upi_risk.domain.erasure.Erasure`. The engine is the schema's owner's: the service may not delete."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")

    async def erase(self, user_id: str) -> User | None:
        """Remove what says who it was; the user is locked meanwhile, as by a check."""
        users, reviews = tables.users, tables.reviews
        mine = select(users).where(users.c.user_id == user_id).with_for_update(key_share=True)
        with store_errors(self._engine):
            async with self._engine.begin() as connection:
                row = (await connection.execute(mine)).first()
                if row is None:
                    return None
                user = erased(msgspec.convert(row, UserRow, from_attributes=True).value())
                gone = {"name": "", "mobile": user.phone_key, "version": user.version}
                await connection.execute(update(users).where(users.c.user_id == user_id).values(gone))
                for table in (tables.persons, tables.device_keys, tables.user_roles):
                    await connection.execute(delete(table).where(table.c.user_id == user_id))
                await connection.execute(update(reviews).where(reviews.c.user_id == user_id).values(note=""))
        return user
