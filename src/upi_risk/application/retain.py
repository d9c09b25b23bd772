"""Removing personal data that has been kept for as long as it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from upi_risk.application.erase_user import EraseUser
from upi_risk.application.manage_access import Note
from upi_risk.domain.audit import Deed, Entry
from upi_risk.domain.ports import Clock
from upi_risk.domain.retention import Lapsed, Periods, Retention

BATCH: Final = 500
WHY: Final = "retention"

Progress = Callable[[Lapsed, int], None]
"""Told how many more of a kind are gone."""


class Retain:
    """Looks for what has lapsed, and removes it, in batches; what was broken off goes on when it is called again."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a port or a use case
        self,
        retention: Retention,
        erase: EraseUser,
        periods: Periods,
        clock: Clock,
        note: Note,
        batch: int = BATCH,
    ) -> None:
        """``periods`` says how long what is kept, ``batch`` how much is removed at once."""
        self._retention = retention
        self._erase = erase
        self._periods = periods
        self._clock = clock
        self._note = note
        self._batch = batch

    async def due(self) -> Mapping[Lapsed, int]:
        """How many of each have lapsed now; nothing is removed."""
        now = self._clock.now()
        return {lapsed: await self._retention.count(lapsed, now - keep) for lapsed, keep in self._periods.items()}

    async def __call__(self, actor: str, progress: Progress) -> Mapping[Lapsed, int]:
        """Remove what has lapsed, and tell how many of each; users are erased one by one, each with an audit record.

        Raises:
            StoreUnavailableError: the store is away; what was removed before stays removed.
        """
        now, gone = self._clock.now(), dict.fromkeys(self._periods, 0)
        for lapsed, keep in self._periods.items():
            if lapsed is Lapsed.PERSONS:
                gone[lapsed] = await self._erase_inactive(actor, now - keep, progress)
                continue
            number = await self._retention.count(lapsed, now - keep)
            if number:
                await self._note(Entry(now, actor, Deed.RETENTION, lapsed, str(number)))
            gone[lapsed] = await self._remove(lapsed, now - keep, progress)
        return gone

    async def _erase_inactive(self, actor: str, before: datetime, progress: Progress) -> int:
        done, after = 0, ""
        while found := await self._retention.inactive(before, after, self._batch):
            for user_id in found:
                await self._erase(actor, user_id, WHY)
                progress(Lapsed.PERSONS, 1)
            done, after = done + len(found), found[-1]
        return done

    async def _remove(self, lapsed: Lapsed, before: datetime, progress: Progress) -> int:
        done = 0
        while number := await self._retention.remove(lapsed, before, self._batch):
            progress(lapsed, number)
            done += number
        return done
