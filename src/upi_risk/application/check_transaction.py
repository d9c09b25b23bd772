"""The main job: answer, for a batch of payments, how risky each is, and remember it before answering."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from upi_risk.application.decide import Answer, Decides
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import ContendedError
from upi_risk.domain.history import CacheEntry, Wanted
from upi_risk.domain.payment import Payment
from upi_risk.domain.ports import Ledger, SnapshotCache

MOST_ATTEMPTS: Final = 8
"""How often a payment is decided again when its user's history moved under it."""


class CheckTransaction:
    """Load, decide, commit; what another process overtook is loaded from the ledger and decided again.

    The same path serves one request, a batch of concurrent ones, and a replay of millions. Answers do not wait for the
    cache: what was committed is copied into it behind them, and before anything further is loaded from it.
    """

    def __init__(self, load: LoadSnapshot, decide: Decides, ledger: Ledger, cache: SnapshotCache) -> None:
        self._load = load
        self._decide = decide
        self._ledger = ledger
        self._cache = cache
        self._copying: set[asyncio.Task[None]] = set()

    async def __call__(self, payments: Sequence[Payment]) -> list[Answer]:
        """Answer payments in order; every transaction answered is committed.

        Returns:
            For each payment its transaction (the stored one, when its idempotency key was used before), or the
            error that refused it: UnknownUserError, IdempotencyKeyReusedError, ContendedError.

        Raises:
            StoreUnavailableError: the ledger failed; nothing is answered, whatever was committed.
        """
        answers: list[Answer] = [ContendedError() for _ in payments]
        waiting = list(range(len(payments)))
        if not waiting:
            return []
        await self.settle()
        for attempt in range(MOST_ATTEMPTS):
            asked = [payments[index] for index in waiting]
            wanted = [Wanted(p.user_id, p.receiver, p.idempotency_key) for p in asked]
            to_the_hour = self._decide.to_the_hour
            snapshot = await self._load(wanted, [p.at for p in asked], fresh=attempt > 0, to_the_hour=to_the_hour)
            decided, drafts = self._decide(asked, snapshot)
            overtaken = await self._commit(list(drafts.values()))
            for index, answer in zip(waiting, decided, strict=True):
                if payments[index].user_id not in overtaken:
                    answers[index] = answer
            waiting = [index for index in waiting if payments[index].user_id in overtaken]
            if not waiting:
                break
        return answers

    async def settle(self) -> None:
        """Return when the cache has copies of all that was committed."""
        if self._copying:
            await asyncio.wait(self._copying)

    async def _commit(self, drafts: list[Draft]) -> set[str]:
        """Commit drafts; returns the users whose history had moved on."""
        drafts = [draft for draft in drafts if draft.user.version > draft.expected_version]
        if not drafts:
            return set()
        changes = [draft.change() for draft in drafts]
        applied = await self._ledger.commit(changes)
        entries = [
            CacheEntry(change.user, change.payees, change.expected_version)
            for change, done in zip(changes, applied, strict=True)
            if done
        ]
        copying = asyncio.create_task(self._cache.write_users(entries))
        self._copying.add(copying)
        copying.add_done_callback(self._copying.discard)
        return {change.user.user_id for change, done in zip(changes, applied, strict=True) if not done}
