"""Users in PostgreSQL."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.persons import Persons, person_of
from upi_risk.adapters.postgres.rows import UserRow
from upi_risk.domain.payment import Phone
from upi_risk.domain.person import NOBODY, Person
from upi_risk.domain.user import User


class PostgresUsers:
    """See :class:`upi_risk.domain.ports.Users`."""

    def __init__(self, engine: AsyncEngine, persons: Persons) -> None:
        """``persons`` tells how names and phones are kept."""
        self._engine = engine
        self._transactions = engine.execution_options(isolation_level="READ COMMITTED")
        self._persons = persons

    async def add(self, user: User, person: Person | None = None) -> None:
        """Store a new user, unless the phone is in the index already."""
        with store_errors(self._engine):
            async with self._transactions.begin() as connection:
                await self._persons.add(connection, user, person)

    async def by_phone(self, phone: Phone) -> User | None:
        """The user with this phone, however it is kept."""
        statement = select(tables.users).where(tables.users.c.mobile.in_(self._persons.phones.candidates(phone)))
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                row = (await connection.execute(statement)).first()
        return None if row is None else msgspec.convert(row, UserRow, from_attributes=True).value()

    async def person(self, user_id: str) -> Person:
        """Who a user is."""
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                row = (await connection.execute(person_of(user_id))).first()
        return NOBODY if row is None else self._persons.read(row.user_id, row.name, row.mobile, row.sealed)
