"""Following, while a process serves, whether anybody wants to hear of decisions."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from upi_risk.adapters.postgres.webhooks import PostgresWebhooks
from upi_risk.domain.errors import StoreUnavailableError


class FollowingSubscribers:
    """Knows whether anybody wants to hear of decisions, so that commits tell of them, or cost nothing more."""

    def __init__(self, webhooks: PostgresWebhooks) -> None:
        self._webhooks = webhooks
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def __call__(self) -> bool:
        """Whether anybody wants to, as of the last look."""
        return self._wanted

    async def start(self, seconds: float) -> None:
        """Look, and look again and again with a pause of some seconds; 0 is to look once."""
        await self._look()
        if seconds:
            self._task = asyncio.create_task(self._forever(seconds))

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _forever(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._look()

    async def _look(self) -> None:
        with suppress(StoreUnavailableError):  # a store that is away commits nothing either
            self._wanted = await self._webhooks.told_of_decisions()
