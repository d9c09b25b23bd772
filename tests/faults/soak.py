"""A long quiet load, and what of the process grows by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import psycopg

from tests.faults.flood import Flooded, Order, flooded
from tests.faults.servers import OwnServer, started
from tests.faults.storm import signed_up

_PHONES = 900_000
_CONNECTIONS = 64
_PART_SECONDS = 10.0
_RENEWED_SECONDS = 10 * 3_600
"""Tokens last a day here; long before that there are new payers."""

_MOST_PAYERS = 2_000


@dataclass
class Soaked:
    """Before and after.

    Attributes:
        checks: answered.
        rss_mib: of the serving process, after a tenth of the checks and after all.
        descriptors: likewise, with as many connections of callers.
        connections: of the process to PostgreSQL, likewise.
        bytes_a_payment: by which the database grew, indexes included, its WAL not.
        seconds: of it all.
        failed: replies other than 200, and broken connections.
        a_second: checks.
    """

    checks: int
    rss_mib: tuple[float, float]
    descriptors: tuple[int, int]
    connections: tuple[int, int]
    bytes_a_payment: float
    seconds: float
    failed: int
    a_second: float

    @property
    def grew(self) -> float:
        """Share by which memory grew."""
        return self.rss_mib[1] / self.rss_mib[0] - 1


async def soak(
    postgres: OwnServer, valkey: OwnServer, checks: int, tell: Callable[[int], None] = lambda _: None
) -> Soaked:
    """Ask so many times, of a process that has answered a tenth of that before."""
    async with started(postgres.url, valkey.url, REDIS_TIMEOUT_MS="200", LOG_LEVEL="error") as (port, process):
        load = _Load(port, min(max(50, checks // 500), _MOST_PAYERS), tell)
        await load.run(max(checks // 10, 1_000))
        before, size = _of(process, postgres), _size(postgres)
        loop = asyncio.get_running_loop()
        warm, began, load.failed = load.done, loop.time(), 0
        await load.run(checks)
        took, done = loop.time() - began, load.done - warm
        after, grown = _of(process, postgres), _size(postgres) - size
    return Soaked(
        done, (before[0], after[0]), (before[1], after[1]), (before[2], after[2]), grown / done, took, load.failed,
        done / took,
    )  # fmt: skip


class _Load:
    """Checks in closed loop, in parts, for the progress to be seen; after each all callers have hung up.

    Attributes:
        done: checks that were answered.
        failed: those that were not.
    """

    def __init__(self, port: int, payers: int, tell: Callable[[int], None]) -> None:
        self._port, self._payers, self._tell = port, payers, tell
        self._phone = _PHONES
        self._requests: list[str] = []
        self._since = 0.0
        self.done = self.failed = 0

    async def run(self, checks: int) -> None:
        until = self.done + checks
        while self.done < until:
            now = asyncio.get_running_loop().time()
            if not self._requests or now - self._since > _RENEWED_SECONDS:
                await self._renew(now)
            order = Order(self._port, self._requests, 0, _PART_SECONDS, _CONNECTIONS, until - self.done)
            self._note(await asyncio.to_thread(flooded, order))

    async def _renew(self, now: float) -> None:
        payers = await signed_up(self._port, self._payers, self._phone)
        self._requests = [payer.check(f"shop{number % 50}@upi").decode() for number, payer in enumerate(payers)]
        self._since = now
        self._phone += 2 * self._payers

    def _note(self, told: Flooded) -> None:
        self.done += len(told.answered)
        self.failed += len(told.refused) + told.broken
        self._tell(self.done)


def _of(process: psutil.Process, postgres: OwnServer) -> tuple[float, int, int]:
    rss = process.memory_info().rss / 2**20
    return rss, process.num_fds(), _connections(postgres)


def _connections(postgres: OwnServer) -> int:
    with psycopg.connect(postgres.url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'upi-risk'"
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _size(postgres: OwnServer) -> int:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])
