"""Ledgers in memory that something happens to."""

import asyncio
from collections.abc import Sequence

from tests.builders import NOON
from upi_risk.adapters.memory import MemoryLedger, MemoryStore
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.history import Change, Snapshot, Wanted


class OvertakenLedger(MemoryLedger):
    """A ledger in which another process signs the user in just before each of the first commits."""

    def __init__(self, store: MemoryStore, times: int) -> None:
        super().__init__(store)
        self._store, self._times = store, times

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        if self._times:
            self._times -= 1
            for change in changes:
                held = self._store.users[change.user.user_id]
                self._store.users[held.user_id] = held.signed_in(held.instant(NOON))
        return await super().commit(changes)


class CountingLedger(MemoryLedger):
    """Counts reads; refuses when told to."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.loads = 0
        self.down = False

    async def load(self, wanted: Sequence[Wanted]) -> Snapshot:
        self.loads += 1
        return await super().load(wanted)

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        if self.down:
            raise StoreUnavailableError
        return await super().commit(changes)


class GatedLedger(MemoryLedger):
    """Each commit waits until it is told how it ends: as usual, not at all, or overtaken by another process."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self._store = store
        self.asked: list[list[str]] = []
        self.ends: asyncio.Queue[str] = asyncio.Queue()

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        self.asked.append([change.user.user_id for change in changes])
        end = await self.ends.get()
        if end == "fail":
            raise StoreUnavailableError
        if end == "overtake":
            for change in changes:
                held = self._store.users[change.user.user_id]
                self._store.users[held.user_id] = held.signed_in(held.instant(NOON))
        return await super().commit(changes)

    def tell(self, *ends: str) -> None:
        """How the next commits end."""
        for end in ends:
            self.ends.put_nowait(end)
