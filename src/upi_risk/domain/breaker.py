"""When not to ask somebody who has just failed again and again."""

from __future__ import annotations


class Breaker:
    """Counts failures in a row; at so many it opens, and lets one question a period through until one is answered.

    Instants are monotonic seconds, of whatever beginning.

    Attributes:
        opened: how often it has opened.
    """

    __slots__ = ("_failures", "_in_a_row", "_period_seconds", "_shut_until", "opened")

    def __init__(self, failures: int = 5, period_seconds: float = 1.0) -> None:
        """Open after ``failures`` in a row, and then ask once in ``period_seconds``."""
        self._failures = failures
        self._period_seconds = period_seconds
        self._in_a_row = 0
        self._shut_until = 0.0
        self.opened = 0

    @property
    def closed(self) -> bool:
        """Whether everything is let through."""
        return self._in_a_row < self._failures

    def lets(self, now: float) -> bool:
        """Whether to ask; whoever is let through by an open breaker is its probe, the only one of the period."""
        if self._in_a_row < self._failures:
            return True
        if now < self._shut_until:
            return False
        self._shut_until = now + self._period_seconds
        return True

    def succeeded(self) -> None:
        """Somebody was answered."""
        self._in_a_row = 0

    def failed(self, now: float) -> None:
        """Somebody was not."""
        self._in_a_row += 1
        if self._in_a_row == self._failures:
            self.opened += 1
        if self._in_a_row >= self._failures:
            self._shut_until = now + self._period_seconds
