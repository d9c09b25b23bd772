"""Whether the model answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

MOST_FAILURES: Final = 3
WINDOW_SECONDS: Final = 10.0


class ModelHealth:
    """Remembers when the model last failed; three times in ten seconds, and the process is not ready.

    Attributes:
        failures: answers that the model owed, all told.
    """

    def __init__(self, now: Callable[[], float], tell: Callable[[Exception | None], None]) -> None:
        """``now`` is a monotonic time in seconds; ``tell`` hears of each failure, with its error if there is one."""
        self._now = now
        self._tell = tell
        self._at: deque[float] = deque(maxlen=MOST_FAILURES)
        self.failures = 0

    @property
    def healthy(self) -> bool:
        """Whether it failed fewer than three times in the last ten seconds."""
        return len(self._at) < MOST_FAILURES or self._now() - self._at[0] > WINDOW_SECONDS

    def failed(self, error: Exception | None = None, answers: int = 1) -> None:
        """The model raised an error, or answered what is no probability; so many answers are owed by it."""
        self.failures += answers
        self._at.append(self._now())
        self._tell(error)
