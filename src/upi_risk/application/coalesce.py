"""Concurrent requests become batches: those that arrive while a batch is under way form the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from upi_risk.domain.errors import UpiRiskError

Question = TypeVar("Question")
Result = TypeVar("Result")

LARGEST_BATCH: Final = 256


class Coalesce(Generic[Question, Result]):
    """Turns a batch function into one for single calls. No timer: an idle service answers a lone call at once.

    A caller that goes away leaves its question in the batch: its work is finished, or not, as a whole.
    """

    def __init__(self, batch: Callable[[Sequence[Question]], Awaitable[Sequence[Result | UpiRiskError]]]) -> None:
        """``batch`` answers questions in order, an error value for one that was refused; it may raise for all."""
        self._batch = batch
        self._queue: deque[tuple[Question, asyncio.Future[Result]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, question: Question) -> Result:
        """The answer to one question.

        Raises:
            UpiRiskError: the question was refused, or its whole batch failed.
        """
        if self._worker is None or self._loop is None:
            self._loop = asyncio.get_running_loop()  # a system call on older Pythons, so not for each question
            self._worker = self._loop.create_task(self._work())
        future: asyncio.Future[Result] = self._loop.create_future()
        self._queue.append((question, future))
        return await future

    @property
    def waiting(self) -> int:
        """Questions that no batch has taken yet."""
        return len(self._queue)

    async def drain(self) -> None:
        """Return when nothing is under way."""
        while self._worker is not None:
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        try:
            while self._queue:
                size = min(len(self._queue), LARGEST_BATCH)
                await self._answer([self._queue.popleft() for _ in range(size)])
        finally:
            self._worker = None

    async def _answer(self, taken: list[tuple[Question, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._batch([question for question, _ in taken])
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, each of whom gets it
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(taken, results, strict=True):
            if future.done():
                continue
            if isinstance(result, UpiRiskError):
                future.set_exception(result)
            else:
                future.set_result(result)
