"""Limits while the shared store is away."""

from __future__ import annotations

from collections.abc import Sequence

from tests.builders import NOON
from upi_risk.adapters.memory import ManualClock, MemoryRateLimiter
from upi_risk.application.limit_through_outages import LimitThroughOutages
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.rate_limit import Ask, Verdict


class Flickering:
    """A limiter over memory that can be taken away."""

    def __init__(self) -> None:
        self.away = False
        self.held = MemoryRateLimiter(ManualClock(NOON))

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        if self.away:
            raise StoreUnavailableError
        return await self.held.admit(asks)


async def admitted(limiter: LimitThroughOutages, limit: int, times: int) -> int:
    return sum(verdict.admitted for verdict in await limiter.admit([Ask("a", limit, 60)] * times))


async def test_a_worker_lets_in_its_share_while_the_store_is_away_and_that_is_counted() -> None:
    shared = Flickering()
    limiter = LimitThroughOutages(shared, MemoryRateLimiter(ManualClock(NOON)), workers=4)
    assert await admitted(limiter, 100, 60) == 60
    assert limiter.outages == 0
    shared.away = True
    assert await admitted(limiter, 100, 60) == 25
    assert limiter.outages == 1
    shared.away = False
    assert await admitted(limiter, 100, 60) == 40


async def test_a_share_is_one_at_least() -> None:
    shared = Flickering()
    shared.away = True
    limiter = LimitThroughOutages(shared, MemoryRateLimiter(ManualClock(NOON)), workers=4)
    assert await admitted(limiter, 3, 2) == 1
