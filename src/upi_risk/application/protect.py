"""Sealing what is in clear, and sealing anew after a change of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from upi_risk.application.manage_access import Note
from upi_risk.domain.audit import Deed, Entry
from upi_risk.domain.ports import Clock
from upi_risk.domain.protection import Kept, Protection

BATCH: Final = 200
"""Their rows are locked while they are sealed, so that a check of one of them may wait."""

Progress = Callable[[Kept, int, int], None]
"""Told what is sealed, how many are done, and how many there were."""


class Protect:
    """Seals in batches while the service runs; what was begun and broken off goes on when it is called again."""

    def __init__(self, protection: Protection, clock: Clock, note: Note, *, batch: int = BATCH) -> None:
        self._protection = protection
        self._clock = clock
        self._note = note
        self._batch = batch

    async def exposed(self) -> Mapping[Kept, int]:
        """How many of each are in clear, or not under the current keys."""
        return {kept: await self._protection.exposed(kept) for kept in Kept}

    async def __call__(self, actor: str, progress: Progress) -> Mapping[Kept, int]:
        """Seal all there is, and tell how many of each are left that could not be.

        Raises:
            StoreUnavailableError: the store is away; what was sealed before stays sealed.
        """
        found = await self.exposed()
        if any(found.values()):
            told = ", ".join(f"{number} {kept}" for kept, number in found.items())
            await self._note(Entry(self._clock.now(), actor, Deed.DATA_SEALED, "personal data", told))
        for kept, number in found.items():
            await self._seal(kept, number, progress)
        return await self.exposed()

    async def _seal(self, kept: Kept, number: int, progress: Progress) -> None:
        done, after = 0, ""
        while number:
            step = await self._protection.protect(kept, after, self._batch)
            done += step.sealed + step.left
            progress(kept, min(done, number), number)
            if step.last is None:
                return
            after = step.last
