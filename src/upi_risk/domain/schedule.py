"""What is to be done again and again, once in each period, whoever does it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

MOST_ATTEMPTS: Final = 3
"""How often a task is tried in one period."""

PAUSE: Final = timedelta(minutes=30)
"""From an attempt that failed to the next one; twice as long each time."""


class Every(StrEnum):
    """How often something is done. Periods are of the calendar, in UTC."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    def period(self, at: datetime) -> str:
        """The name of the period that an instant is in: ``2026-03``, ``2026-03-02`` or ``2026-03-02T06``."""
        return at.astimezone(UTC).strftime({Every.HOUR: "%Y-%m-%dT%H", Every.DAY: "%Y-%m-%d"}.get(self, "%Y-%m"))


@dataclass(frozen=True, slots=True)
class Run:
    """A task in one period.

    Attributes:
        task: its name.
        period: see :meth:`Every.period`.
        attempt: how often it was tried in this period.
        started_at: the latest attempt.
        ended_at: None while it runs, or when whoever ran it is gone.
        succeeded: whether it came to its end; one that failed, or was cut off, is tried again.
        said: what came of it, or why it failed.
    """

    task: str
    period: str
    attempt: int
    started_at: datetime
    ended_at: datetime | None = None
    succeeded: bool = False
    said: str = ""

    def ended(self, at: datetime, said: str, *, succeeded: bool) -> Run:
        """The run after its end."""
        return replace(self, ended_at=at, said=said, succeeded=succeeded)

    def is_due(self, at: datetime) -> bool:
        """Whether the task is to be tried once more in this period, given that nobody runs it now."""
        if self.succeeded or self.attempt >= MOST_ATTEMPTS:
            return False
        return at >= (self.ended_at or self.started_at) + PAUSE * (1 << (self.attempt - 1))


class Runs(Protocol):
    """What was done when, and who may do it now."""

    def alone(self, task: str) -> AbstractAsyncContextManager[bool]:
        """Be the only one, over all processes, to run a task while inside; False: somebody else runs it.

        Whoever ends, or loses the store, is not alone any more.

        Raises:
            StoreUnavailableError: the store failed.
        """

    async def find(self, task: str, period: str) -> Run | None:
        """The task's run in a period; None if there was none."""

    async def keep(self, run: Run) -> None:
        """Store a run in place of what is held of its task and period; durable on return."""

    async def latest(self) -> list[Run]:
        """The newest run of each task, by name."""
