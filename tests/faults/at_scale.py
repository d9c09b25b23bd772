"""A database with very many payments: its oldest months go to an archive under load, the rest to a backup and back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

import psycopg
from psycopg import sql

from tests.commands import finish
from tests.faults.checker import saved, violations
from tests.faults.flood import Flooded, Order, flooded, share
from tests.faults.servers import ROOT, OwnServer, started
from tests.faults.storm import signed_up
from upi_risk.adapters.postgres.tables import METADATA
from upi_risk.domain.feature_sets import EXTENDED_SET

MONTHS: Final = 14
KEPT: Final = 12
_EACH: Final = 100
_PHONES: Final = 700_000
_RATE: Final = 100

_PARTITIONS: Final = f"""
SELECT make_partition((date_trunc('month', now()) - n * interval '1 month')::date, 0)
  FROM generate_series(0, {MONTHS}) n
"""
_USERS: Final = """
INSERT INTO users (user_id, name, mobile, created_at, last_event_at, last_login_at, version, login_count,
                   transaction_count, settled_count, settled_paise, largest_paise, payee_count, track)
SELECT 'UID-' || lpad(n::text, 28, '0'), '', 'scale' || n, '2020-01-01', now(), '2020-01-01', 1, 1, %(each)s, 0, 0,
       0, 0, '{}'
  FROM generate_series(1, %(payers)s) n
"""
# A payer's k-th payment has seen k - 1 before it; its id begins with the milliseconds since 1970, as version 7 has it.
_PAYMENTS: Final = """
INSERT INTO transactions (user_id, transaction_id, receiver_upi, amount_paise, checked_at, idempotency_key, features,
                          score, level, decision, factors, confidence, model_version, policy_version, status)
SELECT 'UID-' || lpad(u::text, 28, '0'),
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(u || '-' || k), 1, 3)
        || '8' || substr(md5(k || '-' || u), 1, 15))::uuid,
       'shop' || (u + k) %% 5000 || '@okbank', 10000 + k, at, 'k' || k,
       array[100.0 + k / 100.0, least(k - 1, 100)]::float8[] || drawn.others, 0.5, 'MEDIUM', 'VERIFY', '[]', 0.5,
       'v2.0', 'p1', 'PENDING'
  FROM generate_series(1, %(payers)s) u
 CROSS JOIN generate_series(1, %(each)s) k
 CROSS JOIN LATERAL (SELECT now() - interval '1 day' * %(days)s * (1 - (k + u / (%(payers)s + 1.0)) / (%(each)s + 2))
                   ) instant (at)
  JOIN (SELECT n, array_agg(round((random() * 10)::numeric, 2)::float8) AS others
          FROM generate_series(0, 99) n, generate_series(3, %(width)s) GROUP BY n) drawn ON drawn.n = (u + k) %% 100
"""
_KEYS: Final = """
INSERT INTO idempotency_keys (user_id, idempotency_key, transaction_id)
SELECT user_id, idempotency_key, transaction_id FROM transactions
"""


@dataclass
class AtScale:
    """How it went.

    Attributes:
        payments: rows at first.
        bytes: of the database then.
        archived: payments that the archive took.
        archive_seconds: and in what time.
        calm_p99_ms: of checks before.
        archive_p99_ms: of checks meanwhile.
        slowest_ms: of these.
        calm_refused: checks before.
        refused: of those meanwhile.
        backup_bytes: of the backup, as it is compressed.
        backup_seconds: to write it.
        restore_seconds: to put it back.
        differing: tables that are not as they were, to the last field of the last row.
        violations: see :func:`tests.faults.checker.violations`.
    """

    payments: int = 0
    bytes: int = 0
    archived: int = 0
    archive_seconds: float = 0.0
    calm_p99_ms: float = 0.0
    archive_p99_ms: float = 0.0
    slowest_ms: float = 0.0
    calm_refused: int = 0
    refused: int = 0
    backup_bytes: int = 0
    backup_seconds: float = 0.0
    restore_seconds: float = 0.0
    differing: list[str] = field(default_factory=list)
    violations: dict[str, int] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Everything that is not as promised."""
        wrong = {**self.violations, "nothing archived": not self.archived, "refused": self.refused}
        return [*(name for name, number in wrong.items() if number), *self.differing]


async def at_scale(
    postgres: OwnServer, valkey: OwnServer, folder: Path, payments: int, tell: Callable[[int], None] = lambda _: None
) -> AtScale:
    """Fill, archive what is older than a year while others pay, write a backup, pay on, and put the backup back."""
    told = AtScale()
    await asyncio.to_thread(_fill, postgres.url, max(payments // _EACH, 1))
    told.payments, told.bytes = saved(postgres.url), _size(postgres.url)
    tell(payments // 2)
    environ = {"POOL_TIMEOUT_MS": "2000", "REQUEST_DEADLINE_MS": "5000", "STATEMENT_TIMEOUT_MS": "2000"}
    async with started(postgres.url, valkey.url, **environ) as (port, _):
        payers = await signed_up(port, 50, _PHONES)
        requests = [payer.check(f"shop{n}@upi").decode() for payer in payers for n in range(5)]
        async with _load(Order(port, requests, _RATE, 10, 32)) as calm:
            pass
        told.calm_p99_ms, told.calm_refused = 1000 * share(calm.answered, 0.99), len(calm.refused)
        archive = ["partitions", "archive", "--out", str(folder / "archive"), "--months", str(KEPT), "--yes"]
        async with _load(Order(port, requests, _RATE, 10, 32)) as busy:
            told.archive_seconds = await _seconds(postgres, valkey, *archive)
        told.archive_p99_ms = 1000 * share(busy.answered, 0.99)
        told.slowest_ms, told.refused = 1000 * max(busy.answered, default=0), len(busy.refused)
        told.archived = _one(postgres.url, "SELECT coalesce(sum(number), 0) FROM archived_partitions")
    file, before = folder / "backup", await asyncio.to_thread(_digests, postgres.url)
    told.backup_seconds = await _seconds(postgres, valkey, "backup", str(file))
    told.backup_bytes = file.stat().st_size
    _do(postgres.url, "UPDATE users SET transaction_count = 0; DELETE FROM idempotency_keys; TRUNCATE transactions")
    told.restore_seconds = await _seconds(postgres, valkey, "restore", str(file), "--replace")
    after = await asyncio.to_thread(_digests, postgres.url)
    told.differing = [name for name, digest in before.items() if after[name] != digest]
    told.violations = violations(postgres.url)
    tell(payments)
    return told


@asynccontextmanager
async def _load(order: Order) -> AsyncIterator[Flooded]:
    """Others pay meanwhile, and for ten seconds at least; the figures are there after the block."""
    told, task = Flooded(), asyncio.create_task(asyncio.to_thread(flooded, order))
    yield told
    found = await task
    told.answered, told.refused = found.answered, found.refused


async def _seconds(postgres: OwnServer, valkey: OwnServer, *command: str) -> float:
    environ = {**os.environ, "DATABASE_URL": postgres.url, "DATABASE_OWNER_URL": postgres.url, "REDIS_URL": valkey.url}
    began = perf_counter()
    done = await asyncio.to_thread(finish, *command, environ=environ, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return perf_counter() - began


def _fill(url: str, payers: int) -> None:
    asked = {"payers": payers, "each": _EACH, "width": len(EXTENDED_SET.names), "days": 30 * MONTHS}
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (_PARTITIONS, _USERS, _PAYMENTS, _KEYS):
            connection.execute(statement.encode(), asked if "%(" in statement else None)
        connection.execute("VACUUM ANALYZE")


def _digests(url: str) -> dict[str, tuple[int, int]]:
    """For each table, how many rows it has, and a sum that any other field in any of them would change."""
    found = {}
    with psycopg.connect(url) as connection:
        for name in METADATA.tables:
            query = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t"
            row = connection.execute(sql.SQL(query).format(sql.Identifier(name))).fetchone()
            assert row is not None
            found[name] = (int(row[0]), int(row[1]))
    return found


def _size(url: str) -> int:
    return _one(url, "SELECT pg_database_size(current_database())")


def _one(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _do(url: str, commands: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(commands.encode())
