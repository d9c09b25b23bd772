"""Calls of Redis that end before their replies come, by whoever asked or by a deadline: no reply goes to another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from redis.asyncio import Redis

from upi_risk.adapters.redis.best_effort import BestEffort, Guard
from upi_risk.domain.breaker import Breaker

_KEYS = 50
_AT_A_TIME = 4
_NEVER = 1 << 40


@dataclass
class Cancelled:
    """What became of calls.

    Attributes:
        answered: were.
        cancelled: by whoever asked.
        cut: by their deadline.
        wrong: told what somebody else had asked for.
    """

    answered: int = 0
    cancelled: int = 0
    cut: int = 0
    wrong: int = 0


async def cancel_at_random(client: Redis, number: int, tell: Callable[[int], None] = lambda _: None) -> Cancelled:
    """Make so many calls, of which many are given up at any moment.

    Args:
        client: of a Redis that keys of ours may be set in.
        number: calls.
        tell: is told how many are over.
    """
    told, dice = Cancelled(), Random(7)  # noqa: S311 - a load
    guard = Guard(60.0, Breaker(failures=_NEVER))
    redis, line = BestEffort(client, guard), guard.line(client)
    await redis.run([("SET", f"cancelled:{key}", key) for key in range(_KEYS)])

    async def ask() -> None:
        first, second = dice.randrange(_KEYS), dice.randrange(_KEYS)
        replies = await redis.run([("GET", f"cancelled:{first}"), ("GET", f"cancelled:{second}")])
        if replies is None:
            told.cut += 1
        else:
            told.answered += 1
            told.wrong += [int(reply) for reply in replies] != [first, second]

    for begun in range(0, number, _AT_A_TIME):
        line._deadline_seconds = dice.choice((60.0, dice.random() * 0.0008))
        tasks = [asyncio.create_task(ask()) for _ in range(_AT_A_TIME)]
        await asyncio.sleep(dice.random() * 0.0005)
        for task in tasks:
            if dice.random() < 0.3 and task.cancel():
                told.cancelled += 1
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, Exception):
                raise done
        tell(begun + _AT_A_TIME)
    return told
