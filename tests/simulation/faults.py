"""Stores and a cache that fail as networks do, by a plan that the seed draws."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.history import CacheEntry, Change, Snapshot, Wanted
from upi_risk.domain.ports import Ledger, SnapshotCache
from upi_risk.domain.receiver import Receiver, ReceiverDelta

T = TypeVar("T")


@dataclass
class Plan:
    """How often what happens, of one call.

    Attributes:
        before: it fails, and nothing was done.
        after: it is done, and the answer is lost.
        twice: it is done, and once more later.
        slow: it takes up to a second and a half instead of a few milliseconds.
        deaf: it is done although the caller was told to stop: it was on the server already.
    """

    before: float = 0.05
    after: float = 0.05
    twice: float = 0.05
    slow: float = 0.05
    deaf: float = 0.5

    @classmethod
    def drawn(cls, dice: Random) -> Plan:
        """Some seeds are calm, some stormy."""
        most = dice.choice((0.0, 0.05, 0.2))
        before, after, twice, slow = (dice.random() * most for _ in range(4))
        return cls(before, after, twice, slow, deaf=dice.random())

    @classmethod
    def calm(cls) -> Plan:
        """Nothing happens."""
        return cls(0, 0, 0, 0, 0)


class LostError(Exception):
    """The call, or its answer, was lost on the way."""


@dataclass
class Network:
    """Between one process and everything it talks to."""

    dice: Random
    plan: Plan
    trace: list[str]
    checked: Callable[[], None]
    dead: bool = False
    _late: set[asyncio.Future[object]] = field(default_factory=set)

    async def call(self, name: str, effect: Callable[[], Awaitable[T]]) -> T:
        """Do something far away.

        Raises:
            LostError: it was not done, or was and nobody hears of it.
        """
        dice, plan = self.dice, self.plan
        await self._travel()
        if dice.random() < plan.before:
            self.trace.append(f"{name} lost")
            raise LostError
        if dice.random() < plan.twice:
            self._keep(self._later(name, effect))
        work = asyncio.ensure_future(self._done(name, effect))
        self._keep(work)
        deaf = dice.random() < plan.deaf
        done = await (asyncio.shield(work) if deaf else work)
        await self._travel()
        if dice.random() < plan.after:
            self.trace.append(f"{name} unheard")
            raise LostError
        return done

    async def _done(self, name: str, effect: Callable[[], Awaitable[T]]) -> T:
        await asyncio.sleep(self.dice.random() * 0.004)
        done = await effect()
        self.trace.append(f"{name} done")
        self.checked()
        return done

    async def _later(self, name: str, effect: Callable[[], Awaitable[T]]) -> None:
        await asyncio.sleep(self.dice.random() * 0.5)
        await self._done(f"{name} again", effect)

    def _keep(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _travel(self) -> None:
        slow = self.dice.random() < self.plan.slow
        await asyncio.sleep(self.dice.random() * (1.5 if slow else 0.004))
        while self.dead:  # noqa: ASYNC110 - nothing ever sets it
            await asyncio.sleep(3_600)  # nothing comes back to a process that is no more


class FaultyLedger:
    """See :class:`upi_risk.domain.ports.Ledger`."""

    def __init__(self, ledger: Ledger, network: Network) -> None:
        self._ledger, self._network = ledger, network

    async def load(self, wanted: Sequence[Wanted]) -> Snapshot:
        return await self._call("load", lambda: self._ledger.load(wanted))

    async def commit(self, changes: Sequence[Change]) -> list[bool]:
        return await self._call(f"commit {len(changes)}", lambda: self._ledger.commit(changes))

    async def _call(self, name: str, effect: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self._network.call(name, effect)
        except LostError:
            raise StoreUnavailableError(name) from None


class FaultyCache:
    """See :class:`upi_risk.domain.ports.SnapshotCache`: it never raises."""

    def __init__(self, cache: SnapshotCache, network: Network) -> None:
        self._cache, self._network = cache, network

    async def read(self, wanted: Sequence[Wanted]) -> Snapshot:
        try:
            return await self._network.call("read", lambda: self._cache.read(wanted))
        except LostError:
            return Snapshot()

    async def write_users(self, entries: Sequence[CacheEntry], settled: Sequence[ReceiverDelta] = ()) -> None:
        await self._write("keep users", lambda: self._cache.write_users(entries, settled))

    async def write_receivers(self, receivers: Sequence[Receiver]) -> None:
        await self._write("keep receivers", lambda: self._cache.write_receivers(receivers))

    async def _write(self, name: str, effect: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._network.call(name, effect)
        except LostError:
            return
