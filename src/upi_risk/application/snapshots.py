"""Reading what decisions need: from the cache what it holds, from the ledger the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from upi_risk.domain.forward import Forward
from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.ports import Ledger, SnapshotCache
from upi_risk.domain.user import Payee


@dataclass(slots=True)
class CacheStats:
    """How often a payment found everything it needs in the cache.

    Attributes:
        hits: payments that needed no read of the ledger. Those for which a receiver was brought forward count once the
            ledger has agreed with that, which is when they are committed.
        misses: payments that did.
        for_receivers: of these, payments for which nothing but a fresh enough copy of the receiver was missing.
        reads: statements that read.
    """

    hits: int = 0
    misses: int = 0
    for_receivers: int = 0
    reads: int = 0

    @property
    def hit_rate(self) -> float:
        """Share of payments that needed no read; 0 where there were none. Without a cache each one needs a read."""
        return self.hits / max(self.hits + self.misses, 1)


class LoadSnapshot:
    """One round trip to the cache and, for what it does not hold, one to the ledger.

    Stored answers are not looked for where the rest is in the cache: nearly every key is new, and the ledger refuses
    to commit a used one, which has everything read from it. What was read goes into the cache behind the one who asked.
    """

    def __init__(self, ledger: Ledger, cache: SnapshotCache) -> None:
        self._ledger = ledger
        self._cache = cache
        self._filling: set[asyncio.Task[None]] = set()
        self.stats = CacheStats()

    async def near(self, wanted: Sequence[Wanted]) -> Snapshot:
        """What the cache holds of it, which is what a call begins with."""
        return await self._cache.read(wanted)

    async def __call__(
        self, wanted: Sequence[Wanted], at: Sequence[datetime], near: Snapshot, *, to_the_hour: bool = False
    ) -> Snapshot:
        """Everything wanted.

        Args:
            wanted: what the payments need.
            at: their instants; in a replay they run ahead of the time that the cache counts.
            near: what :meth:`near` told of it and perhaps of more; empty where that was out of date.
            to_the_hour: how fresh receivers must be; see :meth:`~upi_risk.domain.receiver.Receiver.serves`.
        """
        snapshot = near
        last, held = max(at), snapshot.receivers
        snapshot.receivers = {name: copy for name, copy in held.items() if copy.serves(last, to_the_hour=to_the_hour)}
        if to_the_hour and len(snapshot.receivers) < len(held):
            for name in held.keys() - snapshot.receivers.keys() & snapshot.added.keys():
                snapshot.forward[name] = forward = Forward.of(held[name], snapshot.added[name](), last)
                snapshot.receivers[name] = forward.receiver
        incomplete = {item.user_id for item in wanted if not _complete(snapshot, item)}
        missing = [item for item in wanted if item.user_id in incomplete]  # a user and their pairs are of one moment
        self.stats.misses += len(missing)
        if missing:
            self.stats.reads += 1
            self.stats.for_receivers += sum(_payer_known(snapshot, item) for item in missing)
            read = await self._ledger.load(missing)
            snapshot.add(read)
            for name in read.receivers.keys() & snapshot.forward.keys():
                del snapshot.forward[name]
            filling = asyncio.create_task(self._fill(read, min(at)))
            self._filling.add(filling)
            filling.add_done_callback(self._filling.discard)
        self.stats.hits += len(wanted) - len(missing) - rests_on_guesses(wanted, snapshot)
        return snapshot

    async def filled(self) -> None:
        """Return when the cache has what was read until now."""
        await asyncio.gather(*self._filling, return_exceptions=True)

    async def _fill(self, read: Snapshot, at: datetime) -> None:
        payees: dict[str, list[Payee]] = {}
        for payee in read.payees.values():
            if payee.exists:
                payees.setdefault(payee.user_id, []).append(payee)
        users = [user for user in read.users.values() if user]
        await self._cache.write_users([CacheEntry(user, tuple(payees.get(user.user_id, ()))) for user in users])
        await self._cache.write_receivers([receiver.copied(at) for receiver in read.receivers.values()])


def rests_on_guesses(wanted: Sequence[Wanted], snapshot: Snapshot) -> int:
    """For how many of the payments the receiver was brought forward."""
    return sum(item.receiver in snapshot.forward for item in wanted) if snapshot.forward else 0


def _complete(snapshot: Snapshot, item: Wanted) -> bool:
    receiver = item.receiver
    if receiver is None or item.user_id not in snapshot.users or receiver not in snapshot.receivers:
        return False
    return (item.user_id, receiver) in snapshot.payees


def _payer_known(snapshot: Snapshot, item: Wanted) -> bool:
    return item.user_id in snapshot.users and (item.user_id, item.receiver) in snapshot.payees
