"""What every test may ask for: real servers, and a database of its own on them.

The servers are embedded ones, private to this process and gone after it. CI may name others: TEST_DATABASE_URL (a
superuser's, on a server where databases may be made and dropped) and TEST_REDIS_URL (a database that may be flushed;
where tests run in several processes, the ones numbered after it too: each process has its own).
"""

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis
from hypothesis import settings
from psycopg import sql

from tests.servers import Servers, memory_folder
from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey

# The same examples in every run, so that a red test stays red; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_APPLICATION = f"upi_risk_app_{os.getpid()}"
_numbers = itertools.count(1)

DATA_KEY, PHONE_INDEX_KEY = "what the tests seal with, and nobody else", "what the tests find users by, alone"

MOST_WORKERS = 8
"""Each has a PostgreSQL of its own and half a GB of libraries."""


def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: a process a core, and two where there is one, as tests wait for servers, too."""
    said = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", "")
    return int(said) if said.isdigit() else min(max(2, psutil.cpu_count() or 2), MOST_WORKERS)


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """For processes that a test starts: no limits, time for a machine that is loaded, names of clients, and keys."""
    monkeypatch.setenv("ALLOWED_HOSTS", "testserver.local,upi.test")
    for name in ("RATE_LIMIT_PER_MINUTE", "SIGNUP_LIMIT_PER_HOUR", "LOGIN_LIMIT_PER_HOUR"):
        monkeypatch.setenv(name, "0")
    for name in ("POOL_TIMEOUT_MS", "STATEMENT_TIMEOUT_MS", "LOCK_TIMEOUT_MS"):
        monkeypatch.setenv(name, "20000")
    for name in ("REDIS_TIMEOUT_MS", "MODEL_TIMEOUT_MS"):
        monkeypatch.setenv(name, "2000")
    monkeypatch.setenv("DATA_KEY", DATA_KEY)
    monkeypatch.setenv("PHONE_INDEX_KEY", PHONE_INDEX_KEY)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey for this process, without a single fsync, and in memory where there is room for them."""
    database_url, redis_url = os.environ.get("TEST_DATABASE_URL"), _named_redis()
    folder = Path(tempfile.mkdtemp(prefix="upi-risk-", dir=memory_folder()))
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
        upgrade(_url(servers, name), _as_application(_url(servers, name)))
        yield name
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(_APPLICATION)))


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """An empty, migrated database for one test: `postgresql://...`."""
    with _database(servers, f"test_{os.getpid()}_{next(_numbers)}", template) as name:
        yield _url(servers, name)


@pytest.fixture
def application_url(database_url: str) -> str:
    """The same database as the role that serves."""
    return _as_application(database_url)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Redis for one test: `redis://...`."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushdb()
    return servers.redis_url


def _named_redis() -> str | None:
    """TEST_REDIS_URL, with this process's number added to that of the database: every test begins with a flush."""
    url = os.environ.get("TEST_REDIS_URL")
    if url is None:
        return None
    parts = urlsplit(url)
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return parts._replace(path=f"/{int(parts.path.strip('/') or 0) + worker}").geturl()


def _url(servers: Servers, name: str) -> str:
    return f"{servers.database_url.rsplit('/', 1)[0]}/{name}"


def _as_application(url: str) -> str:
    place = urlsplit(url).netloc.rpartition("@")[2]
    return urlsplit(url)._replace(netloc=f"{_APPLICATION}:tests-only@{place}").geturl()


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
