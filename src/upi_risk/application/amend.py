"""Adding one event to one user's history, again and again until nobody overtook it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import ContendedError, UnknownUserError
from upi_risk.domain.history import CacheEntry, Change, Snapshot, Wanted
from upi_risk.domain.ports import Ledger, SnapshotCache

Event = Callable[[Draft, Snapshot, datetime], None]
"""Adds an event at an instant to a draft, looking at the snapshot that the draft began from."""

MOST_ATTEMPTS: Final = 20


class AmendHistory:
    """Load a user from the ledger, apply an event, commit on the version it was applied to."""

    def __init__(self, ledger: Ledger, cache: SnapshotCache) -> None:
        self._ledger = ledger
        self._cache = cache

    async def __call__(self, wanted: Wanted, at: datetime, event: Event) -> Change:
        """Apply an event; one that leaves the user as they were is not committed.

        Args:
            wanted: the user, and what else the event looks at.
            at: when the event happens; moved behind the user's last event if need be.
            event: called once for each attempt.

        Raises:
            UnknownUserError: there is no such user.
            ContendedError: others kept changing the user's history.
            UpiRiskError: whatever the event raises; nothing is stored then.
        """
        for _ in range(MOST_ATTEMPTS):
            snapshot = await self._ledger.load([wanted])
            user = snapshot.users[wanted.user_id]
            if user is None:
                raise UnknownUserError
            draft = Draft.of(user)
            draft.payees.update({receiver: payee for (_, receiver), payee in snapshot.payees.items()})
            event(draft, snapshot, user.instant(at))
            change = draft.change()
            if change.user is user:
                return change
            if (await self._ledger.commit([change]))[0]:
                await self._cache.write_users(
                    [CacheEntry(change.user, change.payees, change.expected_version)], change.deltas
                )
                return change
        raise ContendedError
