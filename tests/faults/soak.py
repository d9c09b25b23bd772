"""A long quiet load, and what of the process grows by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import psycopg

from tests.faults.servers import OwnServer, started
from tests.faults.storm import Storm, signed_up

_PHONES = 900_000


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
        failed: replies other than 200.
    """

    checks: int
    rss_mib: tuple[float, float]
    descriptors: tuple[int, int]
    connections: tuple[int, int]
    bytes_a_payment: float
    seconds: float
    failed: int

    @property
    def grew(self) -> float:
        """Share by which memory grew."""
        return self.rss_mib[1] / self.rss_mib[0] - 1


async def soak(
    postgres: OwnServer, valkey: OwnServer, checks: int, tell: Callable[[int], None] = lambda _: None
) -> Soaked:
    """Ask so many times, of a process that has answered a tenth of that before."""
    async with started(postgres.url, valkey.url, REDIS_TIMEOUT_MS="200") as (port, process):
        payers = await signed_up(port, max(50, checks // 500), _PHONES)
        loop = asyncio.get_running_loop()
        first = Storm(port, payers, max(checks // 10, 1_000), tell=tell, prefix="a")
        await first.blow()
        before, size = _of(process, postgres), _size(postgres)
        began = loop.time()
        second = Storm(port, payers, checks, tell=tell, prefix="b")
        await second.blow()
        took = loop.time() - began
        after, grown = _of(process, postgres), _size(postgres) - size
    return Soaked(
        checks, (before[0], after[0]), (before[1], after[1]), (before[2], after[2]), grown / checks, took,
        sum(number for status, number in second.statuses.items() if status != 200),
    )  # fmt: skip


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
