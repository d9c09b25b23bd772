"""Labelled history out of the store, into parts that training reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from upi_risk.domain.collecting import IN_FLIGHT, ExportFolder, ExportPlan, ExportState, PastCheck, PastChecks
from upi_risk.domain.indian_time import MICROSECOND
from upi_risk.domain.ports import Clock, Identities

PART_ROWS: Final = 50_000
"""Rows held in memory at most, but for a page and what happened at the very same instant."""


@dataclass(frozen=True, slots=True)
class CollectionOrder:
    """What is wanted.

    Attributes:
        since: the first instant; None for the beginning.
        until: the instant it ends before; None for all there is.
        key: makes the pseudonyms; empty draws one for this export alone.
    """

    since: datetime | None = None
    until: datetime | None = None
    key: str = ""


class Collect:
    """Read, give pseudonyms, put down part by part; goes on where it was interrupted."""

    def __init__(self, past: PastChecks, clock: Clock, identities: Identities, part_rows: int = PART_ROWS) -> None:
        self._past = past
        self._clock = clock
        self._identities = identities
        self._part_rows = part_rows

    async def __call__(
        self, order: CollectionOrder, folder: ExportFolder, progress: Callable[[int, int], None]
    ) -> ExportState:
        """Export the history; on return it is complete.

        A part ends between two instants, never within one, so that an instant tells where to go on.

        Args:
            order: what is wanted.
            folder: where to.
            progress: told the rows that are done and how many there are.

        Raises:
            StoreUnavailableError: the store failed; what is put down stays, and the next call goes on from there.
            UnusableDataError: the folder will not do.
        """
        state = folder.begin(self._plan(order))
        if state.done:
            return state
        plan = state.plan
        first = plan.since if state.after is None else state.after + MICROSECOND
        done, total = state.rows, state.rows + await self._past.count(first, plan.end)
        held: list[PastCheck] = []
        async with aclosing(self._past.read(first, plan.end)) as pages:
            async for page in pages:
                held += [plan.known(check) for check in page]
                done += len(page)
                progress(done, total)
                whole = bisect_left(held, held[-1].at, key=lambda check: check.at)
                if len(held) >= self._part_rows and whole:
                    folder.add(held[:whole])
                    held = held[whole:]
        if held:
            folder.add(held)
        return folder.finish()

    def _plan(self, order: CollectionOrder) -> ExportPlan:
        as_of = self._clock.now() - IN_FLIGHT
        key = order.key or self._identities.token()
        return ExportPlan(order.since, order.until, as_of, key, own_key=bool(order.key))
