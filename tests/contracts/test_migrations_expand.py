"""Each migration leaves the release before able to run: nothing goes, nothing that is added is asked of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, text

from tests.servers import Servers
from upi_risk.adapters.postgres.migrate import MIGRATIONS, connect

_COLUMNS = text("""
    SELECT table_name, column_name, data_type, is_nullable = 'YES', column_default IS NOT NULL
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
""")
_CONSTRAINTS = text("""
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x')
""")
Columns = dict[tuple[str, str], tuple[str, bool, bool]]
"""By table and column: its type, whether it may be null, whether it has a default."""


def revisions() -> list[str]:
    """All of them, the first first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [each.revision for each in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]


@pytest.fixture(scope="module")
def url(servers: Servers) -> Iterator[str]:
    """A database without a table."""
    name = f"expanding_{os.getpid()}"
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield f"{servers.database_url.rsplit('/', 1)[0]}/{name}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def columns(connection: Connection) -> Columns:
    rows = connection.execute(_COLUMNS).all()
    return {(table, column): (kind, null, default) for table, column, kind, null, default in rows}


def faults(before: Columns, after: Columns) -> list[str]:
    """What of a change would stop a release that knows only what was before."""
    found = []
    tables = {table for table, _ in before}
    for key, (kind, null, _) in before.items():
        if key not in after:
            found.append(f"{key} is gone")
        elif after[key][0] != kind:
            found.append(f"{key} is another type")
        elif null and not after[key][1]:
            found.append(f"{key} may no longer be null")
    for (table, column), (_, null, default) in after.items():
        if (table, column) not in before and table in tables and not null and not default:
            found.append(f"{table, column} must be filled by a release that does not know it")
    return found


def test_every_migration_only_adds(url: str) -> None:
    """Red with `DROP COLUMN`, `RENAME` or `ADD COLUMN … NOT NULL` without a default; so is the next test."""
    steps = revisions()
    assert len(steps) >= 4
    for revision in steps:
        with connect(url) as connection:
            before = columns(connection)
            constraints = set(connection.execute(_CONSTRAINTS).all())
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            assert faults(before, columns(connection)) == [], revision
            tables = {table for table, _ in before}
            added = {row for row in set(connection.execute(_CONSTRAINTS).all()) - constraints if row[0] in tables}
            assert added == set(), revision


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("ALTER TABLE users DROP COLUMN habits", "is gone"),
        ("ALTER TABLE users RENAME COLUMN habits TO customs", "is gone"),
        ("ALTER TABLE users ALTER COLUMN login_count TYPE bigint", "is another type"),
        ("ALTER TABLE transactions ALTER COLUMN probability SET NOT NULL", "may no longer be null"),
        ("ALTER TABLE users ADD COLUMN colour text NOT NULL", "must be filled"),
    ],
)
def test_a_change_that_the_release_before_would_not_bear_is_seen(database_url: str, change: str, fault: str) -> None:
    with connect(database_url) as connection:
        before = columns(connection)
        connection.execute(text(change))
        assert any(fault in each for each in faults(before, columns(connection)))


def test_a_migration_waits_for_no_lock_for_long(database_url: str) -> None:
    with connect(database_url) as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "2s"
