"""Partitions come and go while payments go on, and so does the step from one table to partitions."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, a_check, a_user, an_id
from tests.contracts.stores import Stores
from tests.faults.checker import saved, violations
from tests.servers import Servers
from upi_risk.adapters.memory import ManualClock
from upi_risk.adapters.polars.partition_archive import ParquetArchive
from upi_risk.adapters.postgres import first_partition
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.migrate import MIGRATIONS, connect, upgrade
from upi_risk.adapters.postgres.partition_statements import first_id
from upi_risk.adapters.postgres.partitions import PostgresPartitions
from upi_risk.application.archive_partitions import ArchivePartitions
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.history import Wanted
from upi_risk.domain.partitions import Month
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User

MARCH = Month(2026, 3)
SERVING = Deadlines(statement=20_000, lock=20_000)


async def has_answer(stores: Stores, user: User, key: str, answer: Transaction) -> None:
    """A read that began before the row moved out of the rest may not see it; but then the key is taken, and found."""
    wanted = [Wanted(user.user_id, idempotency_key=key)]
    found = (await stores.ledger.load(wanted)).answers[user.user_id, key]
    if found is None:
        at = user.last_event_at + timedelta(seconds=1)
        retry = a_check(user, at=at, transaction_id=an_id(at), idempotency_key=key)
        assert await stores.ledger.commit([retry]) == [False]
        found = (await stores.ledger.load(wanted)).answers[user.user_id, key]
    assert found == answer


async def paying(stores: Stores, user: User, ending: asyncio.Event) -> User:
    """Payments of one user at the end of March and the beginning of April, one after the other, until the end."""
    number = 0
    while not ending.is_set():
        number += 1
        at = MARCH.ends + timedelta(seconds=number if number % 2 else -number)
        change = a_check(user, at=user.last_event_at + timedelta(seconds=1), transaction_id=an_id(at),
                         idempotency_key=f"k{number}")  # fmt: skip
        assert await stores.ledger.commit([change]) == [True]
        user = change.user
        if number % 5 == 0:
            await has_answer(stores, user, f"k{number}", change.added[0])
    return user


async def test_months_come_and_go_under_load_without_a_failed_payment(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    """Red without the second try of a row that a partition was made for on its way into the rest."""
    stores, partitions, ending = Stores.in_postgres(engine), PostgresPartitions(engine), asyncio.Event()
    users = [a_user() for _ in range(4)]
    for user in users:
        await stores.users.add(user)
    old = [a_check(user, at=NOON - timedelta(days=90), transaction_id=an_id(NOON - timedelta(days=90)))
           for user in (a_user(at=NOON - timedelta(days=99)) for _ in range(20))]  # fmt: skip
    for change in old:
        user_id, phone_key = change.user.user_id, change.user.phone_key
        await stores.users.add(a_user(user_id, phone_key=phone_key, at=NOON - timedelta(days=99)))
        await stores.apply(change)
    tasks = [asyncio.create_task(paying(stores, user, ending)) for user in users]
    await asyncio.sleep(0.1)
    for count in (-4, -3, -2, -1, 0, 1, 2):
        assert await partitions.make(MARCH.after(count), 1_000_000)
    archiving = ArchivePartitions(partitions, ParquetArchive(tmp_path), ManualClock(MARCH.after(11).begins), 12)
    done = await archiving()
    ending.set()
    payers = await asyncio.gather(*tasks)

    assert sum(each.contents.number for each in done) == 20
    assert await partitions.in_rest() == {}
    assert saved(database_url) == sum(user.transaction_count for user in payers)
    assert {name: count for name, count in violations(database_url).items() if "count" in name or "key" in name} == {}


@pytest.fixture
def before(servers: Servers) -> Iterator[str]:
    """A database of the release before, with one table of transactions and rows in it."""
    name = f"before_partitions_{os.getpid()}"
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        url = f"{servers.database_url.rsplit('/', 1)[0]}/{name}"
        with connect(url) as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "0061")
        with psycopg.connect(url) as filled:
            filled.execute(FILLED, (first_id(Month(2026, 3).begins)[:8],))
        yield url
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


FILLED = """
INSERT INTO transactions
SELECT 'UID-' || mod(n, 50), (%s || lpad(to_hex(n), 24, '0'))::uuid, 'shop@okbank', 100, now(), NULL, '{1,2}', 0.1,
       'LOW', 'ALLOW', '[]', 0.9, 'v1', 'p1', 'SETTLED', NULL, NULL, NULL
  FROM generate_series(1, 20000) n
"""
ONE = """
INSERT INTO transactions (user_id, transaction_id, receiver_upi, amount_paise, checked_at, features, score, level,
                          decision, factors, confidence, model_version, policy_version, status)
VALUES ('UID-LIVE', (%s || substr(md5(random()::text), 1, 20))::uuid, 'shop@okbank', 100, now(), '{1}', 0.1, 'LOW',
        'ALLOW', '[]', 0.9, 'v1', 'p1', 'SETTLED')
"""

CHECKS = "SELECT conname FROM pg_constraint WHERE conname = 'transactions_until'"


@contextmanager
def inserting(url: str) -> Iterator[list[float]]:
    """Payments as the release before writes them, all the time; what they took, in seconds."""
    ending, took, faults = threading.Event(), list[float](), list[Exception]()

    def work() -> None:
        with psycopg.connect(url, autocommit=True, options="-c lock_timeout=20s") as connection:
            (now,) = connection.execute("SELECT to_hex((extract(epoch FROM now()) * 1000)::bigint)").fetchone() or ("",)
            while not ending.is_set():
                begun = connection.execute("SELECT clock_timestamp()").fetchone()
                try:
                    connection.execute(ONE, (now.rjust(12, "0"),))
                except psycopg.Error as error:
                    faults.append(error)
                ended = connection.execute("SELECT clock_timestamp()").fetchone()
                assert begun is not None
                assert ended is not None
                took.append((ended[0] - begun[0]).total_seconds())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield took
    finally:
        ending.set()
        thread.join()
    assert faults == []


async def test_a_table_with_rows_becomes_the_first_partition_while_payments_go_on(before: str) -> None:
    """Red when a payment of the release before is refused, or a row is lost, while its table becomes a partition."""
    with inserting(before) as took:
        upgrade(before)
    assert took
    with psycopg.connect(before) as connection:
        rows = connection.execute("SELECT tableoid::regclass::text, count(*) FROM transactions GROUP BY 1").fetchall()
        assert rows == [("transactions_first", 20_000 + len(took))]
        assert (
            connection.execute("SELECT conname FROM pg_constraint WHERE conname = 'transactions_until'").fetchall()
            == []
        )
    engine = create_engine(before, deadlines=SERVING, pool_timeout_seconds=20)
    try:
        listed = await PostgresPartitions(engine).listed()
        with psycopg.connect(before) as connection:
            (now,) = connection.execute("SELECT now()").fetchone() or (NOON,)
        assert (listed[0].name, listed[0].begins, listed[0].ends) == (
            "transactions_first", None, Month.of(now).after(2).begins,
        )  # fmt: skip
        assert [each.begins for each in listed[1:-1]] == [Month.of(now).after(count).begins for count in (2, 3)]
        user = a_user()
        stores = Stores.in_postgres(engine)
        await stores.users.add(user)
        await stores.apply(a_check(user, transaction_id=an_id(now)))
    finally:
        await engine.dispose()


def test_a_migration_that_comes_to_nothing_leaves_no_check_behind(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red without the removal: payments of the month after the next one would be refused."""
    monkeypatch.setattr(first_partition, "ATTEMPTS", 3)
    with psycopg.connect(before) as other:
        other.execute("LOCK TABLE alembic_version")
        with pytest.raises(StoreUnavailableError):
            upgrade(before)
    with psycopg.connect(before) as connection:
        assert (
            connection.execute("SELECT conname FROM pg_constraint WHERE conname = 'transactions_until'").fetchall()
            == []
        )
    upgrade(before)
    upgrade(before)
