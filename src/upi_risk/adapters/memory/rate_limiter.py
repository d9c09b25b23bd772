"""A rate limiter of one process."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from upi_risk.domain.ports import Clock
from upi_risk.domain.rate_limit import Ask, Verdict

MOST_BUCKETS: Final = 50_000
"""With more, the one that was opened first is forgotten: an attacker with many addresses must not fill the memory."""


class MemoryRateLimiter:
    """See :class:`upi_risk.domain.rate_limit.RateLimiter`."""

    def __init__(self, clock: Clock, *, most_buckets: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most_buckets
        self._logs: dict[str, deque[datetime]] = {}

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        """Count and decide."""
        now = self._clock.now()
        return [self._decide(ask, now) for ask in asks]

    def _decide(self, ask: Ask, now: datetime) -> Verdict:
        window = timedelta(seconds=ask.window_seconds)
        log = self._logs.setdefault(ask.bucket, deque())
        while len(self._logs) > self._most:
            del self._logs[next(iter(self._logs))]
        while log and log[0] <= now - window:
            log.popleft()
        if len(log) < ask.limit:
            log.append(now)
            return Verdict(admitted=True, remaining=ask.limit - len(log), retry_after_seconds=0)
        wait = ceil((log[0] + window - now).total_seconds()) if log else ask.window_seconds
        return Verdict(admitted=False, remaining=0, retry_after_seconds=min(max(wait, 1), ask.window_seconds))
