"""The worker: does what is due, once, whoever else looks too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from upi_risk.domain.ports import Clock
from upi_risk.domain.schedule import Every, Run, Runs


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is done again and again.

    Attributes:
        name: of the task.
        every: how often.
        do: does it, and says in a sentence what came of it.
    """

    name: str
    every: Every
    do: Callable[[], Awaitable[str]]


class Work:
    """Runs tasks that are due. A task that fails is told and tried again; it ends neither others nor the worker."""

    def __init__(self, runs: Runs, clock: Clock, tell: Callable[[Run], None]) -> None:
        """``tell`` hears of each run that has ended."""
        self._runs = runs
        self._clock = clock
        self._tell = tell

    async def look(self, tasks: Sequence[Task]) -> None:
        """Do what is due of these, one after the other.

        Raises:
            StoreUnavailableError: nothing is known of what was done before.
        """
        for task in tasks:
            if await self._due(task) is not None:
                await self.now(task, only_if_due=True)

    async def now(self, task: Task, *, only_if_due: bool = False) -> Run | None:
        """Do a task at once, in place of its next run in this period.

        Returns:
            How it ended; None where somebody else does it, or, if that is asked for, where it is not due any more.
        """
        async with self._runs.alone(task.name) as alone:
            attempt = await self._due(task) if only_if_due else await self._next(task)
            if not alone or attempt is None:
                return None
            begun = self._clock.now()
            run = Run(task.name, task.every.period(begun), attempt, begun)
            await self._runs.keep(run)
            try:
                said, succeeded = await task.do(), True
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, it is told and the worker goes on
                said, succeeded = f"{type(error).__name__}: {error}", False
            ended = run.ended(self._clock.now(), said, succeeded=succeeded)
            await self._runs.keep(ended)
            self._tell(ended)
            return ended

    async def forever(self, tasks: Sequence[Task], seconds: float, failed: Callable[[Exception], None]) -> None:
        """Look again and again; ``failed`` hears of looks that came to nothing. Ends when it is cancelled."""
        while True:
            try:
                await self.look(tasks)
            except Exception as error:  # noqa: BLE001 - the store may be back at the next look
                failed(error)
            await asyncio.sleep(seconds)

    async def _due(self, task: Task) -> int | None:
        """The number of the attempt that is due; None if none is."""
        now = self._clock.now()
        held = await self._runs.find(task.name, task.every.period(now))
        if held is None:
            return 1
        return held.attempt + 1 if held.is_due(now) else None

    async def _next(self, task: Task) -> int:
        held = await self._runs.find(task.name, task.every.period(self._clock.now()))
        return 1 if held is None else held.attempt + 1
