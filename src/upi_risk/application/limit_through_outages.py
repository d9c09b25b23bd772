"""A limit that holds, less sharply, while the store it is counted in is away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.rate_limit import Ask, RateLimiter, Verdict


class LimitThroughOutages:
    """A :class:`RateLimiter` that counts locally, a worker's share of each limit, where the shared one cannot.

    Attributes:
        outages: batches that were counted locally.
    """

    def __init__(self, shared: RateLimiter, local: RateLimiter, workers: int) -> None:
        """``workers`` is how many processes share the limits."""
        self._shared = shared
        self._local = local
        self._workers = workers
        self.outages = 0

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        """Count in the shared limiter or, failing that, here. Never raises StoreUnavailableError."""
        try:
            return await self._shared.admit(asks)
        except StoreUnavailableError:
            self.outages += 1
            return await self._local.admit([replace(ask, limit=max(ask.limit // self._workers, 1)) for ask in asks])
