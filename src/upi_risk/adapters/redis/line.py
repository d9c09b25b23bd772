"""One way to a server: commands that are asked at the same moment, by whomever, go out together."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisClusterException, ResponseError

MOST_KEPT: Final = 2
"""Connections that stay taken from the client's pool: taking one and giving it back costs more than ten commands."""

Command = tuple[Any, ...]


class Line:
    """Sends commands in one round trip; what several ask within one turn of the loop is one round trip, too."""

    def __init__(self, client: Redis | RedisCluster, deadline_seconds: float) -> None:
        """``deadline_seconds`` is the longest a round trip takes, connecting included."""
        way = _Cluster(client) if isinstance(client, RedisCluster) else _Connections(client)
        self._send = way.send
        self._deadline_seconds = deadline_seconds
        self._asked: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The replies in order, an error that is about one command as a value.

        Raises:
            RedisError: the server or the way to it failed; nothing is known of what was done.
            OSError: likewise.
            TimeoutError: likewise, it took too long.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Any]] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._begin, loop)
        self._asked.append((commands, future))
        return await future

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._asked = self._asked, []
        task = loop.create_task(self._answer(asked))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _answer(self, asked: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]]) -> None:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                replies = iter(await self._send([command for commands, _ in asked for command in commands]))
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked, each of whom gets it
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for commands, future in asked:
            told = list(islice(replies, len(commands)))
            if not future.done():
                future.set_result(told)


class _Connections:
    """Connections to one server, some of which are kept."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._kept: list[AbstractConnection] = []

    async def send(self, commands: Sequence[Command]) -> list[Any]:
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


class _Cluster:
    """The nodes of a cluster. Each command has one key, and goes to the node that has it."""

    def __init__(self, client: RedisCluster) -> None:
        self._client = client

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """One round trip to each node that has a key; the client follows keys that have moved.

        Raises:
            RedisClusterException: no node has one of the keys.
        """
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            replies: list[Any] = await pipeline.execute(raise_on_error=False)
        except KeyError as error:  # what the client says of a key that no node has
            raise RedisClusterException("No node of the cluster has the key.") from error
        for reply in replies:
            if isinstance(reply, Exception) and not isinstance(reply, ResponseError):
                raise reply
        return replies
