"""Commands that may fail: tried once, within a deadline, and not at all while Redis is known to be away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

DEADLINE_SECONDS: Final = 0.1
"""The longest a call takes, waiting for a connection and connecting included."""

FAILURES_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 1.0

Command = tuple[Any, ...]


class BestEffort:
    """Sends commands in one round trip; failing is an answer.

    After five failures in a row nothing is sent for a second, so that a dead Redis costs next to nothing.

    Attributes:
        failures: calls that got no answer because Redis failed or was too slow.
        skipped: calls that were not made because the ones before had failed.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self.failures = 0
        self.skipped = 0
        self._in_a_row = 0
        self._open_until = 0.0

    async def run(self, commands: Sequence[Command]) -> list[Any] | None:
        """The replies in order, an error that is about one command as a value; None when there is no answer."""
        if not commands:
            return []
        loop = asyncio.get_running_loop()
        if loop.time() < self._open_until:
            self.skipped += 1
            return None
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                replies = await self._send(commands)
        except (RedisError, OSError, TimeoutError):
            self.failures += 1
            self._in_a_row += 1
            if self._in_a_row >= FAILURES_TO_OPEN:
                self._open_until = loop.time() + OPEN_SECONDS
            return None
        self._in_a_row = 0
        return replies

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            replies: list[Any] = await pipeline.execute(raise_on_error=False)
            return replies
