"""Removing what is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from upi_risk.domain.housekeeping import Kind, Leftovers
from upi_risk.domain.ports import Clock
from upi_risk.domain.sign_in import LONGEST_ACCESS

KEPT: Final = LONGEST_ACCESS + timedelta(hours=1)
"""How long things are kept after they are over."""

BATCH: Final = 1_000
MOST_BATCHES: Final = 1_000


class Housekeep:
    """Removes challenges, sign-ins and tokens that are over, in batches that hold no lock for long."""

    def __init__(
        self, leftovers: Leftovers, clock: Clock, *, batch: int = BATCH, most_batches: int = MOST_BATCHES
    ) -> None:
        """``batch`` is how many are removed at once, ``most_batches`` how often of each kind in one run."""
        self._leftovers = leftovers
        self._clock = clock
        self._batch = batch
        self._most = most_batches

    async def __call__(self) -> Mapping[Kind, int]:
        """Remove, and tell how many of each kind. What is left after the last batch waits for the next run.

        Raises:
            StoreUnavailableError: the store is away; what was removed before stays removed.
        """
        before = self._clock.now() - KEPT
        removed = dict.fromkeys(Kind, 0)
        for kind in Kind:
            for _ in range(self._most):
                count = await self._leftovers.remove(kind, before, self._batch)
                removed[kind] += count
                if count < self._batch:
                    break
        return removed
