"""Partitions that were kept long enough are written to files, looked at once more, and only then dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from upi_risk.domain.partitions import (
    Archive,
    ArchiveDiffersError,
    Contents,
    Month,
    Partition,
    Partitions,
    Reckoning,
    reckoned,
)
from upi_risk.domain.ports import Clock

PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Archived:
    """A partition that has left the database.

    Attributes:
        name: its name.
        contents: what it held.
        place: where that is now.
    """

    name: str
    contents: Contents
    place: str

    def __str__(self) -> str:
        """In a sentence."""
        return f"{self.name}: {self.contents.number:,} transactions are in {self.place}, and were dropped."


class ArchivePartitions:
    """Archives what is older than a number of months.

    A run that ends anywhere loses nothing: the next one begins the same partition anew. Its transactions are seen no
    more from the moment it is detached, and exist in the database until the files were read back and found equal.
    """

    def __init__(self, partitions: Partitions, archive: Archive, clock: Clock, months: int) -> None:
        """``months`` is how many whole months are kept before the present one."""
        self._partitions = partitions
        self._archive = archive
        self._clock = clock
        self._months = months

    async def due(self) -> list[Partition]:
        """The partitions to be archived, the oldest first: those that are over, and those begun with.

        Raises:
            StoreUnavailableError: the store did not answer.
        """
        before = Month.of(self._clock.now()).after(-self._months).begins
        listed = await self._partitions.listed()
        return [each for each in listed if not each.attached or (each.ends is not None and each.ends <= before)]

    async def __call__(self, tell: Callable[[str], None] = lambda _: None) -> list[Archived]:
        """Archive them, one after the other; ``tell`` hears of each step.

        Raises:
            StoreUnavailableError: the store failed, or is too busy; what is not archived yet is all there.
            UnusableDataError: the files could not be written, or are not what was read; nothing of it is dropped.
        """
        return [await self._one(each, tell) for each in await self.due()]

    async def _one(self, partition: Partition, tell: Callable[[str], None]) -> Archived:
        name = partition.name
        if partition.attached:
            tell(f"{name}: {await self._partitions.forget_keys(name):,} idempotency keys are forgotten")
            await self._partitions.detach(name)
        await self._partitions.forget_keys(name)  # those of payments that came meanwhile
        tell(f"{name}: detached; about {partition.number:,} transactions are being written")
        place, contents = self._archive.begin(name), Reckoning()
        async for page in self._partitions.read(name, PAGE):
            contents.add(page)
            self._archive.add(place, page)
        self._archive.finish(place, contents.contents)
        tell(f"{name}: written; being read back")
        if reckoned(self._archive.read(place)) != contents.contents:
            raise ArchiveDiffersError(f"{place} does not hold what {name} does: look at its disk; nothing was dropped.")
        if not await self._partitions.drop(name, contents.contents, place, self._clock.now()):
            raise ArchiveDiffersError(f"{name} changed while it was written: archive once more; nothing was dropped.")
        return Archived(name, contents.contents, place)
