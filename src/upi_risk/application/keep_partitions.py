"""Partitions for the months to come, and for what no partition was there for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from upi_risk.domain.partitions import AHEAD, Month, Partition, Partitions
from upi_risk.domain.ports import Clock

MOVED: Final = 2_000
"""Transactions moved into a new partition at once: payments of that month wait for it, some tens of milliseconds."""

EARLIEST: Final = Month(2016, 4)
"""UPI began in it; an id of before carries no instant that we can have asked at."""

LATEST: Final = 12
"""Months from now; an id of later than that was made by a clock that was wrong, and stays in the rest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done.

    Attributes:
        made: months that got a partition.
        rest: transactions that are in the rest still, by month.
    """

    made: tuple[Month, ...]
    rest: Mapping[Month, int]

    def __str__(self) -> str:
        """In a sentence."""
        made = ", ".join(map(str, self.made)) or "none"
        return f"Made: {made}. {sum(self.rest.values()):,} transactions without a partition of their month."


class KeepPartitions:
    """Sees to it that every month has a partition before its first payment, and mends what was missed."""

    def __init__(self, partitions: Partitions, clock: Clock) -> None:
        self._partitions = partitions
        self._clock = clock

    async def wanted(self) -> list[Month]:
        """The months that should have a partition and have none, ascending.

        Raises:
            StoreUnavailableError: the store did not answer.
        """
        now = Month.of(self._clock.now())
        listed, strays = await self._partitions.listed(), await self._partitions.in_rest()
        months = {now.after(count) for count in range(AHEAD + 1)}
        months |= {month for month in strays if EARLIEST <= month <= now.after(LATEST)}
        return sorted(month for month in months if not _has_place(month, listed))

    async def __call__(self, moved: int = MOVED) -> Kept:
        """Make what is missing.

        Args:
            moved: how many transactions of a month may be moved out of the rest while payments of it wait.

        Raises:
            StoreUnavailableError: the store did not do it, or is too busy; what was made before stays.
        """
        made = [month for month in await self.wanted() if await self._partitions.make(month, moved)]
        return Kept(tuple(made), await self._partitions.in_rest())


def _has_place(month: Month, listed: list[Partition]) -> bool:
    return any(each.holds(month.begins) for each in listed)
