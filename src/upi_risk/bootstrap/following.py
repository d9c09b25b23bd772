"""Following what operators change in the database while a process serves: rules, lists, subscriptions."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from upi_risk.adapters.postgres.webhooks import PostgresWebhooks
from upi_risk.application.follow_rules import FollowRules, RulesEvent, RulesSwapped
from upi_risk.bootstrap.logging import described
from upi_risk.domain.errors import StoreUnavailableError


class FollowingRules:
    """Reads rules and lists before the first request, and looks for others from then on."""

    def __init__(self, follow: FollowRules, seconds: float) -> None:
        """``seconds`` is the pause between two looks; 0 is to look once."""
        self._follow = follow
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read, and begin to look."""
        await self._follow.look()
        if self._seconds:
            self._task = asyncio.create_task(self._follow.forever(self._seconds))

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})


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


def tell_rules(event: RulesEvent) -> None:
    """Log that other rules are in force, or why they are not."""
    log = structlog.get_logger("upi_risk")
    if isinstance(event, RulesSwapped):
        log.info("rules swapped", before=event.before, after=event.after)
    else:
        log.error("rules refused", serving=event.serving, **described(event.error))
