"""Following rules and lists while a process serves."""

from __future__ import annotations

import asyncio
from logging import DEBUG, INFO

import structlog

from upi_risk.application.follow_rules import FollowRules, RulesEvent, RulesSwapped
from upi_risk.bootstrap.logging import described


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


def tell_rules(event: RulesEvent) -> None:
    """Log that other rules are in force, or why they are not."""
    log = structlog.get_logger("upi_risk")
    if isinstance(event, RulesSwapped):
        log.log(DEBUG if event.before is None else INFO, "rules swapped", before=event.before, after=event.after)
    else:
        log.error("rules not read", serving=event.serving, **described(event.error))
