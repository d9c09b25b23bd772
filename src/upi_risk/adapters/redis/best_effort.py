"""Commands that may fail: tried once, within a deadline, and not at all while Redis is known to be away."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError

from upi_risk.domain.breaker import Breaker

DEADLINE_SECONDS: Final = 0.05

MOST_KEPT: Final = 2
"""Connections that stay taken from the client's pool: taking one and giving it back costs more than ten commands."""

Command = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps calls short, and away from a Redis that does not answer. All that use one server share it.

    Attributes:
        deadline_seconds: the longest a call takes, waiting for a connection and connecting included.
        breaker: counts failures, so that a dead Redis costs next to nothing.
    """

    deadline_seconds: float = field(default_factory=lambda: DEADLINE_SECONDS)
    breaker: Breaker = field(default_factory=Breaker)


class BestEffort:
    """Sends commands in one round trip; failing is an answer.

    Attributes:
        failures: calls that got no answer because Redis failed or was too slow.
        skipped: calls that were not made because the ones before had failed.
    """

    def __init__(self, client: Redis, guard: Guard | None = None) -> None:
        """``guard`` is shared with others; None makes one."""
        guard = guard or Guard()
        self._client = client
        self._deadline_seconds = guard.deadline_seconds
        self._breaker = guard.breaker
        self.failures = 0
        self.skipped = 0
        self._kept: list[AbstractConnection] = []

    async def run(self, commands: Sequence[Command]) -> list[Any] | None:
        """The replies in order, an error that is about one command as a value; None when there is no answer."""
        if not commands:
            return []
        loop = asyncio.get_running_loop()
        if not self._breaker.lets(loop.time()):
            self.skipped += 1
            return None
        try:
            async with asyncio.timeout(self._deadline_seconds):
                replies = await self._send(commands)
        except (RedisError, OSError, TimeoutError):
            self.failures += 1
            self._breaker.failed(loop.time())
            return None
        self._breaker.succeeded()
        return replies

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        """Write all commands at once and read as many replies.

        A connection that did not get to its end is not in step with its replies any more, and is closed.
        """
        connection = await self._connection()
        try:
            await connection.send_packed_command(b"".join(map(pack_command, commands)), check_health=False)
            replies = [await _reply(connection) for _ in commands]
        except BaseException:
            await connection.disconnect(nowait=True)
            await self._give_back(connection)
            raise
        if len(self._kept) < MOST_KEPT:
            self._kept.append(connection)
        else:
            await self._give_back(connection)
        return replies

    async def _connection(self) -> AbstractConnection:
        """A connection of our own that is in order, or else one of the pool."""
        while self._kept:
            kept = self._kept.pop()
            if kept.is_connected and not await kept.can_read():  # a server that closed it left an end to be read
                return kept
            await kept.disconnect(nowait=True)
            await self._give_back(kept)
        pool = self._client.connection_pool
        connection: AbstractConnection = await pool.get_connection()  # type: ignore[no-untyped-call]
        connection.socket_timeout = None  # the whole call has a deadline, and one for each reply costs as much as it
        return connection

    async def _give_back(self, connection: AbstractConnection) -> None:
        pool = self._client.connection_pool
        connection.socket_timeout = pool.connection_kwargs.get("socket_timeout")
        await pool.release(connection)


async def _reply(connection: AbstractConnection) -> Any:  # noqa: ANN401 - whatever was asked for
    try:
        return await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error
