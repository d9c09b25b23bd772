"""Commands that may fail: tried once, within a deadline, and not at all while Redis is known to be away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.exceptions import RedisClusterException, RedisError

from upi_risk.adapters.redis.client import Client
from upi_risk.adapters.redis.line import Command, Line
from upi_risk.domain.breaker import Breaker

__all__ = ["DEADLINE_SECONDS", "BestEffort", "Command", "Guard"]

DEADLINE_SECONDS: Final = 0.05


@dataclass(slots=True)
class Guard:
    """What keeps calls short, and away from a Redis that does not answer. All that use one server share it.

    Attributes:
        deadline_seconds: the longest a call takes, waiting for a connection and connecting included.
        breaker: counts failures, so that a dead Redis costs next to nothing.
    """

    deadline_seconds: float = field(default_factory=lambda: DEADLINE_SECONDS)
    breaker: Breaker = field(default_factory=Breaker)
    _line: Line | None = None

    def line(self, client: Client) -> Line:
        """The way to the server, by the client of whoever is first to ask."""
        if self._line is None:
            self._line = Line(client, self.deadline_seconds)
        return self._line


class BestEffort:
    """Sends commands in one round trip; failing is an answer.

    Attributes:
        failures: calls that got no answer because Redis failed or was too slow.
        skipped: calls that were not made because the ones before had failed.
    """

    def __init__(self, client: Client, guard: Guard | None = None) -> None:
        """``guard`` is shared with others; None makes one."""
        guard = guard or Guard()
        self._line = guard.line(client)
        self._breaker = guard.breaker
        self.failures = 0
        self.skipped = 0

    async def run(self, commands: Sequence[Command]) -> list[Any] | None:
        """The replies in order, an error that is about one command as a value; None when there is no answer."""
        if not commands:
            return []
        loop = asyncio.get_running_loop()
        if not self._breaker.lets(loop.time()):
            self.skipped += 1
            return None
        try:
            replies = await self._line.ask(commands)
        except (RedisError, RedisClusterException, OSError, TimeoutError):
            self.failures += 1
            self._breaker.failed(loop.time())
            return None
        self._breaker.succeeded()
        return replies
