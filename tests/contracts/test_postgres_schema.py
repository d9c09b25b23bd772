"""The tables: that code and migrations agree on them, and what they hold beyond what the ports show."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON, SHOP, a_check, a_receiver, a_report, a_user, later
from tests.contracts.stores import Stores
from tests.servers import Servers
from upi_risk.adapters.postgres.engine import driver_url
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.tables import METADATA
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.indian_time import indian_day

_SHAPE = """
SELECT c.relname, 'column', a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || coalesce(' ' || col_description(c.oid, a.attnum), '')
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
 WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
UNION ALL
SELECT c.relname, 'constraint', k.conname || ' ' || pg_get_constraintdef(k.oid)
  FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
 WHERE NOT c.relispartition AND c.relnamespace = %(schema)s::text::regnamespace
UNION ALL
SELECT tablename, 'index', replace(indexdef, %(schema)s::text || '.', '')
  FROM pg_indexes JOIN pg_class c ON c.relname = tablename AND c.relnamespace = schemaname::regnamespace
 WHERE NOT c.relispartition AND schemaname = %(schema)s::text
UNION ALL
SELECT c.relname, 'partitioned', pg_get_partkeydef(c.oid)
  FROM pg_class c WHERE c.relkind = 'p' AND c.relnamespace = %(schema)s::text::regnamespace
UNION ALL
SELECT relname, 'options', array_to_string(reloptions, ',')
  FROM pg_class
 WHERE relnamespace = %(schema)s::text::regnamespace AND reloptions IS NOT NULL AND NOT relispartition
"""


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def _shape(connection: psycopg.Connection[TupleRow], schema: str) -> set[TupleRow]:
    rows = connection.execute(_SHAPE, {"schema": schema}).fetchall()
    return {row for row in rows if row[0] != "alembic_version"}


def test_the_tables_in_code_are_those_that_the_migrations_make(
    connection: psycopg.Connection[TupleRow], database_url: str
) -> None:
    connection.execute("CREATE SCHEMA code")
    engine = create_engine(driver_url(database_url), connect_args={"options": "-c search_path=code"})
    METADATA.create_all(engine)
    engine.dispose()

    assert _shape(connection, "code") == _shape(connection, "public")
    assert len(_shape(connection, "public")) > 60


def test_migrating_again_changes_nothing(connection: psycopg.Connection[TupleRow], database_url: str) -> None:
    before = _shape(connection, "public")
    upgrade(database_url)
    assert _shape(connection, "public") == before


def test_processes_that_start_together_migrate_once(connection: psycopg.Connection[TupleRow], servers: Servers) -> None:
    name = "starting_together"
    connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    url = f"{servers.database_url.rsplit('/', 1)[0]}/{name}"
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(upgrade, [url] * 3))
    with psycopg.connect(url) as fresh:
        assert _shape(fresh, "public") == _shape(connection, "public")
    connection.execute(f"DROP DATABASE {name}")


def test_a_migration_that_cannot_get_its_lock_gives_up(
    connection: psycopg.Connection[TupleRow], database_url: str
) -> None:
    with connection.transaction():
        connection.execute("LOCK TABLE alembic_version")
        with pytest.raises(StoreUnavailableError, match="LockNotAvailable"):
            upgrade(database_url)


def test_without_a_server_there_is_nothing_to_migrate() -> None:
    with pytest.raises(StoreUnavailableError):
        upgrade("postgresql://nobody:nothing@127.0.0.1:1/nowhere")


@pytest.mark.parametrize("amount_paise", [0, -1, 100_000_001])
async def test_an_amount_out_of_range_is_refused_by_the_table_too(engine: AsyncEngine, amount_paise: int) -> None:
    stores = Stores.in_postgres(engine)
    user = a_user()
    await stores.users.add(user)
    with pytest.raises(IntegrityError, match="ck_transactions_amount"):
        await stores.ledger.commit([a_check(user, amount_paise=amount_paise)])
    assert await stores.user(user.user_id) == user


RATED = "SELECT receiver_upi, first_seen_at, fraud_reports, reputation_score, updated_at FROM receiver_reputation"


async def test_a_receiver_is_seen_once_and_rated_at_each_report(
    engine: AsyncEngine, connection: psycopg.Connection[TupleRow]
) -> None:
    def kept() -> TupleRow | None:
        return connection.execute(RATED).fetchone()

    stores = Stores.in_postgres(engine)
    user = a_user()
    await stores.users.add(user)
    paid = a_check(user, at=later(seconds=1))
    await stores.apply(paid)
    seen = (SHOP, later(seconds=1), 0, a_receiver(SHOP).reputation(NOON), later(seconds=1))
    assert kept() == seen

    again = a_check(paid.user, SHOP, paid.payees[0], at=later(seconds=2))
    await stores.apply(again)
    assert kept() == seen

    report = a_report(again.user, again.added[0], again.payees[0], later(seconds=3))
    await stores.apply(report)
    rated = a_receiver(SHOP, (indian_day(NOON), 2, 1)).reputation(later(seconds=3))
    assert kept() == (SHOP, later(seconds=1), 1, rated, later(seconds=3))
    assert connection.execute("SELECT * FROM fraud_reports").fetchall() == [
        (user.user_id, _uuid(connection), SHOP, later(seconds=3), "payer")
    ]


def _uuid(connection: psycopg.Connection[TupleRow]) -> object:
    """The id of the only transaction that was reported, as the driver reads it."""
    row = connection.execute("SELECT transaction_id FROM transactions WHERE reported_at IS NOT NULL").fetchone()
    assert row is not None
    return row[0]
