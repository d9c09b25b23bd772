"""How often somebody may ask: sliding windows, exact over every process that shares the limiter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that wants to be let in.

    Attributes:
        bucket: what is counted together: a route and an address, or a phone's digest.
        limit: how many are let in, in any window.
        window_seconds: how long a window is.
    """

    bucket: str
    limit: int
    window_seconds: int

    @property
    def name(self) -> str:
        """The limit's name, with which the bucket begins."""
        return self.bucket.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is let in.

    Attributes:
        admitted: whether it is.
        remaining: how many more would be now.
        retry_after_seconds: when to try again, 1 to the window; 0 for one that is let in.
    """

    admitted: bool
    remaining: int
    retry_after_seconds: int


class RateLimiter(Protocol):
    """Counts requests in sliding windows."""

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        """A verdict for each ask, in order; asks of one bucket have one limit and one window.

        Of any window ``[t, t + window_seconds)``, at most ``limit`` are let in, and as many as asked if fewer did.
        One that is refused is not counted, so that asking on does not make the wait longer.

        Raises:
            StoreUnavailableError: nothing is known of what was counted.
        """
