"""How the cost of a check grows: with users, and with what a user has paid before.

In one process, over a real PostgreSQL and Valkey, past HTTP. Whatever is compared is asked in turn within one run.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Final

import psycopg
import uvloop
from redis import Redis
from rich.progress import track

from benchmarks import stacks
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.transaction import Transaction

SIZES: Final = (1_000, 100_000, 1_000_000)
BEFORE: Final = 100_000
"""Payments of the user with a long history."""

_FIRST: Final = 1_000
_ASKED: Final = 300
_BATCH: Final = 250
_DAYS: Final = 60
_SETTLED: Final = 100
"""A payment in rupees that a payer of such payments is not asked about."""

_GROW: Final = """
INSERT INTO users (user_id, name, mobile, created_at, last_event_at, last_login_at, version, login_count,
                   transaction_count, settled_count, settled_paise, largest_paise, payee_count, track, habits)
SELECT 'UID-B' || n, 'Asha Rao', '+91' || (6000000000 + n), now() - interval '1 day', now() - interval '1 day',
       now() - interval '1 day', 1, 1, 0, 0, 0, 0, 0, '{}', '[]'
  FROM generate_series(%s::bigint, %s::bigint) n
"""


@dataclass(frozen=True, slots=True)
class Grown:
    """One size.

    Attributes:
        users: rows of ``users``.
        mib: what the database takes on disk.
        cold_ms: the median check of a user drawn from all of them, with nothing of theirs in the cache.
        cold_first_ms: the same for users drawn from the first thousand.
        warm_ms: the median check of one whose state is in the cache.
    """

    users: int
    mib: float
    cold_ms: float
    cold_first_ms: float
    warm_ms: float


@dataclass(frozen=True, slots=True)
class History:
    """A user with a long history beside one of a few hundred payments, those of this measurement; medians in ms."""

    before: int
    long_warm: float
    new_warm: float
    long_cold: float
    new_cold: float


@dataclass(frozen=True, slots=True)
class Written:
    """What payments leave behind, in bytes each, and users in Redis.

    Attributes:
        wal: what PostgreSQL writes ahead just after a checkpoint, when each page that is touched is written whole once.
        rows: what its tables and indexes grow by.
        redis_user: what a user with some payees takes in Redis.
    """

    wal: float
    rows: float
    redis_user: float


class _Bench:
    """One process of the service, and what it is asked."""

    def __init__(self, pair: stacks.Pair) -> None:
        self._pair = pair
        settings = Settings(
            database_url=pair.database_url,
            redis_url=pair.redis_url,
            artifacts_dir=str(stacks.ROOT / "artifacts"),
            statement_timeout_ms=60_000,
        )
        self.container = Container(settings=settings)
        self._receivers = itertools.cycle(f"merchant{number}@upi" for number in range(50))

    async def ask(self, payments: Sequence[Payment]) -> None:
        """Check payments, none of which may be refused."""
        for answer in await self.container.check_batch()(payments):
            if not isinstance(answer, Transaction):
                raise answer
        await self.container.check_batch().settle()

    def payment(self, user_id: str, at: datetime | None = None) -> Payment:
        """A payment like those before."""
        at = at or self.container.clock().now()
        name = self.container.identities().transaction_id(at)
        return Payment(name, user_id, UpiId(next(self._receivers)), _SETTLED * 100, at)

    async def timed(self, user_ids: Sequence[str], *, cold: bool) -> list[float]:
        """Milliseconds of a lone check of each."""
        spent = []
        with Redis.from_url(self._pair.redis_url) as redis:
            for user_id in user_ids:
                if cold:
                    redis.delete(f"upi:u:{{{user_id}}}")
                payment = self.payment(user_id)
                began = perf_counter()
                await self.container.check_batch()([payment])
                spent.append((perf_counter() - began) * 1000)
                await self.container.check_batch().settle()
        return spent

    async def close(self) -> None:
        """End."""
        await self.container.check_batch().settle()
        await self.container.engine().dispose()
        await self.container.redis().aclose()


def scaled(sizes: Sequence[int] = SIZES, before: int = BEFORE) -> tuple[list[Grown], History, Written]:
    """Measure all three."""
    with stacks.pair() as pair:
        return uvloop.run(_measure(pair, sizes, before))


async def _measure(pair: stacks.Pair, sizes: Sequence[int], before: int) -> tuple[list[Grown], History, Written]:
    bench = _Bench(pair)
    grown, dice, there = [], random.Random(1), 0  # noqa: S311 - users, no secrets
    for size in track(sizes, "Users"):
        _grow(pair.database_url, there + 1, size)
        there = size
        grown.append(await _of_size(bench, pair.database_url, size, dice))
    history = await _history(bench, pair.database_url, there, before)
    written = await _written(bench, pair, sizes[0])
    await bench.close()
    return grown, history, written


async def _written(bench: _Bench, pair: stacks.Pair, users: int) -> Written:
    """Batches of the size that load makes, each user once in one."""
    batches = 200
    with Redis.from_url(pair.redis_url) as redis, psycopg.connect(pair.database_url, autocommit=True) as connection:
        redis.flushall()
        connection.execute("CHECKPOINT")
        empty, wal, rows = redis.info("memory")["used_memory"], _wal(connection), _size(connection)
        for number in range(batches):
            await bench.ask([bench.payment(f"UID-B{1 + (number * 50 + each) % users}") for each in range(50)])
        taken, held = redis.info("memory")["used_memory"] - empty, redis.dbsize()
        payments = 50 * batches
        return Written(
            (_wal(connection) - wal) / payments, (_size(connection) - rows) / payments, taken / max(int(held), 1)
        )


def _wal(connection: psycopg.Connection) -> int:
    return _one(connection, "SELECT (pg_current_wal_lsn() - '0/0')::bigint")


def _size(connection: psycopg.Connection) -> int:
    return _one(connection, "SELECT pg_database_size(current_database())")


def _one(connection: psycopg.Connection, query: str) -> int:
    (value,) = connection.execute(query).fetchone() or (0,)
    return int(value)


def _grow(database_url: str, first: int, last: int) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_GROW, (first, last))
        connection.execute("VACUUM ANALYZE users")
        connection.execute("CHECKPOINT")


async def _of_size(bench: _Bench, database_url: str, size: int, dice: random.Random) -> Grown:
    drawn = [f"UID-B{dice.randint(1, size)}" for _ in range(_ASKED)]
    first = [f"UID-B{dice.randint(1, min(size, _FIRST))}" for _ in range(_ASKED)]
    await bench.timed(drawn[:50], cold=True)
    cold, cold_first = await _in_turn(bench, drawn, first, cold=True)
    warm = await bench.timed(drawn, cold=False)
    with psycopg.connect(database_url) as connection:
        taken = _size(connection)
    return Grown(size, taken / 2**20, cold, cold_first, median(warm))


async def _in_turn(bench: _Bench, one: Sequence[str], other: Sequence[str], *, cold: bool) -> tuple[float, float]:
    """Medians of two kinds of users, asked in turn."""
    spent = await bench.timed([name for both in zip(one, other, strict=True) for name in both], cold=cold)
    return median(spent[::2]), median(spent[1::2])


async def _history(bench: _Bench, database_url: str, there: int, before: int) -> History:
    _grow(database_url, there + 1, there + 2)
    old, new = f"UID-B{there + 1}", f"UID-B{there + 2}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE users SET created_at = now() - interval '90 days', last_event_at = now() - interval '90 days' "
            "WHERE user_id = %s",
            (old,),
        )
    gap = timedelta(days=_DAYS) / before
    began: Callable[[int], datetime] = lambda number: datetime.now(UTC) - gap * (before - number)  # noqa: E731
    for first in track(range(0, before, _BATCH), "History"):
        await bench.ask([bench.payment(old, began(first + number)) for number in range(_BATCH)])
    await bench.timed([old, new] * 30, cold=False)
    warm = await _in_turn(bench, [old] * _ASKED, [new] * _ASKED, cold=False)
    cold = await _in_turn(bench, [old] * _ASKED, [new] * _ASKED, cold=True)
    return History(before, *warm, *cold)


def told(grown: Sequence[Grown], history: History, written: Written) -> tuple[str, str, str]:
    """The tables."""
    rows = [
        "| users | database, MiB | cold: any user, ms | cold: first thousand | warm |",
        "|---:|---:|---:|---:|---:|",
    ]
    rows += [
        f"| {one.users:,} | {one.mib:,.0f} | {one.cold_ms:.2f} | {one.cold_first_ms:.2f} | {one.warm_ms:.2f} |"
        for one in grown
    ]
    table = [
        f"| | {history.before:,} payments before | a few hundred | ratio |",
        "|---|---:|---:|---:|",
        _line("in the cache", history.long_warm, history.new_warm),
        _line("from PostgreSQL", history.long_cold, history.new_cold),
    ]
    left = [
        "| a payment | bytes |",
        "|---|---:|",
        f"| written ahead by PostgreSQL just after a checkpoint, whole pages included | {written.wal:,.0f} |",
        f"| tables and indexes grow by | {written.rows:,.0f} |",
        f"| a key in Redis, a user's or a receiver's | {written.redis_user:,.0f} |",
    ]
    return "\n".join(rows), "\n".join(table), "\n".join(left)


def _line(name: str, long: float, new: float) -> str:
    return f"| {name}, median ms | {long:.2f} | {new:.2f} | {long / new:.2f} |"
