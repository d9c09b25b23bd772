"""Each port's adapters: those in memory, and the real ones on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON
from tests.contracts.stores import Stores
from upi_risk.adapters.memory import ManualClock, MemorySessions, MemorySnapshotCache, MemoryStore
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.redis import best_effort
from upi_risk.adapters.redis.client import create_client
from upi_risk.adapters.redis.sessions import CachedSessions
from upi_risk.adapters.redis.snapshot_cache import RedisSnapshotCache
from upi_risk.domain.ports import Sessions, SnapshotCache

PATIENT = Deadlines(statement=20_000, lock=20_000)
"""A loaded machine is slow; what is tested is the outcome."""


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine for one test, with more connections than any test has tasks that wait."""
    made = create_engine(database_url, pool_size=20, pool_timeout_seconds=20, deadlines=PATIENT)
    yield made
    await made.dispose()


@pytest.fixture(params=["memory", "postgres"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Users, ledger and history over one committed past."""
    if request.param == "memory":
        return Stores.in_memory()
    return Stores.in_postgres(request.getfixturevalue("engine"))


@pytest.fixture
async def client(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Redis]:
    """A client of an empty Redis, for one test; slower to give up than in service, as the machine may be loaded."""
    monkeypatch.setattr(best_effort, "DEADLINE_SECONDS", 10.0)
    made = create_client(redis_url, timeout_seconds=10)
    assert isinstance(made, Redis)
    yield made
    await made.aclose()


@pytest.fixture(params=["memory", "postgres", "redis"])
def sessions(request: pytest.FixtureRequest) -> Sessions:
    """Tokens."""
    if request.param == "memory":
        return MemorySessions(MemoryStore())
    if request.param == "postgres":
        return PostgresSessions(request.getfixturevalue("engine"))
    return CachedSessions(MemorySessions(MemoryStore()), request.getfixturevalue("client"))


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> SnapshotCache:
    """An empty cache."""
    if request.param == "memory":
        return MemorySnapshotCache(ManualClock(NOON))
    return RedisSnapshotCache(request.getfixturevalue("client"))
