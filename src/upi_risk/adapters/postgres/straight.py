"""The statements of the hot path on the driver's own connections.

To take a connection from the pool, run a statement through the engine and read its rows takes three times as long as
the driver takes for it. So some connections stay taken, and their statements go to the driver as they are.
"""

from __future__ import annotations

import re
import select
from collections.abc import Mapping
from typing import Any, Final, cast

import psycopg
from psycopg import AsyncRawCursor
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.guard import guard_of

MOST_KEPT: Final = 2
"""Connections that stay taken, and never more than half of the pool."""

_NAME: Final = re.compile(r"%\((\w+)\)s")


class Statement:
    """A statement with parameters by name, as the server wants it.

    Attributes:
        text: what is sent, parameters by number.
        names: of the parameters, in the order of their numbers.
    """

    __slots__ = ("names", "text")

    def __init__(self, text: str) -> None:
        """Parameters are ``%(name)s``, and any other ``%`` stands for itself."""
        self.names = tuple(dict.fromkeys(_NAME.findall(text)))
        self.text = _NAME.sub(lambda found: f"${self.names.index(found[1]) + 1}", text).encode()


class Straight:
    """Runs statements, each a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine is in autocommit. What is kept of its connections is closed when it is disposed of."""
        self._engine = engine
        self._guard = guard_of(engine)
        self._kept: list[tuple[AsyncConnection, psycopg.AsyncConnection[Any]]] = []
        self._most = min(MOST_KEPT, cast("Any", engine.sync_engine.pool).size() // 2)
        self._outages = self._opened
        event.listen(engine.sync_engine, "engine_disposed", self._disposed)

    async def run(self, statement: Statement, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement.

        Raises:
            sqlalchemy.exc.DBAPIError: what the engine would raise.
        """
        connection, driver = await self._connection()
        try:
            cursor = AsyncRawCursor(driver)
            await cursor.execute(statement.text, [parameters[name] for name in statement.names])
            rows = await cursor.fetchall()
        except psycopg.Error as error:
            await self._after(error, connection, driver)
            raise exc.DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from error
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        await self._keep(connection, driver)
        return rows

    @property
    def _opened(self) -> int:
        """How often there was an outage."""
        return 0 if self._guard is None else self._guard.breaker.opened

    async def _connection(self) -> tuple[AsyncConnection, psycopg.AsyncConnection[Any]]:
        """One that was kept and is in order, or else one of the pool."""
        if self._outages != self._opened:
            self._outages = self._opened
            await self._drop(self._kept)
        while self._kept:
            kept = self._kept.pop()
            if not _ended(kept[1]):
                return kept
            await self._drop([kept])
        connection = await self._engine.connect()
        driver = (await connection.get_raw_connection()).driver_connection
        return connection, cast("psycopg.AsyncConnection[Any]", driver)

    async def _keep(self, connection: AsyncConnection, driver: psycopg.AsyncConnection[Any]) -> None:
        if len(self._kept) < self._most and self._outages == self._opened:
            self._kept.append((connection, driver))
        else:
            await connection.close()

    async def _after(
        self, error: psycopg.Error, connection: AsyncConnection, driver: psycopg.AsyncConnection[Any]
    ) -> None:
        """Keep a connection on which a statement failed, unless that was the connection's end."""
        if error.sqlstate is None or driver.closed:
            await self._drop([(connection, driver)])
        else:
            await self._keep(connection, driver)

    async def _drop(self, dropped: list[tuple[AsyncConnection, psycopg.AsyncConnection[Any]]]) -> None:
        while dropped:
            connection, _ = dropped.pop()
            await connection.invalidate()
            await connection.close()

    def _disposed(self, _engine: object) -> None:
        kept, self._kept = self._kept, []
        for connection, _ in kept:
            if connection.sync_connection is not None:
                connection.sync_connection.invalidate()
                connection.sync_connection.close()


def _ended(driver: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server has ended an idle connection: it has something to read then."""
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))
