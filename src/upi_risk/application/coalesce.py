"""Concurrent requests become batches: those that arrive while batches are under way form the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from upi_risk.application.deadline import within
from upi_risk.application.parting import Due, due, part
from upi_risk.application.patience import Patience
from upi_risk.application.room import STOOD_STILL_SECONDS, Room
from upi_risk.domain.errors import DeadlineError, OverloadedError, UpiRiskError

Question = TypeVar("Question")
Result = TypeVar("Result")
Said_contra = TypeVar("Said_contra", contravariant=True)

MOST_UNDER_WAY: Final = 2
PART_OF_WAITING: Final = 0.25
"""Within so much of the time that questions may wait, those that a busy process lets in are answered."""

_QUIET_TURNS: Final = 2
"""Turns of the loop without a further question, after which no more are expected at this moment."""

_TICKS: Final = 45
"""How many times within a deadline it is looked whether somebody has waited for so long."""


class Waiter(Protocol[Said_contra]):
    """Who waits for an answer: a future, or what is told in the same way."""

    def done(self) -> bool:
        """Whether it has been told already."""

    def set_result(self, result: Said_contra, /) -> None:
        """Tell it the answer; it must not raise."""

    def set_exception(self, exception: Exception, /) -> None:
        """Tell it why there is none; it must not raise."""


@dataclass(slots=True)
class _Waiting(Generic[Question, Result]):
    question: Question
    waiter: Waiter[Result]
    since: float


class Coalesce(Generic[Question, Result]):
    """Turns a batch function into one for single calls. No timer: an idle service answers a lone call at once.

    Of many that wait the first batch takes its part alone, so that the next one is computed while it is committed: all
    in one batch would wait for its commit together. The next begins as soon as it is as large, or as large as a batch
    may be; or is half as large, and nothing further comes. Smaller ones would cost more than the time they gain.

    A caller that goes away leaves its question in the batch: its work is finished, or not, as a whole. So does one that
    the deadline sends away, and then the batch is abandoned, not awaited: a driver may take seconds to give up on a
    server that stands still. What an abandoned batch still does, it does behind nobody's back, for what it commits is
    found under the idempotency key.

    Attributes:
        shed: questions that were refused because too much was waiting.
        late: questions that were not answered in time.
    """

    def __init__(
        self,
        batch: Callable[[Sequence[Question]], Awaitable[Sequence[Result | UpiRiskError]]],
        patience: Patience | None = None,
        most_under_way: int = 1,
    ) -> None:
        """Make one.

        Args:
            batch: answers questions in order, an error value for one that was refused; it may raise for all.
            patience: how long questions wait.
            most_under_way: batches at a time.
        """
        self._batch = batch
        self._patience = patience or Patience()
        self._tick = self._patience.deadline_seconds / _TICKS
        self._most_under_way = most_under_way
        self._queue: deque[_Waiting[Question, Result]] = deque()
        self._taken: list[list[_Waiting[Question, Result]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._beginning = False
        self._expecting = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._room = Room(self._patience.waiting_seconds * PART_OF_WAITING)
        self._under_way = 0
        self._looked = self._look_due = self._computed = 0.0
        self.shed = 0
        self.late = 0

    @property
    def waiting(self) -> int:
        """Questions that no batch has taken yet."""
        return len(self._queue)

    async def __call__(self, question: Question) -> Result:
        """The answer to one question.

        Raises:
            UpiRiskError: the question was refused, or its whole batch failed.
            OverloadedError: too much is waiting; nothing was done.
            DeadlineError: there was no answer in time; nothing is known of what was done.
        """
        future: asyncio.Future[Result] = self._running().create_future()
        self.submit(question, future)
        return await future

    def submit(self, question: Question, waiter: Waiter[Result]) -> None:
        """Have a waiter told the answer to one question, or why there is none; see :meth:`__call__`.

        Raises:
            OverloadedError: too much is waiting; nothing was done, and the waiter will hear nothing.
        """
        loop = self._running()
        self.admit()
        self._queue.append(_Waiting(question, waiter, loop.time()))
        if not self._beginning:
            self._go_on(loop)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or not self._tasks:
            self._loop = asyncio.get_running_loop()  # a system call on older Pythons, so not for each question
        return self._loop

    def admit(self) -> None:
        """Refuse what could not be answered in time, before any work is done for it.

        Raises:
            OverloadedError: too much is waiting.
        """
        if self.full():
            self.shed += 1
            raise OverloadedError

    def full(self) -> bool:
        """Whether a further question would be refused."""
        if not self._seems_full():
            return False
        return not self._look_if_overdue() or self._seems_full()

    def _seems_full(self) -> bool:
        waiting = len(self._queue)
        if waiting + self._under_way >= self._room.most:
            return True
        return waiting > 0 and (waiting >= self._patience.most_waiting or self._has_waited(self._running().time()))

    def _look_if_overdue(self) -> bool:
        """Look if that is long due: after the process stood still, what came meanwhile is read before timers."""
        if self._timer is None or not self._patience.by_pace:
            return False
        now = self._running().time()
        if now - max(self._look_due, self._looked) < STOOD_STILL_SECONDS:
            return False
        self._look(now)
        return True

    def note_shed(self, questions: int) -> None:
        """Count questions that were refused because this was full, and never came here."""
        self.shed += questions

    def crowded(self) -> bool:
        """Whether half of the questions that there is room for are under way, and the process is short of time."""
        return 2 * (len(self._queue) + self._under_way) >= self._room.most

    def _has_waited(self, now: float) -> bool:
        return now - max(self._queue[0].since, self._room.resumed) > self._patience.waiting_seconds

    async def drain(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a batch if one is due. It takes what has come by the next turn of the loop."""
        if not self._queue:
            return
        is_due = self._due()
        if is_due is Due.NOW:
            self._begin(loop)
        elif is_due is Due.WHEN_QUIET and not self._expecting:
            self._expecting = True
            loop.call_soon(self._expect, loop, len(self._queue), _QUIET_TURNS)

    def _due(self) -> Due:
        return due(len(self._queue), [len(taken) for taken in self._taken], self._most_under_way, self._room.batch)

    def _expect(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        """Begin a batch once nothing has come for some turns of the loop, if none has begun meanwhile."""
        waiting = len(self._queue)
        if self._beginning or not waiting or self._due() is not Due.WHEN_QUIET:
            self._expecting = False
        elif waiting != seen or turns:
            loop.call_soon(self._expect, loop, waiting, turns - 1 if waiting == seen else _QUIET_TURNS)
        else:
            self._expecting = False
            self._begin(loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beginning = True
        task = loop.create_task(self._work(loop))
        self._tasks.add(task)
        if self._timer is None:
            now = loop.time()
            if self._patience.by_pace and now - self._looked >= self._tick:
                self._look_due = now
                self._look(now)  # questions that are answered sooner than a timer comes are a calm, too
            self._room.opened(now)
            self._watch_later(loop)

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beginning = False
        sizes = [len(others) for others in self._taken]
        count = part(len(self._queue), sizes, self._most_under_way, self._room.batch)
        taken = [self._queue.popleft() for _ in range(count)]
        self._taken.append(taken)
        self._under_way += len(taken)
        self._go_on(loop)
        try:
            if taken:
                await self._answer(loop, taken)
        finally:
            for waiting in taken:
                if not waiting.waiter.done():  # the batch ended in a way that nobody foresaw
                    waiting.waiter.set_exception(DeadlineError())
            self._taken = [others for others in self._taken if others is not taken]
            self._under_way -= len(taken)
            if taken:
                self._room.answered(len(taken), loop.time(), taken[-1].since)
            self._tasks.discard(asyncio.current_task(loop))  # it is this one
            self._go_on(loop)
            if not self._tasks and self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _watch_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._look_due = loop.time() + self._tick
        self._timer = loop.call_at(self._look_due, self._watch, loop)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send those away who have waited as long as they may, and see how late that is done."""
        now = loop.time()
        if self._patience.by_pace:
            self._look(now)
        oldest = now - self._patience.deadline_seconds
        for taken in self._taken:
            for waiting in taken:
                self._give_up(waiting, oldest)
        while self._queue and self._queue[0].since <= oldest:
            self._give_up(self._queue.popleft(), oldest)
        self._watch_later(loop)

    def _look(self, now: float) -> None:
        """Have the room look. Only what this thread computed made it late; the rest of the time it was kept waiting."""
        computed, late = self._patience.computed(), now - max(self._look_due, self._looked)
        worked, passed = computed - self._computed, now - self._looked
        self._looked, self._computed = now, computed
        if late - worked > STOOD_STILL_SECONDS:
            self._room.stood_still(now)
        since = now - max(self._taken[0][-1].since, self._room.resumed) if self._taken else 0.0
        self._room.looked(min(late, worked), worked / (passed or 1.0), since)

    def _give_up(self, waiting: _Waiting[Question, Result], oldest: float) -> None:
        if waiting.since <= oldest and not waiting.waiter.done():
            self.late += 1
            waiting.waiter.set_exception(DeadlineError())

    async def _answer(self, loop: asyncio.AbstractEventLoop, taken: list[_Waiting[Question, Result]]) -> None:
        try:
            batch = self._batch([waiting.question for waiting in taken])
            results: Sequence[Result | Exception] = await within(self._patience.deadline_seconds, batch, loop)
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, each of whom gets it
            results = [error] * len(taken)
        for waiting, result in zip(taken, results, strict=True):
            if waiting.waiter.done():
                continue
            if isinstance(result, DeadlineError):
                self.late += 1
            if isinstance(result, Exception):
                waiting.waiter.set_exception(result)
            else:
                waiting.waiter.set_result(result)
