"""An event loop whose time is made up and whose order is drawn: nothing sleeps, and a seed always runs alike."""

from __future__ import annotations

import asyncio
from collections import deque
from random import Random
from typing import Any


class DeadlockError(AssertionError):
    """Everybody waits, and nothing is due."""


class _Drawn(deque[Any]):
    """What is ready, taken in an order that the seed decides."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._dice = dice

    def popleft(self) -> Any:  # noqa: ANN401 - handles of asyncio
        if len(self) > 1:
            self.rotate(-self._dice.randrange(len(self)))
        return super().popleft()


class _Waiting:
    """Stands where a loop waits for sockets: there are none, so time leaps to what is due next."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise DeadlockError
        self.now += timeout
        return []

    def close(self) -> None:
        """Nothing is open."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what asyncio can run without sockets and threads."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._selector = _Waiting()
        self._ready = _Drawn(dice)
        self._clock_resolution = 1e-9
        self.set_exception_handler(lambda _loop, _context: None)  # tasks of a crashed process end unheard

    def time(self) -> float:
        return self._selector.now

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody outside could wake it."""
