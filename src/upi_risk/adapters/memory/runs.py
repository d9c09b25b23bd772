"""Runs of tasks in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from upi_risk.domain.schedule import Run


class MemoryRuns:
    """See :class:`upi_risk.domain.schedule.Runs`."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], Run] = {}
        self._running: set[str] = set()

    @asynccontextmanager
    async def alone(self, task: str) -> AsyncIterator[bool]:
        """Be the only one to run a task while inside."""
        if task in self._running:
            yield False
            return
        self._running.add(task)
        try:
            yield True
        finally:
            self._running.discard(task)

    async def find(self, task: str, period: str) -> Run | None:
        """The task's run in a period."""
        return self._runs.get((task, period))

    async def keep(self, run: Run) -> None:
        """Store a run in place of the one held."""
        self._runs[run.task, run.period] = run

    async def latest(self) -> list[Run]:
        """The newest run of each task, by name."""
        newest: dict[str, Run] = {}
        for run in sorted(self._runs.values(), key=lambda run: run.started_at):
            newest[run.task] = run
        return [newest[task] for task in sorted(newest)]
