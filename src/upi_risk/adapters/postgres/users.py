"""Users in PostgreSQL."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.rows import UserRow
from upi_risk.domain.errors import PhoneTakenError
from upi_risk.domain.payment import Phone
from upi_risk.domain.user import User


class PostgresUsers:
    """See :class:`upi_risk.domain.ports.Users`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, user: User) -> None:
        """Store a new user, unless the phone is in the index already."""
        row = msgspec.structs.asdict(UserRow.of(user))
        row["habits"] = msgspec.to_builtins(row["habits"])
        statement = insert(tables.users).values(row).on_conflict_do_nothing(index_elements=["mobile"])
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                added = await connection.execute(statement.returning(tables.users.c.user_id))
        if added.first() is None:
            raise PhoneTakenError

    async def by_phone(self, phone: Phone) -> User | None:
        """The user with this phone."""
        statement = select(tables.users).where(tables.users.c.mobile == phone)
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                row = (await connection.execute(statement)).first()
        return None if row is None else msgspec.convert(row, UserRow, from_attributes=True).value()
