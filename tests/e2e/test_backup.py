"""A backup is the whole database, and comes back as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis
from litestar import Litestar
from litestar.testing import AsyncTestClient
from psycopg import sql

from tests.commands import finish
from tests.e2e.conftest import ROOT
from tests.e2e.test_service import App
from tests.servers import Servers, rows
from upi_risk.adapters.postgres.tables import METADATA
from upi_risk.bootstrap.settings import Settings


def run(
    database_url: str, redis_url: str, *arguments: str, serving_url: str | None = None
) -> subprocess.CompletedProcess[str]:
    servers = {"DATABASE_OWNER_URL": database_url, "DATABASE_URL": serving_url or database_url, "REDIS_URL": redis_url}
    environ = {**os.environ, **servers, "COLUMNS": "200"}
    return finish(*arguments, environ=environ, cwd=ROOT)


PARTITIONS = """
SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class
 WHERE relkind = 'r' AND relname LIKE 'transactions%' ORDER BY 1
"""


def everything(database_url: str) -> dict[str, object]:
    with psycopg.connect(database_url) as connection:
        held: dict[str, object] = {}
        for table in METADATA.tables:
            query = sql.SQL("SELECT t.*::text FROM {} t ORDER BY 1").format(sql.Identifier(table))
            held[table] = connection.execute(query).fetchall()
    return held


async def test_a_backup_comes_back_as_it_was(
    client: AsyncTestClient[Litestar], database_url: str, settings: Settings, servers: Servers, tmp_path: Path
) -> None:
    """Partitions that were made, or detached, since the backup go.

    Red when a table is left out of the dump, when copies in Redis outlive what was restored, and when the role that
    serves is not granted its rights anew."""
    app, file = App(client), str(tmp_path / "kept.dump")
    await app.sign_up()
    for number in range(5):
        await app.check(f"shop{number}@upi", 100, key=f"k{number}")
    before, partitions = everything(database_url), rows(database_url, PARTITIONS)

    done = run(database_url, settings.redis_url, "backup", file, serving_url=settings.database_url)
    assert done.returncode == 0, done.stderr
    assert Path(file).stat().st_mode & 0o777 == 0o600  # noqa: ASYNC240 - nothing else runs here

    await app.check("later@upi")
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT make_partition('2026-03-01', 0), make_partition('2026-02-01', 0)")
        connection.execute("ALTER TABLE transactions DETACH PARTITION transactions_2026_02")
    refused = run(database_url, settings.redis_url, "restore", file)
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert everything(database_url) != before

    done = run(database_url, settings.redis_url, "restore", file, "--replace", serving_url=settings.database_url)
    assert done.returncode == 0, done.stderr
    assert everything(database_url) == before
    assert rows(database_url, PARTITIONS) == partitions
    with redis.Redis.from_url(settings.redis_url) as copies:
        assert list(copies.scan_iter("upi:[us]:*")) == []

    await app.check("shop0@upi", 100, key="k0")
    assert (await app.get("/me"))["transaction_count"] == 5
    await app.check("shop0@upi", 100)
    assert (await app.get("/me"))["transaction_count"] == 6

    name = f"restored_{os.getpid()}"
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        elsewhere = f"{servers.database_url.rsplit('/', 1)[0]}/{name}"
        done = run(elsewhere, settings.redis_url, "restore", file)
        assert done.returncode == 0, done.stderr
        assert everything(elsewhere) == before
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("content", [b"", b"PGDMP but no more"])
def test_a_file_that_is_no_backup_changes_nothing(
    database_url: str, redis_url: str, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "kept.dump").write_bytes(content)
    before = everything(database_url)
    done = run(database_url, redis_url, "restore", str(tmp_path / "kept.dump"))
    assert done.returncode == 1
    assert done.stderr.startswith("pg_restore did not do it: ")
    assert everything(database_url) == before
    assert rows(database_url, "select count(*) from users") == [(0,)]


async def test_who_may_not_restore_is_told_what_the_server_says(
    client: AsyncTestClient[Litestar], database_url: str, settings: Settings, tmp_path: Path
) -> None:
    """Red where what the reading program says of its broken pipe goes first."""
    await App(client).sign_up()
    with psycopg.connect(database_url) as connection:  # more than a pipe holds
        connection.execute("INSERT INTO persons SELECT 'UID-' || n, repeat('x', 1000) FROM generate_series(1, 2000) n")
    file, before = str(tmp_path / "kept.dump"), everything(database_url)
    assert run(database_url, settings.redis_url, "backup", file).returncode == 0
    done = run(settings.database_url, settings.redis_url, "restore", file, "--replace")
    assert done.returncode == 1
    assert done.stderr.startswith("psql did not do it: ")
    assert "must be owner" in done.stderr
    assert everything(database_url) == before


def test_without_a_server_there_is_no_backup(redis_url: str, tmp_path: Path) -> None:
    nowhere = "postgresql://nobody:geheim@127.0.0.1:1/nowhere"
    done = run(nowhere, redis_url, "backup", str(tmp_path / "kept.dump"))
    assert done.returncode == 1
    assert "geheim" not in done.stderr
    assert list(tmp_path.iterdir()) == []
