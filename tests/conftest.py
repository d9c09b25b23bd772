"""What every test may ask for: real servers, and a database of its own on them.

The servers are embedded ones, private to this process and gone after it. CI may name others: TEST_DATABASE_URL (a
superuser's, on a server where databases may be made and dropped) and TEST_REDIS_URL (a database that may be flushed).
"""

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from hypothesis import settings
from psycopg import sql

from tests.servers import Servers
from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey

# The same examples in every run, so that a red test stays red; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey for this session, without a single fsync."""
    database_url, redis_url = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    folder = Path(tempfile.mkdtemp(prefix="upi-risk-"))
    folder.chmod(0o711)  # under root without user namespaces, PostgreSQL is nobody and must get in
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        if database_url is None:
            database_url = stack.enter_context(EmbeddedPostgres(folder / "pg", durable=False)).url
        if redis_url is None:
            redis_url = stack.enter_context(EmbeddedValkey(folder / "valkey", durable=False)).url
        yield Servers(database_url, redis_url)


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """The name of a database that is migrated once and copied for each test."""
    from upi_risk.adapters.postgres.migrate import upgrade  # noqa: PLC0415 - only the tests that need a schema pay

    with _database(servers, f"template_{os.getpid()}") as name:
        upgrade(_url(servers, name))
        yield name


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """An empty, migrated database for one test: `postgresql://...`."""
    with _database(servers, f"test_{os.getpid()}_{next(_numbers)}", template) as name:
        yield _url(servers, name)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Redis for one test: `redis://...`."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushdb()
    return servers.redis_url


def _url(servers: Servers, name: str) -> str:
    return f"{servers.database_url.rsplit('/', 1)[0]}/{name}"


@contextlib.contextmanager
def _database(servers: Servers, name: str, template: str = "template0") -> Iterator[str]:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield name
        finally:
            connection.execute(drop.format(sql.Identifier(name)))
