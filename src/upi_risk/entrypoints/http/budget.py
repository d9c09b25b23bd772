"""Time that runs out."""

from __future__ import annotations

import asyncio


class Budget:
    """Time that runs out, but for pauses.

    Attributes:
        spent: done when there is none left.
    """

    __slots__ = ("_left", "_loop", "_since", "_timer", "spent")

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = seconds
        self.spent: asyncio.Future[None] = self._loop.create_future()
        self.go_on()

    def go_on(self) -> None:
        """Let time run."""
        self._since = self._loop.time()
        self._timer = self._loop.call_later(max(self._left, 0), self._run_out)

    def pause(self) -> None:
        """Let it stand."""
        self._timer.cancel()
        self._left -= self._loop.time() - self._since

    def _run_out(self) -> None:
        if not self.spent.done():
            self.spent.set_result(None)
