"""Partitions of the transactions in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from psycopg.errors import LockNotAvailable
from sqlalchemy import MetaData, Table, exc, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres import partition_statements as statements
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.patience import patient
from upi_risk.adapters.postgres.rows import TransactionRow
from upi_risk.adapters.postgres.tables import archived_partitions, transactions
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.partitions import Contents, Month, Partition
from upi_risk.domain.transaction import Transaction

ATTEMPTS: Final = 25
PAUSE_SECONDS: Final = 0.2
"""Between two tries to get a lock, in which those who waited meanwhile go on."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_Work = Callable[[AsyncConnection], Awaitable[bool]]
_NOBODY: Final = {"user_id": "", "transaction_id": "00000000-0000-0000-0000-000000000000"}


class PostgresPartitions:
    """See :class:`upi_risk.domain.partitions.Partitions`. To list and to make is for the role that serves, too."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._transactions = engine.execution_options(isolation_level="READ COMMITTED")

    async def listed(self) -> list[Partition]:
        """Every one."""
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.exec_driver_sql(statements.LISTED)).all()
        found = [statements.partition(*tuple(row)) for row in rows]
        return sorted(found, key=lambda each: (each.rest, each.begins or _NEVER, each.name))

    async def in_rest(self) -> Mapping[Month, int]:
        """How many of which months, of a million at most."""
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.exec_driver_sql(statements.IN_REST)).all()
        return {Month(*row[:2]): row[2] for row in map(tuple, rows)}

    async def make(self, month: Month, most: int) -> bool:
        """Make one, by a function that the role that serves may call, too."""

        async def making(connection: AsyncConnection) -> bool:
            made = await connection.execute(text(statements.MAKE), {"month": month.begins.date(), "most": most})
            return bool(made.scalar_one())

        return await self._locking(making)

    async def forget_keys(self, name: str) -> int:
        """Forget keys, two thousand payments at a time."""
        await self._known(name)
        statement, after, count = text(statements.FORGET_KEYS.format(name=name)), _NOBODY, 0
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                while row := (await connection.execute(statement, after)).first():
                    after = {"user_id": row[0], "transaction_id": row[1]}
                    count += row[2]
        return count

    async def detach(self, name: str) -> None:
        """Detach one. Whoever uses the table is waited for a moment at a time, and then all wait some milliseconds."""
        if not (await self._known(name)).attached:
            return

        async def detaching(connection: AsyncConnection) -> bool:
            await connection.exec_driver_sql(f"ALTER TABLE {statements.TABLE} DETACH PARTITION {name}")
            return True

        await self._locking(detaching)

    async def read(self, name: str, page: int) -> AsyncGenerator[Sequence[Transaction], None]:
        """Pages, through a server-side cursor."""
        await self._known(name)
        held = transactions.to_metadata(MetaData(), name=name)
        async with patient(self._engine) as connection:
            result = await connection.stream(select(held).order_by(held.c.user_id, held.c.transaction_id))
            async for rows in result.partitions(page):
                yield [msgspec.convert(row, TransactionRow, from_attributes=True).value() for row in rows]

    async def drop(self, name: str, contents: Contents, place: str, at: datetime) -> bool:
        """Remove one."""
        if (await self._known(name)).attached:
            return False
        kept = {"name": name, "archived_at": at, "number": contents.number, "paise": contents.paise}
        kept |= {"digest": contents.digest, "place": place}
        with store_errors(self._engine):
            async with self._transactions.begin() as connection:
                await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                await connection.exec_driver_sql(f"LOCK TABLE {name}")
                count = await connection.execute(select(func.count()).select_from(Table(name, MetaData())))
                if count.scalar_one() != contents.number:
                    return False
                await connection.execute(insert(archived_partitions).values(kept))
                await connection.exec_driver_sql(f"DROP TABLE {name}")
        return True

    async def _known(self, name: str) -> Partition:
        """The partition of a name: nothing else is ever put into a statement."""
        for each in await self.listed():
            if each.name == name and not each.rest:
                return each
        raise StoreUnavailableError(f"There is no partition {name}.")

    async def _locking(self, work: _Work) -> bool:
        """Do some work in a transaction that waits for no lock for long, again and again for some seconds."""
        with store_errors(self._engine):
            for left in reversed(range(ATTEMPTS)):
                try:
                    async with self._transactions.begin() as connection:
                        await connection.exec_driver_sql(f"SET LOCAL lock_timeout = {statements.LOCK_MS}")
                        return await work(connection)
                except exc.OperationalError as error:
                    if not left or not isinstance(error.orig, LockNotAvailable):
                        raise
                await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError  # pragma: no cover - the last attempt returns or raises
